"""Work under way, as bars with rate and time left: on stderr in a terminal, below the cell in a notebook."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return where progress is shown; a notebook without ipywidgets, which bars there need, gets their last state."""
    from rich.console import Console

    found = Console(stderr=True)
    if found.is_jupyter and find_spec("ipywidgets") is None:
        return Console(stderr=True, force_jupyter=False)
    return found


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
            if speed is None:
                return Text("")
            return Text(f"{speed:,.0f} {unit}/s" if speed >= 10 else f"{60 * speed:,.1f} {unit}/min")

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft())
    with Progress(*parts, console=console(), speed_estimate_period=window_s) as bar:
        task = bar.add_task(description, total=total, completed=done)
        yield lambda advance: bar.update(task, advance=advance)


@contextlib.contextmanager
def status(text: str) -> Iterator[None]:
    """Show, in a terminal or a notebook, that work of unknown length is under way."""
    shown = console()
    with shown.status(text) if shown.is_terminal or shown.is_jupyter else contextlib.nullcontext():
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
    """Return what shows work under way, or what shows nothing."""
    return SHOWN if wanted else SILENT
