"""Presets of convolutions that learn: their networks, and what options make of them."""

from itertools import product

import numpy as np
import pytest
from sklearn.datasets import load_digits

from golden.config import RATE_SHIFTS
from golden.encoding import encode_events
from golden.errors import ConfigError
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from golden.presets.convolutional import CONVOLUTIONS

SHAPES = {
    "mnist-conv-16": ("28x28-2a-16c5-2a-10", 4400, 1610),
    "mnist-conv-8-16": ("28x28-8c5-2a-16c5-2a-10", 5960, 5642),
    "mnist-conv-16-32": ("28x28-16c5-2a-32c5-2a-10", 18320, 11274),
    "mnist-conv-3": ("28x28-16c3p1-2a-32c3p1-2a-32c3p1-10", 29648, 20394),
    "fashion-conv-16-32": ("28x28-16c5p2-2a-32c5p2-2a-10", 28880, 18826),
    "nmnist-conv": ("34x34x2-2a-32c5-3a-10", 6720, 5418),
}
"""Topology, weights, neurons."""


def test_networks():
    assert set(SHAPES) == set(CONVOLUTIONS)
    for name, shape in SHAPES.items():
        config = preset(name)
        sizes = (sum(getattr(layer, field) for layer in config.resolved) for field in ("weight_memory_bits", "n_out"))
        assert config.learns and config.name == name and config.n_steps == (5 if name == "nmnist-conv" else 1)
        assert (config.topology, *(size // (16, 1)[at] for at, size in enumerate(sizes))) == shape


@pytest.mark.parametrize("name", SHAPES)
def test_every_width_makes_a_network(name):
    """All legal widths at once, with either route and timing, for one step and for the most."""
    for weight, shadow, n in product((2, 4, 8, 16), (8, 12, 16, 24), (1, 4, 8)):
        if weight > shadow:
            continue
        for route, timing, steps in (("feedback", "final", 1), ("direct", "every_step", 4096)):
            config = preset(
                name, weight_width=weight, shadow_width=shadow, spike_width=n, route=route, timing=timing, n_steps=steps
            )
            assert config.learning is not None
            low, high = RATE_SHIFTS
            rates, boost = config.learning.rate_shifts, config.learning.max_boost
            assert all(low <= rate and rate + boost <= high for rate in rates)
            assert (config.learning.lfsr_width == 32) == (max(rates) > 16)


def test_channels_are_the_sizes_of_hidden_layers():
    config = preset("mnist-conv-8-16", hidden=(4, 6))
    assert (config.name, config.topology) == ("mnist-conv-4-6", "28x28-4c5-2a-6c5-2a-10")
    with pytest.raises(ConfigError, match=r"`hidden`: preset mnist-conv-3 has 3 convolutions; give .*, got 4, 6"):
        preset("mnist-conv-3", hidden=(4, 6))


def test_a_kernel_of_another_side():
    assert preset("mnist-conv-8-16", kernel=3).topology == "28x28-8c3-2a-16c3-2a-10"
    assert preset("mnist-conv-3", kernel=5).topology == "28x28-16c5p2-2a-32c5p2-2a-32c5p2-10"
    assert preset("mnist-conv-3", kernel=3) == preset("mnist-conv-3")
    with pytest.raises(ConfigError, match=r"^preset digits-64 takes no `kernel`; it goes with presets of conv.* mnist"):
        preset("digits-64", kernel=3)
    for side, message in ((0, "`kernel`: must be 1..64"), (29, "kernel")):
        with pytest.raises(ConfigError, match=message):
            preset("mnist-conv-8-16", kernel=side)


def test_what_it_takes_none_of_or_out_of_range_is_one_clear_error():
    with pytest.raises(
        ConfigError, match="preset mnist-conv-8-16 takes no `recurrence`; it goes with presets of events"
    ):
        preset("mnist-conv-8-16", recurrence="fixed")
    with pytest.raises(ConfigError, match=r"^`membrane_width`: must be at least 13 in preset mnist-conv-8-16, got 9"):
        preset("mnist-conv-8-16", membrane_width=9)
    with pytest.raises(ConfigError, match=r"^`hidden`: must be 1..65536, got 0"):
        preset("mnist-conv-8-16", hidden=(0, 4))


@pytest.mark.parametrize("widths", [{}, {"shadow_width": 8, "weight_width": 4}], ids=str)
def test_no_seed_dies(widths):
    """The first layer's initial weights are the one constant that is sharp: narrower ones leave half of the seeds dead.

    Learned on 1,400 digits of scikit-learn, grown to the size of the inputs.
    """
    digits = load_digits()
    values = np.kron(digits.images.astype(np.int64), np.ones((3, 3), np.int64)) * 15  # pyright: ignore
    inputs = np.pad(values, ((0, 0), (2, 2), (2, 2))).reshape(len(values), 784)
    labels = digits.target  # pyright: ignore
    for seed in range(4):
        config = preset("mnist-conv-8-16", seed=seed, **widths)
        kernel = Kernel(LearningNetwork.initial(config))
        kernel.learn(encode_events(inputs, config.encoding, 1), labels, np.arange(1400))
        tests = encode_events(inputs[1400:], config.encoding, 1)
        assert kernel.infer(tests, labels[1400:]).activity.correct > 0.8 * len(labels[1400:])
