"""The order of a weight load, word by word, and back."""

import numpy as np
from hypothesis import given

from golden.network import LearningNetwork
from golden.weight_load import flat_weights, learned_network, n_loaded
from sim.verify import stimuli
from tests.strategies import network_configs, seeds


def test_the_order_of_a_load_of_two_layers():
    config = stimuli.corner_config()
    network = stimuli.network(config)
    rows = [(weight, row) for weight in network.weights for row in range(weight.shape[1])]
    expected = [weight[output, row] for weight, row in rows for output in range(len(weight))]
    assert flat_weights(network).tolist() == [int(value) for value in expected]
    assert n_loaded(config) == len(expected)


def test_the_order_of_a_load_of_windows():
    config = stimuli.spatial_corner_config()
    first = stimuli.network(config).weights[0]
    channels, inputs, kernel, _ = first.shape
    expected = [
        first[output, channel, row, column]
        for channel in range(inputs) for row in range(kernel) for column in range(kernel) for output in range(channels)
    ]  # fmt: skip
    assert flat_weights(stimuli.network(config))[: first.size].tolist() == [int(value) for value in expected]


@given(network_configs(learning=True), seeds)
def test_what_a_core_sends_is_what_it_stores(config, seed):
    network = stimuli.network(config, seed=seed)
    assert isinstance(network, LearningNetwork)
    again = learned_network(config, flat_weights(network), network.lfsr)
    for (_, _, ours), (_, _, theirs) in zip(network.stored(), again.stored(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for (_, _, ours), (_, _, theirs) in zip(network.arrays(), again.arrays(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
