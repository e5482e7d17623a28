"""From a point to its row: what every engine runs on its workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from golden.errors import InputError

from .accuracy import accuracy
from .area import area, memory
from .code import code_digest
from .cycles import cycles
from .energy import energy
from .space import Point, Sweep
from .work import Work

PARTS: tuple[Callable[[Work], dict[str, Any]], ...] = (memory, accuracy, area, cycles, energy)
"""In order: each gives columns, and sees those before it in ``work.row``."""

Row = dict[str, Any]
Evaluate = Callable[[Sweep, Point], Row]
TIMES = "seconds"
"""Columns whose names begin so are times of this run: all others are the same wherever a point is evaluated."""


def evaluate(sweep: Sweep, point: Point) -> Row:
    """Measure one point; any worker gives the same columns but for times."""
    work = Work(sweep=sweep, point=point)
    seconds = {}
    for part in PARTS:
        began = time.perf_counter()
        work.row |= part(work)
        seconds[f"{TIMES}_{part.__name__}"] = round(time.perf_counter() - began, 3)
    return {**work.row, **seconds}


def attempt(evaluate: Evaluate, sweep: Sweep, point: Point) -> Row:
    """Evaluate a point and return its whole row; an error becomes the reason of a failed one."""
    began = time.perf_counter()
    try:
        found = evaluate(sweep, point)
    except InputError as error:
        return failed(sweep, point, str(error))
    except Exception as error:
        return failed(sweep, point, f"{type(error).__name__}: {error}")
    return {**_head(sweep, point), "status": "ok", **found, TIMES: round(time.perf_counter() - began, 3)}


def failed(sweep: Sweep, point: Point, reason: str) -> Row:
    """Return the row of a point that could not be measured."""
    return {**_head(sweep, point), "status": "failed", "reason": " ".join(reason.split())}


def _head(sweep: Sweep, point: Point) -> Row:
    return {"point": point.number, **point.values, "code": own_code()}


def own_code() -> str:
    """Return a name for the code by which this process evaluates points."""
    return code_digest(__name__)
