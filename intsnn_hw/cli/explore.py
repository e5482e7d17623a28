"""``intsnn explore``: many variants of a network, and which of them are worth building."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import DataError, InputError, ToolError
from golden.places import write_files

from .messages import FIELDS, worded
from .options import add_command, count
from .output import Wide, emit, note, number, progress, table, to_json
from .reproduce import command

if TYPE_CHECKING:
    from intsnn_hw.explore.space import Sweep

SHOW = "show"
_FOLDER = Path("build/explore")
"""By default, with a folder for each sweep file."""
_WINDOW_S = 1800.0
"""Time on which the time left is estimated."""
_SHOWN_REASONS = 5
_MODULES = ("filelock", "optuna", "distributed", "plotly")


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "explore",
        "train and synthesise many variants of a network, and show which are worth building",
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
        "-o", "--out", metavar="DIR", help=f"folder of the sweep, to be resumed from (default: {_FOLDER}/NAME)"
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
        return _show(args)
    if args.folder is not None:
        raise InputError(f"{args.folder}: only 'intsnn explore show DIR' takes a folder; did you mean --out?")
    if args.scheduler is not None and args.workers is not None:
        raise InputError(
            "--workers: are those of this machine; a cluster has its own, so leave out --scheduler or this"
        )
    _check_modules()
    from intsnn_hw.energy import Coefficients
    from intsnn_hw.energy.coefficients import DEFAULT
    from intsnn_hw.explore.embedded import n_cores
    from intsnn_hw.explore.energy import coefficients_label
    from intsnn_hw.explore.evaluate import own_code
    from intsnn_hw.explore.journal import Store
    from intsnn_hw.explore.run import run_sweep
    from intsnn_hw.explore.space import Sweep

    sweep = Sweep.from_toml(args.sweep)
    text = Path(args.sweep).read_text(encoding="utf-8")
    folder = _FOLDER / Path(args.sweep).stem if args.out is None else Path(args.out)
    _check_inputs(sweep, args.sweep)

    def begin(journal: Store) -> None:
        if journal.rows:
            note(f"{folder}: {len(journal.rows)} points are finished; going on")
        others = sum(row["code"] != own_code() for row in journal.rows.values())
        if others:
            note(f"{folder}: {others} of them were computed by another version of intsnn-hw")
        table = coefficients_label(Coefficients.load(sweep.coefficients or DEFAULT))
        others = sum(row.get("coefficients", table) != table for row in journal.rows.values())
        if others:
            note(f"{folder}: {others} of them have energies by another table of coefficients")

    try:
        with _ended_as_by_hand(), _bar() as tell:
            run_sweep(
                sweep, text, folder, n_workers=args.workers or n_cores(), scheduler=args.scheduler,
                retry_failed=args.retry_failed, tell=tell, begin=begin,
                label=lambda sweep, point: {"command": command(sweep, point)},
            )  # fmt: skip
    except KeyboardInterrupt:
        if folder.is_dir():
            _write(folder)
            note(f"{folder} holds all finished points; the same command goes on from there")
        raise
    return _tell(args, folder, _write(folder))


@contextlib.contextmanager
def _ended_as_by_hand() -> Iterator[None]:
    """Take the signal by which batch systems end a job like Ctrl-C: what is finished is written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_modules() -> None:
    """See that the libraries are there, before anything is written."""
    from importlib.util import find_spec

    for module in _MODULES:
        if find_spec(module) is None:
            raise ToolError(f"{module} is not installed: pip install 'intsnn-hw[explore]'")


def _check_inputs(sweep: Sweep, where: str) -> None:
    """See that data and tools are there, before a whole sweep fails for want of them; `where` names the sweep file."""
    from intsnn_hw.energy import Coefficients
    from intsnn_hw.explore.point import network_config
    from intsnn_hw.fpga.report import check
    from intsnn_hw.fpga.targets import target
    from train.data.fit import check_fit, load_set

    with _in_words_of(where):
        dataset = load_set(sweep.data, sweep.data_dir)
    if sweep.coefficients is not None:
        Coefficients.load(sweep.coefficients)
    for name in sweep.values("target"):
        check(target(name), pnr=sweep.pnr)
    for point in sweep.points():
        with contextlib.suppress(InputError):  # of this point alone: its row will tell
            config = network_config(sweep, point, sweep.seeds[0])
            break
    else:
        point = next(sweep.points())
        config = network_config(sweep, point, sweep.seeds[0])  # raises: no point can be built
    with _in_words_of(where):
        check_fit(config, dataset)


