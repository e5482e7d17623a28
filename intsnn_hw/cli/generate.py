"""``intsnn generate``: the Verilog of a network, with its manifest."""

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
        "generate",
        """\
Write synthesizable Verilog of the inference core, and manifest.json beside it: ports, stream layouts, widths, memory
map, latency and throughput. The weights are loaded through a stream after reset; with --with-weights they are the
initial content of the memories as well, as FPGAs allow.

With --learn the core also learns, on the chip, sample by sample: its memories hold shadow weights, it can draw their
initial values itself, and a control stream tells it what to learn from. The manifest then holds the codes of that
stream, the schedule and the cycles of an update; docs/host.md is the recipe for the host. To learn from scratch, a
preset or a configuration will do.""",
        """\
intsnn generate digits.npz --with-weights -o build/rtl
intsnn generate --preset mnist-128 --lanes 16 -o build/rtl
intsnn generate --config mine.toml --lanes 16,2 -o build/rtl --json
intsnn generate --preset mnist-64 --learn -o build/rtl
intsnn generate --preset fsdd-128r --learn --lanes 16,10 -o build/rtl
intsnn generate digits.npz --learn --with-weights -o build/rtl""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    group = parser.add_argument_group("output")
    group.add_argument("-o", "--out", required=True, metavar="DIR", help="folder to write into, made where absent")
    group.add_argument("--with-weights", action="store_true", help="weights of the checkpoint as memory content")
    group.add_argument("--learn", action="store_true", help="the core that learns, where the network has a rule")
    group.add_argument("--probe", action="store_true", help="add ports that show every membrane and spike")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    network = network_of(args)
    show(args, network.generate(args.out, learn=args.learn, with_weights=args.with_weights, probe=args.probe))
    return 0
