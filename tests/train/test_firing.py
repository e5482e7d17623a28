"""Firing of layers against spikes by hand, and the faults that a silent or an unchanging layer is."""

from dataclasses import replace

import numpy as np
import pytest

from golden.config import LearningNetworkConfig, learning_config
from golden.network import LearningNetwork, run
from golden.presets import preset
from train.data import load
from train.firing import firing_of


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def network_of(**changes):
    config = learning_config(preset("digits-64", hidden=(12, 8)))
    return LearningNetwork.initial(replace(config, learning=replace(config.learning, **changes)))


def test_shares_of_neurons(digits):
    network = network_of(init_shifts=(13, 15, 15))
    events = digits.events("train", network.config.encoding, network.config.n_steps, np.arange(50))
    records = [run(network, spikes) for spikes in spikes_of(events)]
    fired = [np.array([(record.spikes[layer] > 0).any(axis=0) for record in records]) for layer in (0, 1)]
    found = firing_of(network, digits, samples=50)
    assert found.samples == 50 and [at.neurons for at in found.layers] == [12, 8]
    for at, expected in zip(found.layers, fired, strict=True):
        assert at.firing == pytest.approx(expected.mean()) and 0 < at.firing < 1
        assert at.silent == pytest.approx(1 - expected.any(axis=0).mean()) and at.varies
    assert found.faults == [] and found.classes > 1


def spikes_of(events):
    """Yield the spikes of each sample, (steps, inputs)."""
    for sample in range(events.n_samples):
        spikes = np.zeros((events.n_steps, events.n_inputs), np.int64)
        for t in range(events.n_steps):
            at = sample * events.n_steps + t
            part = slice(events.offsets[at], events.offsets[at + 1])
            spikes[t, events.addresses[part]] = events.levels[part]
        yield spikes


@pytest.mark.parametrize("layer", [0, 1])
def test_a_silent_layer_is_named(digits, layer):
    shifts = [13, 15, 15]
    shifts[layer] = 0
    found = firing_of(network_of(init_shifts=tuple(shifts)), digits)
    assert found.layers[layer].firing == 0 and found.layers[layer].silent == 1
    assert found.faults == [
        f"of the first 200 training samples: layer {layer} never fires, so layers behind it learn nothing; try a lower "
        "`threshold_shift` or larger `init_shifts` there, or more neurons"
    ]


def test_a_layer_that_fires_alike_is_named(digits):
    network = network_of(init_shifts=(13, 15, 15))
    assert isinstance(network.config, LearningNetworkConfig)
    weights = [np.full_like(network.weights[0], 127), *network.weights[1:]]
    found = firing_of(replace(network, weights=weights), digits)
    # Every neuron is at its highest level, whatever the digit.
    assert [at.varies for at in found.layers] == [False, False] and found.layers[0].firing == 1
    (fault,) = found.faults
    assert "in layer 0 the same neurons fire for every sample; try smaller `init_shifts`" in fault


def test_the_same_neurons_of_a_layer_are_named(digits):
    network = network_of(init_shifts=(13, 15, 15))
    weights = [network.weights[0], np.tile([[127], [-128]], (4, 12)), network.weights[2]]
    found = firing_of(replace(network, weights=weights), digits)
    assert found.layers[1].firing == found.layers[1].silent == 0.5 and not found.layers[1].varies
    assert "in layer 1 the same neurons fire for every sample" in found.faults[0]
