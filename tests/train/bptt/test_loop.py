"""The training loop: it learns, repeats itself bit for bit, goes on where it was left, and says what it did."""

from dataclasses import replace

import pytest
import torch

from golden.errors import CheckpointError, ConfigError, InputError
from golden.presets import preset
from train.bptt.inputs import Inputs
from train.bptt.layers import LIF, Dropout, Pool, Reshape, Spiking, recorded, spiking_layers
from train.bptt.loop import Settings, Trainer, accuracy, firing_rates
from train.bptt.losses import LOSSES, count_loss, mean_membrane_loss, membrane_loss, membrane_sum_loss, rate_loss
from train.bptt.model import SpikingNetwork
from train.bptt.post import losses_by_layer, quantised
from train.bptt.state import Run, load, load_model, save
from train.data import load as load_data

CONFIG = replace(preset("digits-64", hidden=(32,), encoding="every_step", spike_width=2, n_steps=4), learning=None)


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def the_run(digits, config=CONFIG, quantised=True, **settings):
    return Run(config=config, settings=Settings(**settings), neuron={"dropout": 0.2}, quantised=quantised,
               data=digits.name, samples=len(digits.train_y), digest=digits.digest)  # fmt: skip


def trainer_of(run, digits, tests=False):
    test = Inputs(digits, "test", run.config) if tests else None
    return Trainer(run.model(), Inputs(digits, "train", run.config), run.settings, test)


@pytest.mark.parametrize("readout, loss", [("membrane", "membrane"), ("membrane", "mean_membrane"),
                                           ("membrane_sum", "membrane_sum"), ("membrane_sum", "mean_membrane"),
                                           ("spike_count", "count"), ("spike_count", "rate")])  # fmt: skip
@pytest.mark.parametrize("optimiser, rate", [("adam", 5e-3), ("adamw", 5e-3), ("sgd", 0.5)])
def test_every_loss_and_optimiser_learns(readout, loss, optimiser, rate, digits):
    rate *= 10 if (loss, optimiser) == ("rate", "sgd") else 1
    settings = {"epochs": 5, "loss": loss, "optimiser": optimiser, "learning_rate": rate, "schedule": "cosine"}
    run = the_run(digits, replace(CONFIG, readout=readout), **settings)
    trainer = trainer_of(run, digits, tests=True)
    history = list(trainer.epochs())
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5]
    assert history[-1].loss < history[0].loss and history[-1].training_accuracy > 0.6
    assert history[-1].test_accuracy == accuracy(trainer.model, Inputs(digits, "test", run.config))
    assert all(0 < rate < 1 for epoch in history for rate in epoch.firing_rates)
    assert len(history[0].firing_rates) == (2 if readout == "spike_count" else 1)


