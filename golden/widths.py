"""Widths and ranges of integers, the kinds of rounding, the constants of the LFSRs: what configurations need, without
numpy, so that the command line is quick.
"""

from typing import Literal, get_args

Rounding = Literal["floor", "toward_zero", "nearest", "stochastic"]
ROUNDINGS: tuple[str, ...] = get_args(Rounding)

LFSR_WIDTH = 16
LFSR_TAPS = 0xB400
SEED_LFSR_WIDTH = 32
SEED_LFSR_TAPS = 0x80200003
TAPS = {LFSR_WIDTH: LFSR_TAPS, SEED_LFSR_WIDTH: SEED_LFSR_TAPS}
"""Of a maximal Galois LFSR, by its width."""


def signed_range(width: int) -> tuple[int, int]:
    """Return the least and the greatest value of a signed integer of `width` bits."""
    return -(1 << (width - 1)), (1 << (width - 1)) - 1


def signed_width(low: int, high: int) -> int:
    """Return the least width of a signed integer that holds every value of ``low..high``."""
    return max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + 1


def unsigned_width(high: int) -> int:
    """Return the least width, at least 1, of an unsigned integer that holds ``0..high``."""
    return max(1, high.bit_length())
