"""``intsnn train --method bptt``: surrogate gradients through time in PyTorch, in the integers of the configuration."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import InputError, ToolError
from golden.places import writable_file, write_file

from .options import count, dataset_of
from .output import columns, emit, note, percent, progress, table

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from train.bptt.loop import Epoch, Trainer
    from train.bptt.state import Run

    from .options import Source

OPTIONS = ("batch_size", "learning_rate", "optimiser", "weight_decay", "schedule", "loss", "bf16", "device", "dropout",
           "surrogate", "slope", "centre", "detach_reset", "learn_decay", "float", "log")  # fmt: skip
"""Arguments that only this method takes."""
_NEURON = ("dropout", "surrogate", "slope", "centre", "detach_reset", "learn_decay")
_SETTINGS = ("batch_size", "learning_rate", "optimiser", "weight_decay", "schedule", "loss", "bf16")


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return value


def share(text: str) -> float:
    """Read a number of at least 0 and below 1."""
    try:
        value = float(text)
    except ValueError:
        value = 1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 0 and below 1, got {text!r}")
    return value


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this method; each is None where it is left out."""
    group = parser.add_argument_group("surrogate gradients", "with --method bptt; needs PyTorch")
    group.add_argument("--batch-size", type=count, metavar="N", help="samples a step (default: 128)")
    group.add_argument("--learning-rate", type=positive, metavar="RATE", help="of the optimiser (default: 0.002)")
    group.add_argument("--optimiser", choices=("adam", "adamw", "sgd"), help="(default: adam)")
    group.add_argument("--weight-decay", type=share, metavar="SHARE", help="(default: 0)")
    group.add_argument("--schedule", choices=("constant", "cosine"), help="of the learning rate (default: constant)")
    group.add_argument(
        "--loss",
        help="membrane, mean_membrane; where membranes are summed membrane_sum, mean_membrane; where the readout fires "
        "count, rate (default: the first)",
    )
    group.add_argument("--dropout", type=share, metavar="SHARE", help="of hidden spikes (default: 0)")
    group.add_argument("--surrogate", choices=("sigmoid", "arctan", "boxcar", "triangular"), help="(default: sigmoid)")
    group.add_argument("--slope", type=positive, metavar="SLOPE", help="of the surrogate (default: its own)")
    group.add_argument(
        "--centre", choices=("staircase", "theta", "zero"), help="of the surrogate (default: staircase, ETH eq. 3.2)"
    )
    group.add_argument("--detach-reset", action="store_true", default=None, help="no gradient through the reset")
    group.add_argument("--learn-decay", action="store_true", default=None, help="learn the leaks, of layers that leak")
    group.add_argument(
        "--float", action="store_true", default=None, help="train without quantisation; 'intsnn export' quantises"
    )
    group.add_argument("--bf16", action="store_true", default=None, help="synapses in bfloat16")
    group.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: cpu)")
    group.add_argument("--log", metavar="FILE", help="write the epochs to FILE, .csv or .json")


def run(args: argparse.Namespace, source: Source) -> int:
    """Execute the command; `source` is a configuration without weights."""
    require_torch()
    if source.network is not None:
        raise InputError(f"{source.where}: --method bptt starts from a configuration; give --preset or --config")
    from train.bptt.inputs import Inputs
    from train.bptt.layers import spiking_layers
    from train.bptt.loop import Settings, Trainer
    from train.bptt.memory import keep_freed_memory
    from train.bptt.state import Run, load

    out = None if args.out is None else checkpoint_file(args.out)
    log = None if args.log is None else _log_file(args.log)
    config = _config(source.config, args)
    dataset = dataset_of(args, config, download=args.download)
    device = _device(args.device or "cpu")
    chosen = {name: getattr(args, name) for name in _SETTINGS if getattr(args, name) is not None}
    epochs = {} if args.epochs is None else {"epochs": args.epochs}
    wanted = Run(
        config=config,
        settings=Settings(**chosen, **epochs, seed=args.seed or 0),
        neuron={name: getattr(args, name) for name in _NEURON if getattr(args, name) is not None},
        quantised=not args.float,
        data=dataset.name,
        samples=len(dataset.train_y),
        digest=dataset.digest,
    )
    model = wanted.model().to(device)
    if args.learn_decay and not any(layer.neuron.decay_logit is not None for layer in spiking_layers(model)):
        raise InputError(f"--learn-decay: no layer of {config.name} leaks; leave it out, or give leaks in --config")
    test = Inputs(dataset, "test", config, device)
    curve = test if args.test_each_epoch else None
    keep_freed_memory()
    trainer = Trainer(model, Inputs(dataset, "train", config, device), wanted.settings, curve)
    state = None if out is None else out.with_suffix(".pt")
    if args.resume and state is not None and state.exists():
        stored, found = load(state)
        if replace(stored, config=replace(stored.config, hardware=config.hardware)) != wanted:
            raise InputError(f"{state}: is of another run; give the same options, data and seed to resume it")
        trainer.restore(found)
    _train(trainer, wanted, out, log)
    result = _result(source, wanted, trainer, test, device, out)
    emit(args, result, *_shown(result, trainer.history))
    return 0


