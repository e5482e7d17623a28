"""What a configuration amounts to: sizes, derived widths, memory bits and predicted cycles, as plain data."""

from typing import Any

from golden.config import LearningLayer, LearningNetworkConfig, NetworkConfig, ResolvedLayer
from intsnn_hw.cost.memories import memories
from intsnn_hw.cost.reach import most_words
from intsnn_hw.cost.step import step_cycles

STATE_MEMORIES = ("accumulators", "touched_positions", "membranes")
"""Memories of a layer whose bits count as its state."""


def describe(config: NetworkConfig, activity: float = 0.1) -> dict[str, Any]:
    """Return network, widths, memory bits and predicted cycles of a configuration's inference core.

    A core that learns holds shadow weights, ``shadow_weight_bits``, in place of the inference weights.

    Parameters
    ----------
    config : NetworkConfig
    activity : float
        Share of the inputs, and of the neurons of each firing layer, that send an event in a step; the prediction of
        cycles rests on it.
    """
    inference = config.inference_only()
    layers = [_layer(inference, layer, activity) for layer in inference.resolved]
    if isinstance(config, LearningNetworkConfig):
        layers = [entry | _learned(layer) for entry, layer in zip(layers, config.resolved, strict=True)]
    weights = sum(layer.weights.size for layer in config.resolved)
    learns = isinstance(config, LearningNetworkConfig)
    shadow = sum(layer.weight_memory_bits for layer in config.resolved) if learns else 0
    cycles_per_step = max(entry["cycles_per_step"] for entry in layers)
    return {
        "name": config.name,
        "topology": config.topology,
        "n_steps": config.n_steps,
        "encoding": config.encoding.kind,
        "input_spike_width": config.encoding.spike_width,
        "readout": config.readout,
        "score_width": config.score_width,
        "learning": _rule(config) if isinstance(config, LearningNetworkConfig) else None,
        "n_neurons": sum(layer.n_out for layer in config.resolved),
        "n_synapses": weights,
        "weight_memory_bits": sum(entry["weight_memory_bits"] for entry in layers),
        "state_memory_bits": sum(entry["state_memory_bits"] for entry in layers),
        "shadow_weight_bits": shadow,
        "assumed_activity": activity,
        "predicted_cycles_per_step": cycles_per_step,
        "predicted_cycles_per_sample": cycles_per_step * config.n_steps,
        "layers": layers,
    }


def _rule(config: LearningNetworkConfig) -> dict[str, Any]:
    names = ["route", "timing", "error", "rounding"]
    names += ["recurrence"] if any(layer.recurrent for layer in config.layers) else []
    names += ["margin", "error_bits", "epochs", "schedule"]
    found = {name: getattr(config.learning, name) for name in names}
    return found | {"schedule": list(found["schedule"])}


def _learned(layer: LearningLayer) -> dict[str, Any]:
    """Return the shifts of a layer's learning, also those that a configuration leaves out."""
    return {
        "init_shift": layer.init_shifts[0],
        "rate_shift": layer.row_groups[0].rate_shift,
        "error_shift": None if layer.is_readout else layer.error_shift,
    }


def _layer(config: NetworkConfig, layer: ResolvedLayer, activity: float) -> dict[str, Any]:
    neuron = layer.neuron
    kept = memories(config, layer)
    return {
        "kind": layer.kind.term,
        "n_in": layer.n_in,
        "recurrent": layer.n_own > 0,
        "n_out": layer.n_out,
        "fires": layer.fires,
        "weight_width": layer.weight_width,
        "membrane_width": neuron.membrane_width,
        "current_width": layer.current_width,
        "product_width": layer.product_width,
        "input_spike_width": layer.input_spike_width,
        "spike_width": neuron.spike_width if layer.fires else 0,
        "threshold_shift": neuron.threshold_shift if neuron.threshold is None else None,
        "threshold": neuron.threshold,
        "reset_amount": neuron.reset_amount,
        "current_shift": neuron.current_shift or None,
        "initial": neuron.initial or None,
        "synaptic_width": neuron.synaptic.width if neuron.synaptic else None,
        "leak_shift": neuron.leak_shift,
        "reset": neuron.reset,
        "lanes": layer.lanes,
        "fire_lanes": layer.fire_lanes,
        "cycles_per_event": most_words(layer),
        "cycles_per_step": step_cycles(layer, activity * layer.n_in, activity * layer.n_out),
        "weight_memory_bits": layer.weight_memory_bits,
        "state_memory_bits": sum(kept[name].bits for name in STATE_MEMORIES if name in kept),
    }
