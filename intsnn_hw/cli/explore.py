"""``intsnn explore``: many variants of a network, and which of them are worth building."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from golden.errors import InputError
from intsnn_hw.api.explore import FOLDER, explore, latest, read

from .options import count
from .output import note, show
from .parser import add_command
from .reproduce import command

SHOW = "show"


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "explore",
        """\
Train, synthesise and time every point of a sweep file: variants of a preset along any axes (bits of spikes, weights,
shadow weights and membranes, hidden neurons, steps, lanes, encoding, learning rule, core, device). Writes results.csv,
results.json and report.html, a page with Pareto plots and the command that measures each point again, which needs no
network to look at. The examples/ folder of the project holds sweep files; docs/explore.md tells all their fields.

Points run on all cores of this machine, or with --scheduler on a dask cluster; the rows are the same. Each is on disk
as soon as it is finished: after Ctrl-C, a crash or a killed worker the same command goes on, and computes no finished
point again. A point that fails is a row with its reason, and the others go on. Needs the package extra 'explore'.""",
        """\
intsnn explore examples/digits.toml
intsnn explore examples/spoken-digits.toml
intsnn explore examples/bit-widths.toml --out build/bit-widths --workers 2
intsnn explore examples/bit-widths.toml --out build/bit-widths --scheduler tcp://10.0.0.1:8786
intsnn explore show build/bit-widths""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("sweep", metavar="SWEEP.toml|show", help="sweep file to run; the word show: a sweep's results")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="with show: folder of the sweep (default: the latest)")
    group = parser.add_argument_group("running a sweep")
    group.add_argument(
        "-o", "--out", metavar="DIR", help=f"folder of the sweep, to be resumed from (default: {FOLDER}/NAME)"
    )
    group.add_argument(
        "--workers", type=count, metavar="N", help="processes on this machine (default: one for each core)"
    )
    group.add_argument(
        "--scheduler", metavar="ADDRESS", help="dask scheduler whose workers evaluate, as tcp://HOST:PORT"
    )
    group.add_argument("--retry-failed", action="store_true", help="evaluate points again that failed")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    if args.sweep == SHOW:
        for option in ("out", "workers", "scheduler", "retry_failed"):
            if getattr(args, option):
                name = option.replace("_", "-")
                raise InputError(f"--{name}: goes with a sweep file; 'intsnn explore show DIR' only shows")
        show(args, read(latest() if args.folder is None else args.folder))
        return 0
    if args.folder is not None:
        raise InputError(f"{args.folder}: only 'intsnn explore show DIR' takes a folder; did you mean --out?")
    folder = FOLDER / Path(args.sweep).stem if args.out is None else Path(args.out)
    try:
        with _ended_as_by_hand():
            result = explore(
                args.sweep, folder, workers=args.workers, scheduler=args.scheduler, retry_failed=args.retry_failed,
                label=lambda sweep, point: {"command": command(sweep, point)},
            )  # fmt: skip
    except KeyboardInterrupt:
        if folder.is_dir():
            note(f"{folder} holds all finished points; the same command goes on from there")
        raise
    show(args, result)
    return 0


@contextlib.contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """Take the signal by which batch systems end a job like Ctrl-C: what is finished is written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
