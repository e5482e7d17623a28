"""Errors in the words of the command line.

Rooms below it write the names of their arguments, and of themselves, between backticks: `` `data_dir` ``. What a user
reads has the option, the field of a sweep file or the command that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

COMMANDS = {
    "golden.kernels": "'intsnn eval'",
    "sim.verify": "'intsnn cosim'",
    "train.audio": "'intsnn data encode-audio'",
    "run_sweep": "'intsnn explore SWEEP.toml --out DIR'",
}
OPTIONS = {
    **COMMANDS,
    "data": "--data",
    "data_dir": "--data-dir",
    "folder": "--out",
    "ignore_others": "--ignore-others",
    "n_steps": "--steps",
    "pattern": "--pattern",
    "pnr": "--pnr",
    "rate": "--rate",
    "scheduler": "--scheduler",
    "test": "--test",
}
"""Names between backticks, with what stands for them among the options of ``intsnn``."""
FIELDS = {**OPTIONS, "data": "data.set", "data_dir": "data.dir", "n_steps": "n_steps", "pnr": "synthesis.pnr"}
"""The same among the fields of a sweep file."""

_NAME = re.compile(r"`([\w.]+)`")


def worded(error: object, names: Mapping[str, str] = OPTIONS) -> str:
    """Return the text of an error with what stands for the names in it; others lose their backticks alone."""
    return _NAME.sub(lambda found: names.get(found[1], found[1]), str(error))
