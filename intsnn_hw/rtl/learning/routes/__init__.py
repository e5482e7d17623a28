"""How the error travels to hidden layers: a file for each route, and their names in the configuration."""

from golden.config import LearningLayer

from .direct import DirectRows
from .feedback import FeedbackRows
from .rows import HiddenRows

ROUTES: dict[str, type[HiddenRows]] = {"feedback": FeedbackRows, "direct": DirectRows}
"""Every route by its name, which is a :data:`golden.config.limits.Route`."""


def carried_to(layer: LearningLayer, below: LearningLayer | None) -> LearningLayer | None:
    """Return the layer below where the update of `layer` carries the error to it; None where nothing is carried."""
    return below if ROUTES[layer.learning.route].carries else None
