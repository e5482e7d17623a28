"""``intsnn data list``: the data sets that are known by name, and where they lie."""

from __future__ import annotations

import argparse
import os
from typing import Any

from golden.errors import DataError

from .messages import worded
from .options import add_command
from .output import columns, emit


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "list",
        "the data sets that --data takes by name, and where they lie",
        """\
List the known data sets and the place of each below DIR. Nothing is downloaded and no file is read: whether one is
damaged is seen when it is used. docs/data.md says where to get them.""",
        """\
intsnn data list --data-dir data
intsnn data list --json""",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder that holds the sets (default: environment variable INTSNN_DATA)"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from train.data import KNOWN

    listed = []
    for name, known in KNOWN.items():
        place, missing = None, None
        if known.find is not None:
            try:
                place = str(known.find(args.data_dir))
            except DataError as error:
                missing = worded(error)
        listed.append(
            {"name": name, "about": known.about, "there": missing is None, "place": place, "missing": missing}
        )
    base = args.data_dir or os.environ.get("INTSNN_DATA")
    rows = [(entry["name"], entry["about"], _where(entry, base)) for entry in listed]
    title = None if base is None else f"below {base}"
    emit(args, {"sets": listed}, columns(("set", "what", "where"), list(rows), title, text=3))
    return 0


def _where(entry: dict[str, Any], base: str | None) -> str:
    if entry["place"] is None:
        return "needs no files" if entry["there"] else "missing"
    return entry["place"] if base is None else os.path.relpath(entry["place"], base)
