"""What the commands say: results on stdout, as text or as one JSON object; progress and notes on stderr."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table


def emit(args: argparse.Namespace, result: dict[str, Any], *shown: Table | Wide | str) -> None:
    """Print `result` as JSON where ``--json`` asks for it, else what is `shown`."""
    if args.json:
        print(to_json(result), end="")
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    for item in shown:
        # A path must not be broken over lines: it is there to be copied.
        console.print(item, soft_wrap=isinstance(item, str))


def to_json(result: dict[str, Any]) -> str:
    """Return the text of a result; equal results have equal texts."""
    return json.dumps(result, indent=2, allow_nan=False) + "\n"


def note(text: str) -> None:
    """Say something on stderr."""
    print(f"intsnn: {text}", file=sys.stderr)


def table(*rows: tuple[str, object], title: str | None = None) -> Table:
    """Return a table of names and values, numbers written for people."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_header=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, number(value))
    return made


def columns(names: tuple[str, ...], rows: list[tuple[object, ...]], title: str | None = None, text: int = 1) -> Table:
    """Return a table with headings; the first `text` columns are left-justified, the others hold numbers."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for index, name in enumerate(names):
        made.add_column(name, justify="left" if index < text else "right")
    for row in rows:
        made.add_row(*(number(value) for value in row))
    return made


class Wide:
    """A table that is split where it is wider than the terminal; each part begins with the first column.

    Parameters are those of :func:`columns`. Values are never broken over lines, headings at each of their spaces.
    """

    def __init__(self, names: tuple[str, ...], rows: list[tuple[object, ...]], title: str, text: int = 1) -> None:
        self._names = [name.replace(" ", "\n") for name in names]
        self._rows, self._title, self._text = rows, title, text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        parts, unbounded = [[0]], options.update(width=10_000)
        for column in range(1, len(self._names)):
            wider = self._part([*parts[-1], column])
            if len(parts[-1]) > 1 and console.measure(wider, options=unbounded).maximum > options.max_width:
                parts.append([0])
            parts[-1].append(column)
        for part in parts:
            yield Text(self._title if part is parts[0] else f"{self._title}, continued", style="bold")
            yield self._part(part)

    def _part(self, part: list[int]) -> Table:
        rows: list[tuple[object, ...]] = [tuple(row[column] for column in part) for row in self._rows]
        text = sum(column < self._text for column in part)
        made = columns(tuple(self._names[column] for column in part), rows, text=text)
        made.pad_edge, made.collapse_padding = False, True
        for column in made.columns:
            column.no_wrap = True
        return made


def number(value: object) -> str:
    """Write a number with thousands separated and no digits that say nothing."""
    if isinstance(value, float):
        if 0 < abs(value) < 1:
            return f"{value:.3g}"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"
    return f"{value:,}" if type(value) is int else str(value)


def percent(share: float) -> str:
    """Write a share of 0..1."""
    return f"{100 * share:.2f} %"


@contextlib.contextmanager
def progress(
    description: str, total: int, unit: str, *, window_s: float = 30.0, done: int = 0
) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr with rate and time left; yields what is told of each advance.

    Rate and time left are those of the last `window_s` seconds; `done` of the total count for neither.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            if speed is None:
                return Text("")
            return Text(f"{speed:,.0f} {unit}/s" if speed >= 10 else f"{60 * speed:,.1f} {unit}/min")

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft())
    with Progress(*parts, console=Console(stderr=True), speed_estimate_period=window_s) as bar:
        task = bar.add_task(description, total=total, completed=done)
        yield lambda advance: bar.update(task, advance=advance)


@contextlib.contextmanager
def status(text: str) -> Iterator[None]:
    """Show on stderr, where it is a terminal, that work of unknown length is under way."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status(text) if console.is_terminal else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def watch(what: str, samples: int) -> Iterator[Callable[[int], None]]:
    """Show work on samples as a bar; as a status where their number is 0, for unknown."""
    if samples:
        with progress(what, samples, "samples") as advance:
            yield advance
    else:
        with status(what):
            yield lambda advance: None
