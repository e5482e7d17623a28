"""Errors in the words of the command line.

Rooms below it write the names of their arguments, and of themselves, between backticks: `` `data_dir` ``. What a user
reads has the option or the command that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Container

COMMANDS = {
    "cosimulate": "'intsnn cosim'",
    "intsnn_hw.encode_audio": "'intsnn data encode-audio'",
    "intsnn_hw.explore": "'intsnn explore SWEEP.toml --out DIR'",
}
OPTIONS = {
    **COMMANDS,
    "data": "--data",
    "data_dir": "--data-dir",
    "folder": "--out",
    "high_hz": "--high",
    "low_hz": "--low",
    "n_steps": "--steps",
}
"""Names between backticks whose option or command has another name."""

_NAME = re.compile(r"`([\w.]+)`")


def flag(name: str) -> str:
    """Return the option of the command line for an argument, a field of a variant or of the hardware."""
    return OPTIONS.get(name, "--" + name.replace("_", "-"))


def worded(error: object, options: Container[str] = ()) -> str:
    """Return the text of an error with the options, of those there are, that stand for the names in it.

    Other names lose their backticks alone.
    """

    def said(found: re.Match[str]) -> str:
        name = found[1]
        return flag(name) if name in OPTIONS or flag(name) in options else name

    return _NAME.sub(said, str(error))
