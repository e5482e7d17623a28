"""Composition of layers and steps: an example worked out by hand, ties, restarts, and what one update touches."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.config import (
    ConvConfig,
    EncodingConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.fixed import Lfsr, lfsr_step
from golden.learning import direct_error, direct_matrix, gradient
from golden.network import LearningNetwork, Network, learn, run
from golden.synapse import inference_weight
from sim.verify import stimuli
from tests.strategies import network_configs, seeds, spatial_configs

NEURON = NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=2)
RULE = {
    "shadow_width": 8, "margin": 5, "rate_shifts": (1, -1), "error_shifts": (1,), "init_shifts": (7, 7),
    "rounding": "floor",
}  # fmt: skip
INPUTS = np.array([[2, 1], [0, 3]])
SHADOWS = [np.array([[48, 16], [-32, 64]]), np.array([[32, -16], [-48, 80]])]


def example(readout: Any = "membrane", **rule: Any) -> LearningNetwork:
    """2 inputs, 2 hidden neurons, 2 classes, 2 steps; levels at 4, 8, 12; weights are shadow weights over 16."""
    config = LearningNetworkConfig(
        n_inputs=2,
        n_steps=2,
        readout=readout,
        encoding=EncodingConfig(value_width=2, spike_width=2),
        layers=(LayerConfig(size=2, weight_width=4, neuron=NEURON),) * 2,
        learning=LearningConfig(**{**RULE, **rule}),
    )
    weights = [inference_weight(shadow, 8, 4) for shadow in SHADOWS]
    assert [weight.tolist() for weight in weights] == [[[3, 1], [-2, 4]], [[2, -1], [-3, 5]]]
    return LearningNetwork(config=config, weights=weights, shadows=list(SHADOWS), lfsr=Lfsr(0xACE1))


def shadows(network: LearningNetwork) -> list[list[list[int]]]:
    return [shadow.tolist() for shadow in network.shadows]


def test_forward_by_hand():
    """
    t = 0: currents 3*2 + 1*1 = 7 and -2*2 + 4*1 = 0; 7 fires level 1 and keeps 3.  Readout 2*1 and -3*1.
    t = 1: 3 + 1*3 = 6 fires level 1 and keeps 2; 0 + 4*3 = 12 fires level 3 and keeps 0.
           Readout 2 + 2*1 - 1*3 = 1 and -3 - 3*1 + 5*3 = 9.
    """
    record = run(example(), INPUTS)
    assert record.spikes[0].tolist() == [[1, 0], [1, 3]]
    assert record.membranes[0].tolist() == [[3, 0], [2, 0]]
    assert record.membranes[1].tolist() == [[2, -3], [1, 9]]
    assert not record.spikes[1].any()
    assert record.scores.tolist() == [1, 9]
    assert record.classes == 1


def test_spike_count_by_hand():
    """The readout now fires: 2 and -3 stay silent; 2 - 1 = 1 is silent, -3 + 12 = 9 fires level 2 and keeps 1."""
    record = run(example("spike_count"), INPUTS)
    assert record.spikes[1].tolist() == [[0, 0], [0, 2]]
    assert record.membranes[1].tolist() == [[2, -3], [1, 1]]
    assert record.scores.tolist() == [0, 2]
    assert record.classes == 1


def test_final_update_by_hand():
    """
    Label 0, margin 5: e = (-1, +1).  Traces: inputs (2, 4), hidden (2, 3).  Surrogate counts (2, 2).
    d = (-2 - 3, 1 + 5) = (-5, 6); d * S / 2, half up: (-5, 6); to powers of two: (-4, 8).
    Output: -e * A << 1 = (4, 6) and (-4, -6).  Hidden: -g * x >> 1 = (4, 8) and (-8, -16).
    """
    network = example()
    record = learn(network, INPUTS, 0)
    assert record.scores.tolist() == [1, 9] and record.classes == 1
    assert shadows(network) == [[[52, 24], [-40, 48]], [[36, -10], [-52, 74]]]
    assert [weight.tolist() for weight in network.weights] == [[[3, 2], [-2, 3]], [[2, -1], [-3, 5]]]
    assert network.lfsr.state == 0xACE1


def test_every_step_update_by_hand():
    """
    t = 0: e = (-1, +1); traces (2, 1) and (1, 0); windows (1, 1); d = (-5, 6), g = (-2, 4).
           Output (2, 0), (-2, 0); hidden (4, 2) >> 1 = (2, 1), (-8, -4) >> 1 = (-4, -2).  No inference weight changes.
    t = 1: the same errors; traces (2, 4) and (2, 3); windows (1, 1) of this step alone; g = (-2, 4).
           Output (4, 6), (-4, -6); hidden (2, 4), (-4, -8).
    """
    network = example(timing="every_step")
    learn(network, INPUTS, 0)
    assert shadows(network) == [[[52, 21], [-40, 54]], [[38, -10], [-54, 74]]]


def test_leaking_traces_by_hand():
    """Inputs: 2 - 1 + 0 = 1 and 1 - 1 + 3 = 3; hidden: 1 - 1 + 1 = 1 and 3."""
    network = example(trace_shifts=(1, 1))
    learn(network, INPUTS, 0)
    assert shadows(network) == [[[50, 22], [-36, 52]], [[34, -10], [-50, 74]]]


def test_spike_count_update_by_hand():
    """
    What is compared with the margin is the membrane plus all emitted: 1 and 1 + (2 << 2) = 9, as without firing.
    """
    network = example("spike_count")
    learn(network, INPUTS, 0)
    assert shadows(network) == [[[52, 24], [-40, 48]], [[36, -10], [-52, 74]]]
    network = example("spike_count", margin=9)
    learn(network, INPUTS, 1)  # O_1 = 9 reaches the margin; O_0 = 1 is above -9
    assert shadows(network)[1] == [[28, -22], [-48, 80]]


def test_the_schedule_halves_every_rate():
    """Output shift -1 + 1 = 0: (2, 3); hidden shift 1 + 1 = 2: (8, 16) >> 2 and (-16, -32) >> 2."""
    network = example()
    learn(network, INPUTS, 0, boost=1)
    assert shadows(network) == [[[50, 20], [-36, 56]], [[34, -13], [-50, 77]]]


def test_rates_stop_at_the_bits_of_a_draw():
    rule = example(rate_shifts=(15, -16)).config.resolved
    assert [rule[0].rates_at(boost) for boost in (0, 1, 2, 9)] == [(15,), (16,), (16,), (16,)]
    assert rule[1].rates_at(4) == (-12,)


def test_direct_route():
    """The hidden error comes from the ternary matrix, shifted; the output layer learns as before."""
    network = example(route="direct", direct_shift=2, seed=1)
    matrix = direct_matrix(network.config.resolved[0], 2, 1)
    assert matrix.any()
    g = gradient(direct_error(np.array([-1, 1]), matrix, 2), np.array([2, 2]), 1)
    assert g.any()
    learn(network, INPUTS, 0)
    hidden = [[int(SHADOWS[0][j, i]) + (-int(g[j]) * (2, 4)[i] >> 1) for i in (0, 1)] for j in (0, 1)]
    assert shadows(network) == [hidden, [[36, -10], [-52, 74]]]


@pytest.mark.parametrize("silent, late", [(None, None), (0, None), (1, None), (None, 0), (None, 1)])
def test_one_draw_for_each_row_with_a_trace_from_the_output_down(silent, late):
    network = example(rounding="stochastic", rate_shifts=(3, 2))
    inputs = INPUTS.copy()
    if silent is not None:
        inputs[:, silent] = 0
    if late is not None:  # this input sends its first event after the other
        inputs[0, late], inputs[1, late] = 0, inputs[:, late].sum()
    record = run(network, inputs)
    traces = [inputs.sum(axis=0), record.spikes[0].sum(axis=0)]
    state, draws = 0xACE1, {}
    for index in (1, 0):
        for row in (1, 0) if index == 0 and late == 0 else (0, 1):
            if traces[index][row] > 0:
                state = draws[index, row] = lfsr_step(state)
    floored = example(rate_shifts=(0, 0))
    learn(floored, inputs, 0)
    learn(network, inputs, 0)
    assert network.lfsr.state == state != 0xACE1
    for index, shift in ((0, 3), (1, 2)):
        wanted = np.array(shadows(floored)[index]) - SHADOWS[index]  # exact, no shift; nothing saturates here
        assert wanted.any()
        for (row, column), value in np.ndenumerate(wanted):
            drawn = draws.get((index, column), 0) % 2**shift
            step = math.floor(Fraction(int(value) + drawn, 2**shift))
            assert shadows(network)[index][row][column] == SHADOWS[index][row, column] + step


def test_a_layer_without_errors_draws_nothing():
    """Hidden neurons outside the surrogate's window have no gradient: only the two output rows draw."""
    network = example(rounding="stochastic", error_shifts=(24,))
    learn(network, INPUTS, 0)
    assert network.lfsr.state == lfsr_step(lfsr_step(0xACE1))
    assert shadows(network)[0] == SHADOWS[0].tolist()


