"""Ranges and least widths of integers: every width up to eight bits."""

import pytest

from golden.widths import signed_range, signed_width, unsigned_width


@pytest.mark.parametrize("width", range(1, 9))
def test_ranges_and_widths(width):
    low, high = signed_range(width)
    assert (low, high) == (-(2 ** (width - 1)), 2 ** (width - 1) - 1)
    assert signed_width(low, high) == signed_width(low, 0) == signed_width(0, high) == width
    assert signed_width(low - 1, high) == signed_width(low, high + 1) == width + 1
    assert unsigned_width(2**width - 1) == width
    assert unsigned_width(2**width) == width + 1


def test_smallest_widths():
    assert unsigned_width(0) == 1
    assert signed_width(0, 0) == signed_width(-1, 0) == 1


@pytest.mark.parametrize("low", range(-17, 1))
def test_signed_width_is_the_least_that_holds_the_range(low):
    for high in range(18):
        least = next(w for w in range(1, 10) if signed_range(w)[0] <= low and high <= signed_range(w)[1])
        assert signed_width(low, high) == least
