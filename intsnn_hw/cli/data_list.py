"""``intsnn data list``: the data sets that are known by name, and where they lie."""

from __future__ import annotations

import argparse
import os
from typing import Any

from .messages import worded
from .output import columns, emit
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "list",
        """\
List the known data sets and the place of each below DIR. Nothing is downloaded and no file is read: whether one is
damaged is seen when it is used. docs/data.md says where to get them.""",
        """\
intsnn data list --data-dir data
intsnn data list --json""",
        help_line="the data sets that --data takes by name, and where they lie",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder that holds the sets (default: environment variable INTSNN_DATA)"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.data import datasets

    found = datasets(args.data_dir)
    listed = [{**entry, "missing": entry["missing"] and worded(entry["missing"])} for entry in found.to_dict()["sets"]]
    base = args.data_dir or os.environ.get("INTSNN_DATA")
    rows: list[tuple[object, ...]] = [(known.name, known.about, known.where(base)) for known in found.sets]
    title = None if base is None else f"below {base}"
    table = columns(("set", "what", "where"), rows, title, text=3)
    table.columns[-1].overflow = "fold"  # no path is cut
    emit(args, {"sets": listed}, table)
    return 0
