"""Many variants of a network trained, synthesised and compared."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, DataError, InputError, InputWarning, ToolError
from golden.places import named_path, write_files

from .progress import Display, display
from .report import Facts, Grid, Result, Shown, to_json
from .wording import number

if TYPE_CHECKING:
    from intsnn_hw.exploration.journal import Store
    from intsnn_hw.exploration.space import Point, Sweep

    Label = Callable[[Sweep, Point], dict[str, Any]]

FOLDER = Path("build/explore")
"""By default, with a folder for each sweep file."""
_WINDOW_S = 1800.0
"""Time on which the time left is estimated."""
_SHOWN_REASONS = 5
_MODULES = ("filelock", "optuna", "distributed", "plotly")


@dataclass(frozen=True, kw_only=True, repr=False)
class Exploration(Result):
    """The results of a sweep.

    Attributes
    ----------
    folder : str
    sweep : Sweep
    rows : tuple of dict
        A row for each finished point.
    files : tuple of str
        ``results.csv``, ``results.json`` and ``report.html``, where they were written.
    """

    folder: str
    sweep: Sweep
    rows: tuple[dict[str, Any], ...] = field(repr=False)
    files: tuple[str, ...]

    @property
    def front(self) -> list[dict[str, Any]]:
        """The Pareto-optimal rows, the best by the first objective first."""
        from intsnn_hw.exploration.objectives import OBJECTIVES, front

        first = self.sweep.objectives[0]
        found = front(list(self.rows), self.sweep.objectives)
        return sorted(found, key=lambda row: row[first], reverse=OBJECTIVES[first].higher)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        from intsnn_hw.exploration.results import summary

        return {"folder": self.folder, **summary(self.sweep, list(self.rows)), "files": list(self.files)}

    def shown(self) -> list[Shown]:
        """Return the Pareto-optimal points by the first objective, and what failed."""
        from intsnn_hw.exploration.axes import AXES, as_text
        from intsnn_hw.exploration.objectives import OBJECTIVES
        from intsnn_hw.exploration.words import in_fields

        sweep, best = self.sweep, self.front
        varied = [name for name in sweep.axes if len(sweep.values(name)) > 1]
        labels = [OBJECTIVES[name].label + ", %" * (name == "accuracy") for name in sweep.objectives]
        names = ("point", *(AXES[name].label for name in varied), *labels)
        rows = tuple(
            (str(row["point"]), *(as_text(row[name]) for name in varied),
             *(_value(row, name) for name in sweep.objectives))
            for row in best
        )  # fmt: skip
        failed = [row for row in self.rows if row["status"] == "failed"]
        seeds = f"{len(sweep.seeds)} seed{'s' * (len(sweep.seeds) > 1)}"
        facts: list[tuple[str, object]] = [
            ("points", f"{len(self.rows):,}, {len(failed):,} of them failed"),
            ("Pareto-optimal", len(best)),
            *((AXES[name].label, as_text(sweep.values(name)[0])) for name in sweep.axes if name not in varied),
            ("accuracy", f"{sweep.data}, {sweep.split} part, mean of {seeds}"),
        ]
        if misfits := sum(row.get("fits") is False for row in self.rows):
            facts.append(("do not fit", f"{misfits:,}, which are not among the Pareto-optimal"))
        reasons: dict[str, list[str]] = {}
        for row in failed:
            reasons.setdefault(row["reason"], []).append(str(row["point"]))
        for reason, points in list(reasons.items())[:_SHOWN_REASONS]:
            facts.append((f"{len(points):,} failed", f"{in_fields(reason)} (point {points[0]})"))
        if self.files:
            facts.append(("files", ", ".join(self.files)))
        return [Grid(names, rows, "Pareto-optimal points", text=0, wide=True), Facts(tuple(facts))]


def _value(row: dict[str, Any], name: str) -> str:
    if name != "accuracy":
        return number(row[name])
    spread = row.get("accuracy_std")
    return f"{100 * row[name]:.2f}" + ("" if spread is None else f" ± {100 * spread:.2f}")


def python(sweep: Sweep, point: Point) -> dict[str, Any]:
    """Return the lines of Python that train and synthesise a point again, as the column ``command``."""
    from golden.presets.hardware import HARDWARE
    from golden.presets.variant import VARIANTS

    values = {name: value for name, value in point.values.items() if name in VARIANTS or name in HARDWARE}
    values |= {} if sweep.epochs is None else {"epochs": sweep.epochs}
    options = "".join(f", {name}={value!r}" for name, value in values.items())
    data = f"intsnn_hw.dataset({sweep.data!r}, {sweep.data_dir!r}, validation={sweep.split == 'validation'})"
    lines = [f"data = {data}", f"for seed in {sweep.seeds}:"]
    lines += [f"    net = intsnn_hw.preset({sweep.preset!r}{options}, seed=seed)", "    net.train(data)"]
    if "target" in point.values:
        inference = point.values.get("core", "inference") == "inference"
        pnr = f", pnr=True, seed={sweep.placement_seed}" if sweep.pnr else ""
        lines.append(f"net.synthesize({point.values['target']!r}, inference_only={inference}{pnr})")
    if sweep.cosim_samples is not None:
        lines.append(f"net.cosimulate(data, samples={sweep.cosim_samples})")
    return {"command": "\n".join(lines)}


def explore(
    sweep: Path | str | Mapping[str, Any],
    folder: Path | str | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    retry_failed: bool = False,
    progress: bool = True,
    label: Label = python,
) -> Exploration:
    """Train, synthesise and time every point of a sweep that is not finished yet, and return all of them.

    Each point is on disk as soon as it is finished: after Ctrl-C or a crash the same call goes on.

    Parameters
    ----------
    sweep : path or mapping
        A sweep file (docs/explore.md), or its content; the folder of a sweep is read, and nothing is run.
    folder : path, optional
        Of the sweep; ``build/explore/NAME`` where left out.
    workers : int, optional
        Processes on this machine; one for each core where left out.
    scheduler : str, optional
        Address of a dask scheduler whose workers evaluate instead.
    retry_failed : bool
        Evaluate points again that failed.
    progress : bool
        Show work under way.
    label : callable, optional
        Gives the column ``command`` of a point, which says how to measure it again.

    Raises
    ------
    ConfigError, DataError
        A sweep that breaks a rule, or names data that is not there or does not fit.
    ToolError
        A library of the package extra ``explore`` or a tool is missing.
    """
    if not isinstance(sweep, Mapping):
        sweep = named_path(sweep)
    if isinstance(sweep, Path) and sweep.is_dir():
        return read(sweep)
    if scheduler is not None and workers is not None:
        raise ConfigError(
            "`workers`: counts processes of this machine, and `scheduler` has its own; leave out one of them"
        )
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ConfigError(f"`workers`: must be a whole number of at least 1, got {workers!r}")
    _check_modules()
    from intsnn_hw.exploration.embedded import n_cores
    from intsnn_hw.exploration.run import run_sweep
    from intsnn_hw.exploration.space import Sweep

    text, where = _text(sweep)
    found = Sweep.parse(text, where)
    place = FOLDER / Path(where).stem if folder is None else Path(folder)
    _check_inputs(found, where)
    try:
        with _bar(display(progress)) as finished:
            run_sweep(
                found, text, place, n_workers=workers or n_cores(), scheduler=scheduler, retry_failed=retry_failed,
                tell=finished, begin=lambda store: _say_what_is_there(store, found), label=label,
            )  # fmt: skip
    except KeyboardInterrupt:
        if place.is_dir():
            _write(place)
        raise
    return read(place, _write(place))


def read(folder: Path | str, files: tuple[str, ...] = ()) -> Exploration:
    """Return the results in the folder of a sweep."""
    from intsnn_hw.exploration import journal

    sweep, rows = journal.read(folder)
    return Exploration(folder=str(folder), sweep=sweep, rows=tuple(rows), files=files)


def latest() -> Path:
    """Return the folder, below the usual one, of the sweep that was run last."""
    from intsnn_hw.exploration.journal import JOURNAL

    journals = sorted(FOLDER.glob(f"*/{JOURNAL}"), key=lambda path: path.stat().st_mtime)
    if not journals:
        raise ConfigError(f"{FOLDER}: holds no sweep; give the folder of one")
    return journals[-1].parent


def _text(sweep: Path | str | Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a sweep file, and what messages call it."""
    if isinstance(sweep, Mapping):
        import tomli_w

        try:
            return tomli_w.dumps(sweep), "sweep"
        except TypeError as error:
            raise ConfigError(f"sweep: holds what TOML cannot ({error})") from error
    try:
        return Path(sweep).read_text(encoding="utf-8"), str(sweep)
    except OSError as error:
        raise ConfigError(f"{sweep}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{sweep}: not a TOML file ({error})") from error


