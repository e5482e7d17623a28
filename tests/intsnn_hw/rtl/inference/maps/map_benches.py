"""What the benches of maps share: small layers that convolve and pool, and what each of their inputs reaches."""

from typing import Any

import numpy as np

from golden.config import ConvConfig, EncodingConfig, HardwareConfig, LayerConfig, NetworkConfig, NeuronConfig
from golden.synapse import layer_current

NEURON = NeuronConfig(membrane_width=9, spike_width=2, threshold_shift=3)


def map_config(
    *layers: dict[str, Any], shape=(2, 6, 5), n_steps=3, neuron=NEURON, readout: Any = "membrane", **hardware: Any
):
    """Return a network on an input map, layers by the names of LayerConfig, hardware by those of HardwareConfig."""
    options: dict[str, Any] = {"lanes": (4,), "fire_lanes": (2,)} | hardware
    return NetworkConfig(
        n_inputs=int(np.prod(shape)),
        input_shape=shape,
        n_steps=n_steps,
        readout=readout,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(LayerConfig(**({"weight_width": 4, "neuron": neuron} | layer)) for layer in layers),
        hardware=HardwareConfig(**options),
    )


def conv_layer(size=5, *, n_steps=3, neuron=NEURON, bias="none", shape=(2, 6, 5), pool=1, hardware=None, **conv):
    """Return the first of two layers, a convolution, of a kernel of 3 where none is given."""
    first = {"size": size, "conv": ConvConfig(**({"kernel": 3} | conv)), "pool": pool, "bias": bias}
    return map_config(first, {"size": 3}, shape=shape, n_steps=n_steps, neuron=neuron, **(hardware or {})).resolved[0]


def reached_rows(layer, address):
    """Return what an input of the layer reaches, by the golden sums: position to the row of weights that it meets.

    Each row of weights is given a value of its own, and the input a spike of 1.
    """
    rows = np.arange(1, layer.n_rows + 1)
    values = np.broadcast_to(rows, (layer.config.size, layer.n_rows)).reshape(layer.weight_shape)
    current = layer_current(np.eye(layer.n_in, dtype=np.int64)[address], values, layer)
    by_position = current.reshape(layer.config.size, layer.n_positions)[0]
    return {int(at): int(by_position[at]) - 1 for at in np.flatnonzero(by_position)}
