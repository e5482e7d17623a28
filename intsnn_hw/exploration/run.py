"""A sweep from beginning to end, or from where an earlier run stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .embedded import Embedded
from .engine import Engine
from .evaluate import Evaluate, Row, evaluate
from .journal import Store, check_same
from .search import Genetic, Grid, Search
from .space import Point, Sweep


def run_sweep(
    sweep: Sweep,
    text: str,
    folder: Path | str,
    *,
    n_workers: int = 1,
    scheduler: str | None = None,
    retry_failed: bool = False,
    evaluate: Evaluate = evaluate,
    tell: Callable[[int, int], None] = lambda finished, total: None,
    begin: Callable[[Store], None] = lambda store: None,
    label: Callable[[Sweep, Point], dict[str, Any]] = lambda sweep, point: {},
) -> list[Row]:
    """Evaluate the points of a sweep that have no row yet, and return all rows by number of the point.

    Parameters
    ----------
    sweep : Sweep
    text : str
        Of its file.
    folder : path
        As :class:`Store` takes it.
    n_workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a dask scheduler, whose workers evaluate instead.
    retry_failed : bool
        Forget rows of points that failed.
    evaluate : callable
        Gives the row of a point; importable by its name on every worker.
    tell : callable, optional
        Told how many points are finished, and of how many, at the beginning and after each.
    begin : callable, optional
        Told of the folder when it is locked and read.
    label : callable, optional
        Gives further columns of a point, which need no measurement.

    Raises
    ------
    InputError
        As :class:`Store` and :class:`intsnn_hw.exploration.cluster.Cluster`.
    """
    check_same(folder, sweep)
    # Before the folder is made: a cluster that does not answer leaves nothing behind.
    engine = _engine(evaluate, sweep, n_workers, scheduler)
    try:
        with Store(folder, sweep, text) as store:
            begin(store)
            known = {number: row for number, row in store.rows.items() if row["status"] == "ok" or not retry_failed}
            search = Grid(sweep, known) if sweep.sampler == "grid" else Genetic(sweep, known, store.folder)
            tell(search.finished, search.total)
            _run(search, engine, store, tell, lambda point: label(sweep, point))
            tell(search.finished, search.total)  # a search may end with trials whose points were known
            return store.ordered
    finally:
        engine.close()


def _engine(evaluate: Evaluate, sweep: Sweep, n_workers: int, scheduler: str | None) -> Engine:
    if scheduler is None:
        return Embedded(evaluate, sweep, n_workers)
    from .cluster import Cluster

    return Cluster(evaluate, sweep, scheduler)


def _run(
    search: Search,
    engine: Engine,
    store: Store,
    tell: Callable[[int, int], Any],
    label: Callable[[Point], dict[str, Any]],
) -> None:
    at_work: dict[int, Point] = {}
    while True:
        while engine.free > 0 and (point := search.ask()) is not None:
            engine.submit(point)
            at_work[point.number] = point
        if not at_work:
            return
        for row in engine.wait():
            point = at_work.pop(row["point"])
            store.add({"point": point.number, **point.values, **label(point), **row})
            search.tell(row)
            tell(search.finished, search.total)
