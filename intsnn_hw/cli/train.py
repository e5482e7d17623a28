"""``intsnn train``: on line by the integer rule, or by surrogate gradients through time."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from golden.errors import InputError, ToolError
from golden.files import cache_folder
from intsnn_hw.api.bptt import OPTIONS
from intsnn_hw.api.network import METHODS
from intsnn_hw.api.train import ENGINES

from . import train_bptt
from .options import add_data, add_network, count, dataset_of, natural, network_of
from .output import note, show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "train",
        """\
--method online, the default: train sample by sample with the integer rule: shadow weights, traces, shifts in place of
multiplications, stochastic rounding. The error is that of a margin; presets of samples in time use graded errors, most
of them at every step. The same configuration, data and seed give the same bits on any machine. The checkpoint is
written after each whole epoch; an interrupted run (exit code 130) goes on with --resume, bit for bit.

With --on rtl the generated hardware learns alone, compiled to machine code, and reports its clock cycles: same
samples, same schedule, and a checkpoint of the same bytes. What an epoch reports is then counted from the hardware's
outputs and probes. The test accuracy at the end is measured on the golden model in either case. The checkpoint holds no
cycles, as it would no longer have the same bytes: after --resume, those of earlier epochs are missing.

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
    add_data(parser)
    group = parser.add_argument_group("training")
    group.add_argument("--method", choices=METHODS, default="online", help="how to learn")
    group.add_argument(
        "--seed",
        type=natural,
        metavar="N",
        help="seed of weights, rounding and sample order, 0..2^32 - 1 (default: the configuration's, 0 in presets)",
    )
    group.add_argument(
        "--epochs",
        type=count,
        metavar="N",
        help="length of the run, 1..65536 (default: the configuration's; 5 for bptt)",
    )
    group.add_argument(
        "--test-each-epoch", action="store_true", help="measure the test accuracy after each epoch too, for curves"
    )
    group.add_argument(
        "--on", choices=ENGINES, default="golden", help="what learns: golden model or simulated hardware"
    )
    group.add_argument(
        "--out",
        metavar="FILE",
        help="checkpoint to write (.npz; with --float only .pt of its name); where left out, the cache keeps the last",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on with the interrupted run whose checkpoint is --out; where there is none, begin one",
    )
    train_bptt.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from train.data.fit import check_fit

    if args.resume and args.out is None:
        raise InputError("--resume: give the checkpoint of the run to go on with as --out FILE")
    if args.out is not None and args.data is not None and Path(args.out).resolve() == Path(args.data).resolve():
        raise InputError(f"--out {args.out}: is the data set itself; give another file")
    network = network_of(args)
    options = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    network.check_training(args.method, on=args.on, epochs=args.epochs, seed=args.seed, **options)
    dataset = dataset_of(args, network)
    check_fit(network.config, dataset, "train", "test")
    out = _kept(".pt" if args.float else ".npz") if args.out is None else Path(args.out)
    before = _written(out)
    try:
        result = network.train(
            dataset, method=args.method, on=args.on, epochs=args.epochs, seed=args.seed, out=out, resume=args.resume,
            test_each_epoch=args.test_each_epoch, **options,
        )  # fmt: skip
    except KeyboardInterrupt:
        if out is not None and (args.resume or _written(out) != before):
            again = "the same command with --resume" if args.out else f"the same command with --resume --out {out}"
            note(f"{out} holds the last whole epoch; {again} goes on from it")
        raise
    show(args, result)
    return 0


def _kept(ending: str) -> Path | None:
    """Return where a checkpoint is kept that nobody asked for, and say so before hours are spent.

    `ending` is that of the file in which the network will be.
    """
    try:
        place = cache_folder() / "last.npz"
    except ToolError as error:
        note(f"no --out, and nothing is kept: {error}")
        return None
    note(f"no --out FILE: the network is kept as {place.with_suffix(ending)} until the next such run")
    return place


def _written(path: Path | None) -> int | None:
    """Return when the files of a run were last written; None where there is none."""
    files = [] if path is None else [file for file in (path, path.with_suffix(".pt")) if file.exists()]
    return max((file.stat().st_mtime_ns for file in files), default=None)
