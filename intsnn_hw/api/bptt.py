"""Training by surrogate gradients through time in PyTorch, in the integers of the configuration."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import CheckpointError, ConfigError, InputError, InputWarning, ToolError
from golden.places import named_path, writable_file, write_file

from .progress import Display
from .report import PRIVATE, Facts, Grid, Result, Shown
from .train import firing_grid, harmonic_mean, warn_of_silence
from .wording import percent

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import Network
    from train.bptt.inputs import Inputs
    from train.bptt.loop import Epoch, Trainer
    from train.bptt.model import SpikingNetwork
    from train.bptt.state import Run
    from train.data import AnyDataset
    from train.firing import Firing

    from .source import Source

SETTINGS = ("batch_size", "learning_rate", "optimiser", "weight_decay", "schedule", "loss", "bf16")
NEURON = ("dropout", "surrogate", "slope", "centre", "detach_reset", "learn_decay")
OTHERS = ("float", "keep_thresholds", "device", "log")
OPTIONS = (*SETTINGS, *NEURON, *OTHERS)
"""What only this method takes: of :class:`train.bptt.Settings`, of :class:`train.bptt.LIF`, and of the run."""


@dataclass(frozen=True, kw_only=True, repr=False)
class GradientTraining(Result):
    """What a run of surrogate gradients did.

    Attributes
    ----------
    source, network, topology, data, device : str
    method : str
    seed, epochs, samples : int
    quantised : bool
        Trained in integers; else `checkpoint` is None, and ``intsnn_hw.export`` makes the integers of `state`.
    accuracy : float
        On the test part, after the last epoch, 0..1.
    compared, mismatches : int or None
        Spikes and scores of model and integer network.
    threshold_shifts : dict
        Of each layer, ``configured`` and ``chosen``, the latter those that suit the weights; of integers only.
    samples_per_second : float or None
    firing : train.firing.Firing or None
        How each layer of the integer network fires, on the first training samples.
    history : tuple of train.bptt.Epoch
    checkpoint, state : str or None
        Files written.
    model : train.bptt.SpikingNetwork
    trained : Network or None
    """

    source: str
    method: str = "bptt"
    network: str
    topology: str
    data: str
    seed: int
    epochs: int
    samples: int
    quantised: bool
    device: str
    accuracy: float
    compared: int | None
    mismatches: int | None
    threshold_shifts: dict[str, list[int]] | None
    samples_per_second: float | None
    firing: Firing | None = field(repr=False)
    history: tuple[Epoch, ...] = field(repr=False)
    checkpoint: str | None
    state: str | None
    model: SpikingNetwork = field(repr=False, metadata=PRIVATE)
    trained: Network | None = field(repr=False, metadata=PRIVATE)
    notes: dict[str, Any] = field(repr=False, metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return the epochs and the outcome."""
        rows: list[tuple[object, ...]] = [
            (epoch.epoch, f"{epoch.loss:.4f}", percent(epoch.training_accuracy),
             ", ".join(percent(rate) for rate in epoch.firing_rates), epoch.samples_per_second or "-")
            for epoch in self.history
        ]  # fmt: skip
        names = ("epoch", "loss", "training accuracy", "neurons firing, by layer", "samples/s")
        if any(epoch.test_accuracy is not None for epoch in self.history):
            names = (*names, "test")
            rows = [(*row, percent(epoch.test_accuracy or 0.0)) for row, epoch in zip(rows, self.history, strict=True)]
        outcome: list[tuple[str, object]] = [
            ("test accuracy", f"{percent(self.accuracy)} on {self.data}, after the last epoch")
        ]
        if self.quantised:
            outcome.append(("integer network", f"equal to the model in {self.compared:,} spikes and scores"))
            outcome.append(("threshold shifts", _shifts(self.threshold_shifts or {})))
            outcome.append(("checkpoint", self.checkpoint or "not written"))
        outcome.append(("state of the run", self.state or "not written"))
        outcome += [("warning", fault) for fault in ([] if self.firing is None else self.firing.faults)]
        title = f"{self.network}, {self.topology}, seed {self.seed}, surrogate gradients"
        firing = [] if self.firing is None else firing_grid(self.firing)
        return [Grid(names, tuple(rows), title, text=0), *firing, Facts(tuple(outcome))]


