"""On-line training by the integer margin rule on the compiled kernels, and evaluation; without torch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from golden import checkpoint
from golden.config import FieldError, LearningNetworkConfig, NetworkConfig, learning_config
from golden.encoding import Events
from golden.errors import CheckpointError, ConfigError
from golden.fixed import IntArray
from golden.kernels import Activity, Kernel
from golden.network import LearningNetwork, Network
from golden.seeds import sample_order
from train.data import AnyDataset

CHUNK_SAMPLES = 500
"""Samples between two reports of progress, and between two looks at the keyboard."""


class Engine(Protocol):
    """What learns: :class:`golden.kernels.Kernel`, or hardware in simulation, which also has `cycles`, an int.

    `cycles` are the clock cycles of all samples so far.
    """

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other."""
        ...

    def network(self) -> LearningNetwork:
        """Return the present network."""
        ...


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one epoch did; counts are means over its samples.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    training_accuracy : float
        Share of samples classified correctly before the network learned from them, 0..1.
    updated : float
        Share of samples with at least one error, so with an update, 0..1.
    input_events, hidden_events, synaptic_operations, synaptic_updates : float
        As in :class:`golden.kernels.Activity`.
    test_accuracy : float or None
        Of the network after the epoch, 0..1; None: not measured.
    samples_per_second : float or None
        Of the engine alone; None for an epoch of an earlier run that was resumed.
    cycles_per_sample : float or None
        Clock cycles, where the engine is hardware; None for an epoch of an earlier run that was resumed.
    """

    epoch: int
    training_accuracy: float
    updated: float
    input_events: float
    hidden_events: float
    synaptic_operations: float
    synaptic_updates: float
    test_accuracy: float | None = None
    samples_per_second: float | None = None
    cycles_per_sample: float | None = None


@dataclass(frozen=True, kw_only=True)
class Training:
    """A trained network and the history of its run, one entry an epoch."""

    network: LearningNetwork
    history: tuple[Epoch, ...]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a network makes of the test part of a data set.

    Attributes
    ----------
    accuracy : float
        0..1.
    confusion : IntArray
        Samples of each true class (row) by class found (column), shape (n_classes, n_classes).
    activity : Activity
    """

    accuracy: float
    confusion: IntArray
    activity: Activity


def train_online(
    config: NetworkConfig,
    dataset: AnyDataset,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    resume: Path | str | None = None,
    test_each_epoch: bool = False,
    progress: Callable[[int], None] | None = None,
    engine: Callable[[LearningNetwork], Engine] = Kernel,
    before: Network | None = None,
) -> Training:
    """Train a network sample by sample; the same configuration, data and seed give the same bits on any machine.

    An interrupted run loses the epoch it is in: `out` holds the last whole one.

    Parameters
    ----------
    config : NetworkConfig
        With `learning`.
    dataset : Dataset or EventDataset
        Of ``n_inputs`` inputs and at most ``n_classes`` classes; its training part is learned.
    epochs : int, optional
        Length of the run, the rate schedule stretched to it; the configuration's own where left out.
    seed : int, optional
        Of initial weights, LFSR, direct matrix and sample order; the configuration's own where left out.
    out : path, optional
        Checkpoint, written after each whole epoch.
    resume : path, optional
        Checkpoint of an interrupted run of the same configuration and data, to go on from; the result equals that of
        an uninterrupted run.
    test_each_epoch : bool
        Measure ``test_accuracy`` after each epoch, on the kernel.
    progress : callable, optional
        Told of every so many samples done; first of those of resumed epochs.
    engine : callable
        Makes of the network at the beginning what learns; every engine gives the same bits.
    before : Network, optional
        To go on from, with shadow weights; drawn by the seed where left out.

    Raises
    ------
    ConfigError
        A configuration without `learning`, or `epochs` or `seed` out of range.
    CheckpointError
        `resume` is unreadable or of another run, or `out` cannot be written.
    """
    config = for_run(config, epochs, seed)
    learning = config.learning
    n_samples = len(dataset.train_y)
    network, history = _begin(config, before), []
    if resume is not None:
        network, history = resumed(resume, config, dataset)
    learner, n_before = engine(network), len(history)
    events = dataset.events("train", config.encoding, config.n_steps)
    tests = dataset.events("test", config.encoding, config.n_steps) if test_each_epoch else None
    learner.learn(events, dataset.train_y, np.zeros(0, np.int64))  # compiles, so that the first epoch's speed is true
    noted, tell = _data(dataset), progress or (lambda samples: None)
    tell(len(history) * n_samples)
    for epoch in range(len(history), learning.epochs):
        order = sample_order(n_samples, learning.seed, epoch)
        boost = learning.rate_boost(epoch)
        parts, seconds, cycles_before = [], 0.0, getattr(learner, "cycles", None)
        for start in range(0, n_samples, CHUNK_SAMPLES):
            chunk = order[start : start + CHUNK_SAMPLES]
            began = time.perf_counter()
            parts.append(learner.learn(events, dataset.train_y, chunk, boost))
            seconds += time.perf_counter() - began
            tell(len(chunk))
        accuracy = None
        if tests is not None:
            accuracy = Kernel(learner.network()).infer(tests, dataset.test_y).activity.correct / len(dataset.test_y)
        cycles = None if cycles_before is None else (getattr(learner, "cycles", 0) - cycles_before) / n_samples
        history.append(_epoch(epoch + 1, parts, accuracy, n_samples / seconds, cycles))
        if out is not None:
            checkpoint.save(out, learner.network(), training=noted | _history(history))
    if out is not None and len(history) == n_before:
        checkpoint.save(out, learner.network(), training=noted | _history(history))  # its hardware can differ
    return Training(network=learner.network(), history=tuple(history))


