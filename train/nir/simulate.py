"""Float simulation of layers in steps of time, all steps of a layer before the next layer."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from train.nir.dynamics import Discrete
from train.nir.layers import Convolution, Dense, Pool

Floats = NDArray[np.floating[Any]]
Dtype = type[np.floating[Any]]


class Trace(NamedTuple):
    """What a layer did.

    Attributes
    ----------
    spikes : (steps, samples, n)
        Levels z; zeros of a readout.
    membranes : (steps, samples, n)
        u, those that are compared with the threshold, in the coordinate of :class:`Discrete`.
    """

    spikes: Floats
    membranes: Floats

    def output(self, layer: Discrete) -> Floats:
        """Spikes, or of a readout its membranes as the file counts them."""
        return self.membranes + layer.offset.astype(self.membranes.dtype) if layer.is_readout else self.spikes


def simulate(layers: Sequence[Discrete], spikes: NDArray[Any], dtype: Dtype = np.float64) -> list[Trace]:
    """Run layers over input spikes (steps, samples, ...), each fed by the one before.

    Parameters
    ----------
    dtype : numpy.float64 or numpy.float32
        Of all sums; frameworks calculate in float32.
    """
    x, traces = spikes.reshape(*spikes.shape[:2], -1).astype(dtype), []
    for layer in layers:
        traces.append(run(layer, x, dtype))
        x = traces[-1].spikes
    return traces


def run(layer: Discrete, x: NDArray[Any], dtype: Dtype = np.float64) -> Trace:
    """Run one layer over the spikes (steps, samples, inputs) in front of it."""
    currents = current(layer, x.astype(dtype))
    spikes, membranes = np.zeros_like(currents), np.zeros_like(currents)
    decay, drift = layer.decay.astype(dtype), layer.drift.astype(dtype)
    synapse_decay = None if layer.synapse_decay is None else layer.synapse_decay.astype(dtype)
    recurrent = None if layer.recurrent is None else layer.recurrent.T.astype(dtype)
    v = np.broadcast_to(layer.start.astype(dtype), currents.shape[1:])
    z = s = np.zeros_like(v)
    for t, i in enumerate(currents):
        if recurrent is not None:
            i = i + z @ recurrent
        s = i if synapse_decay is None else synapse_decay * s + i
        u = decay * v + s + drift
        z = fire(layer, u)
        v = after(layer, u, z)
        spikes[t], membranes[t] = z, u
    return Trace(spikes, membranes)


def fire(layer: Discrete, u: Floats) -> Floats:
    """Spikes z of membranes u (..., n)."""
    if layer.threshold is None:
        return np.zeros_like(u)
    threshold = layer.threshold.astype(u.dtype)
    if layer.compare == "gt":
        return (u > threshold).astype(u.dtype)
    if layer.compare == "ge":
        return (u >= threshold).astype(u.dtype)
    return np.maximum(np.floor(u / threshold), 0)


def after(layer: Discrete, u: Floats, z: Floats) -> Floats:
    """Membranes v behind spikes z."""
    if layer.reset == "zero":
        return np.where(z > 0, np.zeros_like(u), u)
    if layer.reset_amount is not None:
        return u - z * layer.reset_amount.astype(u.dtype)
    return u


def current(layer: Discrete, x: Floats) -> Floats:
    """Return ``map(pool(x)) + bias`` (..., n) of spikes (..., inputs)."""
    shape = x.shape[:-1]
    rows = x.reshape(-1, x.shape[-1])
    parts = [_mapped(layer.map, layer.pool, part) for part in _blocks(rows)]
    return np.concatenate(parts).reshape(*shape, layer.n_neurons) + layer.bias.astype(x.dtype)


def _blocks(rows: Floats, elements: int = 1 << 20) -> Iterator[Floats]:
    """Rows in blocks, so that the windows of a convolution fit into memory."""
    step = max(1, elements // rows.shape[1])
    yield from (rows[start : start + step] for start in range(0, max(len(rows), 1), step))


def _mapped(linear: Dense | Convolution, pool: Pool | None, x: Floats) -> Floats:
    if pool is not None:
        x = pooled(pool, x)
    if isinstance(linear, Dense):
        return x @ linear.weight.T.astype(x.dtype)
    return convolved(linear, x)


def pooled(pool: Pool, x: Floats) -> Floats:
    """Sums (samples, c h w) of windows of maps (samples, C H W)."""
    channels, height, width = pool.output_shape
    rows, columns = pool.kernel
    maps = x.reshape(len(x), *pool.shape)[:, :, : height * rows, : width * columns]
    sums = maps.reshape(len(x), channels, height, rows, width, columns).sum(axis=(3, 5))
    return sums.reshape(len(x), channels * height * width)


def convolved(conv: Convolution, x: Floats) -> Floats:
    """Convolution (samples, outputs) of maps (samples, C H W)."""
    (pad_y, pad_x), (step_y, step_x), (gap_y, gap_x) = conv.padding, conv.stride, conv.dilation
    outputs, channels, rows, columns = conv.weight.shape
    maps = np.pad(x.reshape(len(x), *conv.shape), ((0, 0), (0, 0), (pad_y, pad_y), (pad_x, pad_x)))
    size = gap_y * (rows - 1) + 1, gap_x * (columns - 1) + 1
    windows = sliding_window_view(maps, size, axis=(2, 3))[:, :, ::step_y, ::step_x, ::gap_y, ::gap_x]
    _, height, width = conv.output_shape
    seen, each = channels * rows * columns, outputs // conv.groups
    grouped = windows.reshape(len(x), conv.groups, channels, height, width, rows * columns)
    grouped = grouped.transpose(1, 0, 3, 4, 2, 5).reshape(conv.groups, len(x) * height * width, seen)
    weight = conv.weight.astype(x.dtype).reshape(conv.groups, each, seen)
    sums = (grouped @ weight.transpose(0, 2, 1)).reshape(conv.groups, len(x), height * width, each)
    return sums.transpose(1, 0, 3, 2).reshape(len(x), math.prod(conv.output_shape))
