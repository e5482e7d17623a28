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


# What follows from the configuration
