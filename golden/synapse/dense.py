"""Rows of a fully connected layer: each with a weight to every neuron."""

import numpy as np

from ..config import LayerKind
from ..fixed import IntArray


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


def feedback_error(error_above: IntArray, weight_above: IntArray) -> IntArray:
    """Return ``d_j = sum_k e_k * w_kj`` through the inference weights (n_above, n) of the layer above."""
    return error_above @ weight_above


def outer_gradient(error: IntArray, trace: IntArray) -> IntArray:
    """Return ``G_ji = e_j * x_i``, shape (n_out, n_in)."""
    return error[:, None] * trace


def current(spikes: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    """Return the sum of a step."""
    return synaptic_current(spikes, weight)


def carried(error: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
    """Return the error of each input after pooling; none goes to the layer's own neurons."""
    return feedback_error(error, weight[:, : kind.n_fed])


def gradient(error: IntArray, trace: IntArray, kind: LayerKind) -> IntArray:
    """Return the gradient of the rows that have these traces."""
    return outer_gradient(error, trace)
