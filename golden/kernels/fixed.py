"""Compiled twins of :mod:`golden.fixed`."""

import numpy as np

from .compiled import compiled


@compiled
def round_pow2(value):  # pragma: no cover
    """Round to the nearest power of two with the sign of `value`, half way up; 0 stays 0."""
    magnitude = abs(value)
    if magnitude == 0:
        return np.int64(0)
    top = np.int64(1)
    while top <= magnitude >> 1:
        top <<= 1
    if magnitude & (top >> 1):
        top <<= 1
    return -top if value < 0 else top


@compiled
def shift_round(value, shift):  # pragma: no cover
    """Divide by ``2^shift``, rounding half up; a negative `shift` multiplies."""
    return (value + (np.int64(1) << (shift - 1))) >> shift if shift > 0 else value << -shift
