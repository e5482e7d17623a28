"""A progress bar while many files are read."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def track(items: Sequence[_T], what: str) -> Iterator[_T]:
    """Yield the items, under a bar on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    yield from rich_track(items, description=what, console=console, transient=True)
