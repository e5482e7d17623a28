"""Workers on this machine: processes of our own, each with one point at a time, so that a death has one suspect."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from .evaluate import Evaluate, Row, attempt, failed
from .space import Point, Sweep

_PATIENCE_S = 10.0
"""For a worker to end its tools and remove temporary files."""
ATTEMPTS = 2
"""Of a point whose worker dies."""
_SINGLE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Embedded:
    """As :class:`intsnn_hw.exploration.engine.Engine`, on processes of this machine.

    A worker that is killed loses nothing but the point it had, which is tried once more and then fails.

    Parameters
    ----------
    evaluate : callable
        Importable by its name.
    sweep : Sweep
    n_workers : int
    """

    def __init__(self, evaluate: Evaluate, sweep: Sweep, n_workers: int) -> None:
        self._evaluate, self._sweep = evaluate, sweep
        self._n_workers = n_workers
        self._workers: list[_Worker] = []

    @property
    def free(self) -> int:
        """How many more points to submit now."""
        return self._n_workers - sum(worker.point is not None for worker in self._workers)

    def submit(self, point: Point) -> None:
        """Begin with a point."""
        self._begin(point, tried=1)

    def wait(self) -> list[Row]:
        """Wait until at least one of the points submitted is finished, and return the rows of those that are."""
        rows: list[Row] = []
        while not rows:
            busy = [worker for worker in self._workers if worker.point is not None]
            # A connection is ready as well when its process is gone.
            ready = wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.connection in ready and (row := self._finish(worker)) is not None:
                    rows.append(row)
        return rows

    def close(self) -> None:
        """End all work, tools included."""
        for sign, patience in ((signal.SIGTERM, _PATIENCE_S), (signal.SIGKILL, None)):
            for worker in self._workers:
                worker.end(sign)
            for worker in self._workers:
                worker.process.join(patience)
        self._workers.clear()

    def _begin(self, point: Point, tried: int) -> None:
        self._workers = [worker for worker in self._workers if worker.point is not None or worker.process.is_alive()]
        worker = next((worker for worker in self._workers if worker.point is None), None)
        if worker is None:
            worker = _Worker.start(self._evaluate, self._sweep)
            self._workers.append(worker)
        worker.give(point, tried)

    def _finish(self, worker: _Worker) -> Row | None:
        """Return the row of a worker that has told of itself; None where its point begins anew on another."""
        point, tried = worker.point, worker.tried
        assert point is not None
        try:
            row = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            worker.end(signal.SIGKILL)  # what it started may live on
            self._workers.remove(worker)
            if tried < ATTEMPTS:
                self._begin(point, tried + 1)
                return None
            return failed(self._sweep, point, f"its worker {_cause(worker.process.exitcode)}, {ATTEMPTS} times")
        worker.point = None
        return row


@dataclass(kw_only=True)
class _Worker:
    """A process with the point it has; `tried` counts the workers that have had this point."""

    process: BaseProcess
    connection: Connection
    point: Point | None = None
    tried: int = 0

    @classmethod
    def start(cls, evaluate: Evaluate, sweep: Sweep) -> _Worker:
        # spawn: a fork of a process with threads (a progress bar) may hang.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, evaluate, sweep), daemon=True)
        with _single_thread():
            process.start()
        theirs.close()
        return cls(process=process, connection=ours)

    def give(self, point: Point, tried: int) -> None:
        """Send a point; where the process is gone, the connection tells so when it is waited for."""
        self.point, self.tried = point, tried
        with contextlib.suppress(OSError):
            self.connection.send(point)

    def end(self, sign: int) -> None:
        """Signal the process and all that it started."""
        pid = self.process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if pid is not None:
                os.killpg(pid, sign)
        if self.process.is_alive() and pid is not None:  # before it has made its group
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)


@contextlib.contextmanager
def _single_thread() -> Iterator[None]:
    """Let what is started use one thread in each library: there is a worker for each core."""
    before = {name: os.environ.get(name) for name in _SINGLE_THREAD}
    os.environ.update(dict.fromkeys(_SINGLE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _work(connection: Connection, evaluate: Evaluate, sweep: Sweep) -> None:
    """Evaluate one point after the other until the connection ends."""
    # A group of its own: Ctrl-C is the business of the process that we work for, which then ends the group.
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):  # the other end closed, or its process died
        while True:
            connection.send(attempt(evaluate, sweep, connection.recv()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.killpg(0, signal.SIGTERM)
