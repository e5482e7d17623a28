"""The quantised model, its export and the golden model: equal for every spike and score."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from golden.encoding import to_events
from golden.fixed import signed_range
from golden.kernels import Kernel
from golden.learning import initial_shadow
from golden.network import LearningNetwork, Network, run
from golden.presets import preset
from golden.synapse import inference_weight as golden_inference_weight
from sim.verify import stimuli
from tests.strategies import network_configs, seeds, spatial_configs
from train.bptt.export import compare, to_network
from train.bptt.inputs import Inputs
from train.bptt.layers import spiking_layers
from train.bptt.loop import Settings, Trainer
from train.bptt.model import SpikingNetwork
from train.bptt.operations import synaptic_operations
from train.bptt.quantise import fitting_shift, inference_weight, quantise_weight, shadow_weight
from train.data import load


class Stimuli(Inputs):
    """Input spikes as they are, in the place of an encoded data set."""

    def __init__(self, config, spikes):  # pyright: ignore[reportMissingSuperCall]
        self.config, self.levels, self.device = config, spikes, torch.device("cpu")
        self.labels = torch.zeros(len(spikes), dtype=torch.int64)

    def __len__(self):
        return len(self.levels)

    def spikes(self, samples, dtype=torch.float32):
        levels = torch.from_numpy(self.levels[samples.numpy()]).transpose(0, 1).to(dtype)
        return levels / ((1 << self.config.encoding.spike_width) - 1)

    def events(self, samples):
        return to_events(self.levels[samples.numpy()])


def with_values(model, network):
    """Give a quantised model the integer weights and biases of a network."""
    with torch.no_grad():
        for module, bias in zip(spiking_layers(model), network.biases, strict=False):
            if len(bias):
                assert isinstance(module.synapse.bias, torch.Tensor) and module.quantisation is not None
                level = module.quantisation.level * 2.0**module.quantisation.current_shift
                unit = module.neuron.max_spike / module.neuron.threshold * level
                module.synapse.bias.copy_(torch.from_numpy(bias).double() / unit)
        for module, weight in zip(spiking_layers(model), network.weights, strict=True):
            values = torch.from_numpy(weight).double() / module.scale
            if module.own is not None:
                values, own = values.split([values.shape[1] - len(values), len(values)], dim=1)
                module.own.weight.copy_(own)
            next(module.synapse.parameters()).copy_(values)
    return model


@settings(max_examples=300)
@given(st.one_of(network_configs(), network_configs(temporal=True), spatial_configs()), seeds)
def test_model_export_and_golden_are_equal(config, seed):
    # Beyond, no floating point is exact.
    assume(all(layer.neuron.membrane_width + (layer.neuron.leak_frac or 0) <= 54 for layer in config.layers))
    network = stimuli.network(config, seed=seed)
    model = with_values(SpikingNetwork(config).double().quantise(fit=False), network)
    exported = to_network(model)
    assert exported.config == config
    for (_, _, ours), (_, _, theirs) in zip(exported.arrays(), network.arrays(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    spikes = stimuli.spikes(config, 12, seed=seed)
    report = compare(model, exported, Stimuli(config, spikes), batch_size=7)
    assert report.n_mismatches == 0
    n_neurons = sum(layer.n_out for layer in config.resolved)
    assert report.n_compared == 12 * (config.n_steps * n_neurons + config.n_classes)


def test_a_wrong_weight_is_a_mismatch():
    config = replace(preset("digits-64"), learning=None)
    torch.manual_seed(0)
    model = SpikingNetwork(config).quantise()
    inputs = Inputs(load("digits"), "test", config)
    network = to_network(model)
    assert compare(model, network, inputs).n_mismatches == 0
    network.weights[1][0, network.weights[0].sum(axis=1).argmax()] += 1  # from a neuron that fires
    assert compare(model, network, inputs).n_mismatches > 0


@pytest.mark.parametrize("n, n_steps, kind, readout, learns", [
    (4, 2, "single_shot", "membrane", True), (1, 6, "rate", "spike_count", False),
    (2, 4, "every_step", "membrane", False),
    (1, 4, "latency", "membrane", False),
])  # fmt: skip
def test_a_trained_network_loses_nothing(n, n_steps, kind, readout, learns):
    config = preset("digits-64", spike_width=n, n_steps=n_steps, encoding=kind)
    config = replace(config, readout=readout, learning=config.learning if learns else None)
    dataset = load("digits")
    torch.manual_seed(0)
    model = SpikingNetwork(config).quantise(fit=not learns)
    test = Inputs(dataset, "test", config)
    history = list(Trainer(model, Inputs(dataset, "train", config), Settings(epochs=8), test).epochs())
    network = to_network(model)
    report = compare(model, network, test)
    assert report.n_mismatches == 0 and report.samples == len(dataset.test_y)
    assert report.accuracy == pytest.approx(history[-1].test_accuracy) and report.accuracy > 0.85
    if learns:
        assert network.config == config, "the on-line rule finds the scales it was made for"
        assert isinstance(network, LearningNetwork)
        for layer, shadow, weight in zip(config.resolved, network.shadows, network.weights, strict=True):
            upper = golden_inference_weight(shadow, layer.stored_width, layer.weight_width)
            assert (upper == weight).all()
            assert (shadow % (1 << (layer.stored_width - layer.weight_width))).any(), "finer than the weights"


@pytest.mark.parametrize("n, readout, hidden, recurrence, learns", [
    (1, "membrane_sum", (24,), "learned", True), (2, "membrane", (24,), "learned", False),
    (4, "membrane_sum", (16, 12), "learned", True), (2, "spike_count", (20, 12), "learned", False),
    (1, "membrane", (24,), "fixed", True),
])  # fmt: skip
def test_a_trained_recurrent_network_loses_nothing(n, readout, hidden, recurrence, learns):
    config = preset("cues-64r", hidden=hidden, spike_width=n, n_steps=75, recurrence=recurrence)
    config = replace(config, readout=readout, learning=config.learning if learns else None)
    dataset = load("cues:cues=3,delay_ms=150,train=400,test=200")
    torch.manual_seed(0)
    model = SpikingNetwork(config).quantise(fit=not learns)
    own = spiking_layers(model)[0].own
    assert own is not None
    drawn = own.weight.detach().clone()
    test = Inputs(dataset, "test", config)
    history = list(
        Trainer(model, Inputs(dataset, "train", config), Settings(epochs=4, learning_rate=5e-3), test).epochs()
    )
    network = to_network(model)
    report = compare(model, network, test)
    assert report.n_mismatches == 0 and report.samples == len(dataset.test_y)
    assert report.accuracy == pytest.approx(history[-1].test_accuracy) and report.accuracy > 0.75
    assert all(rate > 0 for rate in history[-1].firing_rates)
    assert torch.equal(own.weight, drawn) == (recurrence == "fixed")
    for layer, weight in zip(config.resolved, network.weights, strict=True):
        assert weight.shape == layer.weight_shape
    if learns:
        assert isinstance(network, LearningNetwork) and network.config == config
    if recurrence == "fixed":
        assert isinstance(network, LearningNetwork)
        layer = network.config.resolved[0]
        assert (network.shadows[0][:, layer.n_in :] == initial_shadow(layer)[:, layer.n_in :]).all(), "as golden draws"
        assert (network.shadows[0][:, : layer.n_in] != initial_shadow(layer)[:, : layer.n_in]).any()


def test_equal_counts_of_spikes_are_a_tie_in_whatever_order_they_come():
    config = preset("digits-64", spike_width=2, n_steps=80, encoding="rate")
    model = SpikingNetwork(replace(config, readout="spike_count", learning=None))
    levels = torch.from_numpy(np.random.default_rng(0).integers(4, size=(80, 200, 1)))
    outputs = torch.cat([levels, levels.flip(0)], dim=2) / 3
    sums = outputs.sum(0)
    assert (sums[:, 0] != sums[:, 1]).any(), "fractions add up to other numbers in another order"
    scores = model.scores(outputs)
    assert (scores[:, 0] == scores[:, 1]).all() and torch.equal(torch.round(scores[:, 0] * 3), levels.sum(0)[:, 0])


def test_integers_of_own_spikes_stand_for_the_same_as_floating_point():
    config = preset("cues-64r", hidden=(20,), spike_width=2, n_steps=75)
    neurons = replace(config.layers[0].neuron, leak_shift=None)
    config = replace(config, layers=(replace(config.layers[0], weight_width=14, neuron=replace(
        neurons, membrane_width=28, threshold_shift=13)), config.layers[1]), learning=None,
        encoding=replace(config.encoding, spike_width=4))  # fmt: skip
    torch.manual_seed(0)
    whole = SpikingNetwork(config).double().quantise(fit=False)
    plain = SpikingNetwork(config).double()
    plain.load_state_dict(whole.state_dict())
    spikes = torch.randint(16, (8, 200, 40)).double() / 15  # short, as recurrent differences grow
    ours, theirs = (spiking_layers(model)[0](spikes) for model in (whole, plain))
    assert ours.unique().numel() == 4
    assert (ours != theirs).double().mean() < 0.01
    own = spiking_layers(plain)[0].own
    assert own is not None
    with torch.no_grad():
        own.weight *= 0
    assert (ours != spiking_layers(plain)[0](spikes)).double().mean() > 0.05, "own weights matter"


def test_sums_of_membranes_beyond_24_bits_take_longer_numbers():
    config = replace(preset("fsdd-128r"), learning=None)
    assert SpikingNetwork(config).quantise().exact_dtype() == torch.float32
    longer = replace(config, n_steps=300)
    assert SpikingNetwork(longer).quantise().exact_dtype() == torch.float64
    assert SpikingNetwork(replace(longer, readout="membrane")).quantise().exact_dtype() == torch.float32


def test_a_learned_leak_is_exported():
    config = preset("digits-64", encoding="every_step", spike_width=1, n_steps=6)
    leaky = replace(config.layers[0], neuron=replace(config.layers[0].neuron, leak_shift=3))
    config = replace(config, layers=(leaky, config.layers[1]), learning=None)
    dataset = load("digits")
    torch.manual_seed(0)
    model = SpikingNetwork(config, learn_decay=True).quantise()
    list(Trainer(model, Inputs(dataset, "train", config), Settings(epochs=8, learning_rate=0.1)).epochs())
    network = to_network(model)
    neuron = network.config.layers[0].neuron
    assert neuron.leak_shift is None and neuron.leak_frac == 8 and neuron.leak_factor != 224
    assert network.config.layers[1].neuron.leak_factor is None
    assert compare(model, network, Inputs(dataset, "test", config)).n_mismatches == 0


@given(st.integers(2, 8), st.integers(0, 8), seeds)
def test_weights_are_rounded_as_golden_rounds_them(weight_width, extra, seed):
    shadow_width = weight_width + extra
    low, high = signed_range(shadow_width)
    shadow = np.random.default_rng(seed).integers(low, high + 1, 100)
    shadow[:4] = low, high, high - 1, 0
    expected = golden_inference_weight(shadow, shadow_width, weight_width)
    assert (inference_weight(torch.from_numpy(shadow).double(), weight_width, shadow_width).numpy() == expected).all()
    weights = torch.from_numpy(shadow / 2.0**extra)
    assert (shadow_weight(weights, 1.0, weight_width, shadow_width).numpy() == shadow).all()
    assert (quantise_weight(weights, 1.0, weight_width, shadow_width).numpy() == expected).all()


def test_gradients_pass_where_weights_are_in_range():
    weight = torch.tensor([-3.0, -2.0, 0.3, 1.0, 2.0], requires_grad=True)
    quantised = quantise_weight(weight, 4.0, 4)
    assert quantised.tolist() == [-8, -8, 1, 4, 7]
    quantised.sum().backward()
    assert weight.grad is not None and weight.grad.tolist() == [0, 4, 4, 4, 0]


def test_the_shift_that_fits():
    weight = torch.linspace(-0.5, 0.49, 400)
    assert fitting_shift(weight, 1.0, 8, 12) == 8
    assert fitting_shift(weight / 8, 1.0, 8, 12) == 11
    assert fitting_shift(weight, 1.0, 8, 5) == 5


def test_sums_beyond_24_bits_take_longer_numbers():
    config = replace(preset("digits-64"), learning=None)
    assert SpikingNetwork(config).quantise().exact_dtype() == torch.float32
    wide = replace(config, layers=tuple(replace(layer, weight_width=16) for layer in config.layers))
    assert SpikingNetwork(wide).quantise().exact_dtype() == torch.float64


def test_a_float_model_is_not_exported():
    from golden.errors import ConfigError

    with pytest.raises(ConfigError, match="not quantised"):
        to_network(SpikingNetwork(replace(preset("digits-64"), learning=None)))
    with pytest.raises(ConfigError, match="takes a SpikingNetwork"):
        to_network(torch.nn.Sequential())  # pyright: ignore[reportArgumentType]


def test_the_golden_numpy_model_agrees_too():
    config = replace(preset("digits-64", spike_width=2, n_steps=4), learning=None)
    torch.manual_seed(3)
    network = to_network(SpikingNetwork(config).quantise())
    spikes = stimuli.spikes(config, 5, seed=1)
    model = SpikingNetwork(network.config).double().quantise(fit=False)
    with_values(model, network)
    outputs = model(Stimuli(network.config, spikes).spikes(torch.arange(5), torch.float64))
    record = run(Network(config=network.config, weights=network.weights), spikes)
    unit = spiking_layers(model)[-1].output_unit
    assert (torch.round(outputs[-1] * unit).detach().numpy() == record.scores).all()


@settings(max_examples=30)
@given(st.one_of(spatial_configs(), network_configs(), network_configs(temporal=True)), seeds)
def test_operations_are_those_of_the_kernels(config, seed):
    network = stimuli.network(config, seed=seed)
    model = with_values(SpikingNetwork(config).double().quantise(fit=False), network)
    shown = Stimuli(config, stimuli.spikes(config, 5, seed=seed))
    found = synaptic_operations(model, shown.spikes(torch.arange(5), torch.float64))
    activity = Kernel(network.inference_only()).infer(shown.events(torch.arange(5))).activity
    assert len(found) == len(config.layers)
    assert sum(found) * 5 == pytest.approx(activity.synaptic_operations)
