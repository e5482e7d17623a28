"""Cycles of a sample where no data is given: the worst case, from the configuration alone."""

from __future__ import annotations

from golden.config import LearningNetworkConfig, NetworkConfig
from intsnn_hw.emit.describe import describe, evaluation_cycles, step_cycles

_UPDATE_OVERHEAD = 10
"""Cycles of an update beside the words it visits, for each layer; docs/architecture.md."""


def worst_case(config: NetworkConfig) -> tuple[float, float | None]:
    """Return the most cycles that a sample takes in inference, samples back to back, and in learning.

    Every input sends an event in every step and every neuron fires; in learning every row of every layer is updated,
    and no sample overlaps the next. The second is None for a network without learning. Both are floating point, as the
    means that they stand for.
    """
    inference = float(describe(config, activity=1.0)["predicted_cycles_per_sample"])
    if not isinstance(config, LearningNetworkConfig):
        return inference, None
    forward = config.n_steps * sum(step_cycles(layer, layer.n_in, layer.n_out) for layer in config.resolved)
    update = evaluation_cycles(config) + sum(
        layer.n_rows * layer.n_words + _UPDATE_OVERHEAD * len(layer.rate_shifts) for layer in config.resolved
    )
    updates = config.n_steps if config.learning.timing == "every_step" else 1
    return inference, float(forward + updates * update)
