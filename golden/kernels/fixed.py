"""Compiled twins of :mod:`golden.fixed`."""

import numpy as np

from .compiled import compiled


@compiled
def round_pow2(value):  # pragma: no cover
    """Round a value of up to 32 bits to the nearest power of two with its sign, half way up; 0 stays 0."""
    magnitude = abs(value)
    smeared = magnitude | (magnitude >> 1)
    smeared |= smeared >> 2
    smeared |= smeared >> 4
    smeared |= smeared >> 8
    smeared |= smeared >> 16
    top = smeared ^ (smeared >> 1)
    rounded = top << ((magnitude & (top >> 1)) != 0)
    return -rounded if value < 0 else rounded


@compiled
def shift_round(value, shift):  # pragma: no cover
    """Divide by ``2^shift``, rounding half up; a negative `shift` multiplies."""
    return (value + (np.int64(1) << (shift - 1))) >> shift if shift > 0 else value << -shift
