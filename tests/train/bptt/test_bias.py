"""Biases of a model: trained, quantised, exported, and equal to the golden network's."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from golden.network import LearningNetwork, run
from golden.presets import preset
from golden.synapse import inference_weight
from train.bptt.export import compare, to_network
from train.bptt.inputs import Inputs
from train.bptt.layers import LIF, Spiking, spiking_layers
from train.bptt.loop import Settings, Trainer
from train.bptt.model import SpikingNetwork
from train.data import load


def biased(**options):
    config = preset("digits-64", hidden=(12,), **options)
    return replace(config, layers=tuple(replace(layer, bias="learned") for layer in config.layers))


def bias_of(layer) -> torch.Tensor:
    return layer.synapse.bias.detach()


@pytest.mark.parametrize("learns", [True, False])
def test_a_trained_bias_is_exported_exactly(learns):
    config = biased() if learns else biased().inference_only()
    inputs = Inputs(load("digits").take(n_train=200, n_test=100), "train", config)
    model = SpikingNetwork(config)
    before = [bias_of(layer).clone() for layer in spiking_layers(model)]
    model.quantise()
    list(Trainer(model, inputs, Settings(epochs=2, batch_size=20)).epochs())
    network = to_network(model)
    assert compare(model, network, inputs).n_mismatches == 0
    for layer, module, first in zip(network.config.resolved, spiking_layers(model), before, strict=True):
        assert (bias_of(module) != first).any(), "learned"
        bias, unit = network.biases[layer.index], 2.0**layer.neuron.threshold_shift * module.neuron.max_spike
        expected = bias_of(module).double().numpy() * unit / module.neuron.threshold
        np.testing.assert_allclose(bias, expected, atol=1)
        assert (bias != 0).any()
    if isinstance(network, LearningNetwork):
        for layer, shadow in zip(network.config.resolved, network.shadow_biases, strict=True):
            rounded = inference_weight(shadow, layer.bias.stored_width, layer.bias.width)
            np.testing.assert_array_equal(rounded, network.biases[layer.index])
    silent = replace(network, biases=[np.zeros_like(bias) for bias in network.biases])
    spikes = np.zeros((1, config.n_steps, config.n_inputs), np.int64)
    assert (run(network, spikes).scores != run(silent, spikes).scores).any()


def test_a_bias_without_a_place_is_refused():
    model = SpikingNetwork(biased().inference_only()).quantise()
    layer = spiking_layers(model)[0]
    assert layer.quantisation is not None
    layer.quantisation = replace(layer.quantisation, parameters=layer.quantisation.parameters[:1])
    with pytest.raises(ValueError, match="has a bias, and its configuration has none"):
        layer.integer_bias()
    with pytest.raises(ValueError, match="own: has a bias"):
        Spiking(torch.nn.Linear(3, 2), LIF(1), torch.nn.Linear(2, 2))
