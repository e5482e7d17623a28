"""What a configuration amounts to: sizes, derived widths, memory bits and predicted cycles, as plain data."""

from typing import Any

from golden.config import LearningNetworkConfig, NetworkConfig, ResolvedLayer, require_dense
from intsnn_hw.rtl.learning.direct import CLASSES_PER_WORD
from intsnn_hw.rtl.learning.errors import ERRORS

_UPDATE_OVERHEAD = 16
"""Cycles in which the pipelines of a layer's update fill and drain, at most."""


def describe(config: NetworkConfig, activity: float = 0.1) -> dict[str, Any]:
    """Return network, widths, memory bits and predicted cycles of a configuration's inference core.

    A core that learns holds shadow weights, ``shadow_weight_bits``, in place of the inference weights.

    Parameters
    ----------
    config : NetworkConfig
    activity : float
        Share of the inputs, and of the neurons of each firing layer, that send an event in a step; the prediction of
        cycles rests on it.

    Raises
    ------
    ConfigError
        A layer convolves or pools, of which there is no core.
    """
    require_dense(config)
    layers = [_layer(layer, activity) for layer in config.inference_only().resolved]
    weights = sum(layer.n_rows * layer.n_out for layer in config.resolved)
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


def step_cycles(layer: ResolvedLayer, input_events: float, output_events: float) -> float:
    """Return the cycles a layer needs for a step with that many events; :class:`.rtl.inference.layer.Layer`."""
    add = input_events * layer.n_words + (1 if input_events < 1 else 0)
    sweep = layer.n_fire_words + (output_events if layer.fires else 0) + 3
    if layer.n_own == 0:
        return max(add, sweep) if layer.banks == 2 else add + sweep
    own = output_events * layer.n_words
    return max(add, sweep) + own if layer.banks == 2 else add + sweep + own


def update_cycles_bound(config: LearningNetworkConfig) -> int:
    """Return the cycles that no update of a core that learns takes more than: every row, every word, every layer."""
    learning = config.learning
    total = 0
    for layer in config.resolved:
        row = layer.n_words * (2 if layer.weight_memory == "single_port" else 1)
        if learning.route == "direct" and layer.index:
            row = max(row, -(-config.n_classes // CLASSES_PER_WORD))
        total += layer.n_rows * row + _UPDATE_OVERHEAD * len(layer.rate_shifts)
    return total + evaluation_cycles(config)


def evaluation_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles from the last score of a step to its errors, at most; :class:`.ErrorRule`."""
    return ERRORS[config.learning.error].cycles(config)


def _rule(config: LearningNetworkConfig) -> dict[str, str]:
    names = ["route", "timing", "error", "rounding"]
    names += ["recurrence"] if any(layer.recurrent for layer in config.layers) else []
    return {name: getattr(config.learning, name) for name in names}


def _layer(layer: ResolvedLayer, activity: float) -> dict[str, Any]:
    neuron = layer.neuron
    groups = layer.n_fire_words * layer.fire_lanes
    sums = layer.banks * layer.n_words * layer.lanes * layer.current_width
    return {
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
        "threshold_shift": neuron.threshold_shift,
        "leak_shift": neuron.leak_shift,
        "reset": neuron.reset,
        "lanes": layer.lanes,
        "fire_lanes": layer.fire_lanes,
        "cycles_per_event": layer.n_words,
        "cycles_per_step": step_cycles(layer, activity * layer.n_in, activity * layer.n_out),
        "weight_memory_bits": layer.weight_memory_bits,
        "state_memory_bits": sums + groups * neuron.membrane_width,
    }