def test_nothing_happens_without_errors():
    """O = (1, 9): at label 1, a margin of 0 to 9 is met by the true class, but -1 is the least the other one meets."""
    network = example(rounding="stochastic", margin=5)
    network.shadows[1] = np.array([[-96, -96], [-48, 80]])
    network.weights[1] = inference_weight(network.shadows[1], 8, 4)
    before = shadows(network)
    record = learn(network, INPUTS, 1)
    assert record.scores.tolist() == [-30, 9]
    assert shadows(network) == before
    assert network.lfsr.state == 0xACE1


def test_ties_go_to_the_lowest_index():
    network = example()
    network.weights[1] = np.array([[2, 1], [2, 1]])
    record = run(network, np.stack([INPUTS, 0 * INPUTS]))
    assert record.scores.tolist() == [[7, 7], [0, 0]]
    assert record.classes.tolist() == [0, 0]


def test_maps_by_hand():
    """
    Two windows of 1x2 pairs on a row of 4: sums 1*1 + 2*3 = 7 and 2*1 + 0*3 = 2 and 0*1 + 3*3 = 9; levels at 4, 8, 12.
    They fire 1, 0, 2 and keep 3, 2, 1. The readout pools nothing here: 2*1 - 1*0 + 3*2 = 8.
    """
    config = NetworkConfig(
        n_inputs=8,
        n_steps=1,
        input_shape=(1, 2, 4),
        encoding=EncodingConfig(value_width=2, spike_width=2),
        layers=(
            LayerConfig(size=1, weight_width=4, neuron=NEURON, conv=ConvConfig(kernel=2)),
            LayerConfig(size=1, weight_width=4, neuron=NEURON),
        ),
    )
    weights = [np.array([[[[1, 3], [0, 0]]]]), np.array([[2, -1, 3]])]
    record = run(Network(config=config, weights=weights), np.array([[1, 2, 0, 3, 1, 1, 1, 1]]))
    assert record.spikes[0].tolist() == [[1, 0, 2]]
    assert record.membranes[0].tolist() == [[3, 2, 1]]
    assert record.scores.tolist() == [8]


