"""Frozen, validated configuration of a network; every width that follows from it; TOML in and out.

A configuration is the one place where a width is stated: the golden model, the kernels, the RTL and the trainer read
it, and what can be derived (accumulator, trace, score and address widths) is a property of :class:`ResolvedLayer`.
"""

from .encoding import EncodingConfig
from .error_rules import ERROR_RULES, ErrorKind, ErrorRule
from .hardware import HardwareConfig
from .kinds import ConvConfig, Convolution, Dense, LayerKind, Recurrent
from .layer import LayerConfig
from .leak import Leak
from .learning import LearningConfig
from .limits import (
    ERROR_SHIFTS,
    GRADED_SHIFT,
    GRADIENT_WIDTH,
    MAX_EPOCHS,
    MAX_NEURONS,
    MAX_STEPS,
    MEMBRANE_WIDTHS,
    RATE_SHIFTS,
    SHADOW_WIDTHS,
    SPIKE_WIDTHS,
    WEIGHT_WIDTHS,
    WINDOW_SIDES,
    EncodingKind,
    Multiplier,
    Recurrence,
    Reset,
    Route,
    Surrogate,
    Timing,
    WeightMemory,
)
from .network import LearningNetworkConfig, NetworkConfig, learning_config, require_learning_hardware
from .neuron import NeuronConfig
from .parameter import Parameter
from .readouts import READOUTS, Readout, ReadoutKind
from .resolved import LearningLayer, ResolvedLayer
from .row_group import RowGroup
from .rules import FieldError
from .synaptic import SynapticConfig
from .toml import from_toml

__all__ = [
    "ERROR_RULES",
    "ERROR_SHIFTS",
    "GRADED_SHIFT",
    "GRADIENT_WIDTH",
    "MAX_EPOCHS",
    "MAX_NEURONS",
    "MAX_STEPS",
    "MEMBRANE_WIDTHS",
    "RATE_SHIFTS",
    "READOUTS",
    "SHADOW_WIDTHS",
    "SPIKE_WIDTHS",
    "WEIGHT_WIDTHS",
    "WINDOW_SIDES",
    "ConvConfig",
    "Convolution",
    "Dense",
    "EncodingConfig",
    "EncodingKind",
    "ErrorKind",
    "ErrorRule",
    "FieldError",
    "HardwareConfig",
    "LayerConfig",
    "LayerKind",
    "Leak",
    "LearningConfig",
    "LearningLayer",
    "LearningNetworkConfig",
    "Multiplier",
    "NetworkConfig",
    "NeuronConfig",
    "Parameter",
    "Readout",
    "ReadoutKind",
    "Recurrence",
    "Recurrent",
    "Reset",
    "ResolvedLayer",
    "Route",
    "RowGroup",
    "Surrogate",
    "SynapticConfig",
    "Timing",
    "WeightMemory",
    "from_toml",
    "learning_config",
    "require_learning_hardware",
]
