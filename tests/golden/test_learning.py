"""The parts of the learning rule against exact fractions and bit-by-bit definitions."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from golden.config import LayerConfig, LearningConfig, LearningLayer, LearningNetworkConfig, NeuronConfig
from golden.fixed import ROUNDINGS, seed_lfsr_steps, seed_state, signed_range
from golden.learning import (
    direct_error,
    direct_matrix,
    error_shift,
    gradient,
    initial_shadow,
    leak_trace,
    over_budget,
    shadow_update,
    surrogate,
    trace_step,
)
from golden.seeds import direct_seed, initial_seed
from golden.synapse import feedback_error, outer_gradient
from sim.verify import stimuli


def rule(**fields: Any) -> LearningConfig:
    return LearningConfig(**{"rate_shifts": (4, 4), "error_shifts": (1,), "init_shifts": (12, 12), **fields})


def layer(n_in: int = 3, n_out: int = 4, index: int = 0, learning: LearningConfig | None = None) -> LearningLayer:
    sizes = (n_out, 2) if index == 0 else (n_in, n_out)
    layers = tuple(LayerConfig(size=size) for size in sizes)
    config = LearningNetworkConfig(n_inputs=n_in, n_steps=2, layers=layers, learning=learning or rule())
    return config.resolved[index]


def neuron_layer(neuron: NeuronConfig, **fields: Any) -> LearningLayer:
    layers = (LayerConfig(size=4, neuron=neuron), LayerConfig(size=2))
    return LearningNetworkConfig(n_inputs=3, n_steps=2, layers=layers, learning=rule(**fields)).resolved[0]


@pytest.mark.parametrize("n, k", [(1, 0), (1, 4), (4, 8), (8, 3)])
def test_surrogate_window(n, k):
    own = neuron_layer(NeuronConfig(membrane_width=16, spike_width=n, threshold_shift=k))
    top = 2 ** (k + n)
    integrated = np.array([-32768, -1, 0, 1, top // 2, top - 1, top, top + 1, 32767])
    assert surrogate(integrated, own).tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("n, k", [(1, 1), (1, 8), (4, 8), (8, 3)])
def test_the_narrow_window_ends_half_a_level_beyond_the_first_and_the_last(n, k):
    own = neuron_layer(NeuronConfig(membrane_width=16, spike_width=n, threshold_shift=k), surrogate="narrow")
    half = Fraction(2**k, 2)
    low, high = 2**k - half, (2**n - 1) * 2**k + half
    integrated = np.arange(-4, 2 ** (k + n) + 4)
    assert surrogate(integrated, own).tolist() == [int(low <= u < high) for u in integrated.tolist()]


def test_a_first_level_of_one_has_no_half():
    own = neuron_layer(NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=0), surrogate="narrow")
    assert surrogate(np.arange(-1, 6), own).tolist() == [0, 1, 1, 1, 1, 0, 0]


def test_surrogate_window_up_to_the_highest_membrane():
    own = neuron_layer(NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23))
    assert surrogate(np.array([-1, 0, 2**31 - 1]), own).tolist() == [0, 1, 1]


def test_the_budget_pushes_who_fired_more_often():
    own = layer(learning=rule(budget=2, budget_shift=5))
    assert over_budget(np.array([-40, 0, 7, 7]), np.array([3, 4, 2, 0]), own).tolist() == [-8, 32, 7, 7]
    free = layer(learning=rule())
    assert over_budget(np.array([-40, 0, 7, 7]), np.array([3, 4, 2, 0]), free).tolist() == [-40, 0, 7, 7]
    assert layer(index=1, learning=rule(budget=2)).budget_push == 0  # the readout has none


@pytest.mark.parametrize("trace_shift", [None, 1, 2, 15])
def test_trace_step(trace_shift):
    trace, spikes = stimuli.product(np.arange(64), np.arange(48))
    for gain in (0, 3):
        expected = []
        for x, s in zip(trace.tolist(), spikes.tolist(), strict=True):
            leaked = x if trace_shift is None else x - math.ceil(x / 2**trace_shift)
            expected.append(leaked + s * 2**gain)
        np.testing.assert_array_equal(trace_step(trace, spikes, trace_shift, gain), expected)


@pytest.mark.parametrize("trace_shift", [1, 4, 15])
def test_a_trace_without_spikes_ends_at_zero(trace_shift):
    trace = np.arange(1 << 10)
    for _ in range(1 << 10):
        trace = leak_trace(trace, trace_shift)
    assert not trace.any()


def test_carried_errors_are_plain_sums():
    rng = np.random.default_rng(1)
    weight, error = rng.integers(-32768, 32768, (5, 3)), np.array([-1, 0, 1, 128, -64])
    expected = [sum(int(error[k]) * int(weight[k, j]) for k in range(5)) for j in range(3)]
    assert feedback_error(error, weight).tolist() == expected
    matrix = rng.integers(-1, 2, (3, 5))
    expected = [16 * sum(int(error[c]) * int(matrix[j, c]) for c in range(5)) for j in range(3)]
    assert direct_error(error, matrix, 4).tolist() == expected


@pytest.mark.parametrize("error_shift", [-7, -1, 0, 1, 5, 24])
def test_gradient(error_shift):
    error, count = stimuli.product(stimuli.signed(9), np.array([0, 1, 2, 3, 4096]))
    expected = []
    for d, s in zip(error.tolist(), count.tolist(), strict=True):
        scaled = math.floor(Fraction(d * s) / Fraction(2) ** error_shift + Fraction(1, 2))
        clipped = min(max(scaled, -127), 127)
        powers = [2**q for q in range(8)]
        size = 0 if clipped == 0 else min(powers, key=lambda power: (abs(power - abs(clipped)), -power))
        expected.append(size if clipped > 0 else -size)
    assert {128, -128, 0} <= set(expected) or error_shift == 24
    np.testing.assert_array_equal(gradient(error, count, error_shift), expected)


def test_gradient_at_the_largest_error_a_legal_network_can_have():
    largest = 128 * 32768 * 65536
    assert gradient(np.array([largest, -largest]), np.array([4096, 4096]), -7).tolist() == [128, -128]
    with pytest.raises(ValueError, match="error_shifts: must be -7"):
        rule(error_shifts=(-8,))


def rounded(value: Fraction, rounding: str, draw: int, shift: int) -> int:
    if rounding == "floor":
        return math.floor(value)
    if rounding == "toward_zero":
        return math.trunc(value)
    if rounding == "nearest":
        return math.floor(value + Fraction(1, 2))
    return math.floor(value + Fraction(draw % 2**shift, 2**shift))


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("rate_shift", [-16, -2, 0, 1, 4, 16])
def test_shadow_update(rounding, rate_shift):
    rng = np.random.default_rng(1)
    error = np.array([-128, -64, -1, 0, 1, 2, 128])
    trace = np.array([0, 1, 15, 30, 1000])
    draws = np.array([0xFFFF, 0x8001, 1, 0x7FFF, 0xACE1])
    shadow = rng.choice([-32768, -32767, -100, 0, 100, 32766, 32767], (7, 5))
    expected = np.empty_like(shadow)
    for j, i in np.ndindex(7, 5):
        exact = Fraction(-int(error[j]) * int(trace[i])) / Fraction(2) ** rate_shift
        step = rounded(exact, rounding, int(draws[i]), max(rate_shift, 0))
        expected[j, i] = min(max(int(shadow[j, i]) + step, -32768), 32767)
    assert ((expected == -32768) & (shadow > -32768)).any() or rate_shift > 1  # saturates, both ways
    assert ((expected == 32767) & (shadow < 32767)).any() or rate_shift > 1
    before = shadow.copy()
    np.testing.assert_array_equal(
        shadow_update(shadow, outer_gradient(error, trace), rate_shift, draws, rounding, 16), expected
    )
    np.testing.assert_array_equal(shadow, before)


def lfsr_words(seed: int, count: int) -> list[int]:
    state, words = seed_state(seed), []
    for _ in range(count):
        state = seed_lfsr_steps(state, 16)
        words.append(state & 0xFFFF)
    return words


@pytest.mark.parametrize("n_classes", [1, 2, 8, 9, 10, 16, 17])
def test_direct_matrix_bit_by_bit(n_classes):
    hidden = layer(n_out=5)
    per_row = math.ceil(2 * n_classes / 16)
    words = lfsr_words(direct_seed(hidden, 7), 5 * per_row)
    matrix = direct_matrix(hidden, n_classes, 7)
    assert matrix.shape == (5, n_classes)
    for j, c in np.ndindex(5, n_classes):
        word = words[j * per_row + 2 * c // 16]
        there, positive = word >> (2 * c % 16) & 1, word >> (2 * c % 16 + 1) & 1
        assert matrix[j, c] == (0 if not there else 1 if positive else -1)


def test_direct_matrix_is_balanced():
    """Of 4096 x 10 entries about half are 0 and a quarter each of -1 and 1; rows and columns are no copies."""
    matrix = direct_matrix(layer(n_out=4096), 10, 0)
    shares = {value: (matrix == value).mean() for value in (-1, 0, 1)}
    assert set(np.unique(matrix)) == {-1, 0, 1}
    assert 0.49 < shares[0] < 0.51 and 0.24 < shares[1] < 0.26 and 0.24 < shares[-1] < 0.26
    assert np.abs(matrix.mean(axis=0)).max() < 0.05
    alike = (matrix.T[:, None] == matrix.T[None]).mean(axis=-1)
    assert (alike[~np.eye(10, dtype=bool)] < 0.42).all()  # 3/8 where independent
    assert len(np.unique(matrix, axis=0)) > 3000


def test_direct_matrix_depends_on_seed_and_layer_only():
    first = direct_matrix(layer(n_out=20), 10, 3)
    np.testing.assert_array_equal(direct_matrix(layer(n_out=20, n_in=9), 10, 3), first)
    np.testing.assert_array_equal(direct_matrix(layer(n_out=30), 10, 3)[:20], first)
    assert (direct_matrix(layer(n_out=20), 10, 4) != first).any()
    assert (direct_matrix(layer(n_out=20, index=1), 10, 3) != first).any()


@pytest.mark.parametrize("shift", [0, 1, 3, 8, 14, 15, 16, 23])
def test_initial_shadow_bit_by_bit(shift):
    own = layer(n_in=3, n_out=4, learning=rule(shadow_width=24, init_shifts=(shift, 3), seed=11))
    shadow = initial_shadow(own)
    per_weight = 1 if shift <= 15 else 2
    words = lfsr_words(initial_seed(own, 11), 3 * 4 * per_weight)
    assert shadow.shape == (4, 3)
    for i, j in np.ndindex(3, 4):
        at = (i * 4 + j) * per_weight
        value = words[at] + (words[at + 1] * 2**16 if per_weight == 2 else 0)
        assert shadow[j, i] == value % 2 ** (shift + 1) - 2**shift


@pytest.mark.parametrize("shift", [0, 2, 5])
def test_initial_shadows_fill_their_range(shift):
    shadow = initial_shadow(layer(n_in=40, n_out=40, learning=rule(init_shifts=(shift, 1))))
    assert set(np.unique(shadow)) == set(range(-(2**shift), 2**shift))


@pytest.mark.parametrize("width", [8, 16, 24])
def test_initial_shadows_stay_in_their_width(width):
    own = layer(n_in=60, n_out=50, learning=rule(shadow_width=width, init_shifts=(width - 1, 1)))
    shadow = initial_shadow(own)
    low, high = signed_range(width)
    assert low <= shadow.min() < low * 0.9 and high * 0.9 < shadow.max() <= high


def test_initial_shadows_are_reproducible():
    first = initial_shadow(layer(n_in=8, n_out=6, learning=rule(seed=5)))
    np.testing.assert_array_equal(initial_shadow(layer(n_in=8, n_out=6, learning=rule(seed=5))), first)
    assert (initial_shadow(layer(n_in=8, n_out=6, learning=rule(seed=6))) != first).any()
    assert (initial_shadow(layer(n_in=8, n_out=6, index=1, learning=rule(seed=5))) != first).any()
    assert initial_shadow(layer(n_in=2, n_out=2, learning=rule(seed=0))).tolist() == [[476, 867], [-1756, 103]]


@pytest.mark.parametrize("shifts", [(5, 2), (2, 5), (16, 3), (3, 16)])
def test_initial_shadows_of_a_recurrent_layer_have_two_ranges(shifts):
    learning = rule(shadow_width=24, init_shifts=(shifts[0], 1), recurrent_init_shifts=shifts[1:],
                    recurrent_rate_shifts=(0,))  # fmt: skip
    layers = (LayerConfig(size=30, recurrent=True), LayerConfig(size=2))
    own = LearningNetworkConfig(n_inputs=20, n_steps=2, layers=layers, learning=learning).resolved[0]
    shadow = initial_shadow(own)
    assert shadow.shape == (30, 50)
    for part, shift in ((shadow[:, :20], shifts[0]), (shadow[:, 20:], shifts[1])):
        assert -(2**shift) <= part.min() < -0.9 * 2**shift and 0.9 * 2**shift - 2 < part.max() < 2**shift


@pytest.mark.parametrize("bits", [1, 5, 7])
@pytest.mark.parametrize("largest", [0, 1, 15, 16, 31, 32, 127, 128, 1000])
def test_the_shift_that_brings_the_largest_error_to_so_many_bits(bits, largest):
    hidden = layer(learning=rule(error_shifts=(), error_bits=bits))
    shift = error_shift(np.array([0, -largest, largest // 2]), np.array([2, 1, 1]), hidden)
    assert largest >> shift < 1 << bits and (shift == 0 or largest >> (shift - 1) >= 1 << bits)
    doubled = error_shift(np.array([largest, 0, 0]), np.array([2, 1, 1]), hidden)
    assert doubled == error_shift(np.array([2 * largest]), np.array([1]), hidden)
