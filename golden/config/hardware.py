"""What the RTL may choose without changing any result."""

from dataclasses import dataclass
from typing import get_args

from .limits import Multiplier, WeightMemory
from .rules import require, require_choice, require_each, require_range

PER_LAYER = ("lanes", "fire_lanes", "weight_memory")
"""Fields of :class:`HardwareConfig` that hold one value, or one for each layer."""


@dataclass(frozen=True, kw_only=True)
class HardwareConfig:
    """What the RTL may choose without changing any result.

    Parameters
    ----------
    lanes : tuple of int
        Weights read and added per cycle, for each layer; one value serves all. More lanes than neurons are cut to the
        layer's size.
    fire_lanes : tuple of int
        Neurons fired per cycle, for each layer; a divisor of the lanes after cutting, else the next divisor below;
        the readout layer always fires one neuron per cycle.
    banks : int
        2: the next step's events are added while the last step fires; 1: they wait, at half the accumulator memory.
    multiplier : {"shift_add", "operator"}
        The spike-times-weight product as shifted adds (0 DSP in any tool) or as ``*``, which tools may map to DSP.
    weight_memory : tuple of {"dual_port", "single_port"}
        For each layer; one value serves all. A single-port memory (UP5K SPRAM, half the transistors of an ASIC's SRAM)
        makes a weight update take two cycles a word instead of one; inference loses nothing.
    """

    lanes: tuple[int, ...] = (16,)
    fire_lanes: tuple[int, ...] = (4,)
    banks: int = 2
    multiplier: Multiplier = "shift_add"
    weight_memory: tuple[WeightMemory, ...] = ("dual_port",)

    def __post_init__(self) -> None:
        for name in ("lanes", "fire_lanes"):
            require_each(self, name, 1, 1024, "must be 1..1024 for each layer")
        kinds = get_args(WeightMemory)
        known = isinstance(self.weight_memory, tuple) and all(kind in kinds for kind in self.weight_memory)
        require(known, self, "weight_memory", f"must be one of {', '.join(kinds)} for each layer")
        for name in PER_LAYER:
            require(len(getattr(self, name)) > 0, self, name, "must hold at least one value")
        require_range(self, "banks", 1, 2)
        require_choice(self, "multiplier", get_args(Multiplier))
