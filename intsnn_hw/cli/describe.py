"""``intsnn describe``: what a configuration amounts to."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_network, network_of
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "describe",
        """\
Show what follows from a configuration before anything is generated: layers, derived widths, memory bits, and the cycles
that a step and a sample are predicted to take at a given activity.""",
        """\
intsnn describe --preset mnist-128 --lanes 16
intsnn describe --preset mnist-128 --lanes 16,2 --activity 0.1
intsnn describe digits.npz --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    parser.add_argument(
        "--activity", type=float, default=0.1, metavar="SHARE",
        help="share of inputs and neurons that send an event in a step, 0..1; the prediction of cycles rests on it",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    show(args, network_of(args).describe(args.activity))
    return 0
