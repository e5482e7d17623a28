"""Integer operations against exact fractions: every value at narrow widths, corners above."""

import math
from fractions import Fraction

import numpy as np
import pytest

from golden.fixed import (
    LFSR_TAPS,
    LFSR_WIDTH,
    ROUNDINGS,
    SEED_LFSR_TAPS,
    SEED_LFSR_WIDTH,
    Lfsr,
    SeedLfsr,
    lfsr_step,
    round_pow2,
    saturate,
    saturate_unsigned,
    seed_lfsr_steps,
    seed_state,
    shift_floor,
    shift_round,
    shift_rounding,
)
from golden.widths import signed_range
from sim.verify import stimuli

WIDTHS = [*range(2, 9), 12, 16, 24, 32, 40]
SHIFTS = [-5, -1, 0, 1, 2, 3, 7, 8, 15, 16, 24]


def exactly(result: np.ndarray, expected: list[int]) -> None:
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result, np.array(expected, np.int64))


def scaled(value: int, shift: int) -> Fraction:
    return Fraction(value) / Fraction(2) ** shift


@pytest.mark.parametrize("width", WIDTHS)
def test_saturate(width):
    values = stimuli.signed(width + 2)
    low, high = signed_range(width)
    assert (values < low).any() and (values > high).any() and {low, high} <= set(values)
    exactly(saturate(values, width), [min(max(v, low), high) for v in values.tolist()])
    exactly(saturate_unsigned(values, width), [min(max(v, 0), 2**width - 1) for v in values.tolist()])


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_shifts(width, shift):
    values = stimuli.signed(width)
    exactly(shift_floor(values, shift), [math.floor(scaled(v, shift)) for v in values.tolist()])
    exactly(shift_round(values, shift), [math.floor(scaled(v, shift) + Fraction(1, 2)) for v in values.tolist()])


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_shift_rounding_without_chance(width, shift):
    values = stimuli.signed(width)
    exact = [scaled(v, shift) for v in values.tolist()]
    draw = np.full(len(values), 2**24 - 1)  # is read by the stochastic mode only
    exactly(shift_rounding(values, shift, "floor", draw), [math.floor(x) for x in exact])
    exactly(shift_rounding(values, shift, "toward_zero", draw), [math.trunc(x) for x in exact])
    exactly(shift_rounding(values, shift, "nearest", draw), [math.floor(x + Fraction(1, 2)) for x in exact])


@pytest.mark.parametrize("shift", range(-2, 7))
def test_stochastic_rounding_is_exact_in_the_mean(shift):
    """Over all draws the results sum to the value itself, and each is one of its two neighbours."""
    values = stimuli.signed(8)
    draws = np.arange(2 ** max(shift, 0))
    results = shift_rounding(values[:, None], shift, "stochastic", draws)
    exact = [scaled(v, shift) for v in values.tolist()]
    for row, x in zip(results.tolist(), exact, strict=True):
        assert sum(row) == x * len(draws)
        assert {math.floor(x), math.ceil(x)} == set(row)


def test_stochastic_rounding_reads_the_lowest_bits_of_the_draw():
    values, draws = stimuli.product(stimuli.signed(7), stimuli.unsigned(8))
    exactly(shift_rounding(values, 3, "stochastic", draws), shift_rounding(values, 3, "stochastic", draws % 8).tolist())
    exactly(shift_rounding([1], 3, "stochastic", [8 + 7]), [1])
    exactly(shift_rounding([1], 3, "stochastic", [8 + 6]), [0])


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_a_left_shift_is_exact_in_every_mode(rounding):
    exactly(shift_rounding([-3, 0, 5], -4, rounding, [7, 7, 7]), [-48, 0, 80])
    exactly(shift_rounding([-3, 0, 5], 0, rounding, [7, 7, 7]), [-3, 0, 5])


def nearest_power(value: int) -> int:
    if value == 0:
        return 0
    powers = [2**q for q in range(41)]
    best = min(powers, key=lambda power: (abs(power - abs(value)), -power))  # the greater one where half way
    return best if value > 0 else -best


@pytest.mark.parametrize("width", WIDTHS)
def test_round_pow2(width):
    values = stimuli.signed(width)
    assert {0, 1, -1} <= set(values)
    exactly(round_pow2(values), [nearest_power(v) for v in values.tolist()])


def test_round_pow2_of_every_gradient():
    values = np.arange(-(2**11), 2**11 + 1)
    exactly(round_pow2(values), [nearest_power(v) for v in values.tolist()])
    exactly(round_pow2([3, 6, 96, 127, -95]), [4, 8, 128, 128, -64])


