"""How far events reach, against the golden sums and counts of a run; what sweeps visit; maps in the worst case."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks import worst_case as measure
from golden.config import (
    ConvConfig,
    Convolution,
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.network import Network
from golden.synapse import layer_current
from intsnn_hw.cost.reach import input_windows, mean_words, most_words, touched_positions, visited_groups
from intsnn_hw.cost.step import step_cycles
from intsnn_hw.cost.worst_case import worst_case
from sim.verify.inference import RtlNetwork
from tests import strategies


@settings(max_examples=40)
@given(strategies.spatial_configs(max_side=5))
def test_windows_and_positions_are_those_of_the_golden_sums(config):
    for layer in config.resolved:
        ones = np.ones(layer.weight_shape, np.int64)
        reached = layer_current(np.eye(layer.n_in, dtype=np.int64), ones, layer)
        by_position = reached.reshape(layer.n_in, layer.config.size, layer.n_positions)[:, 0]
        np.testing.assert_array_equal(input_windows(layer), (by_position > 0).sum(axis=1))
        assert most_words(layer) == max((by_position > 0).sum(axis=1)) * layer.n_words
        if isinstance(layer.kind, Convolution):
            active = np.random.default_rng(1).random((4, layer.n_in)) < 0.2
            np.testing.assert_array_equal(
                touched_positions(layer, active), ((active @ (by_position > 0)) > 0).sum(axis=-1)
            )


def mnist_maps(**fields):
    neuron = NeuronConfig(**fields)
    return NetworkConfig(
        n_inputs=784,
        input_shape=(1, 28, 28),
        n_steps=4,
        encoding=EncodingConfig(spike_width=4),
        layers=(LayerConfig(size=8, neuron=neuron, conv=ConvConfig(kernel=5)), LayerConfig(size=10, pool=2)),
        hardware=HardwareConfig(lanes=(4, 10), fire_lanes=(4, 1)),
    )


def test_predicted_visits_are_those_of_random_inputs():
    config = replace(mnist_maps(), n_steps=1)
    layer, n_events = config.resolved[0], 8
    rng = np.random.default_rng(2)
    active = rng.random((300, 784)) < n_events / 784
    groups = touched_positions(layer, active).mean() * layer.n_fire_groups
    assert visited_groups(layer, n_events) == pytest.approx(groups, rel=0.03)
    assert mean_words(layer) == pytest.approx(2 * 576 * 25 / 784)
    assert step_cycles(layer, n_events, 0) == pytest.approx(n_events * mean_words(layer), rel=0.01)


def test_a_sweep_visits_all_where_all_may_change():
    whole = mnist_maps().resolved[0].n_fire_words
    assert whole == 576 * 2
    leaking, biased = mnist_maps(leak_shift=3), mnist_maps()
    biased = replace(biased, layers=tuple(replace(layer, bias="fixed") for layer in biased.layers))
    for config in (leaking, biased):
        assert visited_groups(config.resolved[0], 1) == whole
    # The first of four steps visits all, the others what one event reaches.
    assert whole / 4 < visited_groups(mnist_maps().resolved[0], 1) < whole / 4 + 2 * 25


@pytest.mark.parametrize("banks", [1, 2])
def test_no_sample_of_maps_takes_longer_than_the_worst_case(banks, tmp_path):
    neuron = NeuronConfig(membrane_width=4, spike_width=3, threshold_shift=0)
    maps: tuple[dict[str, Any], ...] = (
        {"conv": ConvConfig(kernel=3, padding=1)},
        {"pool": 2, "conv": ConvConfig(kernel=2, stride=2)},
        {},
    )
    config = NetworkConfig(
        n_inputs=50,
        input_shape=(2, 5, 5),
        n_steps=1 if banks == 2 else 2,
        encoding=EncodingConfig(value_width=4, spike_width=2),
        layers=tuple(LayerConfig(size=3, weight_width=4, neuron=neuron, **fields) for fields in maps),
        hardware=HardwareConfig(lanes=(3, 2, 1), fire_lanes=(1, 2, 1), banks=banks),
    )
    network = Network(config=config, weights=measure.firing_weights(config, 4))
    rtl = RtlNetwork(network, "icarus", tmp_path)
    full, *others = measure.adversarial_events(config)
    longest = max(measure.inference_gaps(rtl, events).max() for events in (full, others[-2]))
    worst, _ = worst_case(config)
    assert longest <= worst <= measure.MAX_RATIO * longest