@pytest.mark.parametrize("quantised", [False, True])
def test_a_resumed_run_equals_an_uninterrupted_one(quantised, digits, tmp_path):
    run = the_run(digits, quantised=quantised, epochs=3, schedule="cosine")
    whole = trainer_of(run, digits)
    list(whole.epochs())
    first = trainer_of(run, digits)
    next(first.epochs())
    save(tmp_path / "run.pt", run, first)
    torch.manual_seed(99)
    again, state = load(tmp_path / "run.pt")
    assert again == run
    second = trainer_of(again, digits)
    second.restore(state)
    list(second.epochs())
    for ours, theirs in zip(second.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert [replace(epoch, samples_per_second=None) for epoch in second.history] == [
        replace(epoch, samples_per_second=None) for epoch in whole.history
    ]
    save(tmp_path / "run.pt", run, second)
    _, model = load_model(tmp_path / "run.pt")
    assert accuracy(model, Inputs(digits, "test", CONFIG)) == accuracy(whole.model, Inputs(digits, "test", CONFIG))


def test_seeds_differ_and_repeat(digits):
    weights = [spiking_layers(the_run(digits, seed=seed).model())[0].weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_state_dict_holds_the_scales_of_the_integers(digits):
    run = the_run(digits, epochs=3, learning_rate=2e-2)
    trainer = trainer_of(run, digits)
    list(trainer.epochs())
    model, other = trainer.model.eval(), replace(run, settings=Settings(seed=7)).model().eval()
    scales = [[layer.scale for layer in spiking_layers(net)] for net in (model, other)]
    assert scales[0] != scales[1]
    spikes = Inputs(digits, "test", CONFIG).spikes(torch.arange(100))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(spikes), model(spikes))
    before = {name: value for name, value in model.state_dict().items() if not name.endswith("threshold_shift")}
    assert len(before) == len(model.state_dict()) - 2
    other.load_state_dict(before)  # of a model in floating point: the scales stay
    plain = replace(run, quantised=False).model()
    plain.load_state_dict(model.state_dict())
    assert spiking_layers(plain)[0].quantisation is None


def test_a_loss_that_is_no_number_ends_the_run(digits):
    trainer = trainer_of(the_run(digits, quantised=False), digits)
    with torch.no_grad():
        spiking_layers(trainer.model)[1].weight[0, 0] = torch.nan
    with pytest.raises(InputError, match="loss of epoch 1 is nan"):
        next(trainer.epochs())


def test_bf16_changes_the_sums_but_not_the_format_of_weights(digits):
    spikes = Inputs(digits, "train", CONFIG).spikes(torch.arange(64))
    torch.manual_seed(0)
    model = SpikingNetwork(CONFIG)
    with torch.autocast("cpu", torch.bfloat16):
        short = model(spikes)
    plain = model(spikes)
    assert short.dtype == plain.dtype == torch.float32 and not torch.equal(short, plain)
    assert torch.allclose(short, plain, atol=0.1)
    model.quantise()
    with torch.autocast("cpu", torch.bfloat16):
        short = model(spikes)
    assert torch.equal(short, model(spikes)), "integers stay exact"
    run = the_run(digits, quantised=False, bf16=True, epochs=3)
    assert list(trainer_of(run, digits).epochs())[-1].training_accuracy > 0.5


def test_inputs_are_the_golden_spikes(digits):
    for kind in ("every_step", "single_shot", "rate", "latency"):
        config = replace(CONFIG, encoding=replace(CONFIG.encoding, kind=kind))
        inputs = Inputs(digits, "test", config)
        samples = torch.tensor([3, 0, 7])
        levels = torch.round(inputs.spikes(samples) * 15).long()
        events = inputs.events(samples)
        dense = torch.zeros_like(levels)
        for sample in range(3):
            for step in range(4):
                at = slice(*events.offsets[[sample * 4 + step, sample * 4 + step + 1]])
                dense[step, sample, events.addresses[at]] = torch.from_numpy(events.levels[at]).long()
        assert torch.equal(levels, dense), kind


def test_an_input_that_never_changes_is_summed_once(digits):
    inputs = Inputs(digits, "test", CONFIG).spikes(torch.arange(20))
    assert inputs.stride(0) == 0
    model = SpikingNetwork(CONFIG)
    assert torch.equal(model(inputs), model(inputs.clone()))
    grads = []
    for given in (inputs, inputs.clone()):
        model.zero_grad()
        model(given).square().sum().backward()
        gradient = spiking_layers(model)[0].weight.grad
        assert gradient is not None
        grads.append(gradient.clone())
    assert torch.allclose(*grads, rtol=1e-5, atol=1e-5)


def test_losses():
    outputs, labels = torch.randn(5, 4, 3), torch.tensor([0, 1, 2, 0])
    log = torch.log_softmax(outputs, -1)
    picked = log[:, torch.arange(4), labels]
    assert torch.allclose(membrane_loss(outputs, labels), -picked[-1].mean())
    assert torch.allclose(mean_membrane_loss(outputs, labels), -picked.mean())
    assert torch.allclose(count_loss(outputs, labels), membrane_loss(outputs.sum(0)[None], labels))
    perfect = torch.full((5, 4, 3), 0.1)
    perfect[:, torch.arange(4), labels] = 0.8
    assert rate_loss(perfect, labels) < 1e-12 < rate_loss(outputs, labels)
    assert torch.allclose(membrane_sum_loss(outputs, labels), membrane_loss(outputs.mean(0)[None], labels))
    assert set(LOSSES) == {"membrane", "mean_membrane", "membrane_sum", "count", "rate"}


def test_layers_are_ordinary_modules():
    model = torch.nn.Sequential(
        Spiking(torch.nn.Conv2d(1, 4, 3, padding=1, bias=False), LIF(2)), Pool(2), Dropout(0.5), Reshape(4 * 3 * 3),
        Spiking(torch.nn.Linear(4 * 3 * 3, 5, bias=False), LIF(0)),
    )  # fmt: skip
    spikes = torch.rand(6, 2, 1, 7, 7)
    assert model(spikes).shape == (6, 2, 5)
    other = torch.nn.Sequential(*[type(module)(0.5) if isinstance(module, Dropout) else module for module in model])
    other.load_state_dict(model.state_dict())
    assert torch.equal(model.eval()(spikes), other.eval()(spikes))
    with recorded(model) as found:
        model(spikes)
    assert [tuple(output.shape) for output in found] == [(6, 2, 4, 7, 7), (6, 2, 5)]
    with firing_rates(model) as rates:
        model(spikes)
    assert rates() == (pytest.approx(float((found[0] > 0).float().mean())),)


def test_pooling_and_dropout():
    spikes = torch.rand(3, 2, 4, 5, 5)
    average, total = Pool(2)(spikes), Pool(2, average=False)(spikes)
    assert average.shape == (3, 2, 4, 2, 2) and torch.allclose(total, 4 * average)
    assert torch.allclose(average[0, 0, 0, 1, 1], spikes[0, 0, 0, 2:4, 2:4].mean())
    torch.manual_seed(0)
    dropped = Dropout(0.5)(torch.ones(6, 50, 20))
    assert (dropped == dropped[0]).all(), "the same inputs at all steps"
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


def test_a_recurrent_layer_is_an_ordinary_module():
    layer = Spiking(torch.nn.Linear(5, 4, bias=False), LIF(2), own=torch.nn.Linear(4, 4, bias=False))
    assert list(layer.state_dict()) == ["synapse.weight", "own.weight"] and layer.weight.shape == (4, 9)
    spikes = torch.rand(6, 3, 5)
    layer(spikes).sum().backward()
    assert layer.own is not None and layer.own.weight.grad is not None and layer.own.weight.grad.any()
    other = Spiking(torch.nn.Linear(5, 4, bias=False), LIF(2), own=torch.nn.Linear(4, 4, bias=False))
    assert not torch.equal(layer(spikes), other(spikes))
    other.load_state_dict(layer.state_dict())
    assert torch.equal(layer(spikes), other(spikes))
    layer.own.requires_grad_(False)
    optimiser = torch.optim.AdamW(layer.parameters(), weight_decay=0.5)
    before = layer.own.weight.clone(), layer.weight.clone()
    optimiser.zero_grad()
    layer(spikes).sum().backward()
    optimiser.step()
    assert torch.equal(layer.own.weight, before[0]) and not torch.equal(layer.weight, before[1])


def test_bf16_takes_in_own_spikes():
    torch.manual_seed(0)
    layer = Spiking(torch.nn.Linear(5, 30, bias=False), LIF(8), own=torch.nn.Linear(30, 30, bias=False))
    spikes = torch.rand(6, 20, 5)
    assert layer.own is not None
    with torch.autocast("cpu", torch.bfloat16):
        short, current = layer(spikes), layer.synapse(spikes).float()
        assert torch.equal(short, layer.neuron(current, layer.own.weight.bfloat16()))
    assert short.dtype == torch.float32 and not torch.equal(short, layer.neuron(current, layer.own.weight))
    assert torch.allclose(short, layer(spikes), atol=0.1)


def linear(n_in, n_out, bias=False):
    return torch.nn.Linear(n_in, n_out, bias=bias)


@pytest.mark.parametrize("arguments, words", [
    ((linear(3, 2), LIF(1), linear(2, 2, True)), "own.*bias"),
    ((linear(3, 2), LIF(1), linear(2, 3)), "own.*2 inputs and outputs"),
    ((linear(3, 2), LIF(0), linear(2, 2)), "own.*fire"),
    ((torch.nn.Conv2d(1, 2, 3, bias=False), LIF(1), linear(2, 2)), "own.*Conv2d"),
])  # fmt: skip
def test_impossible_layers_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Spiking(*arguments)


@pytest.mark.parametrize("change, word", [
    ({"epochs": 0}, "epochs"), ({"learning_rate": 0}, "learning_rate"), ({"optimiser": "newton"}, "optimiser"),
    ({"loss": "hinge"}, "loss"), ({"schedule": "steps"}, "schedule"), ({"batch_size": 0}, "batch_size"),
])  # fmt: skip
def test_impossible_settings_are_refused(change, word):
    with pytest.raises(ConfigError, match=word):
        Settings(**change)


def test_a_loss_must_go_with_the_readout(digits):
    with pytest.raises(ConfigError, match="count"):
        trainer_of(the_run(digits, loss="count"), digits)


def test_damaged_states_are_refused(digits, tmp_path):
    path = tmp_path / "run.pt"
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError, match="damaged"):
        load(path)
    torch.save({"other": 1}, path)
    with pytest.raises(CheckpointError, match="no state"):
        load(path)
    run = the_run(digits)
    save(path, run, trainer_of(run, digits))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load(path)
    with pytest.raises(CheckpointError, match="cannot be written"):
        save(tmp_path / "absent" / "run.pt", run, trainer_of(run, digits))


