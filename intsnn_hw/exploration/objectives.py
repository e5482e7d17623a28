"""What a sweep can ask for: each objective is a column of its rows, to be high or low."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A column that is to be as high or as low as possible; `needs` is what a sweep must hold for it to be known."""

    label: str
    higher: bool = False
    needs: tuple[str, ...] = ()


OBJECTIVES: dict[str, Objective] = {
    "accuracy": Objective(label="accuracy", higher=True),
    "lut": Objective(label="LUT", needs=("target",)),
    "ff": Objective(label="flip-flops", needs=("target",)),
    "bram": Objective(label="memory blocks", needs=("target",)),
    "memory_bits": Objective(label="memory bits"),
    "cycles": Objective(label="cycles"),
    "training_cycles": Objective(label="training cycles", needs=("learning",)),
    "latency_us": Objective(label="time, us", needs=("clock",)),
    "training_latency_us": Objective(label="training time, us", needs=("learning", "clock")),
    "energy_nj": Objective(label="energy, nJ"),
    "training_energy_nj": Objective(label="training energy, nJ", needs=("learning",)),
}
"""By the names that a sweep file takes."""


def values_of(row: dict[str, Any], names: Iterable[str]) -> list[float] | None:
    """Return the objectives of a row, the lower the better; None where one of them is not known."""
    values: list[float] = []
    for name in names:
        value = row.get(name)
        if value is None or row["status"] != "ok":
            return None
        values.append(-value if OBJECTIVES[name].higher else value)
    return values


def front(rows: Iterable[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows that no other is better than in one objective and at least as good as in all others.

    A core that does not fit its device is none to choose, and takes no part.
    """
    names = list(names)
    fitting = (row for row in rows if row.get("fits") is not False)
    known = [(values, row) for row in fitting if (values := values_of(row, names)) is not None]
    return [row for values, row in known if not any(_dominates(other, values) for other, _ in known)]


def _dominates(one: list[float], other: list[float]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