def _begin(config: LearningNetworkConfig, before: Network | None) -> LearningNetwork:
    """Return the network before the first epoch; LFSR and sample order are those of the seed in any case."""
    fresh = LearningNetwork.initial(config)
    if before is None:
        return fresh
    if not isinstance(before, LearningNetwork):
        raise ConfigError(f"{config.name}: has no shadow weights to go on learning from")
    return replace(fresh, weights=before.weights, shadows=before.shadows)


def evaluate(network: Network, dataset: AnyDataset) -> Evaluation:
    """Run the test part of a data set through a network."""
    config = network.config
    events = dataset.events("test", config.encoding, config.n_steps)
    inference = Kernel(network).infer(events, dataset.test_y)
    confusion = np.zeros((config.n_classes, config.n_classes), np.int64)
    np.add.at(confusion, (dataset.test_y, inference.classes), 1)
    accuracy = inference.activity.correct / inference.activity.samples
    return Evaluation(accuracy=accuracy, confusion=confusion, activity=inference.activity)


def for_run(config: NetworkConfig, epochs: int | None = None, seed: int | None = None) -> LearningNetworkConfig:
    """Return the configuration of a run of other length or seed; None: as it is."""
    config = learning_config(config)
    for name, value in (("epochs", epochs), ("seed", seed)):
        if value is not None and type(value) is not int:
            raise ConfigError(f"`{name}`: must be a whole number, got {value!r}")
    try:
        learning = config.learning if epochs is None else config.learning.for_epochs(epochs)
        return replace(config, learning=learning if seed is None else replace(learning, seed=seed))
    except FieldError as error:
        raise error.renamed(f"`{error.field}`") from error


def _epoch(
    number: int, parts: list[Activity], test_accuracy: float | None, samples_per_second: float, cycles: float | None
) -> Epoch:
    total = Activity(*(sum(entries) for entries in zip(*parts, strict=True)))
    return Epoch(
        epoch=number,
        training_accuracy=total.correct / total.samples,
        updated=total.updated_samples / total.samples,
        input_events=total.input_events / total.samples,
        hidden_events=total.hidden_events / total.samples,
        synaptic_operations=total.synaptic_operations / total.samples,
        synaptic_updates=total.synaptic_updates / total.samples,
        test_accuracy=test_accuracy,
        samples_per_second=samples_per_second,
        cycles_per_sample=cycles,
    )


def _data(dataset: AnyDataset) -> dict[str, object]:
    """Return what the checkpoint notes of the data."""
    return {"data": dataset.name, "samples": len(dataset.train_y), "data_digest": dataset.digest}


def notes(dataset: AnyDataset, history: Sequence[Epoch]) -> dict[str, object]:
    """Return what a checkpoint notes of a run: its data, and its epochs so far."""
    return _data(dataset) | _history(history)


def _history(history: Sequence[Epoch]) -> dict[str, object]:
    """Return what the checkpoint notes of the run; no times and cycles, so that equal runs write equal bytes."""
    entries = [asdict(replace(epoch, samples_per_second=None)) for epoch in history]
    for entry in entries:
        del entry["cycles_per_sample"]
    return {"epoch": len(history), "history": entries}


def resumed(
    path: Path | str, config: LearningNetworkConfig, dataset: AnyDataset
) -> tuple[LearningNetwork, list[Epoch]]:
    """Return the network and the history that an interrupted run of this configuration and data goes on from.

    Raises
    ------
    CheckpointError
        As :func:`train_online`.
    """
    stored = checkpoint.load(path)
    # The hardware's choices change no result, and are the caller's.
    if replace(stored.network.config, hardware=config.hardware) != config:
        learning = stored.network.config.learning
        for name in ("epochs", "seed"):
            had, wanted = getattr(learning, name, None), getattr(config.learning, name)
            if had != wanted:
                raise CheckpointError(f"{path}: its run had `{name}` {had}, not {wanted}; give the same to resume it")
        raise CheckpointError(f"{path}: its run had another configuration; give the same to resume it")
    notes, given = stored.training, _data(dataset)
    if any(notes.get(name) != given[name] for name in ("data", "samples")):
        raise CheckpointError(
            f"{path}: its run learned {notes.get('samples', 'no')} samples of {notes.get('data', 'any data')}, "
            f"not {len(dataset.train_y)} of {dataset.name}; give the same data to resume it"
        )
    if notes.get("data_digest") != given["data_digest"]:
        raise CheckpointError(f"{path}: its run learned other samples named {dataset.name}; give the same to resume it")
    try:
        history = [Epoch(**entry) for entry in notes["history"]]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: holds no history of a training run; train the network again") from error
    return replace(LearningNetwork.of(stored.network), config=config), history
