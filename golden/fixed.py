"""Every integer operation that rounds or can overflow, on two's complement integers of any numpy shape.

Each function has a hardware twin of the same name in :mod:`intsnn_hw.rtl.arith`; the twins are compared exhaustively
at narrow widths and at corners above. Nothing else in the project shifts, clips or masks state.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .widths import DRAW_STEPS as DRAW_STEPS
from .widths import LFSR_TAPS as LFSR_TAPS
from .widths import LFSR_WIDTH as LFSR_WIDTH
from .widths import ROUNDINGS as ROUNDINGS
from .widths import SEED_LFSR_TAPS as SEED_LFSR_TAPS
from .widths import SEED_LFSR_WIDTH as SEED_LFSR_WIDTH
from .widths import TAPS as TAPS
from .widths import Rounding as Rounding
from .widths import signed_range as signed_range
from .widths import signed_width as signed_width
from .widths import unsigned_width as unsigned_width

IntArray = NDArray[np.int64]


def saturate(value: ArrayLike, width: int) -> IntArray:
    """Clip to the range of a signed integer of `width` bits."""
    return np.clip(np.asarray(value, np.int64), *signed_range(width))


def saturate_unsigned(value: ArrayLike, width: int) -> IntArray:
    """Clip to the range of an unsigned integer of `width` bits, ``0..2^width - 1``."""
    return np.clip(np.asarray(value, np.int64), 0, (1 << width) - 1)


def shift_floor(value: ArrayLike, shift: int) -> IntArray:
    """Divide by ``2^shift``, rounding down; a negative `shift` multiplies."""
    value = np.asarray(value, np.int64)
    return value >> shift if shift >= 0 else value << -shift


def shift_ceil(value: ArrayLike, shift: int) -> IntArray:
    """Divide by ``2^shift``, rounding up; `shift` is 0 or above."""
    return (np.asarray(value, np.int64) + ((1 << shift) - 1)) >> shift


def shift_round(value: ArrayLike, shift: int) -> IntArray:
    """Divide by ``2^shift``, rounding half up; a negative `shift` multiplies."""
    value = np.asarray(value, np.int64)
    return (value + (1 << (shift - 1))) >> shift if shift > 0 else value << -shift


def shift_rounding(value: ArrayLike, shift: int, rounding: Rounding, draw: ArrayLike = 0) -> IntArray:
    """Divide by ``2^shift`` in the given rounding mode; a negative `shift` multiplies exactly.

    ``stochastic`` adds the lowest `shift` bits of `draw` before rounding down, so that the result is the
    value's neighbour above with a probability equal to the fraction; `draw` needs at least `shift` bits.
    """
    value = np.asarray(value, np.int64)
    if shift <= 0:
        return value << -shift
    mask = (1 << shift) - 1
    if rounding == "floor":
        return value >> shift
    if rounding == "nearest":
        return (value + (1 << (shift - 1))) >> shift
    if rounding == "toward_zero":
        return (value + np.where(value < 0, mask, 0)) >> shift
    return (value + (np.asarray(draw, np.int64) & mask)) >> shift


def round_pow2(value: ArrayLike) -> IntArray:
    """Round the magnitude to the nearest power of two, half way up, and keep the sign; 0 stays 0.

    A magnitude ``m`` with ``2^q <= m < 2^(q+1)`` becomes ``2^(q+1)`` when bit ``q-1`` of ``m`` is set
    (``m >= 1.5 * 2^q``), else ``2^q``.
    """
    value = np.asarray(value, np.int64)
    magnitude = np.abs(value)
    smeared = magnitude | (magnitude >> 1)
    for shift in (2, 4, 8, 16, 32):
        smeared = smeared | (smeared >> shift)
    top = smeared ^ (smeared >> 1)
    rounded = np.where(magnitude & (top >> 1), top << 1, top)
    return np.where(value < 0, -rounded, rounded)


def lfsr_step(state: int, width: int = LFSR_WIDTH) -> int:
    """Return the next state of the Galois LFSR of 16 bits, taps 0xB400, or 32, 0x80200003 (all states but 0)."""
    return (state >> 1) ^ (TAPS[width] if state & 1 else 0)


class Lfsr:
    """The Galois LFSR that draws for stochastic rounding and for rate encoding.

    Parameters
    ----------
    state : int
        First state, ``1..2^width - 1``.
    width : int
        16 bits, one step a draw, or 32, 32 steps a draw.
    """

    def __init__(self, state: int, width: int = LFSR_WIDTH):
        self.state, self.width = state, width

    def draw(self) -> int:
        """Step to the next draw and return the new state, ``1..2^width - 1``."""
        self.state = lfsr_steps(self.state, DRAW_STEPS[self.width], self.width)
        return self.state


def lfsr_steps(state: int, count: int, width: int) -> int:
    """Return the state of the Galois LFSR of `width` bits after `count` steps."""
    for _ in range(count):
        state = lfsr_step(state, width)
    return state


def seed_lfsr_steps(state: int, count: int) -> int:
    """Return the state of the 32-bit Galois LFSR with taps 0x80200003 (period 2^32 - 1) after `count` steps."""
    return lfsr_steps(state, count, SEED_LFSR_WIDTH)


# Steps are linear over GF(2), so 16 of them are the sum of what each byte of the low half contributes.
_SEED_LEAP = [[seed_lfsr_steps(byte << low, 16) for byte in range(256)] for low in (0, 8)]


class SeedLfsr:
    """The 32-bit Galois LFSR (taps 0x80200003) that draws initial weights and the fixed direct-route matrix.

    A word is 16 fresh bits, the low half of the state after 16 single steps, so that words do not overlap.

    Parameters
    ----------
    seed : int
        Any non-negative integer; mapped onto ``1..2^32 - 1``.
    """

    def __init__(self, seed: int):
        self.state = seed_state(seed)

    def word(self) -> int:
        """Advance by 16 single steps and return the low 16 bits of the state."""
        state = self.state
        self.state = (state >> 16) ^ _SEED_LEAP[0][state & 0xFF] ^ _SEED_LEAP[1][state >> 8 & 0xFF]
        return self.state & 0xFFFF

    def words(self, count: int) -> IntArray:
        """Return the next `count` words."""
        return np.array([self.word() for _ in range(count)], np.int64)


def seed_state(seed: int) -> int:
    """Spread `seed` over the ``2^32 - 1`` non-zero states of :class:`SeedLfsr` by multiplicative hashing."""
    return (seed * 0x9E3779B1 + 0x85EBCA77) % 0xFFFFFFFF + 1
