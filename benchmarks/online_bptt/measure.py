"""What is measured of a network and a method: a training run, the core in co-simulation, speed, memory in PyTorch."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.answers import Answer, Key
from golden.config import LearningNetworkConfig, NetworkConfig, learning_config
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network
from golden.presets import preset
from intsnn_hw.energy.estimate import inference_accesses, step_events
from train.bptt import (
    Inputs,
    Settings,
    Spiking,
    SpikingNetwork,
    Trainer,
    accuracy,
    compare,
    mean_operations,
    spiking_layers,
    to_network,
)
from train.data import Dataset, load
from train.online import evaluate, sample_order, train_online

from .memory import step_bytes
from .tables import BATCH

NETWORKS = ("mnist-100", "mnist-256")
_ADAMW = {"optimiser": "adamw", "batch_size": BATCH, "learning_rate": 5e-3, "weight_decay": 0.0, "dropout": 0.0}
_IN_BATCHES: tuple[dict[str, Any], ...] = (
    _ADAMW | {"learning_rate": 2e-3},
    _ADAMW,
    _ADAMW | {"weight_decay": 0.1},
    _ADAMW | {"dropout": 0.1},
    _ADAMW | {"weight_decay": 0.1, "dropout": 0.1},
    _ADAMW | {"weight_decay": 0.1, "dropout": 0.1, "learning_rate": 1e-2},
    _ADAMW | {"weight_decay": 0.2, "dropout": 0.1},
    _ADAMW | {"weight_decay": 0.1, "dropout": 0.2},
    _ADAMW | {"weight_decay": 0.1, "dropout": 0.1, "learning_rate": 2e-2},
    _ADAMW | {"weight_decay": 0.2, "dropout": 0.1, "learning_rate": 1e-2},
    _ADAMW | {"weight_decay": 0.1, "dropout": 0.2, "learning_rate": 1e-2},
)
_SGD = _ADAMW | {"optimiser": "sgd", "batch_size": 8}
SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "float": _IN_BATCHES,
    "quantised": _IN_BATCHES,
    "margin": tuple(_SGD | {"learning_rate": rate} for rate in (0.1, 0.03, 0.3)),
}
"""Of each kind of BPTT to choose from, with a cosine schedule; the very first is how the ETH thesis trains, but for the
schedule."""
MARGIN = 1.0
"""Of the control's loss, in the readout's first level, which is 256 LSB of the integer network."""


class _ShownOnce(Spiking):
    """A layer whose inputs come at the first step: the sums of all other steps, which are 0, are not computed."""

    def _current(self, spikes: Tensor, synapse: Callable[[Tensor], Tensor]) -> Tensor:
        shown = synapse(spikes[0])
        return torch.cat((shown[None], shown.new_zeros(len(spikes) - 1, *shown.shape)))


def shown_once(model: SpikingNetwork) -> SpikingNetwork:
    """Return a fully connected model with a first layer for inputs that are shown once; its outputs are the same.

    What BPTT does not have to do shall not count against it.
    """
    first = spiking_layers(model)[0]
    model.layers[0] = _ShownOnce(first.synapse, first.neuron)
    return model


def margin_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return how far scores are from the margin, summed over the classes: its gradient is the margin rule's error."""
    signs = torch.ones_like(outputs[-1]).scatter_(1, labels[:, None], -1.0)
    return torch.relu(MARGIN + signs * outputs[-1]).sum(1).mean()


def network_config(network: str, seed: int, epochs: int) -> LearningNetworkConfig:
    """Return the configuration of a network, with the on-line rule."""
    return learning_config(preset(network, seed=seed, epochs=epochs))


def make_trainer(
    config: NetworkConfig, dataset: Dataset, method: str, settings: dict[str, Any], seed: int, epochs: int
) -> Trainer:
    """Return a trainer by BPTT with the initial weights of a seed; `settings` as in :data:`SETTINGS`."""
    config = config.inference_only()
    torch.manual_seed(seed)
    model = shown_once(SpikingNetwork(config, dropout=settings["dropout"]))
    if method == "quantised":
        model.quantise()
    given = {name: value for name, value in settings.items() if name != "dropout"}
    whole = Settings(schedule="cosine", epochs=epochs, seed=seed, **given)
    trainer = Trainer(model, Inputs(dataset, "train", config), whole)
    if method == "margin":
        trainer.loss = margin_loss
    return trainer


def trained_online(key: Key, dataset: Dataset) -> Answer:
    """Train by the on-line rule; counts are means over the whole run, of a sample."""
    training = train_online(network_config(key["network"], key["seed"], key["epochs"]), dataset)
    history, network = training.history, training.network
    counts = ("input_events", "hidden_events", "updated", "synaptic_updates")
    inputs, hidden, updated, updates = (statistics.fmean(getattr(epoch, name) for epoch in history) for name in counts)
    return {
        "accuracy": evaluate(network, dataset).accuracy,
        "training_accuracy": history[-1].training_accuracy,
        "events": [inputs, hidden],
        "updated": updated,
        "updated_last": history[-1].updated,
        "synaptic_updates": updates,
        "inference": counted_inference(network.inference_only(), dataset),
    }