def _shifts(shifts: dict[str, list[int]]) -> str:
    configured, chosen = (", ".join(map(str, shifts[name])) for name in ("configured", "chosen"))
    if configured == chosen:
        return f"{chosen}, as configured"
    return f"{chosen}, chosen by the weights; the configuration had {configured}"


def train(
    source: Source,
    dataset: AnyDataset,
    *,
    epochs: int | None,
    seed: int | None,
    out: Path | None,
    resume: bool,
    test_each_epoch: bool,
    options: dict[str, Any],
    show: Display,
) -> GradientTraining:
    """Train a configuration; `options` are those of :data:`OPTIONS`, and `out` is as :func:`checkpoint_file` gives it.

    Raises
    ------
    ConfigError
        The source has weights, or an unknown option or a value out of range.
    CheckpointError
        The state to resume is of another run, damaged, or cannot be written.
    """
    from train.bptt.inputs import Inputs
    from train.bptt.loop import Trainer
    from train.bptt.memory import keep_freed_memory
    from train.bptt.state import load

    log = None if options.get("log") is None else _log_file(options["log"])
    device = _device(options.get("device") or "cpu")
    wanted = _run(source, dataset, epochs, seed, options)
    model = _model(wanted).to(device)
    config = wanted.config
    test = Inputs(dataset, "test", config, device)
    keep_freed_memory()
    trainer = Trainer(
        model, Inputs(dataset, "train", config, device), wanted.settings, test if test_each_epoch else None
    )
    state = None if out is None else out.with_suffix(".pt")
    if resume and state is not None and state.exists():
        stored, found = load(state)
        if replace(stored, config=replace(stored.config, hardware=config.hardware)) != wanted:
            raise CheckpointError(f"{state}: is of another run; give the same options, data and seed to resume it")
        trainer.restore(found)
    elif resume:
        warnings.warn(f"{state}: there is no run to resume; a new one begins", InputWarning, stacklevel=4)
    _train(trainer, wanted, out, log, show)
    return _result(source, wanted, trainer, dataset, test, device, out)


def check(source: Source, on: str, epochs: int | None, seed: int | None, options: dict[str, Any]) -> None:
    """See that this method can train a source, before data is loaded."""
    if on != "golden":
        raise ConfigError("`on`: hardware learns by the on-line rule only; leave out `method` bptt")
    require_torch()
    if source.network is not None:
        raise ConfigError(
            f"{source.where}: is trained already, and `method` bptt starts without weights; make the network anew from "
            "a preset or a TOML file, or go on with `method` online"
        )
    if options.get("float") and options.get("keep_thresholds"):
        raise ConfigError("`keep_thresholds`: goes without `float`, whose thresholds are chosen when it is exported")
    _device(options.get("device") or "cpu")
    if options.get("log") is not None:
        _log_file(options["log"], make_folder=False)
    run = _run(source, None, epochs, seed, options)
    run.settings.loss_of(run.config.readout)
    _model(run)