def test_what_a_layer_loses_by_its_integers(digits):
    run = the_run(digits, quantised=False, epochs=8, learning_rate=5e-3)
    trainer = trainer_of(run, digits)
    list(trainer.epochs())
    test = Inputs(digits, "test", CONFIG)
    fine = list(losses_by_layer(trainer.model, test))
    narrow = trainer.model
    layers = tuple(replace(layer, weight_width=2) for layer in CONFIG.layers)
    narrow.config = replace(CONFIG, layers=layers)
    coarse = list(losses_by_layer(narrow, test))
    assert [loss.layer for loss in fine] == [0, 1] and fine[0].spikes_changed is not None
    assert fine[1].spikes_changed is None
    for sharp, dull in zip(fine, coarse, strict=True):
        assert sharp.weight_width == 8 and dull.weight_width == 2
        assert (sharp.weight_sqnr_db or 0) > 25 > 12 > (dull.weight_sqnr_db or 0) > 0
        assert sharp.accuracy > dull.accuracy
    assert accuracy(quantised(narrow), test) < fine[0].accuracy
    assert spiking_layers(narrow)[0].quantisation is None, "the model itself stays as it was"
    with torch.no_grad():
        spiking_layers(narrow)[0].weight.zero_()
    assert next(losses_by_layer(narrow, test)).weight_sqnr_db is None, "no error, no ratio"
