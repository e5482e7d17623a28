"""``intsnn import``: networks of other frameworks as integers."""

from __future__ import annotations

from typing import Any

from . import COMMANDS, import_nir
from .parser import HelpFormatter


def add_parser(commands: Any) -> None:
    """Add the command, which has commands of its own."""
    parser = commands.add_parser(
        "import",
        help=COMMANDS["import"],
        description="Networks that other frameworks trained become networks of integers.",
        epilog="""\
examples:
  intsnn import nir NET.nir --verify SPIKES.npz -o net.npz
  intsnn import nir NET.nir --dialect snntorch --steps 25 -o net.npz""",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    inner = parser.add_subparsers(metavar="FORMAT", required=True, title="formats")
    import_nir.add_parser(inner)
