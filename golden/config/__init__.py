"""Frozen, validated configuration of a network; every width that follows from it; TOML in and out.

A configuration is the one place where a width is stated: the golden model, the kernels, the RTL and the trainer read
it, and what can be derived (accumulator, trace, score and address widths) is a property of :class:`ResolvedLayer`.
"""

from .encoding import EncodingConfig
from .hardware import HardwareConfig
from .layer import ConvConfig, LayerConfig
from .learning import LearningConfig
from .limits import (
    ERROR_SHIFTS,
    GRADED_SHIFT,
    GRADIENT_WIDTH,
    MAX_EPOCHS,
    MAX_NEURONS,
    MAX_STEPS,
    MEMBRANE_WIDTHS,
    SHADOW_WIDTHS,
    SPIKE_WIDTHS,
    WEIGHT_WIDTHS,
    EncodingKind,
    ErrorKind,
    Multiplier,
    Readout,
    Recurrence,
    Reset,
    Route,
    Surrogate,
    Timing,
    WeightMemory,
)
from .network import LearningNetworkConfig, NetworkConfig, learning_config, require_dense
from .neuron import NeuronConfig
from .resolved import LearningLayer, ResolvedLayer
from .toml import from_toml

__all__ = [
    "ERROR_SHIFTS",
    "GRADED_SHIFT",
    "GRADIENT_WIDTH",
    "MAX_EPOCHS",
    "MAX_NEURONS",
    "MAX_STEPS",
    "MEMBRANE_WIDTHS",
    "SHADOW_WIDTHS",
    "SPIKE_WIDTHS",
    "WEIGHT_WIDTHS",
    "ConvConfig",
    "EncodingConfig",
    "EncodingKind",
    "ErrorKind",
    "HardwareConfig",
    "LayerConfig",
    "LearningConfig",
    "LearningLayer",
    "LearningNetworkConfig",
    "Multiplier",
    "NetworkConfig",
    "NeuronConfig",
    "Readout",
    "Recurrence",
    "Reset",
    "ResolvedLayer",
    "Route",
    "Surrogate",
    "Timing",
    "WeightMemory",
    "from_toml",
    "learning_config",
    "require_dense",
]
