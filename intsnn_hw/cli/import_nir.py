"""``intsnn import nir``: a NIR file as a network of integers, and what each layer loses by them."""

from __future__ import annotations

import argparse
from typing import Any

from .options import count, counts
from .output import show
from .parser import add_command

OPTIONS = (
    "dialect", "dt", "reset", "compare", "decay", "gain", "n_steps", "weight_width", "membrane_width", "spike_width",
    "leak_frac", "threshold", "exact", "calibrate", "verify", "require_exact", "name",
)  # fmt: skip


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "nir",
        """\
Read a NIR file of snnTorch, SpikingJelly, Norse, Sinabs or any other framework, and write the integer network (.npz)
that all commands take. For each layer it tells what the integers lose: the error of weights, biases and leak, how many
spikes differ from the framework's, alone and in cascade, and where the first one does.

A NIR file does not say what its numbers mean: frameworks differ in reset, comparison, decay and gain. --verify takes
spikes that the framework recorded, an .npz with input (steps, samples, ...) and output, or arrays under the names of
the layers, and finds the dialect that reproduces them. Without it --dialect names the framework, unless the file gives
it away. --calibrate takes input alone, from which the range of the membranes is measured; without any data that is done
on random spikes. docs/nir.md tells it all. Needs the package extra 'nir'.""",
        """\
intsnn import nir net.nir --verify spikes.npz -o net.npz
intsnn import nir net.nir --verify spikes.npz --exact --require-exact -o net.npz
intsnn import nir net.nir --verify spikes.npz --weight-width 12,8 --membrane-width 24,16 -o net.npz --report net.json
intsnn import nir net.nir --dialect snntorch --steps 25 -o net.npz
intsnn import nir net.nir --dialect sinabs --gain nir --calibrate input.npz --spike-width 3 -o net.npz""",
        help_line="a NIR file, of snnTorch, SpikingJelly, Norse, Sinabs and others",
    )
    parser.set_defaults(run=run)
    parser.add_argument("file", metavar="FILE", help="NIR file (HDF5)")
    parser.add_argument("-o", "--out", required=True, metavar="NET.npz", help="checkpoint to write")
    parser.add_argument("--report", metavar="R.json", help="what --json prints, into a file")
    parser.add_argument("--name", metavar="TEXT", help="of the network (default: that of the file)")
    meaning = parser.add_argument_group("what the file means", "each option changes the dialect's own value")
    meaning.add_argument(
        "--dialect", default="auto", metavar="NAME",
        help="auto, nir, snntorch, spikingjelly, norse, sinabs or sinabs-single",
    )  # fmt: skip
    meaning.add_argument("--dt", type=float, metavar="S", help="time step, in the unit of the file's time constants")
    meaning.add_argument("--reset", metavar="HOW", help="zero, subtract, or subtract-next: a step later")
    meaning.add_argument(
        "--compare", metavar="HOW", help="a spike above the threshold: gt, at it: ge, or graded: floor"
    )
    meaning.add_argument("--decay", metavar="HOW", help="of a step: euler, 1 - dt/tau, or exp, exp(-dt/tau)")
    meaning.add_argument("--gain", metavar="HOW", help="of the input: nir, r (1 - decay), or unit, r")
    meaning.add_argument(
        "--steps", dest="n_steps", type=count, metavar="T", help="steps of a sample (default: those of the data)"
    )
    widths = parser.add_argument_group("integers", "widths are one value, or one for each layer")
    widths.add_argument("--weight-width", type=counts, metavar="N[,N..]", help="bits, 2..24 (default: 8)")
    widths.add_argument("--membrane-width", type=counts, metavar="N[,N..]", help="bits, 4..32 (default: 16)")
    widths.add_argument(
        "--spike-width", type=_spike_width, metavar="N", help="bits of graded spikes, 1..8, or auto: as the data needs"
    )
    widths.add_argument("--leak-frac", type=int, metavar="N", help="bits of a decay, 1..24 (default: 12)")
    widths.add_argument(
        "--threshold",
        metavar="KIND",
        help="integer: any number; pow2: less hardware, more differences (default: integer)",
    )
    widths.add_argument("--exact", action="store_true", help="weights of 24 bits, membranes of 32, decays of 24")
    data = parser.add_argument_group("data")
    data.add_argument("--calibrate", metavar="X.npz", help="input spikes, for the range of the membranes")
    data.add_argument(
        "--verify", metavar="X.npz", help="input and spikes that the framework recorded; labels may be there"
    )
    data.add_argument(
        "--require-exact", action="store_true", help="write nothing unless every spike is the recorded one"
    )


def _spike_width(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number or auto, got {text!r}") from None


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.import_nir import import_nir

    options = {name: getattr(args, name) for name in OPTIONS}
    show(args, import_nir(args.file, args.out, report=args.report, **options))
    return 0
