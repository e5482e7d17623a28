"""What the commands say: results on stdout, as text or as one JSON object; notes on stderr."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from intsnn_hw.api.report import Facts, Result, Shown, to_json
from intsnn_hw.api.wording import number

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table


def emit(args: argparse.Namespace, result: dict[str, Any], *shown: Table | Wide | str) -> None:
    """Print `result` as JSON where ``--json`` asks for it, else what is `shown`."""
    with _full_disk_is_said():
        if args.json:
            print(to_json(result), end="", flush=True)
            return
        from rich.console import Console

        console = Console(highlight=False, markup=False)
        for item in shown:
            # A path must not be broken over lines: it is there to be copied.
            console.print(item, soft_wrap=isinstance(item, str))
        sys.stdout.flush()


@contextlib.contextmanager
def _full_disk_is_said() -> Iterator[None]:
    """Turn a failed write to stdout into an error that names it; what is left is lost, so that nothing fails again."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise InputError(
            f"stdout: cannot be written ({error.strerror}); free some space, or send the output elsewhere"
        ) from error


def show(args: argparse.Namespace, result: Result) -> None:
    """Print a result of the door: its JSON object where ``--json`` asks for it, else what a person reads."""
    emit(args, result.to_dict(), *([] if args.json else map(drawn, result.shown())))


def drawn(item: Shown) -> Table | Wide | str:
    """Return facts and tables as a terminal shows them."""
    if isinstance(item, str):
        return item
    if isinstance(item, Facts):
        return table(*item.rows, title=item.title)
    rows = list(item.rows)
    return (Wide if item.wide else columns)(item.names, rows, item.title, item.text)


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

    def __init__(
        self, names: tuple[str, ...], rows: list[tuple[object, ...]], title: str | None, text: int = 1
    ) -> None:
        self._names = [name.replace(" ", "\n") for name in names]
        self._rows, self._title, self._text = rows, title or "", text

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
