"""The folder of a sweep: its file, and a journal that a row enters as soon as its point is finished."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from golden.errors import InputError
from golden.places import writable_folder, write_file

from .space import Sweep

SWEEP, JOURNAL, LOCK = "sweep.toml", "journal.jsonl", "lock"


def read(folder: Path | str) -> tuple[Sweep, list[dict[str, Any]]]:
    """Return the sweep of a folder and its rows so far, ordered by point; nothing is changed.

    Raises
    ------
    InputError
        No folder of a sweep, or a damaged one.
    """
    folder = Path(folder)
    path = folder / SWEEP
    if not path.is_file():
        raise InputError(f"{folder}: holds no sweep; `intsnn_hw.explore` makes one")
    rows, _ = _rows(folder / JOURNAL)
    return Sweep.from_toml(path), rows


def check_same(folder: Path | str, sweep: Sweep) -> None:
    """Raise InputError where a folder belongs to another sweep, or holds other files and no sweep."""
    folder = Path(folder)
    if (folder / SWEEP).is_file():
        if Sweep.from_toml(folder / SWEEP) != sweep:
            raise InputError(
                f"{folder}: holds another sweep, {folder / SWEEP}; give that one to resume it, or another `folder`"
            )
    elif folder.is_dir() and any(_is_foreign(path.name) for path in folder.iterdir()):
        raise InputError(f"{folder}: is not empty and holds no sweep; give another `folder`")


def _is_foreign(name: str) -> bool:
    """Tell whether a file is none that a run leaves which is ended before it has written its sweep."""
    return name != LOCK and not name.startswith(".intsnn-")


class Store:
    """Rows that outlive the run: ``with Store(folder, sweep, text) as store``; one run at a time works in a folder.

    A row is on disk when :meth:`add` returns. What a crash leaves of a line is taken away at the next start; its point
    is then one that is not finished.

    Parameters
    ----------
    folder : path
        Made where absent.
    sweep : Sweep
    text : str
        Of its file, kept in the folder.

    Attributes
    ----------
    rows : dict
        By number of the point; a later row of a point replaces an earlier one.

    Raises
    ------
    InputError
        The folder belongs to another sweep, or another run is at work in it.
    """

    def __init__(self, folder: Path | str, sweep: Sweep, text: str) -> None:
        self.folder = Path(folder)
        self._sweep, self._text = sweep, text
        self.rows: dict[int, dict[str, Any]] = {}
        self._journal: IO[bytes] | None = None

    def __enter__(self) -> Self:
        from filelock import FileLock, Timeout

        check_same(self.folder, self._sweep)
        writable_folder(self.folder)
        self._lock = FileLock(self.folder / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"{self.folder}: another run is at work here; wait for it, or give another `folder`"
            ) from None
        try:
            check_same(self.folder, self._sweep)
            if not (self.folder / SWEEP).exists():
                write_file(self.folder / SWEEP, self._text)
            found, whole = _rows(self.folder / JOURNAL)
            self.rows = {row["point"]: row for row in found}
            self._journal = open(self.folder / JOURNAL, "ab")
            self._journal.truncate(whole)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._journal is not None
        self._journal.close()
        self._lock.release()

    def add(self, row: dict[str, Any]) -> None:
        """Write a row, and return when it is on disk."""
        assert self._journal is not None
        self._journal.write(json.dumps(row, allow_nan=False).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self.rows[row["point"]] = row

    @property
    def ordered(self) -> list[dict[str, Any]]:
        """The rows by number of the point."""
        return [self.rows[number] for number in sorted(self.rows)]


def whole_lines(path: Path) -> int:
    """Return how many bytes of a file are whole lines; what follows was being written when a run was ended."""
    try:
        return path.read_bytes().rfind(b"\n") + 1
    except FileNotFoundError:
        return 0


def _rows(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of a journal, by point, and how many bytes of it are whole lines."""
    whole = whole_lines(path)
    lines = path.read_bytes()[:whole].splitlines() if whole else []
    rows: dict[int, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            rows[row["point"]] = row
        except (ValueError, TypeError, KeyError):
            # A block that never reached the disk before a power cut ends the file; anything else is damage.
            if number == len(lines):
                return [rows[at] for at in sorted(rows)], whole - len(line) - 1
            raise InputError(
                f"{path}: line {number} is damaged; take the line away to compute its point again"
            ) from None
    return [rows[at] for at in sorted(rows)], whole
