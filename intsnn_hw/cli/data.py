"""``intsnn data``: the known data sets, and your own recordings made into one."""

from __future__ import annotations

from typing import Any

from . import COMMANDS, data_encode, data_list
from .parser import HelpFormatter


def add_parser(commands: Any) -> None:
    """Add the command, which has commands of its own."""
    parser = commands.add_parser(
        "data",
        help=COMMANDS["data"],
        description="Data sets: which are known and where they lie, and events from your own wav files.",
        epilog="""\
examples:
  intsnn data list
  intsnn data encode-audio recordings.tar.xz --test index=0-4 --out digits.h5""",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for module in (data_list, data_encode):
        module.add_parser(inner)
