"""``intsnn synth``: what a core costs on an FPGA, and how fast it runs there."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import InputError
from intsnn_hw.api.synth import SAMPLES
from intsnn_hw.fpga.targets import TARGETS

from .options import add_data, add_network, count, dataset_of, natural, network_of
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "synth",
        f"""\
Synthesise the core of a network for an FPGA with Yosys and report what it takes of the device; with --pnr also place
and route it with nextpnr and report the clock it reaches. All tools are open and come with
pip install 'intsnn-hw[fpga]'; their first run takes a minute longer. The core that learns is taken where the network
has a learning rule.

LUTs, flip-flops and memory blocks are those of the bare core after synthesis. Clock and fit of --pnr are those of the
core behind a shift register, since it has more port bits than small packages have pins; every path then begins and
ends in a register. A core that does not fit is an answer, told as such ("fits": false in --json), with exit code 0.

Results are kept in $INTSNN_CACHE (default: ~/.cache/intsnn), so that the same question is answered at once.

targets: {", ".join(TARGETS)}; place and route for ice40 and ecp5.""",
        """\
intsnn synth --preset digits-64 --lanes 4 --target ice40up5k --inference-only
intsnn synth mnist.npz --target ecp5-45k --lanes 16 --pnr --out build/fpga
intsnn synth --preset fsdd-128r --target ecp5-25k --lanes 16
intsnn synth digits.npz --target ecp5-25k --pnr --data digits --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    group = parser.add_argument_group("device")
    group.add_argument("--target", required=True, metavar="NAME", help=f"one of {', '.join(TARGETS)}")
    group.add_argument("--inference-only", action="store_true", help="the inference core of a network that learns")
    group.add_argument("--pnr", action="store_true", help="place and route: clock, fit and bitstream")
    group.add_argument("--seed", type=natural, metavar="N", help="of the placement, goes with --pnr (default: 1)")
    group.add_argument(
        "-o", "--out", metavar="DIR",
        help="folder for report.json and the Verilog; with --pnr also the wrapped Verilog and its bitstream",
    )  # fmt: skip
    data = add_data(parser)
    data.description = "cycles of a sample are measured where --data is given, else their worst case is told"
    data.add_argument(
        "--samples", type=count, metavar="N", help=f"measure cycles on the first N samples (default: {SAMPLES:,})"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.synth import check_target

    if args.seed is not None and not args.pnr:
        raise InputError("--seed: is of the placement; it goes with --pnr")
    for option in ("data_dir", "validation", "download", "samples"):
        if getattr(args, option) and args.data is None:
            raise InputError(f"--{option.replace('_', '-')}: goes with --data")
    check_target(args.target, pnr=args.pnr)
    network = network_of(args)
    result = network.synthesize(
        args.target, pnr=args.pnr, seed=args.seed, inference_only=args.inference_only, samples=args.samples,
        data=None if args.data is None else dataset_of(args, network), out=args.out,
    )  # fmt: skip
    show(args, result)
    return 0
