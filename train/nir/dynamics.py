"""From a chain and a dialect to equations of steps, in which no parameter of NIR and no dialect is left."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from golden.errors import NirError
from train.nir.dialects import Decay, Dialect, Gain
from train.nir.layers import CUBA, Array, Chain, Convolution, Dense, Layer, Pool, Shape


@dataclass(frozen=True, kw_only=True)
class Discrete:
    """A layer in steps of time, in the coordinate ``v = membrane of the file - offset``, where a reset is to 0.

    For the step t, spikes x of the layer before, own spikes z, every array over the neurons (n,) in C order::

        i[t] = map(pool(x[t])) + recurrent z[t - 1] + bias
        s[t] = synapse_decay s[t - 1] + i[t]        where synapse_decay is not None, else s[t] = i[t]
        u[t] = decay v[t - 1] + s[t] + drift
        z[t] = u[t] > threshold                     compare "gt"
               u[t] >= threshold                    "ge"
               max(0, floor(u[t] / threshold))      "floor": graded
        v[t] = 0 where z[t] else u[t]               reset "zero"
               u[t] - z[t] reset_amount             "subtract"
               u[t]                                 "none"

    with ``s[-1] = 0``, ``z[-1] = 0``, ``v[-1] = start``. A readout has no threshold and no spikes: u is its output.

    A reset a step later, ``v[t] = decay v[t - 1] + s[t] - theta z[t - 1]``, is the same as one at once by
    ``reset_amount = theta / decay``: the u that are compared are equal.

    Attributes
    ----------
    name : str
        Of the node of the neurons.
    nodes : tuple of str
        All nodes that went into the layer.
    input_shape, output_shape : tuple of int
        (n,) or (channels, height, width).
    pool : Pool or None
        Sums, in front of the map.
    map : Dense or Convolution
        Its weights with all gains: r, dt / tau, w_in, Scale, averages.
    bias : (n,)
        With the gains; where there is no synaptic current, v_leak is in it.
    recurrent : (n, n) or None
        As ``weight[to, from]``, with the gains.
    decay : (n,)
        0..1; 1 for IF and I, 0 for Threshold.
    synapse_decay : (n,) or None
    drift : (n,)
        Zeros, unless the layer has a synaptic current and v_leak differs from v_reset.
    threshold : (n,) or None
        Above 0; None for a readout.
    compare : {"gt", "ge", "floor"}
    reset : {"zero", "subtract", "none"}
    reset_amount : (n,) or None
        For "subtract"; the threshold, or more than it.
    start : (n,)
        Zeros, unless the dialect starts at a v_leak that differs from v_reset.
    offset : (n,)
        What the file's membrane is above v: v_reset, of a readout 0.
    """

    name: str
    nodes: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape
    pool: Pool | None
    map: Dense | Convolution
    bias: Array
    recurrent: Array | None
    decay: Array
    synapse_decay: Array | None
    drift: Array
    threshold: Array | None
    compare: Literal["gt", "ge", "floor"]
    reset: Literal["zero", "subtract", "none"]
    reset_amount: Array | None
    start: Array
    offset: Array

    @property
    def is_readout(self) -> bool:
        """Whether the output is the membrane."""
        return self.threshold is None

    @property
    def n_neurons(self) -> int:
        """Elements of the output."""
        return len(self.decay)

    @property
    def n_inputs(self) -> int:
        """Elements of the input."""
        return int(np.prod(self.input_shape))


def discretize(chain: Chain, dialect: Dialect) -> tuple[Discrete, ...]:
    """Return the layers of a chain in steps of time.

    Raises
    ------
    NirError
        A time constant below dt, which no decay expresses; gains that differ within a channel of a convolution; a reset
        a step later without a membrane that lasts so long. All name the node.
    """
    return tuple(_discrete(layer, dialect) for layer in chain.layers)


def uniform(values: Array) -> float | None:
    """Return the value that all elements have, or None where they differ."""
    return float(values.flat[0]) if values.size and (values == values.flat[0]).all() else None


def per_channel(values: Array, shape: Shape) -> Array | None:
    """Return values (n,) of a map as (channels,), or None where they differ within a channel."""
    rows = values.reshape(shape[0], -1)
    return rows[:, 0].copy() if (rows == rows[:, :1]).all() else None


def _discrete(layer: Layer, dialect: Dialect) -> Discrete:
    neuron, n = layer.neuron, layer.n_neurons
    decay, gain = _membrane(layer, dialect)
    synapse_decay = None
    if neuron.kind in CUBA:
        assert neuron.tau_syn is not None and neuron.w_in is not None
        synapse_decay, synapse_gain = _decay_and_gain(layer, "tau_syn", neuron.tau_syn, dialect, dialect.gain_synapse)
        gain = gain * neuron.w_in * synapse_gain
    offset = np.zeros(n) if neuron.v_reset is None else neuron.v_reset
    rest = offset if neuron.v_leak is None else neuron.v_leak
    drift = (1 - decay) * (rest - offset)
    bias = gain * (_over_neurons(layer, layer.bias) + (0 if layer.recurrent_bias is None else layer.recurrent_bias))
    if synapse_decay is None:
        bias, drift = bias + drift, np.zeros(n)
    threshold = None if neuron.v_threshold is None else neuron.v_threshold - offset
    reset, amount = _reset(layer, dialect, threshold, decay)
    start = rest - offset if dialect.start == "leak" else np.zeros(n)
    return Discrete(
        name=layer.name, nodes=layer.nodes, input_shape=layer.input_shape, output_shape=layer.output_shape,
        pool=layer.pool, map=_scaled(layer, gain), bias=bias,
        recurrent=None if layer.recurrent is None else gain[:, None] * layer.recurrent,
        decay=decay, synapse_decay=synapse_decay, drift=drift, threshold=threshold, compare=dialect.compare,
        reset=reset, reset_amount=amount, start=start, offset=offset,
    )  # fmt: skip


def _membrane(layer: Layer, dialect: Dialect) -> tuple[Array, Array]:
    """Decay of the membrane, and gain of the current into it."""
    neuron = layer.neuron
    if neuron.kind == "Threshold":
        return np.zeros(layer.n_neurons), np.ones(layer.n_neurons)
    assert neuron.r is not None
    if neuron.tau is None:
        return np.ones(layer.n_neurons), neuron.r * (dialect.dt if dialect.gain_if == "nir" else 1.0)
    decay, gain = _decay_and_gain(layer, "tau", neuron.tau, dialect, dialect.gain)
    return decay, neuron.r * gain


def _decay_and_gain(layer: Layer, field: str, tau: Array, dialect: Dialect, gain: Gain) -> tuple[Array, Array]:
    """Decay of a step, and what of an input remains in it: ``1 - decay``, or all."""
    decays = dialect.decay
    _require_slow(layer, field, tau, dialect, decays)
    lost = dialect.dt / tau if decays == "euler" else -np.expm1(-dialect.dt / tau)
    lost = np.minimum(lost, 1.0)
    return 1 - lost, lost if gain == "nir" else np.ones_like(tau)


def _require_slow(layer: Layer, field: str, tau: Array, dialect: Dialect, decays: Decay) -> None:
    fastest = tau.min()
    if decays == "euler" and fastest < dialect.dt * (1 - 1e-6):
        raise NirError(
            f"node '{layer.name}' ({layer.neuron.kind}): its {field} {fastest:g} is below the time step {dialect.dt:g} "
            f"of dialect {dialect.label}, the membrane would swing; give another `dt` or `dialect`"
        )


def _reset(
    layer: Layer, dialect: Dialect, threshold: Array | None, decay: Array
) -> tuple[Literal["zero", "subtract", "none"], Array | None]:
    if threshold is None or layer.neuron.kind == "Threshold":
        return "none", None
    if dialect.reset == "zero":
        return "zero", None
    if dialect.reset == "subtract":
        return "subtract", threshold
    if decay.min() <= 0:
        raise NirError(
            f"node '{layer.name}' ({layer.neuron.kind}): its membrane lasts one step, so that nothing is left to "
            "subtract a step later; give `reset` zero"
        )
    return "subtract", threshold / decay


def _over_neurons(layer: Layer, channels: Array) -> Array:
    """Values (n_channels,) as (n,)."""
    return np.repeat(channels, layer.n_neurons // layer.map.n_channels)


def _scaled(layer: Layer, gain: Array) -> Dense | Convolution:
    """The map with the gains in its weights."""
    if isinstance(layer.map, Dense):
        return replace(layer.map, weight=gain[:, None] * layer.map.weight)
    channels = per_channel(gain, layer.output_shape)
    if channels is None:
        raise NirError(
            f"node '{layer.name}' ({layer.neuron.kind}): r, tau or w_in differ within a channel, and its weights "
            "do not; give one value for a channel"
        )
    return replace(layer.map, weight=channels[:, None, None, None] * layer.map.weight)
