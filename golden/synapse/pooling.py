"""Sums over squares of a map in front of a layer, and the error's way back through them."""

import numpy as np

from ..config import LayerKind
from ..config.spatial import Shape, pooled_shape
from ..fixed import IntArray


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


def spread(error: IntArray, shape: Shape, pool: int) -> IntArray:
    """Return the error of each input of a map of `shape`: that of its square, 0 where it is in none.

    Parameters
    ----------
    error : IntArray
        Of the squares, shape (channels * (height // pool) * (width // pool),).
    """
    channels, height, width = pooled_shape(shape, pool)
    inputs = np.zeros(shape, np.int64)
    inputs[:, : height * pool, : width * pool] = np.kron(
        error.reshape(channels, height, width), np.ones((1, pool, pool), np.int64)
    )
    return inputs.ravel()


def pooled(spikes: IntArray, kind: LayerKind) -> IntArray:
    """Return the spikes (..., n_fed) that the weights of a layer see of those of its inputs (..., n_in)."""
    return spikes if kind.input_shape is None or kind.pool == 1 else pool_sum(spikes, kind.input_shape, kind.pool)


def unpooled(error: IntArray, kind: LayerKind) -> IntArray:
    """Return the error (n_in,) that goes to a layer's inputs, from that of its inputs after pooling (n_fed,)."""
    return error if kind.input_shape is None or kind.pool == 1 else spread(error, kind.input_shape, kind.pool)