def _check_modules() -> None:
    """See that the libraries are there, before anything is written."""
    from importlib.util import find_spec

    for module in _MODULES:
        if find_spec(module) is None:
            raise ToolError(f"{module} is not installed: pip install 'intsnn-hw[explore]'")


def _say_what_is_there(store: Store, sweep: Sweep) -> None:
    """Warn of rows that were made otherwise than new ones would be."""
    from intsnn_hw.energy.coefficients import DEFAULT, Coefficients
    from intsnn_hw.exploration.energy import coefficients_label
    from intsnn_hw.exploration.evaluate import own_code

    def say(text: str) -> None:
        warnings.warn(f"{store.folder}: {text}", InputWarning, stacklevel=2)

    if store.rows:
        say(f"{len(store.rows)} points are finished; going on")
    if others := sum(row["code"] != own_code() for row in store.rows.values()):
        say(f"{others} of them were computed by another version of intsnn-hw")
    table = coefficients_label(Coefficients.load(sweep.coefficients or DEFAULT))
    if others := sum(row.get("coefficients", table) != table for row in store.rows.values()):
        say(f"{others} of them have energies by another table of coefficients")


def _check_inputs(sweep: Sweep, where: str) -> None:
    """See that data and tools are there, before a whole sweep fails for want of them; `where` names the sweep file."""
    from intsnn_hw.energy.coefficients import Coefficients
    from intsnn_hw.exploration.point import network_config
    from intsnn_hw.fpga.report import check
    from intsnn_hw.fpga.targets import target
    from train.data.fit import check_fit, load_set

    with _in_fields_of(where):
        dataset = load_set(sweep.data, sweep.data_dir)
    if sweep.coefficients is not None:
        Coefficients.load(sweep.coefficients)
    for name in sweep.values("target"):
        check(target(name), pnr=sweep.pnr)
    for point in sweep.points():
        with contextlib.suppress(InputError):  # of this point alone: its row has the reason
            config = network_config(sweep, point, sweep.seeds[0])
            break
    else:
        point = next(sweep.points())
        with _in_fields_of(where):
            config = network_config(sweep, point, sweep.seeds[0])  # raises: no point can be built
    with _in_fields_of(where):
        check_fit(config, dataset)


