"""Learning of maps: an example worked out by hand, its draws, and what widths must hold."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from golden.config import (
    ConvConfig,
    EncodingConfig,
    LayerConfig,
    LearningConfig,
    LearningLayer,
    LearningNetworkConfig,
    NeuronConfig,
)
from golden.fixed import Lfsr, lfsr_step, signed_range
from golden.learning import direct_matrix, initial_shadow
from golden.maps import neuron_places
from golden.network import LearningNetwork, learn, run
from golden.presets import preset
from golden.synapse import carried_error, row_gradient
from tests.strategies import spatial_configs

NEURON = NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=2)
INPUTS = np.array([[1, 2, 0, 3, 1, 1, 1, 1]])
START = 0xACE1
CONV, READOUT, BIAS = [16, 48, 0, 0], [[32, -16, 48], [16, 16, -32]], 0


def example(bias: Any = "none", **rule: Any) -> LearningNetwork:
    """Windows of 2x2 on 2 rows of 4, a channel, 2 classes; levels at 4, 8, 12; weights are shadow weights over 16."""
    config = LearningNetworkConfig(
        n_inputs=8,
        n_steps=1,
        input_shape=(1, 2, 4),
        encoding=EncodingConfig(value_width=2, spike_width=2),
        layers=(
            LayerConfig(size=1, weight_width=4, neuron=NEURON, conv=ConvConfig(kernel=2), bias=bias),
            LayerConfig(size=2, weight_width=4, neuron=NEURON),
        ),
        learning=LearningConfig(**{
            "shadow_width": 8, "margin": 100, "rate_shifts": (1, -1), "error_shifts": (0,), "init_shifts": (7, 7),
            "rounding": "floor", **rule,
        }),
    )  # fmt: skip
    shadows = [np.array(CONV).reshape(1, 1, 2, 2), np.array(READOUT)]
    return LearningNetwork.from_shadows(config, shadows, lfsr=Lfsr(START, config.learning.lfsr_width))


def test_an_update_by_hand():
    """
    Membranes 7, 2, 9 fire 1, 0, 2, all within the surrogate's window. e = (-1, +1): d = (-1, 2, -5), g = (-1, 2, -4).
    G: -1*1 + 2*2 - 4*0 = 3;  -1*2 + 2*0 - 4*3 = -14;  -1 + 2 - 4 = -3, twice. -G >> 1, down: -2, 7, 1, 1.
    Readout: traces 1, 0, 2, shifted left by 1.
    """
    network = example()
    assert run(network, INPUTS).spikes[0].tolist() == [[1, 0, 2]]
    learn(network, INPUTS, 0)
    assert network.shadows[0].ravel().tolist() == [14, 55, 1, 1]
    assert network.shadows[1].tolist() == [[34, -16, 52], [14, 16, -36]]
    assert network.weights[0].ravel().tolist() == [1, 3, 0, 0]
    assert network.lfsr.state == START


def test_a_pool_below_a_layer_by_hand():
    """Squares of the inputs, a row of weights each: x = 1 + 2 + 1 + 1 = 5 and 0 + 3 + 1 + 1 = 5."""
    config = replace(
        example().config,
        layers=(LayerConfig(size=2, weight_width=4, neuron=NEURON, pool=2),),
        learning=replace(example().config.learning, rate_shifts=(0,), error_shifts=(), init_shifts=(7,)),
    )
    network = LearningNetwork.from_shadows(config, [np.array([[16, 32], [0, 0]])])
    learn(network, INPUTS, 1)
    assert network.shadows[0].tolist() == [[11, 27], [5, 5]]


@pytest.mark.parametrize("rates, step", [((3, -1), lfsr_step), ((20, -1), lambda state: lfsr_step(state, 32))])
def test_every_row_of_a_convolution_draws_and_its_bias_last(rates, step):
    """The readout's rows with a trace, 2 of 3, draw first; those of the windows all, be their gradient 0 or not."""
    network, inputs = example("learned", rounding="stochastic", rate_shifts=rates), INPUTS * np.repeat([1, 0], 4)
    learn(network, inputs, 0)
    states = [START]
    for _ in range(2 + 4 + 1):
        states.append(step(states[-1]))
    assert network.lfsr.state == states[-1]
    gradients = [3, -14, 0, 0]  # the second row of the inputs is silent
    expected = [
        shadow + math.floor(Fraction(-wanted + state % 2 ** rates[0], 2 ** rates[0]))
        for shadow, wanted, state in zip(CONV, gradients, states[3:7], strict=True)
    ]
    assert network.shadows[0].ravel().tolist() == expected
    bias = BIAS + math.floor(Fraction(3 + states[7] % 2 ** rates[0], 2 ** rates[0]))
    assert network.shadow_biases[0].tolist() == [bias]


def test_a_convolution_without_errors_draws_nothing():
    network = example("learned", rounding="stochastic", error_shifts=(24,))
    learn(network, INPUTS, 0)
    assert network.lfsr.state == lfsr_step(lfsr_step(START))
    assert network.shadows[0].ravel().tolist() == CONV and network.shadow_biases[0].tolist() == [BIAS]