def trained_bptt(key: Key, dataset: Dataset) -> Answer:
    """Train by BPTT; a quantised network is measured as its export, which must equal it spike for spike."""
    config = network_config(key["network"], key["seed"], key["epochs"])
    trainer = make_trainer(config, dataset, key["method"], key["settings"], key["seed"], key["epochs"])
    history, model = list(trainer.epochs()), trainer.model.eval()
    config = model.config
    test, shown = Inputs(dataset, "test", config), dataset.events("train", config.encoding, config.n_steps)
    fired = statistics.fmean(epoch.firing_rates[0] for epoch in history) * config.n_steps * config.layers[0].size
    found: Answer = {
        "accuracy": accuracy(model, test),
        "training_accuracy": history[-1].training_accuracy,
        "events": [len(shown.addresses) / shown.n_samples, fired],
        "inference": {
            "events": [
                count / layer.n_out for count, layer in zip(mean_operations(model, test), config.resolved, strict=True)
            ]
        },
    }
    if key["method"] == "quantised":
        network = to_network(model)
        report = compare(model, network, test)
        if report.n_mismatches:
            raise RuntimeError(f"{key}: export and model differ in {report.n_mismatches} values")
        found |= {"accuracy": report.accuracy, "inference": counted_inference(network, dataset)}
    return found


def counted_inference(network: Network, dataset: Dataset) -> Answer:
    """Return the accesses of an inference in the inference core, and the events into each layer, of the test part."""
    config = network.config
    events = dataset.events("test", config.encoding, config.n_steps)
    spikes = Kernel(network).infer(events, record=True).spikes
    assert spikes is not None
    steps = step_events(config, events.offsets, spikes)
    return {
        "events": [float(into.sum() / len(into)) for into in steps],
        "accesses": inference_accesses(config, steps),
    }


def counted_core(key: Key, dataset: Dataset) -> Answer:
    """Return the accesses of a training sample in the core that learns, from the initial and the trained weights."""
    from sim.verify.learning import colearn

    config = network_config(key["network"], key["seed"], key["epochs"])
    last = config.learning.rate_boost(key["epochs"] - 1)
    starts = {"initial": (LearningNetwork.initial(config), 0), "trained": (train_online(config, dataset).network, last)}
    order = sample_order(len(dataset.train_y), key["seed"], 0)[: key["cosim"]]
    events = dataset.events("train", config.encoding, config.n_steps, order)
    labels = np.asarray(dataset.train_y[order], np.int64)
    found = {}
    for name, (network, boost) in starts.items():
        report = colearn(network, events, labels, boost=boost)
        if report.n_mismatches:
            raise RuntimeError(f"{key}: hardware and model differ in {report.n_mismatches} values")
        found[name] = {"accesses": report.accesses, "updated": report.activity.updated_samples / len(order)}
    return found


ANSWERS: dict[str, Callable[[Key, Dataset], Answer]] = {
    "tune": trained_bptt,
    "online": trained_online,
    "bptt": trained_bptt,
    "core": counted_core,
}


def answer(key: Key, data_dir: str | None) -> Answer:
    """Answer one question in a process of its own; tuning sees nothing of the test part."""
    torch.set_num_threads(1)
    dataset = load("mnist", data_dir).take(n_train=key["samples"], n_test=key["tests"])
    return ANSWERS[key["kind"]](key, dataset.validation_split() if key["kind"] == "tune" else dataset)


def measured_memory(config: NetworkConfig, dataset: Dataset) -> dict[str, dict[str, int]]:
    """Return bytes of a training step in PyTorch: `saved` for the backward pass, and the `peak` of all tensors."""
    found = {}
    for name, method, batch, optimiser in (
        ("BPTT, float32, batch 1, SGD", "float", 1, "sgd"),
        ("BPTT, float32, batch 1, Adam", "float", 1, "adam"),
        ("BPTT, float32, batch 128, Adam", "float", BATCH, "adam"),
        ("BPTT, quantised, in float32, batch 128, Adam", "quantised", BATCH, "adam"),
    ):
        settings = _ADAMW | {"batch_size": batch, "optimiser": optimiser}
        trainer = make_trainer(config, dataset, method, settings, 0, 1)
        found[name] = step_bytes(trainer, torch.arange(batch))
    return found


def speeds(key: Key, dataset: Dataset, tell: Callable[[int], None]) -> dict[str, list[float]]:
    """Return samples a second of training in each round, the methods taking turns on one thread."""
    torch.set_num_threads(1)
    config, epochs = network_config(key["network"], 0, key["epochs"]), key["epochs"]
    trained, last = train_online(config, dataset).network, config.learning.rate_boost(epochs - 1)
    events = dataset.events("train", config.encoding, config.n_steps)
    order = sample_order(len(dataset.train_y), 0, 0)[: key["timed"]]

    def online(network: Network, boost: int) -> tuple[Callable[[], Any], int]:
        kernel = Kernel(network)
        return lambda: kernel.learn(events, dataset.train_y, order, boost), len(order)

    def bptt(method: str, **changes: Any) -> tuple[Callable[[], Any], int]:
        trainer = make_trainer(config, dataset, method, key["settings"] | changes, 0, epochs)
        trainer.model.train()
        size = trainer.settings.batch_size
        some = order if size > 1 else order[: len(order) // 20]
        batches = torch.from_numpy(some).split(size)
        return lambda: [trainer.step(batch) for batch in batches], len(some)

    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(key["rounds"]):
        for name, run, count in (
            (CONTESTANTS[0], *online(LearningNetwork.initial(config), 0)),
            (CONTESTANTS[1], *online(trained, last)),
            (CONTESTANTS[2], *bptt("float")),
            (CONTESTANTS[3], *bptt("quantised")),
            (CONTESTANTS[4], *bptt("float", batch_size=1, optimiser="sgd", weight_decay=0.0)),
        ):
            began = time.perf_counter()
            run()
            found[name].append(count / (time.perf_counter() - began))
            tell(1)
    return found


CONTESTANTS = (
    "on-line, first epoch", "on-line, last epoch", "BPTT, float32, batch 128", "BPTT, quantised, batch 128",
    "BPTT, float32, batch 1, SGD",
)  # fmt: skip
