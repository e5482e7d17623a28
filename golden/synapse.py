"""Weights: the inference weight made from the shadow weight, and the exact sum of one time step."""

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .config import ConvConfig, Convolution, Dense, LayerKind, Recurrent, ResolvedLayer
from .config.spatial import Shape, pooled_shape
from .fixed import IntArray, saturate, shift_round


def inference_weight(shadow: IntArray, shadow_width: int, weight_width: int) -> IntArray:
    """Return ``saturate(shift_round(W, Bs - Bw), Bw)``: the rounded upper bits of the shadow weight (Maastricht 2025).

    Rounding is half up; the saturation matters only for the highest shadow weights, which would round up to
    ``2^(Bw-1)``.
    """
    return saturate(shift_round(shadow, shadow_width - weight_width), weight_width)


def synaptic_current(spikes: IntArray, weight: IntArray) -> IntArray:
    """Return ``sum_i w_ji * s_i`` exactly.

    Parameters
    ----------
    spikes : IntArray
        Graded spikes of one step, shape (..., n_in).
    weight : IntArray
        Inference weights, shape (n_out, n_in).

    Returns
    -------
    IntArray
        Shape (..., n_out), membrane LSBs.
    """
    return np.asarray(spikes, np.int64) @ np.asarray(weight, np.int64).T


def pool_sum(spikes: IntArray, shape: Shape, pool: int) -> IntArray:
    """Return the exact sums of spikes over squares of `pool` x `pool`; what fills no square is dropped.

    Parameters
    ----------
    spikes : IntArray
        Graded spikes of one step, shape (..., inputs), in the order of a map of `shape` (channels, height, width).

    Returns
    -------
    IntArray
        Shape (..., channels * (height // pool) * (width // pool)).
    """
    channels, height, width = pooled_shape(shape, pool)
    maps = np.asarray(spikes, np.int64).reshape(*np.shape(spikes)[:-1], *shape)
    squares = maps[..., : height * pool, : width * pool].reshape(*maps.shape[:-2], height, pool, width, pool)
    return squares.sum(axis=(-3, -1)).reshape(*maps.shape[:-3], channels * height * width)


def conv_current(spikes: IntArray, weight: IntArray, shape: Shape, conv: ConvConfig) -> IntArray:
    """Return ``sum_cij w_ocij * s_c[y * stride - padding + i, x * stride - padding + j]`` exactly.

    Zeros lie around the map. The kernel is not flipped: a correlation, as trainers have it.

    Parameters
    ----------
    spikes : IntArray
        Graded spikes of one step, or sums of them, shape (..., inputs), in the order of a map of `shape`.
    weight : IntArray
        Inference weights, shape (c_out, c_in, kernel, kernel).
    shape : (c_in, height, width)
    conv : ConvConfig

    Returns
    -------
    IntArray
        Shape (..., c_out * h_out * w_out), membrane LSBs.
    """
    maps = np.asarray(spikes, np.int64).reshape(*np.shape(spikes)[:-1], *shape)
    around = [(0, 0)] * (maps.ndim - 2) + [(conv.padding, conv.padding)] * 2
    windows = sliding_window_view(np.pad(maps, around), (conv.kernel, conv.kernel), axis=(-2, -1))
    windows = windows[..., :: conv.stride, :: conv.stride, :, :]
    current = np.einsum("...cyxij,ocij->...oyx", windows, np.asarray(weight, np.int64))
    return current.reshape(*maps.shape[:-3], math.prod(current.shape[-3:]))


def _dense(spikes: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    return synaptic_current(spikes, weight)


def _convolution(spikes: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    assert isinstance(kind, Convolution)
    return conv_current(spikes, weight, kind.pooled_shape, kind.conv)


CURRENTS: dict[type[LayerKind], Callable[[IntArray, IntArray, LayerKind], IntArray]] = {
    Dense: _dense,
    Recurrent: _dense,
    Convolution: _convolution,
}
"""The sum of one step by kind of layer: pooled spikes of its rows, weights, kind."""


def layer_current(spikes: IntArray, weight: IntArray, layer: ResolvedLayer) -> IntArray:
    """Return the exact sum of one step of any layer: pooled input spikes times weights; (..., n_in) to (..., n_out)."""
    kind = layer.kind
    if kind.input_shape is not None and kind.pool > 1:
        spikes = pool_sum(spikes, kind.input_shape, kind.pool)
    return CURRENTS[type(kind)](spikes, weight, kind)
