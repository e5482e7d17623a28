"""``intsnn demo``: from handwritten digits to Verilog that is shown to compute what the model computes."""

from __future__ import annotations

import argparse
from typing import Any

from .options import natural
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "demo",
        """\
Train a 64-64-10 network with integers only on scikit-learn's handwritten digits, write its Verilog, compile the same
RTL to machine code, run the whole test split through it, and compare every spike, membrane and class with the
golden model. Writes Verilog, manifest, checkpoint, report.json and a figure; ends with exit code 1 if anything
differs. Takes well under a minute.""",
        """\
intsnn demo
intsnn demo --out /tmp/demo --seed 3 --json""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--out", default="build/demo", metavar="DIR", help="folder to write into, made where absent")
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the training")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.demo import demo

    result = demo(args.out, seed=args.seed)
    show(args, result)
    return 1 if result.mismatches else 0
