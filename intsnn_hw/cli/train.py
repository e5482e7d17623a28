"""``intsnn train``: on line by the integer rule, or by surrogate gradients through time."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from golden.places import writable_file

from . import train_bptt
from .options import add_command, add_data, add_network, count, dataset_of, natural, source_of
from .output import columns, emit, note, percent, progress, status, table

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import LearningNetwork, Network
    from train.data import AnyDataset
    from train.online import Engine, Epoch, Training

ENGINES = ("golden", "rtl")
_SHOWN_EPOCHS = 12


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "train",
        "train a network and write its checkpoint",
        """\
--method online, the usual: train sample by sample with the integer rule: shadow weights, traces, shifts for
multiplications, stochastic rounding; errors of a margin, for presets of samples in time graded ones, mostly at every
step.
The same configuration, data and seed give the same bits on any machine. The checkpoint is written after
each whole epoch; an interrupted run (exit code 130) goes on with --resume, bit for bit.

With --on rtl the generated hardware learns alone, compiled to machine code (CXXRTL), and tells its clock cycles: same
samples, same schedule, and a checkpoint of the same bytes. What an epoch reports is then counted from the hardware's
outputs and probes. The test accuracy at the end is measured on the golden model in either case. The checkpoint holds no
cycles, as it would no longer have the same bytes: after --resume the cycles of the epochs before it are not told.

--method bptt: train by surrogate gradients through time in PyTorch, with the integers of the configuration in the
forward pass, so that the checkpoint equals the trained model spike for spike (it is compared on all test samples). A
configuration with a learning rule gets shadow weights as well: 'intsnn train CHECKPOINT' goes on from there on line.
Beside OUT.npz lies OUT.pt, the state of the run, for --resume and 'intsnn export'.""",
        """\
