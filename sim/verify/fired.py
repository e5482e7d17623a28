"""What the neurons of a layer did, step by step, from the groups that its probe saw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.config import ResolvedLayer
from golden.fixed import IntArray
from intsnn_hw.rtl.layouts import map_address_layout, sends_map


def fired(layer: ResolvedLayer, probe: Mapping[str, NDArray[Any]], what: str, n_samples: int, n_steps: int) -> IntArray:
    """Return the spikes, or a field of the states, of all neurons in every step, (n_samples, n_steps, n_out).

    A neuron of a map that is not visited in a step sends no spike and keeps its state, which is 0 before a sample.

    Parameters
    ----------
    layer : ResolvedLayer
    probe : mapping
        Fields of ``probe<l>`` in the order of their cycles.
    what : str
        ``spike``, or a field of the state.
    """
    values = probe[f"{what}s"].astype(np.int64)
    if layer.kind.output_shape is None:
        return values.reshape(n_samples, n_steps, -1)[..., : layer.n_out]
    step = np.cumsum(probe["last"]) - probe["last"]
    found = np.zeros((n_samples * n_steps, layer.n_out), np.int64)
    visited = np.zeros(found.shape, bool)
    neurons, exist = group_neurons(layer, probe["first"].astype(np.int64))
    rows = np.broadcast_to(step[:, None], neurons.shape)[exist]
    found[rows, neurons[exist]], visited[rows, neurons[exist]] = values.reshape(neurons.shape)[exist], True
    found, visited = (array.reshape(n_samples, n_steps, -1) for array in (found, visited))
    if what != "spike":
        for step in range(1, n_steps):
            kept = ~visited[:, step]
            found[:, step][kept] = found[:, step - 1][kept]
    return found


def group_neurons(layer: ResolvedLayer, first: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Return the neurons of groups of a map by their first, (groups, fire_lanes), and which of these exist."""
    lanes = np.arange(layer.fire_lanes)
    if not sends_map(layer):
        neurons = first[:, None] + lanes
        return neurons, neurons < layer.n_out
    assert layer.kind.output_shape is not None
    channels, height, width = layer.kind.output_shape
    place = {
        name: (first >> field.offset & ((1 << field.width) - 1))[:, None]
        for name, field in map_address_layout((channels, height, width))
    }
    channel = place["channel"] + lanes
    return (channel * height + place["row"]) * width + place["column"], channel < channels