@contextlib.contextmanager
def _in_words_of(where: str) -> Iterator[None]:
    """Name the sweep file, and its fields, in an error of the data set."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{where}: {worded(error, FIELDS)}") from error


@contextlib.contextmanager
def _bar() -> Any:
    """Show a bar that begins when the first count is told."""
    with contextlib.ExitStack() as stack:
        advance, before = None, 0

        def tell(finished: int, total: int) -> None:
            nonlocal advance, before
            if advance is None:
                bar = progress("exploring", total, "points", window_s=_WINDOW_S, done=finished)
                advance = stack.enter_context(bar)
            else:
                advance(finished - before)
            before = finished

        yield tell


def _show(args: argparse.Namespace) -> int:
    for option in ("out", "workers", "scheduler"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option}: goes with a sweep file; 'intsnn explore show DIR' only shows")
    if args.retry_failed:
        raise InputError("--retry-failed: goes with a sweep file; 'intsnn explore show DIR' only shows")
    return _tell(args, _latest() if args.folder is None else Path(args.folder), [])


def _latest() -> Path:
    """Return the folder of the sweep that was run last."""
    from intsnn_hw.explore.journal import JOURNAL

    journals = sorted(_FOLDER.glob(f"*/{JOURNAL}"), key=lambda path: path.stat().st_mtime)
    if not journals:
        raise InputError(f"{_FOLDER}: holds no sweep; give the folder of one: intsnn explore show DIR")
    return journals[-1].parent


def _write(folder: Path) -> list[str]:
    """Write the results of a folder next to its rows, all or none; returns their paths."""
    from intsnn_hw.explore import journal
    from intsnn_hw.explore.report import report
    from intsnn_hw.explore.results import column_names, summary, to_csv

    sweep, rows = journal.read(folder)
    text = (folder / journal.SWEEP).read_text(encoding="utf-8")
    files = {
        "results.csv": to_csv(sweep, rows),
        "results.json": to_json(summary(sweep, rows)),
        "report.html": report(sweep, rows, column_names(sweep, rows), text),
    }
    paths = {folder / name: content for name, content in files.items()}
    write_files(paths)
    return [str(path) for path in paths]


def _tell(args: argparse.Namespace, folder: Path, files: list[str]) -> int:
    """Print the results of a folder."""
    from intsnn_hw.explore import journal
    from intsnn_hw.explore.results import summary

    sweep, rows = journal.read(folder)
    result = {"folder": str(folder), **summary(sweep, rows), "files": files}
    emit(args, result, *_shown(sweep, result))
    return 0


def _shown(sweep: Sweep, result: dict[str, Any]) -> list[Any]:
    """Return what a person reads of a sweep: the Pareto-optimal points by the first objective, and what failed."""
    from intsnn_hw.explore.axes import AXES, as_text
    from intsnn_hw.explore.objectives import OBJECTIVES

    first = sweep.objectives[0]
    best = [row for row in result["rows"] if row["point"] in result["front"]]
    best.sort(key=lambda row: row[first], reverse=OBJECTIVES[first].higher)
    varied = [name for name in sweep.axes if len(sweep.values(name)) > 1]
    labels = [OBJECTIVES[name].label + ", %" * (name == "accuracy") for name in sweep.objectives]
    names = ("point", *(AXES[name].label for name in varied), *labels)
    rows: list[tuple[object, ...]] = [
        (str(row["point"]), *(as_text(row[name]) for name in varied), *(_value(row, name) for name in sweep.objectives))
        for row in best
    ]
    facts = [
        ("points", f"{result['points']:,}, {result['failed']:,} of them failed"),
        ("Pareto-optimal", f"{len(best):,}, above"),
        *((AXES[name].label, as_text(sweep.values(name)[0])) for name in sweep.axes if name not in varied),
        (
            "accuracy",
            f"{sweep.data}, {sweep.split} part, mean of {len(sweep.seeds)} seed{'s' * (len(sweep.seeds) > 1)}",
        ),
    ]
    misfits = sum(row.get("fits") is False for row in result["rows"])
    if misfits:
        facts.append(("do not fit", f"{misfits:,}, which are not among the Pareto-optimal"))
    reasons: dict[str, list[str]] = {}
    for row in result["rows"]:
        if row["status"] == "failed":
            reasons.setdefault(row["reason"], []).append(str(row["point"]))
    for reason, points in list(reasons.items())[:_SHOWN_REASONS]:
        facts.append((f"{len(points):,} failed", f"{worded(reason, FIELDS)} (point {points[0]})"))
    if result["files"]:
        facts.append(("files", ", ".join(result["files"])))
    return [Wide(names, rows, "Pareto-optimal points", text=0), table(*facts)]


def _value(row: dict[str, Any], name: str) -> str:
    if name != "accuracy":
        return number(row[name])
    spread = row.get("accuracy_std")
    return f"{100 * row[name]:.2f}" + ("" if spread is None else f" ± {100 * spread:.2f}")
