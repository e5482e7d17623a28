"""Work under way, as bars with rate and time left on stderr; :mod:`.notebook` shows it below the cell of a notebook."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .wording import rate

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return stderr, where progress is shown; also in a notebook, which would need widgets for bars of rich."""
    from rich.console import Console

    return Console(stderr=True, force_jupyter=False)


@contextlib.contextmanager
def progress(
    description: str, total: int, unit: str, *, window_s: float = 30.0, done: int = 0
) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and time left; yields what takes each advance.

    Rate and time left are those of the last `window_s` seconds; `done` of the total count for neither.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else rate(speed, unit))

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft())
    with Progress(*parts, console=console(), speed_estimate_period=window_s) as bar:
        task = bar.add_task(description, total=total, completed=done)
        yield lambda advance: bar.update(task, advance=advance)


@contextlib.contextmanager
def status(text: str) -> Iterator[None]:
    """Show, in a terminal, that work of unknown length is under way."""
    shown = console()
    with shown.status(text) if shown.is_terminal else contextlib.nullcontext():
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


@contextlib.contextmanager
def _nothing(*_: object, **__: object) -> Iterator[Callable[[int], None]]:
    """Show nothing; in the place of each of the above."""
    yield lambda advance: None


@dataclass(frozen=True)
class Display:
    """How work under way is shown.

    Attributes
    ----------
    progress, status, watch : callable
        As the functions of this module.
    """

    progress: Callable[..., AbstractContextManager[Callable[[int], None]]]
    status: Callable[[str], AbstractContextManager[Any]]
    watch: Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


SHOWN, SILENT = Display(progress, status, watch), Display(_nothing, _nothing, _nothing)


def display(wanted: bool) -> Display:
    """Return what shows the work of one call where it runs, or what shows nothing."""
    if not wanted:
        return SILENT
    from rich.console import Console

    if not Console().is_jupyter:
        return SHOWN
    from .notebook import Line

    line = Line()
    return Display(line.progress, line.status, line.watch)
