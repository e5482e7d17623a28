"""Rows of a convolution: each with a weight to every channel, the same in every window."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..config import ConvConfig, Convolution, LayerKind
from ..config.spatial import Shape
from ..fixed import IntArray


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
    current = np.einsum("...cyxij,ocij->...oyx", _windows(maps, conv), np.asarray(weight, np.int64))
    return current.reshape(*maps.shape[:-3], math.prod(current.shape[-3:]))


def conv_error(error: IntArray, weight: IntArray, shape: Shape, conv: ConvConfig) -> IntArray:
    """Return ``d_c[y, x] = sum w_ocij * e_o[p, q]`` over all weights through which a window sees the position.

    Parameters
    ----------
    error : IntArray
        Of the neurons, shape (c_out * h_out * w_out,).
    weight : IntArray
        Inference weights, shape (c_out, c_in, kernel, kernel).
    shape : (c_in, height, width)
        Of the map that the windows see.
    conv : ConvConfig

    Returns
    -------
    IntArray
        Shape (c_in * height * width,).
    """
    channels, height, width = shape
    rows, columns = conv.output_side(height), conv.output_side(width)
    maps = error.reshape(-1, rows, columns)
    padded = np.zeros((channels, height + 2 * conv.padding, width + 2 * conv.padding), np.int64)
    for i, j in np.ndindex(conv.kernel, conv.kernel):
        seen = padded[:, i : i + rows * conv.stride : conv.stride, j : j + columns * conv.stride : conv.stride]
        seen += np.einsum("oyx,oc->cyx", maps, weight[:, :, i, j])
    inside = slice(conv.padding, conv.padding + height), slice(conv.padding, conv.padding + width)
    return padded[:, *inside].ravel()


def conv_gradient(error: IntArray, trace: IntArray, shape: Shape, conv: ConvConfig) -> IntArray:
    """Return ``G_ocij = sum over windows of e_o[y, x] * t_c[y * stride - padding + i, x * stride - padding + j]``.

    Parameters
    ----------
    error : IntArray
        Of the neurons, shape (c_out * h_out * w_out,).
    trace : IntArray
        Of the map that the windows see, shape (c_in * height * width,).
    shape : (c_in, height, width)
    conv : ConvConfig

    Returns
    -------
    IntArray
        Shape (c_out, c_in * kernel * kernel), exact.
    """
    windows = _windows(trace.reshape(shape), conv)
    maps = error.reshape(-1, *windows.shape[1:3])
    return np.einsum("oyx,cyxij->ocij", maps, windows).reshape(len(maps), -1)


def current(spikes: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    """Return the sum of a step."""
    assert isinstance(kind, Convolution)
    return conv_current(spikes, weight, kind.pooled_shape, kind.conv)


def carried(error: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    """Return the error of each position of the pooled map."""
    assert isinstance(kind, Convolution)
    return conv_error(error, weight, kind.pooled_shape, kind.conv)


def gradient(error: IntArray, trace: IntArray, kind: LayerKind) -> IntArray:
    """Return the gradient of all rows."""
    assert isinstance(kind, Convolution)
    return conv_gradient(error, trace, kind.pooled_shape, kind.conv)


def _windows(maps: IntArray, conv: ConvConfig) -> IntArray:
    """Return what each window sees of maps (..., c, height, width), shape (..., c, h_out, w_out, kernel, kernel)."""
    around = [(0, 0)] * (maps.ndim - 2) + [(conv.padding, conv.padding)] * 2
    windows = sliding_window_view(np.pad(maps, around), (conv.kernel, conv.kernel), axis=(-2, -1))
    return windows[..., :: conv.stride, :: conv.stride, :, :]
