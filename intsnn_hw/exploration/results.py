"""The rows of a sweep as CSV and JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from .evaluate import TIMES, Row
from .objectives import front
from .space import Sweep

_LAST = ("reason", "command", "code")


def column_names(sweep: Sweep, rows: list[Row]) -> list[str]:
    """Return the columns that any row has: axes, status, objectives, the others as they come, times and texts last."""
    met = dict.fromkeys(name for row in rows for name in row)
    last = [name for name in met if name in _LAST or name.startswith(TIMES)]
    first = [name for name in ("point", *sweep.axes, "status", *sweep.objectives) if name in met]
    return list(dict.fromkeys([*first, *(name for name in met if name not in last), *last]))


def to_csv(sweep: Sweep, rows: list[Row]) -> str:
    """Return the rows as CSV; a list is its entries joined by spaces, what is not known is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, column_names(sweep, rows), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: " ".join(map(str, value)) if isinstance(value, list) else value for name, value in row.items()}
        )
    return text.getvalue()


def summary(sweep: Sweep, rows: list[Row]) -> dict[str, Any]:
    """Return a sweep with its rows as JSON values; `front` are the numbers of its Pareto-optimal points."""
    return {
        "sweep": asdict(sweep),
        "objectives": list(sweep.objectives),
        "points": len(rows),
        "failed": sum(row["status"] == "failed" for row in rows),
        "front": [row["point"] for row in front(rows, sweep.objectives)],
        "rows": rows,
    }
