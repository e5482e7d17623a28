"""``intsnn export``: a network trained by surrogate gradients as integers, and what it loses by them."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_data
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "export",
        """\
Read the state that 'intsnn train --method bptt' leaves beside its checkpoint (.pt) and write the integer network (.npz)
that all other commands take. A network trained with quantisation keeps its integers. One trained with --float is
quantised here, with threshold shifts that suit its weights, and each layer is quantised alone as well to tell what it
loses. Either way model and integer network are compared on all test samples, spike for spike.""",
        """\
intsnn train --method bptt --preset mnist-128 --float --out float.npz
intsnn export float.pt --out mnist.npz
intsnn export float.pt --weight-width 4 --membrane-width 12 --out small.npz --json""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("state", metavar="STATE", help="state of a run (.pt)")
    group = parser.add_argument_group(
        "integers", "of a network trained with --float; its configuration's where left out"
    )
    group.add_argument("--weight-width", type=int, metavar="BITS", help="of all layers, 2..24")
    group.add_argument("--membrane-width", type=int, metavar="BITS", help="of all layers, 4..32")
    parser.add_argument("--out", metavar="FILE", required=True, help="checkpoint to write (.npz)")
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.data import dataset
    from intsnn_hw.api.torch_model import data_of, export

    data = dataset(args.data or data_of(args.state), args.data_dir, validation=args.validation, download=args.download)
    widths = {"weight_width": args.weight_width, "membrane_width": args.membrane_width}
    show(args, export(args.state, args.out, data=data, **widths))
    return 0
