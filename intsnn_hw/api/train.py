"""Training on line by the integer rule: on the golden model, or on the simulated hardware."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, InputWarning

from .progress import Display
from .report import PRIVATE, Facts, Grid, Result, Shown
from .wording import percent

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import LearningNetwork
    from train.data import AnyDataset
    from train.firing import Firing
    from train.online import Engine, Epoch

    from .source import Source

ENGINES = ("golden", "rtl")
SHOWN_EPOCHS = 12


@dataclass(frozen=True, kw_only=True, repr=False)
class Training(Result):
    """What a run of the on-line rule did.

    Attributes
    ----------
    source, network, topology, data : str
    on : {"golden", "rtl"}
        What learned.
    seed, epochs, samples : int
    accuracy : float
        On the test part, after the last epoch, 0..1.
    samples_per_second : float or None
    cycles_per_sample : float or None
        Where the hardware learned.
    history : tuple of train.online.Epoch
    firing : train.firing.Firing
        How each layer fires after the last epoch, on the first training samples.
    checkpoint : str or None
        Where the network was written.
    trained : LearningNetwork
    """

    source: str
    on: str
    network: str
    topology: str
    data: str
    seed: int
    epochs: int
    samples: int
    accuracy: float
    samples_per_second: float | None
    cycles_per_sample: float | None
    history: tuple[Epoch, ...] = field(repr=False)
    firing: Firing = field(repr=False)
    checkpoint: str | None
    trained: LearningNetwork = field(repr=False, metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return the epochs, thinned out where there are many, and the outcome."""
        every = -(-len(self.history) // SHOWN_EPOCHS)
        kept = [epoch for epoch in self.history if epoch.epoch % every == 0 or epoch.epoch in (1, len(self.history))]
        found: dict[str, list[object]] = {
            "epoch": [epoch.epoch for epoch in kept],
            "training accuracy": [percent(epoch.training_accuracy) for epoch in kept],
            "test": ["-" if epoch.test_accuracy is None else percent(epoch.test_accuracy) for epoch in kept],
            "updated": [percent(epoch.updated) for epoch in kept],
            "hidden events": [epoch.hidden_events for epoch in kept],
            "weight updates": [epoch.synaptic_updates for epoch in kept],
            "samples/s": [epoch.samples_per_second or "-" for epoch in kept],
            "cycles": [epoch.cycles_per_sample or "-" for epoch in kept],
        }
        measured = {name: cells for name, cells in found.items() if name == "samples/s" or set(cells) != {"-"}}
        rows = tuple(zip(*measured.values(), strict=True))
        title = f"{self.network}, {self.topology}, seed {self.seed}; counts a sample"
        outcome = (
            ("test accuracy", f"{percent(self.accuracy)} on {self.data}, after the last epoch"),
            ("checkpoint", self.checkpoint or "not written"),
            *(("warning", fault) for fault in self.firing.faults),
        )
        return [Grid(tuple(measured), rows, title, text=0), *firing_grid(self.firing), Facts(outcome)]


def train(
    source: Source,
    dataset: AnyDataset,
    *,
    on: str,
    epochs: int | None,
    seed: int | None,
    out: Path | str | None,
    resume: bool,
    test_each_epoch: bool,
    show: Display,
) -> Training:
    """Train a network sample by sample, under a progress bar; see :func:`train.online.train_online`."""
    from golden.checkpoint import writable_checkpoint
    from train.firing import firing_of
    from train.online import evaluate, for_run, resumed, train_online

    if on not in ENGINES:
        raise ConfigError(f"`on`: must be one of {', '.join(ENGINES)}, got {on!r}")
    place = None if out is None else writable_checkpoint(out)
    before = place if resume and place is not None and place.exists() else None
    if resume and before is None:
        warnings.warn(f"{place}: there is no run to resume; a new one begins", InputWarning, stacklevel=4)
    whole = for_run(source.config, epochs, seed)
    learning = whole.learning
    if before is not None:
        _, done = resumed(before, whole, dataset)  # of another run: said before anything is compiled or shown
        if len(done) == learning.epochs:
            warnings.warn(f"{place}: its run is complete; nothing is left to learn", InputWarning, stacklevel=4)
    engine = _engine(whole, on, show)
    total = learning.epochs * len(dataset.train_y)
    with show.progress(f"training {source.config.name}", total, "samples") as advance:
        training = train_online(
            source.config, dataset, epochs=epochs, seed=seed, out=place, resume=before, progress=advance,
            test_each_epoch=test_each_epoch, engine=engine, before=source.network,
        )  # fmt: skip
    firing = firing_of(training.network, dataset)
    warn_of_silence(firing)
    speeds = [epoch.samples_per_second for epoch in training.history if epoch.samples_per_second]
    cycles = [epoch.cycles_per_sample for epoch in training.history if epoch.cycles_per_sample]
    return Training(
        source=source.where,
        on=on,
        network=training.network.config.name,
        topology=training.network.config.topology,
        data=dataset.name,
        seed=learning.seed,
        epochs=learning.epochs,
        samples=len(dataset.train_y),
        accuracy=evaluate(training.network, dataset).accuracy,
        samples_per_second=harmonic_mean(speeds),
        cycles_per_sample=sum(cycles) / len(cycles) if cycles else None,
        history=training.history,
        firing=firing,
        checkpoint=None if place is None else str(place),
        trained=training.network,
    )


def firing_grid(firing: Firing) -> list[Shown]:
    """Return a table of how the layers fire, where any does."""
    names = ("layer", "neurons", "fire in a sample", "never fire")
    rows = tuple((at.layer, at.neurons, percent(at.firing), percent(at.silent)) for at in firing.layers)
    title = f"neurons that fire, of the first {firing.samples} training samples"
    return [Grid(names, rows, title, text=0)] if rows else []


def warn_of_silence(firing: Firing) -> None:
    """Warn of a layer that never fires, or always alike, and of an output that names one class."""
    for fault in firing.faults:
        warnings.warn(fault, InputWarning, stacklevel=5)


def harmonic_mean(values: list[float]) -> float | None:
    """Return the mean of speeds over equal work; None of none."""
    return len(values) / sum(1 / value for value in values) if values else None


def notes_of(training: Training, dataset: AnyDataset) -> dict[str, Any]:
    """Return what a checkpoint of the run notes."""
    from train.online import notes

    return notes(dataset, training.history)


def _engine(config: NetworkConfig, name: str, show: Display) -> Callable[[LearningNetwork], Engine]:
    """Return what makes an engine; the hardware is compiled here, where no bar is shown yet, and kept in the cache."""
    if name == "golden":
        from golden.kernels import Kernel

        return Kernel
    from golden.network import LearningNetwork
    from sim.verify.engine import RtlEngine

    with show.status("compiling the hardware"):
        RtlEngine(LearningNetwork.initial(config))
    return RtlEngine
