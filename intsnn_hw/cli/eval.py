"""``intsnn eval``: accuracy, confusion and activity of a trained network in the golden model."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_data, dataset_of
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "eval",
        """\
Run the test samples through the integer golden model, which the hardware equals bit for bit, and tell the
accuracy, which classes are taken for which, and the activity that the hardware's time and energy follow from:
events and synaptic operations (spike-times-weight additions) per inference.""",
        """\
intsnn eval digits.npz
intsnn eval mnist.npz --data mnist --data-dir data --json""",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="trained network, as 'intsnn train' writes it (.npz)")
    parser.set_defaults(run=run)
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.opening import load

    network = load(args.checkpoint)
    show(args, network.evaluate(dataset_of(args, network)))
    return 0
