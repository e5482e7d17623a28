"""Inference weights against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest

from golden.config import SHADOW_WIDTHS, WEIGHT_WIDTHS
from golden.fixed import signed_range
from golden.synapse import inference_weight
from sim.verify import stimuli


@pytest.mark.parametrize("shadow_width", range(SHADOW_WIDTHS[0], SHADOW_WIDTHS[1] + 1))
def test_inference_weight_is_the_rounded_upper_part(shadow_width):
    for weight_width in range(WEIGHT_WIDTHS[0], min(WEIGHT_WIDTHS[1], shadow_width) + 1):
        shadow = stimuli.signed(shadow_width)
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
