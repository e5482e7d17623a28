"""Rates over a run."""

from dataclasses import replace

import pytest

from golden.errors import ConfigError
from tests.golden.config.builders import learning


def test_rate_boost_counts_the_starts_passed():
    config = learning(schedule=(5, 7, 9, 11))
    assert [config.rate_boost(epoch) for epoch in range(13)] == [0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_for_epochs_stretches_the_schedule():
    config = learning(epochs=12, schedule=(5, 7, 9, 11))
    assert config.for_epochs(12) == config
    assert config.for_epochs(24) == replace(config, epochs=24, schedule=(10, 14, 18, 22))
    assert config.for_epochs(30).schedule == (13, 18, 23, 28)  # 12.5 and so on, rounded up
    assert config.for_epochs(6).schedule == (3, 4, 5, 6)  # 6: beyond the last epoch, which is 5
    assert config.for_epochs(1).schedule == (1,)
    with pytest.raises(ConfigError, match="epochs"):
        config.for_epochs(0)


def test_draws_are_of_16_bits_where_they_do():
    """Every rate that 16 bits do for keeps the draws that it has: of all rates up to 16, whatever the schedule adds."""
    for rates in ((16, 16), (-16, 0), (4, 16)):
        assert (learning(rate_shifts=rates).lfsr_width, learning(rate_shifts=rates).highest_rate) == (16, 16)
    for changes in ({"rate_shifts": (4, 17)}, {"rate_shifts": (24, -3)}, {"recurrent_rate_shifts": (17,)}):
        assert (learning(**changes).lfsr_width, learning(**changes).highest_rate) == (32, 24)
