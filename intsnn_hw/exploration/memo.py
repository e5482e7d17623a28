"""Parts of points by content: what several points share is computed once, also by workers side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.config import NetworkConfig
from intsnn_hw.cache import Cache

from .code import code_digest


class Memo:
    """Answers of one kind, files below ``folder/kind``; a lock for each question makes others wait for its answer.

    A lock ends with its process, however that ends.

    Parameters
    ----------
    folder : path
        Exists, and can be written.
    kind : str
    module : str
        Whose code the answers depend on, with all that it imports; :func:`intsnn_hw.exploration.code.code_digest`.
    """

    def __init__(self, folder: Path, kind: str, module: str) -> None:
        self._cache = Cache(folder, kind)
        self._module = module

    def path(self, question: dict[str, Any], suffix: str) -> Path:
        """Return where a file that belongs to an answer lies."""
        return self._cache.path(self._asked(question)).with_suffix(suffix)

    def answer(self, question: dict[str, Any], find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the stored answer to a question, else find it and store it.

        Parameters
        ----------
        question : dict
            All that the answer depends on beside our code, as JSON values.
        find : callable
            Gives the answer, as JSON values; nothing is stored when it raises.
        """
        from filelock import FileLock

        asked = self._asked(question)
        stored = self._cache.stored(asked)
        if stored is not None:
            return stored
        with FileLock(self._cache.path(asked).with_suffix(".lock")):
            return self._cache.answer(asked, find)

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        return {"code": code_digest(self._module), **json.loads(json.dumps(question))}


def key_of(config: NetworkConfig, *, hardware: bool) -> dict[str, Any]:
    """Return a configuration as JSON values, without what names it and, where it does not matter, the hardware."""
    data = replace(config, name="network").to_dict()
    return data if hardware else {name: value for name, value in data.items() if name != "hardware"}
