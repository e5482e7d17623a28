"""Rows of a convolution: each with a weight to every channel, the same in every window."""

import math
from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..config import ConvConfig, Convolution, LayerKind
from ..config.spatial import Shape
from ..fixed import IntArray

T = TypeVar("T", bound=np.generic)


def conv_current(spikes: IntArray, weight: IntArray, shape: Shape, conv: ConvConfig) -> IntArray:
    """Return ``sum_cij w_ocij * s_c[y * stride - padding + i, x * stride - padding + j]`` exactly.

    Stride and padding are those of rows and of columns. Zeros lie around the map. The kernel is not flipped: a
    correlation, as trainers have it.

    Parameters
    ----------
    spikes : IntArray
        Graded spikes of one step, or sums of them, shape (..., inputs), in the order of a map of `shape`.
    weight : IntArray
        Inference weights, shape (c_out, c_in, rows, columns of a window).
    shape : (c_in, height, width)
    conv : ConvConfig

    Returns
    -------
    IntArray
        Shape (..., c_out * h_out * w_out), membrane LSBs.
    """
    maps = np.asarray(spikes, np.int64).reshape(*np.shape(spikes)[:-1], *shape)
    current = np.einsum("...cyxij,ocij->...oyx", windows_of(maps, conv), np.asarray(weight, np.int64))
    return current.reshape(*maps.shape[:-3], math.prod(current.shape[-3:]))


def conv_error(error: IntArray, weight: IntArray, shape: Shape, conv: ConvConfig) -> IntArray:
    """Return ``d_c[y, x] = sum w_ocij * e_o[p, q]`` over all weights through which a window sees the position.

    Parameters
    ----------
    error : IntArray
        Of the neurons, shape (c_out * h_out * w_out,).
    weight : IntArray
        Inference weights, shape (c_out, c_in, rows, columns of a window).
    shape : (c_in, height, width)
        Of the map that the windows see.
    conv : ConvConfig

    Returns
    -------
    IntArray
        Shape (c_in * height * width,).
    """
    channels, *sides = shape
    counts = [windows.count(side) for windows, side in zip(conv.sides, sides, strict=True)]
    maps = error.reshape(-1, *counts)
    around = [side + 2 * own.padding for own, side in zip(conv.sides, sides, strict=True)]
    padded = np.zeros((channels, *around), np.int64)
    for place in np.ndindex(weight.shape[2:]):
        seen = (
            slice(at, at + count * windows.stride, windows.stride)
            for at, count, windows in zip(place, counts, conv.sides, strict=True)
        )
        padded[:, *seen] += np.einsum("oyx,oc->cyx", maps, weight[:, :, *place])
    inside = (slice(own.padding, own.padding + side) for own, side in zip(conv.sides, sides, strict=True))
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
        Shape (c_out, c_in * rows * columns of a window), exact.
    """
    windows = windows_of(trace.reshape(shape), conv)
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


def windows_of(maps: NDArray[T], conv: ConvConfig) -> NDArray[T]:
    """Return what each window sees of maps (..., height, width), shape (..., h_out, w_out, rows, columns)."""
    rows, columns = conv.sides
    around = [(0, 0)] * (maps.ndim - 2) + [(own.padding, own.padding) for own in conv.sides]
    windows = sliding_window_view(np.pad(maps, around), (rows.kernel, columns.kernel), axis=(-2, -1))
    return windows[..., :: rows.stride, :: columns.stride, :, :]