intsnn train --preset digits-64 --out digits.npz
intsnn train --preset mnist-100 --data-dir data --seed 1 --out mnist.npz
intsnn train --preset mnist-256 --shadow-width 8 --weight-width 4 --epochs 6 --out small.npz
intsnn train --preset fsdd-128r --data-dir data --out spoken.npz
intsnn train --preset cues-64r --hidden 16,16 --recurrence fixed --out cues.npz
intsnn train --preset digits-64 --on rtl --out same-bytes.npz
intsnn train --config mine.toml --data mine.npz --out trained.npz --json
intsnn train --method bptt --preset mnist-128 --epochs 5 --out bptt.npz
intsnn train bptt.npz --epochs 2 --out refined.npz""",
    )
    parser.set_defaults(run=run)
    add_network(parser, checkpoint="to go on learning from")
    data = add_data(parser)
    data.add_argument("--download", action="store_true", help="fetch MNIST into --data-dir first, if it is not there")
    group = parser.add_argument_group("training")
    group.add_argument("--method", choices=("online", "bptt"), default="online", help="how to learn")
    group.add_argument(
        "--seed",
        type=natural,
        metavar="N",
        help="of weights, rounding and sample order (default: the configuration's, 0 in presets; 0 for bptt)",
    )
    group.add_argument(
        "--epochs",
        type=count,
        metavar="N",
        help="length of the run (default: the configuration's; 5 for bptt)",
    )
    group.add_argument(
        "--test-each-epoch", action="store_true", help="measure the test accuracy after each epoch too, for curves"
    )
    group.add_argument(
        "--on", choices=ENGINES, default="golden", help="what learns: golden model or simulated hardware"
    )
    group.add_argument("--out", metavar="FILE", help="checkpoint to write (.npz)")
    group.add_argument("--resume", action="store_true", help="go on with the interrupted run whose checkpoint is --out")
    train_bptt.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    source = source_of(args, maps=args.method == "bptt")
    if args.resume and args.out is None:
        raise InputError("--resume: give the checkpoint of the run to go on with as --out FILE")
    if args.out is not None and args.data is not None and Path(args.out).resolve() == Path(args.data).resolve():
        raise InputError(f"--out {args.out}: is the data set itself; give another file")
    if args.method == "bptt":
        return train_bptt.run(args, source)
    for name in train_bptt.OPTIONS:
        if getattr(args, name) is not None:
            raise InputError(f"--{name.replace('_', '-')}: goes with --method bptt only")
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"), download=args.download)
    out = None if args.out is None else writable_file(args.out)
    resume = out if args.resume and out is not None and out.exists() else None
    training = train(source.config, dataset, epochs=args.epochs, seed=args.seed, out=out, resume=resume, on=args.on,
                     test_each_epoch=args.test_each_epoch, before=source.network)  # fmt: skip
    result = {
        "source": source.where,
        "on": args.on,
        **summary(training, dataset),
        "checkpoint": None if out is None else str(out),
    }
    emit(args, result, *shown(result, training.history))
    return 0


def train(
    config: NetworkConfig,
    dataset: AnyDataset,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    test_each_epoch: bool = False,
    on: str = "golden",
    before: Network | None = None,
) -> Training:
    """Train under a progress bar, on one of `ENGINES`; see :func:`train.online.train_online`."""
    from train.online import for_run, resumed, train_online

    whole = for_run(config, epochs, seed)
    learning = whole.learning
    if resume is not None:
        resumed(resume, whole, dataset)  # of another run: told before anything is compiled or shown
    engine = _engine(whole, on)
    written = _written(out)
    try:
        with progress(f"training {config.name}", learning.epochs * len(dataset.train_y), "samples") as advance:
            return train_online(
                config,
                dataset,
                epochs=epochs,
                seed=seed,
                out=out,
                resume=resume,
                test_each_epoch=test_each_epoch,
                progress=advance,
                engine=engine,
                before=before,
            )
    except KeyboardInterrupt:
        if resume is not None or _written(out) != written:
            note(f"{out} holds the last whole epoch; the same command with --resume goes on from it")
        raise


def _engine(config: NetworkConfig, name: str) -> Callable[[LearningNetwork], Engine]:
    """Return what makes an engine; the hardware is compiled here, where no bar is shown yet, and kept in the cache."""
    if name == "golden":
        from golden.kernels import Kernel

        return Kernel
    from golden.network import LearningNetwork
    from sim.verify.engine import RtlEngine

    with status("compiling the hardware"):
        RtlEngine(LearningNetwork.initial(config))
    return RtlEngine


def _written(path: Path | None) -> int | None:
    """Return when a file was written; None where there is none."""
    return path.stat().st_mtime_ns if path is not None and path.exists() else None


def summary(training: Training, dataset: AnyDataset) -> dict[str, Any]:
    """Return the outcome of a run as JSON values, measured on the test part after the last epoch."""
    from train.online import evaluate

    config, learning = training.network.config, training.network.config.learning
    speeds = [epoch.samples_per_second for epoch in training.history if epoch.samples_per_second]
    cycles = [epoch.cycles_per_sample for epoch in training.history if epoch.cycles_per_sample]
    return {
        "network": config.name,
        "topology": config.topology,
        "data": dataset.name,
        "seed": learning.seed,
        "epochs": learning.epochs,
        "samples": len(dataset.train_y),
        "accuracy": evaluate(training.network, dataset).accuracy,
        "samples_per_second": len(speeds) / sum(1 / speed for speed in speeds) if speeds else None,
        "cycles_per_sample": sum(cycles) / len(cycles) if cycles else None,
        "history": [asdict(epoch) for epoch in training.history],
    }


def shown(result: dict[str, Any], history: tuple[Epoch, ...]) -> list[Any]:
    """Return what a person reads of a run: its epochs, thinned out where there are many, and the outcome."""
    every = -(-len(history) // _SHOWN_EPOCHS)
    kept = [epoch for epoch in history if epoch.epoch % every == 0 or epoch.epoch in (1, len(history))]
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
    names, rows = tuple(measured), list(zip(*measured.values(), strict=True))
    outcome = [
        ("test accuracy", f"{percent(result['accuracy'])} on {result['data']}, after the last epoch"),
        ("checkpoint", result["checkpoint"] or "not written: give --out FILE"),
    ]
    title = f"{result['network']}, {result['topology']}, seed {result['seed']}; counts a sample"
    return [columns(names, rows, title, text=0), table(*outcome)]
