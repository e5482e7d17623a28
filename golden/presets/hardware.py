"""The options that choose hardware and change no result: the description of each, for command line and sweeps."""

from typing import get_args

from ..config import Multiplier, WeightMemory
from .option import Option

HARDWARE = {
    "lanes": Option(
        label="lanes", metavar="N[,N..]", range=(1, 1024), each=True, help="weights read and added per cycle"
    ),
    "fire_lanes": Option(
        label="fire lanes", metavar="N[,N..]", range=(1, 1024), each=True, help="neurons fired per cycle"
    ),
    "banks": Option(
        label="banks",
        metavar="N",
        range=(1, 2),
        help="banks of accumulators: with 2 a step fires while the next is added",
    ),
    "weight_memory": Option(
        label="weight memory",
        metavar="KIND[,KIND..]",
        choices=get_args(WeightMemory),
        each=True,
        help="dual_port, or single_port as in iCE40 UP5K SPRAM",
    ),
    "multiplier": Option(
        label="multiplier",
        metavar="KIND",
        choices=get_args(Multiplier),
        help="shift_add (no DSP) or operator (the tool's choice)",
    ),
}
"""By the fields of :class:`golden.config.HardwareConfig`, in the order of help."""