def _train(trainer: Trainer, wanted: Run, out: Path | None, log: Path | None) -> None:
    from train.bptt.record import log_text, write_run

    total = wanted.settings.epochs * wanted.samples
    done = len(trainer.history) * wanted.samples
    written = done > 0
    try:
        with progress(f"training {wanted.config.name}", total, "samples", done=done) as advance:
            for _ in trainer.epochs(advance):
                if log is not None:
                    write_file(log, log_text(log.suffix, trainer.history))
                if out is not None:
                    write_run(out, wanted, trainer)
                    written = True
    except KeyboardInterrupt:
        if out is not None and written:
            note(f"{out.with_suffix('.pt')} holds the last whole epoch; the same command with --resume goes on from it")
        raise


def _config(config: NetworkConfig, args: argparse.Namespace) -> NetworkConfig:
    """Return the configuration of the run; the rule of one that learns on line gets the seed as well."""
    if args.on != "golden":
        raise InputError("--on: hardware learns by the on-line rule only; leave out --method bptt")
    if config.learning is None or args.seed is None:
        return config
    return replace(config, learning=replace(config.learning, seed=args.seed))


def _device(name: str) -> str:
    import torch

    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--device {name}: cannot be used here ({reason})") from error
    return name


def require_torch() -> None:
    """See that PyTorch is there."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ToolError("PyTorch is not installed: pip install 'intsnn-hw[torch]'") from error


def checkpoint_file(path: str) -> Path:
    """See that a checkpoint can be written, and that it does not take the place of the state of a run."""
    out = writable_file(path)
    if out.suffix == ".pt":
        raise InputError(
            f"--out {path}: .pt is the state of a run; give its checkpoint, {out.with_suffix('.npz').name}"
        )
    return out


def _log_file(path: str) -> Path:
    if Path(path).suffix not in (".csv", ".json"):
        raise InputError(f"--log {path}: must end in .csv or .json")
    return writable_file(path)


def _result(source: Source, run: Run, trainer: Trainer, test: Any, device: str, out: Path | None) -> dict[str, Any]:
    from train.bptt.export import compare, to_network
    from train.bptt.loop import accuracy

    found: dict[str, Any] = {"accuracy": None, "compared": None, "mismatches": None}
    if run.quantised:
        comparison = compare(trainer.model, to_network(trainer.model), test)
        if comparison.n_mismatches:
            raise RuntimeError(f"model and integer network differ in {comparison.n_mismatches} values")
        found = {"accuracy": comparison.accuracy, "compared": comparison.n_compared, "mismatches": 0}
    else:
        found["accuracy"] = accuracy(trainer.model, test)
    speeds = [epoch.samples_per_second for epoch in trainer.history if epoch.samples_per_second]
    return {
        "source": source.where,
        "method": "bptt",
        "network": run.config.name,
        "topology": run.config.topology,
        "data": run.data,
        "seed": run.settings.seed,
        "epochs": run.settings.epochs,
        "samples": run.samples,
        "quantised": run.quantised,
        "device": device,
        **found,
        "samples_per_second": len(speeds) / sum(1 / speed for speed in speeds) if speeds else None,
        "history": [asdict(epoch) for epoch in trainer.history],
        "checkpoint": None if out is None or not run.quantised else str(out),
        "state": None if out is None else str(out.with_suffix(".pt")),
    }


def _shown(result: dict[str, Any], history: list[Epoch]) -> list[Any]:
    rows: list[tuple[object, ...]] = [
        (epoch.epoch, f"{epoch.loss:.4f}", percent(epoch.training_accuracy),
         ", ".join(percent(rate) for rate in epoch.firing_rates), epoch.samples_per_second or "-")
        for epoch in history
    ]  # fmt: skip
    names = ("epoch", "loss", "training accuracy", "neurons firing, by layer", "samples/s")
    if any(epoch.test_accuracy is not None for epoch in history):
        names = (*names, "test")
        rows = [(*row, percent(epoch.test_accuracy or 0.0)) for row, epoch in zip(rows, history, strict=True)]
    outcome: list[tuple[str, object]] = [
        ("test accuracy", f"{percent(result['accuracy'])} on {result['data']}, after the last epoch")
    ]
    if result["quantised"]:
        outcome.append(("integer network", f"equal to the model in {result['compared']:,} spikes and scores"))
        outcome.append(("checkpoint", result["checkpoint"] or "not written: give --out FILE"))
    outcome.append(("state of the run", result["state"] or "not written: give --out FILE"))
    title = f"{result['network']}, {result['topology']}, seed {result['seed']}, surrogate gradients"
    return [columns(names, rows, title, text=0), table(*outcome)]