def test_lfsr_visits_every_state_but_zero():
    lfsr, seen = Lfsr(1), []
    for _ in range(2**16 - 1):
        seen.append(lfsr.draw())
    assert lfsr.state == 1
    assert sorted(seen) == list(range(1, 2**16))


def test_lfsr_steps_by_the_definition():
    """Shift right; where a 1 falls out, flip the bits of x^16 + x^14 + x^13 + x^11 + 1."""
    for state in range(1, 2**16, 37):
        expected = state // 2
        if state % 2:
            for exponent in (16, 14, 13, 11):
                expected ^= 2 ** (exponent - 1)
        assert lfsr_step(state) == expected
    assert Lfsr(0xACE1).draw() == 0xE270


def test_draws_of_32_bits_do_not_overlap():
    """32 steps lie between them, of the LFSR that draws weights."""
    lfsr, state = Lfsr(0xDEADBEEF, 32), 0xDEADBEEF
    for _ in range(20):
        state = seed_lfsr_steps(state, 32)
        assert lfsr.draw() == state


def galois_matrix(taps: int, width: int) -> list[int]:
    """Column b is the state after one step from the state with only bit b set."""
    return [(1 << bit) >> 1 ^ (taps if bit == 0 else 0) for bit in range(width)]


def apply(matrix: list[int], state: int) -> int:
    result = 0
    for bit, column in enumerate(matrix):
        if state >> bit & 1:
            result ^= column
    return result


def power(matrix: list[int], exponent: int) -> list[int]:
    result, square = [1 << bit for bit in range(len(matrix))], matrix
    while exponent:
        if exponent & 1:
            result = [apply(square, column) for column in result]
        square = [apply(square, column) for column in square]
        exponent >>= 1
    return result


@pytest.mark.parametrize(
    "taps, width, primes",
    [(LFSR_TAPS, LFSR_WIDTH, (3, 5, 17, 257)), (SEED_LFSR_TAPS, SEED_LFSR_WIDTH, (3, 5, 17, 257, 65537))],
)
def test_lfsr_periods_are_maximal(taps, width, primes):
    """The step's order is 2^width - 1: that power is the identity, and its quotient by no prime factor is."""
    matrix, period = galois_matrix(taps, width), 2**width - 1
    assert math.prod(primes) == period
    identity = [1 << bit for bit in range(width)]
    assert power(matrix, period) == identity
    assert all(power(matrix, period // prime) != identity for prime in primes)


def test_seed_lfsr_single_steps_by_the_definition():
    matrix = galois_matrix(SEED_LFSR_TAPS, SEED_LFSR_WIDTH)
    state = 0xDEADBEEF
    for count in range(100):
        assert seed_lfsr_steps(0xDEADBEEF, count) == state
        state = apply(matrix, state)


@pytest.mark.parametrize("seed", [0, 1, 2, 0x10000, 2**32 - 1, 2**40])
def test_seed_lfsr_leaps_equal_single_steps(seed):
    lfsr, state = SeedLfsr(seed), seed_state(seed)
    words = []
    for _ in range(300):
        state = seed_lfsr_steps(state, 16)
        words.append(state & 0xFFFF)
    exactly(lfsr.words(150), words[:150])
    assert [lfsr.word() for _ in range(150)] == words[150:]
    assert lfsr.state == state


def test_seed_states_are_valid_and_differ():
    seeds = [*range(1000), *(0x10000 * index for index in range(1, 40)), 2**32 - 2]
    states = [seed_state(seed) for seed in seeds]
    assert all(1 <= state < 2**32 for state in states)
    assert len(set(states)) == len(states)
    assert seed_state(0) == 0x85EBCA78


def test_stimuli_hold_the_corners():
    for width in (9, 16, 32):
        low, high = signed_range(width)
        assert {low, low + 1, -1, 0, 1, high - 1, high, 2 ** (width - 2) + 1, -(2 ** (width - 2)) - 1} <= set(
            stimuli.signed(width).tolist()
        )
        assert {0, 1, 2**width - 1, 2**width - 2, 2 ** (width - 1)} <= set(stimuli.unsigned(width).tolist())
        assert stimuli.signed(width).min() == low and stimuli.unsigned(width).min() == 0
        assert stimuli.signed(width).max() == high and stimuli.unsigned(width).max() == 2**width - 1
    assert len(stimuli.signed(8)) == len(stimuli.unsigned(8)) == 256
