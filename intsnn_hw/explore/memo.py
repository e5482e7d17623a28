"""Parts of points by content: what several points share is computed once, also by workers side by side."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.config import NetworkConfig
from intsnn_hw.fpga.cache import Cache

_PACKAGES = ("golden", "intsnn_hw", "sim", "train")
_ASIDE = ("commands", "explore")
"""Folders that take no part in what is measured."""


class Memo:
    """Answers of one kind, files below ``folder/kind``; a lock for each question makes others wait for its answer.

    A lock ends with its process, however that ends.

    Parameters
    ----------
    folder : path
        Exists, and can be written.
    kind : str
    packages : tuple of str
        Our code that answers depend on.
    """

    def __init__(self, folder: Path, kind: str, packages: tuple[str, ...]) -> None:
        self._cache = Cache(folder, kind)
        self._packages = packages

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
        return {"code": code_digest(self._packages), **json.loads(json.dumps(question))}


def key_of(config: NetworkConfig, *, hardware: bool) -> dict[str, Any]:
    """Return a configuration as JSON values, without what names it and, where it does not matter, the hardware."""
    data = replace(config, name="network").to_dict()
    return data if hardware else {name: value for name, value in data.items() if name != "hardware"}


def digest(*parts: bytes) -> str:
    """Return a name for some bytes."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()[:32]


@functools.cache
def code_digest(packages: tuple[str, ...] = _PACKAGES) -> str:
    """Return a name for what our code does: comments, layout and the command line do not count."""
    root = Path(__file__).parents[2]
    sources = []
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            if path.relative_to(root / package).parts[0] in _ASIDE:
                continue
            if path.suffix == ".py":
                sources.append(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
            elif path.suffix in (".cpp", ".h"):
                sources.append(path.read_bytes())
    return digest(*sources)
