"""Geometry of windows and squares against lists of positions; the exact ranges that follow from it."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given

from golden.config import ConvConfig
from golden.config.spatial import n_windows, pooled_shape, window_reach
from golden.fixed import signed_range
from golden.synapse import layer_current
from tests.strategies import spatial_configs

WINDOWS = [
    (side, kernel, stride, padding)
    for side, kernel, stride in product(range(1, 9), range(1, 6), range(1, 5))
    for padding in range(kernel)
]


def windows(side: int, kernel: int, stride: int, padding: int) -> list[set[int]]:
    """The positions of the map that each window sees."""
    padded = [None] * padding + list(range(side)) + [None] * padding
    starts = range(0, len(padded) - kernel + 1, stride)
    return [{at for at in padded[start : start + kernel] if at is not None} for start in starts]


def test_windows_along_a_side():
    met = set()
    for case in WINDOWS:
        expected = windows(*case)
        assert n_windows(*case) == len(expected), case
        if expected:
            assert window_reach(*case) == max(map(len, expected)) >= 1, case
        met |= {len(expected) > 1, not expected, bool(expected) and window_reach(*case) < case[1]}
    assert met == {True, False}


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_same_padding_keeps_the_side(kernel):
    conv = ConvConfig(kernel=kernel, padding=(kernel - 1) // 2)
    assert [conv.rows.count(side) for side in range(1, 20)] == list(range(1, 20))


def test_squares_that_are_not_full_are_dropped():
    assert pooled_shape((3, 7, 6), 1) == (3, 7, 6)
    assert pooled_shape((3, 7, 6), 2) == (3, 3, 3)
    assert pooled_shape((3, 7, 6), 4) == (3, 1, 1)


@given(spatial_configs())
def test_the_range_of_a_sum_is_met_at_both_ends(config):
    """By full spikes and weights of one extreme: so the width is sufficient, and necessary."""
    for layer in config.resolved:
        low, high = signed_range(layer.weight_width)
        full = np.full(layer.n_in, (1 << layer.input_spike_width) - 1)
        biases = signed_range(layer.bias.width) if layer.has_bias else (0, 0)
        for weight, bias, end in zip((low, high), biases, layer.current_range, strict=True):
            current = layer_current(full, np.full(layer.weight_shape, weight), layer)
            assert current.shape == (layer.n_out,)
            assert (current.min() if weight < 0 else current.max()) + bias == end
        width_low, width_high = signed_range(layer.current_width)
        assert width_low <= layer.current_range[0] and layer.current_range[1] <= width_high


@given(spatial_configs())
def test_fan_in_counts_the_events_that_reach_a_neuron(config):
    for layer in config.resolved:
        reaching = layer_current(np.eye(layer.n_in, dtype=np.int64), np.ones(layer.weight_shape, np.int64), layer)
        assert set(np.unique(reaching)) <= {0, 1}
        assert layer.kind.fan_in == reaching.sum(axis=0).max()
