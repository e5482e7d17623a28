"""Workers of a cluster: a client of the dask scheduler at an address."""

from __future__ import annotations

import re
from typing import Any

from golden.errors import InputError

from .evaluate import Evaluate, Row, attempt, failed, own_code
from .space import Point, Sweep

_ADDRESS = re.compile(r"(\w+://)?[^/\s:]+:\d+")
_PATIENCE_S = 15
"""For the scheduler to answer."""


class Cluster:
    """As :class:`intsnn_hw.exploration.engine.Engine`, on the workers of a dask scheduler; workers may come and go.

    A point whose worker dies goes to another, as often as the scheduler's ``allowed-failures`` says, and then fails.

    Parameters
    ----------
    evaluate : callable
        Importable by its name.
    sweep : Sweep
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    InputError
        No scheduler answers, it has no workers, or one of them runs other code than this process.
    """

    def __init__(self, evaluate: Evaluate, sweep: Sweep, address: str) -> None:
        from distributed import Client

        if not _ADDRESS.fullmatch(address):
            raise InputError(f"`scheduler` {address}: must be an address such as tcp://10.0.0.1:8786")
        self._evaluate, self._sweep, self._address = evaluate, sweep, address
        self._points: dict[Any, Point] = {}
        self._client: Any  # its methods have types of both their plain and their asynchronous use
        try:
            self._client = Client(address, timeout=_PATIENCE_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"`scheduler`: no dask scheduler answers at {address} ({error})") from error
        try:
            self._check_workers()
        except BaseException:
            self._client.close()
            raise

    def _check_workers(self) -> None:
        try:
            codes = self._client.run(own_code, on_error="return")
        except ModuleNotFoundError as error:  # where a worker cannot even say so
            raise InputError(f"`scheduler`: a worker lacks {error.name}; install intsnn-hw there") from error
        if not codes:
            raise InputError(f"`scheduler`: {self._address} has no workers; start some: dask worker {self._address}")
        for worker, code in codes.items():
            if isinstance(code, Exception):
                raise InputError(f"`scheduler`: worker {worker} cannot take part ({code}); install intsnn-hw there")
            if code != own_code():
                raise InputError(f"`scheduler`: worker {worker} runs another version of intsnn-hw than this machine")

    @property
    def free(self) -> int:
        """How many more points to submit now."""
        return max(1, sum(self._client.nthreads().values())) - len(self._points)

    def submit(self, point: Point) -> None:
        """Begin with a point."""
        # pure=False: a key of its own, so that nothing of an earlier sweep is taken for it.
        self._points[self._client.submit(attempt, self._evaluate, self._sweep, point, pure=False)] = point

    def wait(self) -> list[Row]:
        """Wait until at least one of the points submitted is finished, and return the rows of those that are."""
        from distributed import wait

        with self._client.as_current():
            done = wait(list(self._points), return_when="FIRST_COMPLETED").done
        return [self._row(future, self._points.pop(future)) for future in done]

    def _row(self, future: Any, point: Point) -> Row:
        from distributed.scheduler import KilledWorker

        if future.status == "finished":
            return future.result()
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                return failed(self._sweep, point, "its workers were ended, as often as the scheduler allows")
            return failed(self._sweep, point, f"{type(error).__name__}: {error}")
        raise InputError(f"`scheduler`: {self._address} is gone; the same command goes on with the sweep")

    def close(self) -> None:
        """Take back what has not begun; what has, ends in its worker and is forgotten."""
        self._client.cancel(list(self._points))
        self._client.close()
