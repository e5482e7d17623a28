"""Results of long work by content: the same question is answered at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden.errors import ToolError
from golden.files import write_whole

_FORMAT = 1
"""Of the entries; a higher one leaves older entries unread."""


class Cache:
    """Results of one kind of question, files below ``folder/kind``; an entry appears whole or not at all.

    Parameters
    ----------
    folder : path
        Exists, and can be written.
    kind : str
    """

    def __init__(self, folder: Path, kind: str = "fpga") -> None:
        self._folder = folder / kind
        self._folder.mkdir(parents=True, exist_ok=True)

    def path(self, question: dict[str, Any]) -> Path:
        """Return where the answer to a question lies, or would."""
        text = json.dumps({"format": _FORMAT, **question}, sort_keys=True)
        return self._folder / (hashlib.sha256(text.encode()).hexdigest()[:32] + ".json")

    def stored(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """Return the stored answer to a question; None where it is absent or damaged."""
        try:
            return json.loads(self.path(question).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def answer(self, question: dict[str, Any], find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the stored answer to a question; else find it and store it.

        Parameters
        ----------
        question : dict
            Everything that the answer depends on, as JSON values: texts of sources, options, versions of tools.
        find : callable
            Gives the answer, as JSON values; nothing is stored when it raises.
        """
        stored = self.stored(question)
        if stored is not None:
            return stored
        text = json.dumps(find())
        try:
            write_whole(self.path(question), text.encode())
        except OSError as error:
            where = f"cache folder {self._folder} cannot be written ({error.strerror})"
            raise ToolError(f"{where}: free some space, or set INTSNN_CACHE") from error
        # As a later call reads it, so that first and later answers are alike.
        return json.loads(text)
