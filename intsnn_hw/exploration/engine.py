"""What evaluates points: workers on this machine, or those of a cluster; the same rows from either."""

from __future__ import annotations

from typing import Protocol

from .evaluate import Row
from .space import Point


class Engine(Protocol):
    """Evaluates points side by side; always to be closed, which ends what is still at work."""

    @property
    def free(self) -> int:
        """How many more points to submit now."""
        ...

    def submit(self, point: Point) -> None:
        """Begin with a point."""
        ...

    def wait(self) -> list[Row]:
        """Wait until at least one of the points submitted is finished, and return the rows of those that are."""
        ...

    def close(self) -> None:
        """End all work."""
        ...
