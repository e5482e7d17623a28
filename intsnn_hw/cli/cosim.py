"""``intsnn cosim``: the hardware against the golden model, every spike, membrane and class."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import InputError
from intsnn_hw.api.cosim import BACKENDS, SLOW_SAMPLES

from .options import add_data, add_network, count, dataset_of, natural, network_of
from .output import note, show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "cosim",
        """\
Run test samples through the generated hardware and through the golden model, and compare every spike, every
membrane, every score and every class of every time step. Prints what differs and ends with exit code 1 if
anything does. The fast back end compiles the RTL to machine code; the others run the emitted Verilog
in a simulator of its own, driven by cocotb (package extra 'cosim'). A network that is not trained runs with its
initial weights.

With --learn the core that learns is trained from its weights, side by side with the golden model, on samples of the
training set: every spike and membrane of every step is compared, and at intervals and at the end every shadow weight
and the state of the random generator. An interval that differs is run again in parts, until the first sample that
differs is found; --vcd then shows how the hardware learns from that one, from the state before it. The core is the one
that 'generate --learn' and 'synth' make of the same network. The epochs are the first of the configuration's own run,
with its sample order and its learning rates; those after its last keep the last rate. A checkpoint's weights go through
them from the first on, whatever epochs they have been trained for.

Both report memory accesses and additions a sample, counted in the hardware.""",
        """\
intsnn cosim digits.npz
intsnn cosim mnist.npz --data-dir data --lanes 16 --json
intsnn cosim digits.npz --backend icarus --samples 20 --stalls 1
intsnn cosim --preset digits-64 --samples 50 --vcd mismatch.vcd
intsnn cosim --learn --preset digits-64 --epochs 2 --vcd mismatch.vcd
intsnn cosim --learn --preset mnist-64 --data-dir data --samples 60000 --lanes 16 --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    add_data(parser)
    group = parser.add_argument_group("simulation")
    group.add_argument("--backend", choices=BACKENDS, default="fast", help="what simulates the hardware")
    group.add_argument(
        "--samples",
        type=count,
        metavar="N",
        help=f"the first N test samples (default: all with fast, {SLOW_SAMPLES} with the others)",
    )
    group.add_argument(
        "--stalls", type=natural, metavar="SEED", help="stall every stream at random, drawn by this seed"
    )
    group.add_argument("--vcd", metavar="FILE", help="waveform of the first sample that differs, if any does")
    group = parser.add_argument_group("learning")
    group.add_argument("--learn", action="store_true", help="train in hardware and model, and compare the weights too")
    group.add_argument(
        "--epochs", type=count, metavar="N", help="passes over the samples, as the run begins (default: 1)"
    )
    group.add_argument(
        "--seed", type=natural, metavar="N", help="of fresh weights, rounding and sample order (default: the network's)"
    )
    group.add_argument(
        "--interval", type=count, metavar="N", help="samples between two comparisons of all weights (default: 1000)"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    for option in ("epochs", "seed", "interval"):
        if getattr(args, option) is not None and not args.learn:
            raise InputError(f"--{option}: goes with --learn")
    network = network_of(args)
    dataset = dataset_of(args, network)
    options = {"samples": args.samples, "backend": args.backend, "stalls": args.stalls, "vcd": args.vcd}
    if args.learn:
        result = network.colearn(dataset, epochs=args.epochs, seed=args.seed, interval=args.interval, **options)
    else:
        result = network.cosimulate(dataset, **options)
    for text in result.notes:
        note(text)
    show(args, result)
    return 1 if result.mismatches else 0
