"""The component of each kind of layer that has one."""

from golden.config import Dense, LayerKind, Recurrent

from .layer import Layer
from .recurrent_layer import RecurrentLayer

LAYERS: dict[type[LayerKind], type[Layer]] = {Dense: Layer, Recurrent: RecurrentLayer}
"""By the kind in a configuration; :func:`golden.config.require_dense` refuses the others."""