@contextlib.contextmanager
def _in_fields_of(where: str) -> Iterator[None]:
    """Name the sweep file, and its fields, in an error of the data set or of a network."""
    from intsnn_hw.exploration.words import in_fields

    try:
        yield
    except (ConfigError, DataError) as error:
        kind = DataError if isinstance(error, DataError) else ConfigError
        raise kind(f"{where}: {in_fields(error)}") from error


@contextlib.contextmanager
def _bar(show: Display) -> Iterator[Callable[[int, int], None]]:
    """Show a bar that begins with the first count."""
    with contextlib.ExitStack() as stack:
        advance, before = None, 0

        def finished(count: int, total: int) -> None:
            nonlocal advance, before
            if advance is None:
                bar = show.progress("exploring", total, "points", window_s=_WINDOW_S, done=count)
                advance = stack.enter_context(bar)
            else:
                advance(count - before)
            before = count

        yield finished


def _write(folder: Path) -> tuple[str, ...]:
    """Write the results of a folder next to its rows, all or none; returns their paths."""
    from intsnn_hw.exploration import journal
    from intsnn_hw.exploration.report import report
    from intsnn_hw.exploration.results import column_names, summary, to_csv

    sweep, rows = journal.read(folder)
    text = (folder / journal.SWEEP).read_text(encoding="utf-8")
    files = {
        "results.csv": to_csv(sweep, rows),
        "results.json": to_json(summary(sweep, rows)),
        "report.html": report(sweep, rows, column_names(sweep, rows), text),
    }
    paths = {folder / name: content for name, content in files.items()}
    write_files(paths)
    return tuple(str(path) for path in paths)
