"""The integers of one layer, fed with any spikes: as the golden network, but all samples at once and by float sums."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.config import ResolvedLayer
from golden.fixed import IntArray, shift_floor
from golden.network import Network
from golden.neuron import LifStep, NeuronState, leak, lif_step, readout_step
from train.nir.dynamics import Discrete
from train.nir.layers import Dense
from train.nir.simulate import current
from train.nir.windows import plain


class Replay(NamedTuple):
    """What the integers of a layer did.

    Attributes
    ----------
    spikes : (steps, samples, n)
    membranes : (steps, samples, n)
        Those that are compared with the threshold.
    saturated : int
        Steps of neurons in which the membrane, or the synaptic current, had no room.
    """

    spikes: IntArray
    membranes: IntArray
    saturated: int


def replay(network: Network, index: int, layer: Discrete, x: NDArray[Any]) -> Replay:
    """Run a layer of a network that :func:`train.nir.convert.convert` made, on spikes (steps, samples, inputs).

    Sums are exact in float64: an integer of up to 53 bits is.
    """
    resolved = network.config.resolved[index]
    assert resolved.current_width <= 53
    sums = current(_in_integers(network, index, layer), x.astype(np.float64)).astype(np.int64)
    own = network.weights[index][:, resolved.n_in :].T.astype(np.float64) if resolved.n_own else None
    state = NeuronState.initial(sums.shape[1:], resolved.neuron)
    step = lif_step if resolved.fires else readout_step
    spikes, membranes, saturated = np.zeros_like(sums), np.zeros_like(sums), 0
    for t, total in enumerate(sums):
        if own is not None and t:
            total = total + (spikes[t - 1].astype(np.float64) @ own).astype(np.int64)
        found = step(state, total, resolved.neuron)
        saturated += _saturated(state, total, found, resolved)
        state, spikes[t], membranes[t] = found.state, found.spike, found.integrated
    return Replay(spikes, membranes, saturated)


def _saturated(state: NeuronState, total: IntArray, found: LifStep, layer: ResolvedLayer) -> int:
    neuron, arriving = layer.neuron, total
    lost = np.zeros(total.shape, np.bool_)
    if neuron.synaptic is not None:
        arriving = found.state.current
        lost = leak(state.current, neuron.synaptic) + total != arriving
    wanted = leak(state.membrane, neuron) + shift_floor(arriving, neuron.current_shift)
    return int((lost | (wanted != found.integrated)).sum())


def _in_integers(network: Network, index: int, layer: Discrete) -> Discrete:
    """The layer with its integers in the place of its weights."""
    resolved = network.config.resolved[index]
    weight = network.weights[index].astype(np.float64)
    bias = np.zeros(layer.n_neurons)
    if resolved.has_bias:
        bias = np.repeat(network.biases[index], resolved.kind.n_sharing).astype(np.float64)
    if isinstance(layer.map, Dense):
        return replace(layer, map=Dense(weight=weight[:, : weight.shape[1] - resolved.n_own]), bias=bias)
    linear = replace(plain(layer.map), weight=weight)
    return replace(layer, map=linear, bias=bias)
