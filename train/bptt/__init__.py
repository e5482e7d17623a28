"""Training by surrogate gradients in PyTorch: graded-spike LIF layers, quantisation to integers, export."""

from .export import Comparison, compare, to_network
from .inputs import Inputs
from .layers import LIF, Dropout, Pool, Quantisation, Reshape, Spiking, recorded, spiking_layers
from .loop import Epoch, Settings, Trainer, accuracy, firing_rates
from .losses import LOSSES, count_loss, mean_membrane_loss, membrane_loss, rate_loss
from .memory import keep_freed_memory
from .model import SpikingNetwork
from .operations import mean_operations, synaptic_operations
from .post import LayerLoss, losses_by_layer, quantised
from .surrogate import SURROGATES

__all__ = [
    "LIF", "LOSSES", "SURROGATES", "Comparison", "Dropout", "Epoch", "Inputs", "LayerLoss", "Pool", "Quantisation",
    "Reshape", "Settings", "Spiking", "SpikingNetwork", "Trainer", "accuracy", "compare", "count_loss", "firing_rates",
    "keep_freed_memory", "losses_by_layer", "mean_membrane_loss", "mean_operations", "membrane_loss", "quantised",
    "rate_loss", "recorded", "spiking_layers", "synaptic_operations", "to_network",
]  # fmt: skip
