"""The scale of layers from their fan-in: what a rule leaves out, and that signals keep their size over many layers."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.config import (
    RATE_SHIFTS,
    ConvConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.config.scale import LEAST_RANGE, init_shift
from golden.errors import ConfigError
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from train.data import load


def dense(*sizes: int, width: int = 8, threshold: int = 8, **rule: Any) -> NetworkConfig:
    neuron = NeuronConfig(membrane_width=width + 8, threshold_shift=threshold)
    layers = tuple(LayerConfig(size=size, weight_width=width, neuron=neuron) for size in sizes)
    return NetworkConfig(n_inputs=784, n_steps=2, layers=layers, learning=LearningConfig(**rule))


def rule_of(config: NetworkConfig) -> LearningConfig:
    assert isinstance(config, LearningNetworkConfig)
    return config.learning


def test_what_is_left_out():
    """The range of 256 inputs: sqrt(6 / 256) levels of 256, 39, is nearest 2^5 steps of 2^8 shadow weights."""
    rule = rule_of(dense(256, 256, 10))
    assert rule.init_shifts == (11, 13, 13) and rule.rate_shifts == (2, 2, -4)
    assert rule.error_bits == 6 and rule.error_shifts == ()
    assert [rule_of(dense(*[256] * deep, 10)).error_bits for deep in (1, 3, 4)] == [6, 6, 5]
    assert rule_of(dense(256, 256, 10, route="direct")).error_bits == 7
    assert rule_of(dense(10)).error_bits is None


def test_what_is_given_stays():
    given: dict[str, Any] = {"init_shifts": (1, 2, 3), "rate_shifts": (4, 5, 6), "error_shifts": (7, 8)}
    rule = rule_of(dense(256, 256, 10, **given))
    assert {name: getattr(rule, name) for name in given} == given and rule.error_bits is None
    assert rule_of(dense(256, 256, 10, error_bits=3)).error_bits == 3
    for name in given:
        left_out: dict[str, Any] = {**given, name: ()}
        wrong: dict[str, Any] = {**given, name: (1,)}
        short = rule_of(dense(256, 256, 10, **left_out))
        whole = rule_of(dense(256, 256, 10))
        assert getattr(short, name) == getattr(whole, name)
        assert all(getattr(short, other) == value for other, value in given.items() if other != name)
        with pytest.raises(ConfigError, match=rf"{name}: must hold \d values here, or be left out, got \(1,\)"):
            dense(256, 256, 10, **wrong)


def test_shadow_weights_steps_and_levels():
    """Ranges and rates in the units of the shadow weights; weights drawn for a smaller level learn more slowly."""
    assert rule_of(dense(64, 64, 10, shadow_width=8)).init_shifts == (3, 6, 6)
    assert rule_of(dense(64, 64, 10, shadow_width=8)).rate_shifts == (10, 10, 4)
    assert rule_of(dense(64, 64, 10, timing="every_step")).rate_shifts == (3, 3, -3)
    assert rule_of(dense(64, 64, 10, threshold=7)).rate_shifts == (3, 3, -4)
    assert rule_of(dense(64, 64, 10, threshold=7)).init_shifts == (10, 13, 13)


def test_shared_weights():
    conv = LayerConfig(size=8, conv=ConvConfig(kernel=5))
    layers = (conv, replace(conv, size=16, pool=2), LayerConfig(size=10, pool=2))
    rule = rule_of(
        NetworkConfig(n_inputs=784, n_steps=1, input_shape=(1, 28, 28), layers=layers, learning=LearningConfig())
    )
    assert rule.init_shifts == (14, 12, 12) and rule.rate_shifts == (9, 7, -4)


def test_files_hold_what_was_left_out(tmp_path):
    config = dense(32, 32, 10)
    path = tmp_path / "deep.toml"
    text = "\n".join(line for line in config.to_toml().splitlines() if "error_bits" not in line)
    path.write_text(text, encoding="utf-8")
    assert NetworkConfig.from_toml(path) == config
    assert "error_bits = 6" in config.to_toml()


@given(
    sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=9),
    weight=st.integers(2, 16),
    shadow=st.integers(8, 24),
    threshold=st.integers(0, 14),
    steps=st.sampled_from([1, 7, 4096]),
)
def test_every_network_has_a_rule(sizes, weight, shadow, threshold, steps):
    if shadow < weight:
        return
    neuron = NeuronConfig(membrane_width=30, threshold_shift=threshold)
    layers = tuple(LayerConfig(size=size, weight_width=weight, neuron=neuron) for size in sizes)
    learning = LearningConfig(shadow_width=shadow, timing="every_step")
    rule = rule_of(NetworkConfig(n_inputs=3, n_steps=steps, layers=layers, learning=learning))
    low, high = RATE_SHIFTS
    assert all(shadow - weight <= shift < shadow for shift in rule.init_shifts)
    assert all(shadow - weight + LEAST_RANGE <= shift for shift in rule.init_shifts[1:-1])
    assert all(low <= rate and rate + rule.max_boost <= high for rate in rule.rate_shifts)


def test_ranges_halve_with_four_times_the_inputs():
    assert [init_shift(n, 8) for n in (6, 24, 96, 384)] == [8, 7, 6, 5]


@pytest.mark.parametrize("options", [{}, {"spike_width": 1}, {"spike_width": 8}, {"weight_width": 4},
                                     {"weight_width": 16, "shadow_width": 16}, {"shadow_width": 8}])  # fmt: skip
@pytest.mark.parametrize("sizes", [(37, 23, 19), (128,) * 8, (32,) * 8])
def test_initial_signals_keep_their_size(sizes, options):
    """Of no layer do fewer than an eighth of the neurons fire in a sample, or more than two thirds."""
    data = load("digits")
    shares = []
    for seed in range(4):
        config = preset("digits-64", hidden=sizes, seed=seed, **options)
        kernel = Kernel(LearningNetwork.initial(config))
        found = kernel.infer(data.events("train", config.encoding, config.n_steps, np.arange(30)), record=True)
        assert found.spikes is not None
        fired, starts = np.any(found.spikes > 0, axis=1), np.cumsum((0, *sizes))
        shares.append([fired[:, start:end].mean() for start, end in pairwise(starts)])
    mean = np.mean(shares, axis=0)
    assert mean.min() > 1 / 8 and mean.max() < 2 / 3, mean
