"""Work under way in a notebook: one line below the cell for each call, which changes in place and needs no widgets."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .wording import duration, rate

if TYPE_CHECKING:
    from rich.progress import Task

_REFRESH_S = 0.2


@dataclass(frozen=True)
class _Part:
    """A piece of work, under way until its task is stopped; of unknown length where that has no total."""

    task: Task
    unit: str

    def text(self) -> str:
        name, total, seconds = self.task.description, self.task.total, self.task.elapsed or 0.0
        if self.task.stop_time is None:
            return ", ".join([name, *self._under_way()])
        parts = [name.split(" (")[0]]  # what stands in parentheses is how long it may take
        if total is not None:
            done = "" if self.task.completed == total else f"{self.task.completed:,.0f} of "
            parts.append(f"{done}{total:,.0f} {self.unit}")
        return ", ".join([*parts, duration(seconds)])

    def _under_way(self) -> Iterator[str]:
        if self.task.total is None:
            return
        yield f"{self.task.completed:,.0f} of {self.task.total:,.0f} {self.unit}"
        if self.task.speed and self.task.time_remaining is not None:
            yield rate(self.task.speed, self.unit)
            yield f"{duration(self.task.time_remaining)} left"

    def html(self) -> str:
        text = escape(self.text())
        if self.task.stop_time is not None:
            return text
        # Without a value it moves by itself in a browser, so that no thread has to draw it.
        value = "" if self.task.total is None else f" value='{self.task.completed:.0f}' max='{self.task.total:.0f}'"
        return f"<progress{value} style='vertical-align:middle;width:12em'></progress> {text}"


class Line:
    """What a call shows: work done with its duration, and work under way as a bar.

    Its methods are those of :class:`intsnn_hw.api.progress.Display`.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._handle: Any = None
        self._drawn_at = 0.0

    def __repr__(self) -> str:
        return "; ".join(part.text() for part in self._parts)

    def _repr_html_(self) -> str:
        # A block each: a line that is too long is broken between them.
        parts = "; ".join(f"<span style='display:inline-block'>{part.html()}</span>" for part in self._parts)
        return f"<div style='opacity:0.75;font-variant-numeric:tabular-nums'>{parts}</div>"

    @contextlib.contextmanager
    def progress(
        self, description: str, total: int | None, unit: str, *, window_s: float = 30.0, done: int = 0
    ) -> Iterator[Callable[[int], None]]:
        """Show a bar, as :func:`intsnn_hw.api.progress.progress` does; None is an unknown total."""
        from rich.progress import Progress

        counter = Progress(disable=True, speed_estimate_period=window_s)  # for rate and time left alone
        number = counter.add_task(description, total=total, completed=done)
        self._parts.append(_Part(counter.tasks[0], unit))
        self._draw()

        def advance(by: int) -> None:
            counter.update(number, advance=by)
            if time.monotonic() - self._drawn_at >= _REFRESH_S:
                self._draw()

        try:
            yield advance
        finally:
            counter.stop_task(number)
            self._draw()

    @contextlib.contextmanager
    def status(self, text: str) -> Iterator[None]:
        """Show that work of unknown length is under way."""
        with self.progress(text, None, ""):
            yield

    @contextlib.contextmanager
    def watch(self, what: str, samples: int) -> Iterator[Callable[[int], None]]:
        """Show work on samples; their number is 0 where it is unknown."""
        with self.progress(what, samples or None, "samples") as advance:
            yield advance

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        if self._handle is None:
            self._handle = import_module("IPython.display").display(self, display_id=True)
        else:
            self._handle.update(self)
