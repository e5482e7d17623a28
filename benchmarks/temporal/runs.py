"""What is measured: a task, a method, and one training run of them."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.answers import Answer, Key
from golden.config import EncodingConfig, NetworkConfig
from golden.presets import preset
from golden.presets.temporal import RecurrenceKind
from train.data import load
from train.data.dataset import Part
from train.data.event_dataset import EventDataset
from train.online import evaluate, train_online

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A preset and the sets it is measured on.

    Attributes
    ----------
    preset : str
    data : tuple of str
    samples : int
        To learn from, for the estimate of time.
    validation : tuple of str, optional
        Sets of which the test parts are what settings are chosen on: other samples than any of `data`. Where there are
        none, settings are chosen on the held-out parts of `data`.
    hidden_leaks, readout_leaks : tuple of int
        From which those of BPTT are chosen.
    epochs : tuple of int
        From which those of the on-line rule are chosen.
    """

    preset: str
    data: tuple[str, ...]
    samples: int
    validation: tuple[str, ...] = ()
    hidden_leaks: tuple[int, ...] = (4, 5)
    readout_leaks: tuple[int, ...] = (5, 4, 6, 3, 7)
    epochs: tuple[int, ...] = (40, 80)


TASKS = {
    "official": Task(preset="fsdd-128r", data=("fsdd",), samples=2700),
    "speakers": Task(
        preset="fsdd-128r",
        data=tuple(f"fsdd:split={name}" for name in SPEAKERS),
        samples=2500,
        hidden_leaks=(4,),
        epochs=(20, 40),
    ),
    "reversed": Task(preset="fsdd-reversed-128r", data=("fsdd-reversed",), samples=5400),
    "cues": Task(
        preset="cues-64r",
        data=("cues",),
        samples=2000,
        validation=("cues:test=3000,seed=11",),
        hidden_leaks=(7, 8, 10),
        readout_leaks=(5, 4, 6, 3, 7, 10),
        epochs=(20,),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Method:
    """How a network learns.

    Attributes
    ----------
    name : str
        In tables.
    family : {"integer", "bptt", "mlp"}
    recurrence : {"none", "learned", "fixed"}
    strategy : dict
        Route and timing of the error, where they are not the preset's.
    all_widths : bool
        Measured with every pair of widths, and with every size; otherwise with 16-8 and, where it has a strategy, the
        first size and the task `reversed` alone.
    """

    name: str
    family: str
    recurrence: RecurrenceKind
    strategy: dict[str, Any] = field(default_factory=dict)
    all_widths: bool = False


METHODS = {
    "snn": Method(name="integer SNN", family="integer", recurrence="none", all_widths=True),
    "rsnn": Method(name="integer RSNN", family="integer", recurrence="learned", all_widths=True),
    "fixed": Method(name="integer RSNN, fixed recurrence", family="integer", recurrence="fixed"),
    "direct": Method(name="integer RSNN, Direct", family="integer", recurrence="learned", strategy={"route": "direct"}),
    "final": Method(name="integer RSNN, Final", family="integer", recurrence="learned", strategy={"timing": "final"}),
    "bptt-snn": Method(name="BPTT SNN", family="bptt", recurrence="none"),
    "bptt-rsnn": Method(name="BPTT RSNN", family="bptt", recurrence="learned"),
    "mlp": Method(name="MLP on event counts", family="mlp", recurrence="none"),
}
COST = {
    ("integer", "none"): 2.4, ("integer", "learned"): 3.2, ("integer", "fixed"): 2.8,
    ("bptt", "none"): 2.5, ("bptt", "learned"): 4.0, ("mlp", "none"): 0.4,
}  # fmt: skip
"""Microseconds of a training sample and step of FSDD with 128 hidden neurons, for the estimate of time; on one core of
the machine of docs/results.md."""


def configuration(key: Key) -> NetworkConfig:
    """Return the network of a question."""
    shadow_width, weight_width = (int(width) for width in key.get("widths", "16-8").split("-"))
    config = preset(
        key["preset"], hidden=(key["hidden"],), recurrence=key["recurrence"], shadow_width=shadow_width,
        weight_width=weight_width, epochs=key.get("epochs"), seed=key["seed"], **key.get("strategy", {}),
    )  # fmt: skip
    if "error_shift" in key and config.learning is not None:
        shifts = tuple(shift + key["error_shift"] for shift in config.learning.error_shifts)
        config = replace(config, learning=replace(config.learning, error_shifts=shifts))
    leaks = [layer.neuron.leak_shift for layer in config.layers]
    if key["family"] == "bptt":
        leaks = [key["hidden_leak"], key["readout_leak"]]
    layers = (
        replace(layer, neuron=replace(layer.neuron, leak_shift=leak))
        for layer, leak in zip(config.layers, leaks, strict=True)
    )
    return replace(config, layers=tuple(layers))


def by_rule(key: Key, dataset: EventDataset) -> Answer:
    """Train by the on-line rule."""
    training = train_online(configuration(key), dataset)
    found, last = evaluate(training.network, dataset), training.history[-1]
    return {
        "accuracy": found.accuracy,
        "training_accuracy": last.training_accuracy,
        "hidden_events": found.activity.hidden_events / found.activity.samples,
    }


def by_gradients(key: Key, dataset: EventDataset) -> Answer:
    """Train by float BPTT."""
    import torch

    from train.bptt import Inputs, Settings, SpikingNetwork, Trainer, accuracy, firing_rates, keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()
    config = configuration(key)
    torch.manual_seed(key["seed"])
    settings = Settings(
        epochs=key["epochs"], learning_rate=key["learning_rate"], loss=key["loss"], schedule="cosine", seed=key["seed"]
    )
    trainer = Trainer(SpikingNetwork(config), Inputs(dataset, "train", config), settings)
    *_, last = trainer.epochs()
    with firing_rates(trainer.model) as rates:
        found = accuracy(trainer.model, Inputs(dataset, "test", config))
    return {
        "accuracy": found,
        "training_accuracy": last.training_accuracy,
        "hidden_events": rates()[0] * config.n_steps * config.layers[0].size,
    }


def by_counts(key: Key, dataset: EventDataset) -> Answer:
    """Train a perceptron on the counts of events, scaled to mean 0 and deviation 1."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    epochs = key["epochs"]
    perceptron = MLPClassifier(
        (key["hidden"],), learning_rate_init=key["learning_rate"], alpha=key["alpha"], batch_size=64,
        max_iter=epochs, n_iter_no_change=epochs, random_state=key["seed"],
    )  # fmt: skip
    model = make_pipeline(StandardScaler(), perceptron)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a setting like any other
        model.fit(counts(dataset, "train"), dataset.train_y)
    found = float(model.score(counts(dataset, "test"), dataset.test_y))
    return {"accuracy": found, "training_accuracy": float(model.score(counts(dataset, "train"), dataset.train_y))}


def counts(dataset: EventDataset, part: Part) -> np.ndarray:
    """Return the summed levels of each input, (n, n_inputs)."""
    events = dataset.events(part, EncodingConfig(kind="events", spike_width=8), dataset.n_steps)
    found = np.zeros((events.n_samples, events.n_inputs))
    samples = np.repeat(np.arange(events.n_samples), np.diff(events.offsets[:: events.n_steps]))
    np.add.at(found, (samples, events.addresses), events.levels)
    return found


def validation_sets(task: Task, folds: int | None = None) -> tuple[str, ...]:
    """Return the sets that settings are chosen on, of the first sets of a task."""
    return task.validation or task.data[:folds]


def validating(name: str, dataset: EventDataset) -> EventDataset:
    """Return a set of :func:`validation_sets` with what settings are chosen on in place of its test part."""
    apart = any(name in task.validation for task in TASKS.values())
    return dataset if apart else dataset.validation_split()


FAMILIES: dict[str, Callable[[Key, EventDataset], Answer]] = {
    "integer": by_rule,
    "bptt": by_gradients,
    "mlp": by_counts,
}


@lru_cache(maxsize=2)
def dataset_of(name: str, data_dir: str | None) -> EventDataset:
    """Load a set once in a process that answers several questions about it."""
    found = load(name, data_dir)
    assert isinstance(found, EventDataset)
    return found


def answer(key: Key, data_dir: str | None) -> Answer:
    """Answer one question in a process of its own; tuning sees nothing of the test part."""
    dataset = dataset_of(key["data"], data_dir)
    if key["samples"] is not None:
        dataset = dataset.take(key["samples"], key["samples"] // 2)
    if key["part"] == "validation":
        dataset = validating(key["data"], dataset)
    began = time.process_time()
    return FAMILIES[key["family"]](key, dataset) | {"seconds": time.process_time() - began}


def seconds(key: Key) -> float:
    """Return about how long an answer takes."""
    task = TASKS[key["task"]]
    steps = 1 if key["family"] == "mlp" else preset(key["preset"]).n_steps
    cost = COST[key["family"], key["recurrence"]] * key["hidden"] / 128
    return 1e-6 * cost * steps * key["epochs"] * (key["samples"] or task.samples)