def test_rows_of_a_first_layer_that_pools_draw_in_ascending_order():
    """Whatever square sends its first event before the other."""
    config = LearningNetworkConfig(
        n_inputs=8,
        n_steps=2,
        input_shape=(1, 2, 4),
        encoding=EncodingConfig(value_width=2, spike_width=2),
        layers=(LayerConfig(size=1, weight_width=4, neuron=NEURON, pool=2),),
        learning=LearningConfig(margin=100, shadow_width=8, rate_shifts=(3,), error_shifts=(), init_shifts=(7,)),
    )
    network = LearningNetwork.from_shadows(config, [np.array([[0, 0]])], lfsr=Lfsr(START))
    learn(network, np.array([[0, 0, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]), 0)
    first = lfsr_step(START)
    assert network.shadows[0].tolist() == [[1 + first % 8 >> 3, 1 + lfsr_step(first) % 8 >> 3]]


def test_rows_of_the_direct_matrix_follow_the_map_position_by_position():
    config = replace(example(route="direct").config, layers=(
        LayerConfig(size=3, weight_width=4, neuron=NEURON, conv=ConvConfig(kernel=1)), LayerConfig(size=2)
    ))  # fmt: skip
    flat = replace(config, input_shape=None, layers=(LayerConfig(size=24), LayerConfig(size=2)))
    matrix, plain = direct_matrix(config.resolved[0], 2, 5), direct_matrix(flat.resolved[0], 2, 5)
    for channel, y, x in np.ndindex(3, 2, 4):
        np.testing.assert_array_equal(matrix[(channel * 2 + y) * 4 + x], plain[(y * 4 + x) * 3 + channel])
    np.testing.assert_array_equal(matrix, plain[neuron_places(config.kinds[0])])


def test_initial_weights_are_drawn_in_the_order_of_a_load():
    """Those of a fully connected layer with as many rows and outputs."""
    layer = replace(example().config, input_shape=(2, 2, 2), layers=(
        LayerConfig(size=3, conv=ConvConfig(kernel=2)), LayerConfig(size=2)
    )).resolved[0]  # fmt: skip
    flat = replace(example().config, input_shape=None, layers=(LayerConfig(size=3), LayerConfig(size=2))).resolved[0]
    drawn = initial_shadow(layer)
    assert drawn.shape == (3, 2, 2, 2)
    np.testing.assert_array_equal(drawn.reshape(3, 8), initial_shadow(flat))


@given(spatial_configs(learning=True))
def test_widths_hold_the_largest_gradients_and_errors(config):
    """All errors and traces at their largest, all weights at their lowest: what one weight and one input can get."""
    for layer in config.resolved:
        error = np.full(layer.n_out, layer.largest_error)
        for group in layer.row_groups:
            spike = {"inputs": layer.kind.pool**2 * (2**layer.input_spike_width - 1), "own": layer.neuron.max_spike}
            trace = largest_trace(spike.get(group.name, 1), layer)
            found = row_gradient(error, np.full(group.feed.stop - group.feed.start, trace), layer, group)
            assert found.shape == (group.parameter.n_outputs, group.n_rows)
            assert found.max() <= signed_range(group.gradient_width)[1]
            if not group.shared or layer.config.conv == ConvConfig(kernel=1):  # else windows may lie in the padding
                assert found.max() > signed_range(group.gradient_width - 1)[1]
        lowest = signed_range(layer.weight_width)[0]
        carried = carried_error(error, np.full(layer.weight_shape, lowest), layer)
        if not layer.is_readout:
            assert signed_range(layer.carried_width)[0] <= carried.min() <= signed_range(layer.carried_width - 1)[0]


def largest_trace(spike: int, layer: LearningLayer) -> int:
    """The trace of an input that sends this spike in every step: without leak their sum, else at most its bound."""
    leaked = layer.n_steps if layer.trace_shift is None else min(layer.n_steps, 2**layer.trace_shift)
    return leaked * spike << layer.learning.trace_gain


def test_widths_by_hand():
    """576 windows, errors to 128 and traces to 15; 400 errors to 128 through weights to -128; squares of 4 inputs."""
    first, second, last = preset("mnist-conv-8-16").resolved
    assert isinstance(first, LearningLayer) and isinstance(second, LearningLayer) and isinstance(last, LearningLayer)
    assert [layer.input_trace_width for layer in (first, second, last)] == [4, 6, 6]
    widths = [layer.row_groups[0].gradient_width for layer in (first, second, last)]
    assert widths == [(576 * 128 * 15).bit_length() + 1, (64 * 128 * 60).bit_length() + 1, (60).bit_length() + 1]
    assert second.carried_width == (400 * 128 * 128).bit_length() + 1 == 24
    assert last.carried_width == (10 * 128).bit_length() + 1
