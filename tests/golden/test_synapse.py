"""Inference weights against exact fractions; the sum of a step against a double loop."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from golden import vectors
from golden.config import SHADOW_WIDTHS, WEIGHT_WIDTHS
from golden.fixed import signed_range
from golden.synapse import inference_weight, synaptic_current


@pytest.mark.parametrize("shadow_width", range(SHADOW_WIDTHS[0], SHADOW_WIDTHS[1] + 1))
def test_inference_weight_is_the_rounded_upper_part(shadow_width):
    for weight_width in range(WEIGHT_WIDTHS[0], min(WEIGHT_WIDTHS[1], shadow_width) + 1):
        shadow = vectors.signed(shadow_width)
        unit = 2 ** (shadow_width - weight_width)
        low, high = signed_range(weight_width)
        rounded = [math.floor(Fraction(value, unit) + Fraction(1, 2)) for value in shadow.tolist()]
        assert max(rounded) > high or unit == 1  # the highest shadow weights need the saturation
        assert min(rounded) == low
        expected = [min(value, high) for value in rounded]
        np.testing.assert_array_equal(inference_weight(shadow, shadow_width, weight_width), expected)


def test_inference_weight_rounds_half_up():
    shadow = np.array([-25, -24, -23, -9, -8, -7, 7, 8, 9, 23, 24, 119, 120, 127])
    assert inference_weight(shadow, 8, 4).tolist() == [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2, 7, 7, 7]


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_synaptic_current(batch):
    rng = np.random.default_rng(1)
    spikes, weight = rng.integers(0, 256, (*batch, 6)), rng.integers(-32768, 32768, (4, 6))
    result = synaptic_current(spikes, weight)
    assert result.shape == (*batch, 4)
    for place in np.ndindex(*batch):
        expected = [sum(int(weight[j, i]) * int(spikes[place][i]) for i in range(6)) for j in range(4)]
        assert result[place].tolist() == expected


def test_current_of_an_empty_step_is_zero():
    assert not synaptic_current(np.zeros((2, 3), np.int64), np.full((4, 3), -128)).any()


def test_narrow_types_do_not_wrap():
    """Weights and spikes as they are stored, at the largest sum a legal layer can have."""
    spikes: Any = np.full(65536, 255, np.uint8)
    for lowest, kind in ((-32768, np.int16), (-128, np.int8)):
        weight: Any = np.full((1, 65536), lowest, kind)
        assert synaptic_current(spikes, weight).tolist() == [lowest * 255 * 65536]
