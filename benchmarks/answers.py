"""Questions of a study and their answers, in a file: what is answered already is not asked again.

A question is a dictionary of plain values, a key, that holds all its answer depends on but the data's folder.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from golden.errors import InputError
from intsnn_hw.api.progress import progress

TASKS_OF_A_PROCESS = 10
"""Then others take the place of all processes: allocators give little memory back."""

Key = dict[str, Any]
Answer = dict[str, Any]


class Answers:
    """The file of what is answered already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, Answer] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole, end, cut = text.rpartition("\n")
        if cut:  # an interrupted run left a part of a line
            path.write_text(whole + end, encoding="utf-8")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(line)
                self._found[_name(entry["key"])] = entry["answer"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}: line {number} is damaged; remove it, to have it answered again") from error

    def __contains__(self, key: Key) -> bool:
        return _name(key) in self._found

    def __getitem__(self, key: Key) -> Answer:
        return self._found[_name(key)]

    def keep(self, key: Key, found: Answer) -> None:
        """Add an answer and write it down."""
        self._found[_name(key)] = found
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "answer": found}) + "\n")

    def complete(self, keys: Sequence[Key], what: str, workers: int, answer: Callable[[Key], Answer]) -> None:
        """Answer what is missing, each question once, in processes of their own, to which `answer` must travel."""
        missing = list({_name(key): key for key in keys if key not in self}.values())
        if not missing:
            return
        with progress(what, len(missing), "runs", window_s=600) as advance:
            for key, found in finished(answer, missing, workers):
                self.keep(key, found)
                advance(1)


def finished(answer: Callable[[Any], Any], keys: Sequence[Any], workers: int) -> Iterator[tuple[Any, Any]]:
    """Call `answer` with each key in processes of their own; give each key and its answer as soon as it is there."""
    size = workers * TASKS_OF_A_PROCESS
    for start in range(0, len(keys), size):
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            futures = {pool.submit(answer, key): key for key in keys[start : start + size]}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _name(key: Key) -> str:
    return json.dumps(key, sort_keys=True)
