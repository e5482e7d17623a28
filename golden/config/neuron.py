"""The neurons of a layer."""

import math
from dataclasses import dataclass, field
from typing import get_args

from .leak import require_leak
from .limits import CURRENT_SHIFTS, LEFT_OUT, MEMBRANE_WIDTHS, SPIKE_WIDTHS, Reset
from .rules import is_within, require, require_choice, require_range
from .synaptic import SynapticConfig


@dataclass(frozen=True, kw_only=True)
class NeuronConfig:
    """LIF neuron: ``theta = (2^spike_width - 1) * 2^threshold_shift`` (ETH 2025, eq. 3.1).

    Parameters
    ----------
    membrane_width : int
        Bits of the signed membrane, 4..32.
    spike_width : int
        Bits n of the graded spike, 1..8; level ``i`` fires at ``i * 2^threshold_shift``.
    threshold_shift : int
        log2 of the first firing level; ``threshold_shift + spike_width <= membrane_width - 1``, so that every level
        can be reached.
    leak_shift : int or None
        ``U <- U - (U >> leak_shift)`` at the start of a step; None: no leak by shift.
    leak_factor, leak_frac : int or None
        ``U <- (U * leak_factor) >> leak_frac`` instead, ``0 <= leak_factor <= 2^leak_frac``; for imported networks.
    reset : {"soft", "hard", "none"}
        After a spike ``s``: ``U - s * level``, 0, or unchanged.
    threshold : int or None
        Level at which a spike of one bit fires, any integer above 0, in place of ``2^threshold_shift``, which is not
        used then.
    reset_amount : int or None
        What a soft reset subtracts after a spike of one bit, 0 or above, in place of the level. A framework that
        subtracts theta only after the leak of the next step subtracts theta / decay at once.
    current_shift : int
        Guard bits, 0..24: the exact sum of a step is ``floor(sum / 2^current_shift)`` membrane LSBs.
    initial : int
        Membrane in front of the first step of a sample.
    synaptic : SynapticConfig or None
        A current between the sum and the membrane that leaks on its own; None: the membrane gets the sum itself.
    """

    membrane_width: int = 16
    spike_width: int = 4
    threshold_shift: int = 8
    leak_shift: int | None = None
    leak_factor: int | None = None
    leak_frac: int | None = None
    reset: Reset = "soft"
    threshold: int | None = None
    reset_amount: int | None = None
    current_shift: int = field(default=0, metadata={LEFT_OUT: 0})
    initial: int = field(default=0, metadata={LEFT_OUT: 0})
    synaptic: SynapticConfig | None = None

    def __post_init__(self) -> None:
        require_range(self, "membrane_width", *MEMBRANE_WIDTHS)
        require_range(self, "spike_width", *SPIKE_WIDTHS)
        top = self.membrane_width - 1 - self.spike_width
        require(top >= 0, self, "spike_width", f"must be below membrane_width ({self.membrane_width})")
        widths = f"membrane_width {self.membrane_width} and spike_width {self.spike_width}"
        if self.threshold is None:
            require(is_within(self.threshold_shift, 0, top), self, "threshold_shift", f"must be 0..{top} with {widths}")
        else:
            require_range(self, "threshold", 1, self._highest)
            require(self.spike_width == 1, self, "threshold", "goes with spike_width 1; give threshold_shift")
        require_leak(self, self.membrane_width)
        require_choice(self, "reset", get_args(Reset))
        if self.reset_amount is not None:
            require_range(self, "reset_amount", 0, self._highest)
            require(self.spike_width == 1, self, "reset_amount", "goes with spike_width 1")
            require(self.reset == "soft", self, "reset_amount", 'goes with reset = "soft"')
        require_range(self, "current_shift", *CURRENT_SHIFTS)
        require_range(self, "initial", -self._highest - 1, self._highest)

    @property
    def _highest(self) -> int:
        return (1 << (self.membrane_width - 1)) - 1

    @property
    def level(self) -> int:
        """First firing level, membrane LSBs; level ``i`` fires at ``i * level``."""
        return 1 << self.threshold_shift if self.threshold is None else self.threshold

    @property
    def level_shift(self) -> int:
        """log2 of the first firing level, the nearest integer."""
        return self.threshold_shift if self.threshold is None else math.floor(math.log2(self.threshold) + 0.5)

    @property
    def amount(self) -> int:
        """What a soft reset subtracts for each level of a spike."""
        return self.level if self.reset_amount is None else self.reset_amount

    @property
    def leaks(self) -> bool:
        """Whether a step begins with a leak of the membrane."""
        return self.leak_shift is not None or self.leak_factor is not None

    @property
    def keeps_sums(self) -> bool:
        """Whether membrane plus emitted levels, ``2^threshold_shift`` each, are all that has arrived."""
        changed = (self.threshold, self.reset_amount, self.synaptic)
        return self.reset == "soft" and not self.leaks and changed == (None, None, None)

    @property
    def state_widths(self) -> dict[str, int]:
        """Bits of each signed field of a neuron's state, by the names of :class:`golden.neuron.NeuronState`."""
        return {"membrane": self.membrane_width} | ({"current": self.synaptic.width} if self.synaptic else {})

    @property
    def moves_alone(self) -> bool:
        """Whether a step changes the state even if no event arrives and the neuron does not fire."""
        return self.leaks or self.synaptic is not None

    @property
    def max_spike(self) -> int:
        """Highest spike level, ``2^spike_width - 1``."""
        return (1 << self.spike_width) - 1
