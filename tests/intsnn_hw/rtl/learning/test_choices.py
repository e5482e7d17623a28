"""What the configuration names, the RTL has: roundings and routes."""

from typing import get_args

import pytest

from golden.config.limits import Route
from golden.fixed import ROUNDINGS as NAMES
from intsnn_hw.rtl.learning.rounding import ROUNDINGS, draw_width, fraction_bits, left_shifts
from intsnn_hw.rtl.learning.routes import ROUTES, carried_to

from .benches import network_config


def test_every_choice_is_here():
    assert set(ROUNDINGS) == set(NAMES)
    assert set(ROUTES) == set(get_args(Route))


@pytest.mark.parametrize("route", get_args(Route))
def test_only_feedback_is_carried_and_not_beyond_the_first_layer(route):
    first, second = network_config(route=route).resolved
    assert carried_to(second, first) is (first if route == "feedback" else None)
    assert carried_to(first, None) is None


@pytest.mark.parametrize("rounding", NAMES)
@pytest.mark.parametrize("rate", [-4, 0, 3, 15])
def test_a_trace_is_shifted_by_what_its_rate_leaves_of_the_fraction(rate, rounding):
    config = network_config((7, 4), recurrent=(0,), rounding=rounding, rate_shifts=(rate, 1), schedule=(1, 2))
    layer = config.resolved[0]
    assert layer.rates_at(0) == (rate, 2)
    fraction = fraction_bits(layer)
    assert fraction == max(0, *layer.rates_at(2)) <= 16
    for boost, ups in enumerate(left_shifts(layer)):
        assert [fraction - up for up in ups] == list(layer.rates_at(boost)) and min(ups) >= 0
    assert draw_width(layer) == (fraction if rounding == "stochastic" else 0)
