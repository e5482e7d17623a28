"""Weights: the inference weight made from the shadow weight, and the exact sum of one time step."""

import numpy as np

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
