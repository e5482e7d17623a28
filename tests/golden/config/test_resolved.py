"""Derived widths against brute force, and lanes."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.fixed import signed_range
from golden.learning import trace_step
from sim.verify import stimuli
from tests.golden.config.builders import learning, network


@pytest.mark.parametrize(
    "size, lanes, fire_lanes, expected",
    [(10, 16, 4, (10, 2)), (64, 16, 4, (16, 4)), (64, 12, 5, (12, 4)), (7, 16, 16, (7, 7)), (7, 7, 6, (7, 1))],
)
def test_lanes_are_cut_to_size_and_fire_lanes_to_a_divisor(size, lanes, fire_lanes, expected):
    hardware = HardwareConfig(lanes=(lanes,), fire_lanes=(fire_lanes,))
    layer, readout = network(layers=(LayerConfig(size=size), LayerConfig(size=3)), hardware=hardware).resolved
    assert (layer.lanes, layer.fire_lanes) == expected
    assert (readout.lanes, readout.fire_lanes) == (3, 1)  # the class is found one neuron at a time


def test_each_layer_has_its_own_lanes():
    layers = tuple(LayerConfig(size=size) for size in (6, 5, 3))
    config = network(layers=layers, hardware=HardwareConfig(lanes=(4, 3, 2), fire_lanes=(2, 3, 1)), learning=None)
    assert [(layer.lanes, layer.fire_lanes) for layer in config.resolved] == [(4, 2), (3, 3), (2, 1)]


def small_layer(n_in: int, weight_width: int, spike_width: int, n_steps: int = 1):
    layers = (LayerConfig(size=1, weight_width=weight_width),)
    encoding = EncodingConfig(spike_width=spike_width)
    return NetworkConfig(n_inputs=n_in, n_steps=n_steps, layers=layers, encoding=encoding).resolved[0]


@pytest.mark.parametrize("n_in", [1, 2, 3])
@pytest.mark.parametrize("weight_width", [2, 3])
@pytest.mark.parametrize("spike_width", [1, 2])
def test_current_width_is_necessary_and_sufficient(n_in, weight_width, spike_width):
    """Against the sums of every combination of weights and spikes."""
    layer = small_layer(n_in, weight_width, spike_width)
    low, high = signed_range(weight_width)
    products = {w * s for w in range(low, high + 1) for s in range(2**spike_width)}
    assert (
        min(products) >= signed_range(layer.product_width)[0] and max(products) <= signed_range(layer.product_width)[1]
    )
    sums = {sum(terms) for terms in product(products, repeat=n_in)}
    assert (min(sums), max(sums)) == layer.current_range
    width = layer.current_width
    assert signed_range(width)[0] <= min(sums) and max(sums) <= signed_range(width)[1]
    assert min(sums) < signed_range(width - 1)[0] or max(sums) > signed_range(width - 1)[1]


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("spike_width", [1, 2, 3])
@pytest.mark.parametrize("trace_shift", [None, 1, 2, 15])
@pytest.mark.parametrize("gain", [0, 2])
def test_input_trace_width_is_sufficient_and_without_leak_necessary(n_steps, spike_width, trace_shift, gain):
    """Against the traces of every sequence of spikes."""
    leaks = () if trace_shift is None else (trace_shift,)
    rule = learning(
        rate_shifts=(4,), init_shifts=(12,), error_shifts=(), schedule=(), trace_shifts=leaks, trace_gain=gain
    )
    config = LearningNetworkConfig(
        n_inputs=1, n_steps=n_steps, layers=(LayerConfig(size=1),), encoding=EncodingConfig(spike_width=spike_width),
        learning=rule,
    )  # fmt: skip
    layer = config.resolved[0]
    reached = {0}
    for _ in range(n_steps):
        trace, spikes = stimuli.product(np.array(sorted(reached)), np.arange(2**spike_width))
        reached = set(trace_step(trace, spikes, trace_shift, gain).tolist())
    assert max(reached) < 2**layer.input_trace_width
    if trace_shift is None:
        assert max(reached) >= 2 ** (layer.input_trace_width - 1)


@pytest.mark.parametrize("n_steps", range(1, 18))
def test_surrogate_and_score_widths(n_steps):
    layers = (LayerConfig(size=2, neuron=NeuronConfig(spike_width=3)),)
    rule = learning(rate_shifts=(4,), init_shifts=(12,), error_shifts=(), schedule=())
    config = LearningNetworkConfig(n_inputs=1, n_steps=n_steps, layers=layers, readout="spike_count", learning=rule)
    (layer,) = config.resolved
    assert 2 ** (layer.surrogate_width - 1) <= n_steps < 2**layer.surrogate_width
    highest = 7 * n_steps
    assert 2 ** (config.score_width - 2) <= highest < 2 ** (config.score_width - 1)
    assert replace(config, readout="membrane").score_width == 16


def test_sums_of_the_largest_legal_network_fit_64_bits():
    """The model computes in int64: the widest intermediate values must stay below."""
    neuron = NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23)
    layers = tuple(LayerConfig(size=65536, weight_width=16, neuron=neuron) for _ in range(3))
    limits = learning(
        rate_shifts=(-16,) * 3, init_shifts=(12,) * 3, error_shifts=(-7, -7), direct_shift=16, shadow_width=24
    )
    config = LearningNetworkConfig(
        n_inputs=65536, n_steps=4096, layers=layers, encoding=EncodingConfig(spike_width=8), learning=limits
    )
    layer = config.resolved[1]
    gradient, weight, surrogate = 2**7, 2**15, config.n_steps
    leaked = 2**31 * 2**16
    current = max(-layer.current_range[0], layer.current_range[1])
    carried = max(gradient * weight * layer.n_out, config.n_classes << limits.direct_shift) * surrogate
    wanted = gradient * 2**layer.input_trace_width << 16
    score = 2**31 + (config.n_steps * 255 << 23)
    assert max(leaked, current + 2**31, carried << 7, carried + 2**23, wanted + 2**24, score) < 2**63
