"""``intsnn energy``: what an inference and a training sample cost, from operations and bit flips counted on data."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import ConfigError
from intsnn_hw.api.energy import SAMPLES

from .options import add_data, add_network, count, dataset_of, network_of
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "energy",
        """\
Run test samples through the compiled hardware, count memory reads, memory writes and additions, and turn them into
energy by a table of coefficients. With --learn also training samples, in the order of a first epoch, through the core
that learns. With --toggles the bit flips of every net are counted too, module by module.

Beside them stand the models of the graded-spike thesis (ETH 2025, eq. 5.1 to 5.3), in which a spike costs the same
whatever its bits: F*fr*E*T for inference, E being the energy of an operation with a spike of 1 bit; T*S*c for training,
with the c that the run gives.

The table is horowitz45.toml of this package, 45 nm with its sources; --coefficients takes another of its form.
Operations leave out the neurons' own arithmetic, control and the clock tree; bit flips leave out memories and the clock
tree. The two overlap, in adders and products, so that their energies do not add up.""",
        """\
intsnn energy digits.npz
intsnn energy mnist.npz --data mnist --samples 200 --toggles
intsnn energy --preset mnist-64 --lanes 16 --learn --samples 2000 --json
intsnn energy digits.npz --coefficients mine.toml""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    add_data(parser)
    group = parser.add_argument_group("energy")
    group.add_argument("--samples", type=count, metavar="N", default=SAMPLES, help="the first N samples")
    group.add_argument("--learn", action="store_true", help="also of a training sample")
    group.add_argument(
        "--toggles", action="store_true",
        help="also count bit flips; the first time the hardware is compiled once more for it, which takes half a "
        "minute for a small inference core, several minutes for one that learns or has many lanes; then it is kept, "
        "and runs about a fifth as fast as the usual one",
    )  # fmt: skip
    group.add_argument("--coefficients", metavar="FILE", help="table of coefficients in TOML (default: the package's)")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    network = network_of(args)
    if args.learn and not network.config.learns:
        raise ConfigError(f"--learn: {network.source} has no learning rule")
    result = network.energy(
        dataset_of(args, network), samples=args.samples, learn=args.learn, toggles=args.toggles,
        coefficients=args.coefficients,
    )  # fmt: skip
    show(args, result)
    return 0