def require_torch() -> None:
    """See that PyTorch is there."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ToolError("PyTorch is not installed: pip install 'intsnn-hw[torch]'") from error


def checkpoint_file(path: Path | str) -> Path:
    """See that a checkpoint can be written, and that it does not take the place of the state of a run."""
    from golden.checkpoint import writable_checkpoint

    named = named_path(path)
    if named.suffix == ".pt":
        name = named.with_suffix(".npz").name
        raise ConfigError(f"`out` {path}: .pt is the state of a run; give its checkpoint, {name}")
    return writable_checkpoint(named)


def _run(
    source: Source, dataset: AnyDataset | None, epochs: int | None, seed: int | None, options: dict[str, Any]
) -> Run:
    """Return the run; without data, what is known of it before."""
    from train.bptt.loop import Settings
    from train.bptt.state import Run

    config = _seeded(source.config, seed)
    settings = {name: options[name] for name in SETTINGS if options.get(name) is not None}
    settings |= {} if epochs is None else {"epochs": epochs}
    return Run(
        config=config,
        settings=Settings(**settings, seed=0 if seed is None else seed),
        neuron={name: options[name] for name in NEURON if options.get(name) is not None},
        quantised=not options.get("float"),
        keep_thresholds=bool(options.get("keep_thresholds")),
        data="" if dataset is None else dataset.name,
        samples=0 if dataset is None else len(dataset.train_y),
        digest="" if dataset is None else dataset.digest,
    )


def _seeded(config: NetworkConfig, seed: int | None) -> NetworkConfig:
    """Return the configuration of the run; the rule of one that learns on line gets the seed as well."""
    from train.online import for_run

    return config if config.learning is None or seed is None else for_run(config, seed=seed)


def _model(run: Run) -> SpikingNetwork:
    from train.bptt.layers import spiking_layers

    try:
        model = run.model()
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        # What a layer says of its arguments, in the words of the options.
        text = re.sub(r"^LIF\.(\w+)|^Dropout\.p", lambda found: f"`{found[1] or 'dropout'}`", str(error))
        raise ConfigError(text) from error
    leaks = any(layer.neuron.decay_logit is not None for layer in spiking_layers(model))
    if run.neuron.get("learn_decay") and not leaks:
        raise ConfigError(
            f"`learn_decay`: no layer of {run.config.name} leaks; leave it out, or write leaks into a TOML"
        )
    return model


def _train(trainer: Trainer, run: Run, out: Path | None, log: Path | None, show: Display) -> None:
    from train.bptt.record import log_text, write_run

    total, done = run.settings.epochs * run.samples, len(trainer.history) * run.samples
    with show.progress(f"training {run.config.name}", total, "samples", done=done) as advance:
        for _ in trainer.epochs(advance):
            if log is not None:
                write_file(log, log_text(log.suffix, trainer.history))
            if out is not None:
                write_run(out, run, trainer)


def _device(name: str) -> str:
    import torch

    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"`device` {name}: cannot be used here ({reason})") from error
    return name


def _log_file(path: Path | str, *, make_folder: bool = True) -> Path:
    if Path(path).suffix not in (".csv", ".json"):
        raise ConfigError(f"`log` {path}: must end in .csv or .json")
    return writable_file(path, make_folder=make_folder)


def _result(
    source: Source, run: Run, trainer: Trainer, dataset: AnyDataset, test: Inputs, device: str, out: Path | None
) -> GradientTraining:  # fmt: skip
    from train.bptt.export import compare, to_network
    from train.bptt.loop import accuracy
    from train.bptt.record import notes, threshold_shifts
    from train.firing import firing_of

    network, found = None, {"accuracy": 0.0, "compared": None, "mismatches": None, "threshold_shifts": None}
    if run.quantised:
        network = to_network(trainer.model)
        comparison = compare(trainer.model, network, test)
        if comparison.n_mismatches:
            raise RuntimeError(f"model and integer network differ in {comparison.n_mismatches} values")
        found = {"accuracy": comparison.accuracy, "compared": comparison.n_compared, "mismatches": 0,
                 "threshold_shifts": threshold_shifts(run, network.config)}  # fmt: skip
    else:
        found["accuracy"] = accuracy(trainer.model, test)
    firing = None if network is None else firing_of(network, dataset)
    if firing is not None:
        warn_of_silence(firing)
    return GradientTraining(
        source=source.where,
        network=run.config.name,
        topology=run.config.topology,
        data=run.data,
        seed=run.settings.seed,
        epochs=run.settings.epochs,
        samples=run.samples,
        quantised=run.quantised,
        device=device,
        **found,  # pyright: ignore[reportArgumentType] # of the fields named above
        samples_per_second=harmonic_mean(
            [epoch.samples_per_second for epoch in trainer.history if epoch.samples_per_second]
        ),
        firing=firing,
        history=tuple(trainer.history),
        checkpoint=None if out is None or not run.quantised else str(out),
        state=None if out is None else str(out.with_suffix(".pt")),
        model=trainer.model,
        trained=network,
        notes={} if network is None else notes(run, trainer.history, network.config),
    )