def test_pooling_adds_the_levels_of_a_square():
    """Two events of 2 and 3 in one square weigh as one of 5; the column that fills no square weighs nothing."""
    config = NetworkConfig(
        n_inputs=6,
        n_steps=1,
        input_shape=(1, 2, 3),
        layers=(LayerConfig(size=1, weight_width=4, pool=2),),
    )
    record = run(Network(config=config, weights=[np.array([[-7]])]), np.array([[2, 0, 9, 0, 3, 9]]))
    assert record.scores.tolist() == [-35]


@given(st.one_of(network_configs(), spatial_configs()), seeds)
def test_samples_do_not_touch_each_other(config, seed):
    network = stimuli.network(config, seed=seed)
    spikes = stimuli.spikes(config, 4, seed=seed)
    together = run(network, spikes)
    for sample in (3, 0, 2, 1):
        alone = run(network, spikes[sample])
        for index in range(len(config.layers)):
            np.testing.assert_array_equal(together.membranes[index][sample], alone.membranes[index])
            np.testing.assert_array_equal(together.spikes[index][sample], alone.spikes[index])
        np.testing.assert_array_equal(together.scores[sample], alone.scores)
        assert together.classes[sample] == alone.classes


@given(network_configs(learning=True), st.integers(0, 8), seeds)
def test_learning_runs_the_same_forward_pass(config, label, seed):
    """With the weights of the start, as long as nothing is updated before the last step."""
    config = replace(config, learning=replace(config.learning, timing="final"))
    network = LearningNetwork.of(stimuli.network(config, seed=seed))
    spikes = stimuli.spikes(config, 3, seed=seed)[2]
    expected = run(network, spikes)
    record = learn(network, spikes, label % config.n_classes)
    for name in ("membranes", "spikes"):
        for ours, theirs in zip(getattr(record, name), getattr(expected, name), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(record.scores, expected.scores)
    assert record.classes == expected.classes


@given(network_configs(learning=True), seeds)
def test_initial_networks(config, seed):
    network, again = LearningNetwork.initial(config), LearningNetwork.initial(config)
    for shadow, same, weight, layer, shift in zip(
        network.shadows, again.shadows, network.weights, config.resolved, config.learning.init_shifts, strict=True
    ):
        np.testing.assert_array_equal(shadow, same)
        assert shadow.shape == weight.shape == (layer.n_out, layer.n_in)
        assert -(2**shift) <= shadow.min() and shadow.max() < 2**shift
        np.testing.assert_array_equal(
            weight, inference_weight(shadow, config.learning.shadow_width, layer.weight_width)
        )
    assert network.lfsr.state == again.lfsr.state


def test_inference_only_keeps_the_weights():
    network = example()
    plain = network.inference_only()
    assert not plain.config.learns and type(plain) is Network
    np.testing.assert_array_equal(run(plain, INPUTS).scores, run(network, INPUTS).scores)
    with pytest.raises(ValueError, match=r": has no \[learning\] to learn by; add it"):
        LearningNetwork.initial(plain.config)


EVERYTHING = {
    "empty_step", "full_step", "fires", "every_level", "silent_layer", "low", "high", "every_saturation", "threshold",
    "tie",
}  # fmt: skip


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("kind", ["soft", "hard", "none"])
@pytest.mark.parametrize("spike_width, n_samples", [(1, 40), (2, 40), (4, 300), (8, 3000)])
def test_the_corner_configuration_reaches_everything(readout, kind, spike_width, n_samples):
    config = stimuli.corner_config(readout=readout, reset=kind, spike_width=spike_width)
    seed = 2 if spike_width == 8 else 1
    reached = stimuli.reached(stimuli.network(config, seed=seed), stimuli.spikes(config, n_samples, seed=seed))
    assert reached == EVERYTHING


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("kind", ["soft", "hard", "none"])
@pytest.mark.parametrize("spike_width, n_samples", [(1, 40), (2, 40), (4, 300)])
def test_the_corner_configuration_of_maps_reaches_everything(readout, kind, spike_width, n_samples):
    config = stimuli.spatial_corner_config(readout=readout, reset=kind, spike_width=spike_width)
    reached = stimuli.reached(stimuli.network(config, seed=1), stimuli.spikes(config, n_samples, seed=1))
    assert reached == EVERYTHING


def test_what_was_not_reached_is_not_claimed():
    config = stimuli.corner_config()
    network, spikes = stimuli.network(config, seed=1), stimuli.spikes(config, 40, seed=1)
    assert stimuli.reached(network, 0 * spikes) == {"empty_step", "tie"}
    full = np.full_like(spikes, 3)
    assert not {"empty_step", "silent_layer"} & stimuli.reached(network, full)
    network = replace(network, weights=[np.abs(weight) for weight in network.weights])
    assert not {"low", "every_saturation"} & stimuli.reached(network, spikes)
    network = replace(network, weights=[-weight for weight in network.weights])
    assert not {"fires", "high", "every_level"} & stimuli.reached(network, spikes)


def test_random_configurations_are_repeatable_and_reach_everything():
    reached = set()
    for seed in range(60):
        config = stimuli.network_config(stimuli.SeededChoices(seed), learning=seed % 2 == 0)
        assert config == stimuli.network_config(stimuli.SeededChoices(seed), learning=seed % 2 == 0)
        network, same = (stimuli.network(config, seed=seed) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(network.weights, same.weights, strict=True))
        spikes = stimuli.spikes(config, 12, seed=seed)
        np.testing.assert_array_equal(spikes, stimuli.spikes(config, 12, seed=seed))
        reached |= stimuli.reached(network, spikes)
    assert reached == EVERYTHING
