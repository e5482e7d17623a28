"""The neurons of a layer."""

from dataclasses import dataclass
from typing import get_args

from .limits import MEMBRANE_WIDTHS, SPIKE_WIDTHS, Reset
from .rules import is_within, require, require_choice, require_range


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
        After a spike ``s``: ``U - (s << threshold_shift)``, 0, or unchanged.
    """

    membrane_width: int = 16
    spike_width: int = 4
    threshold_shift: int = 8
    leak_shift: int | None = None
    leak_factor: int | None = None
    leak_frac: int | None = None
    reset: Reset = "soft"

    def __post_init__(self) -> None:
        require_range(self, "membrane_width", *MEMBRANE_WIDTHS)
        require_range(self, "spike_width", *SPIKE_WIDTHS)
        top = self.membrane_width - 1 - self.spike_width
        require(top >= 0, self, "spike_width", f"must be below membrane_width ({self.membrane_width})")
        widths = f"membrane_width {self.membrane_width} and spike_width {self.spike_width}"
        require(is_within(self.threshold_shift, 0, top), self, "threshold_shift", f"must be 0..{top} with {widths}")
        if self.leak_shift is not None:
            require_range(self, "leak_shift", 1, self.membrane_width - 1)
            require(self.leak_factor is None, self, "leak_factor", "must be absent where leak_shift is given")
        require(
            (self.leak_factor is None) == (self.leak_frac is None), self, "leak_frac", "goes together with leak_factor"
        )
        if self.leak_frac is not None:
            require_range(self, "leak_frac", 1, 16)
            require_range(self, "leak_factor", 0, 1 << self.leak_frac)
        require_choice(self, "reset", get_args(Reset))

    @property
    def state_widths(self) -> dict[str, int]:
        """Bits of each signed field of a neuron's state, by the names of :class:`golden.neuron.NeuronState`."""
        return {"membrane": self.membrane_width}

    @property
    def max_spike(self) -> int:
        """Highest spike level, ``2^spike_width - 1``."""
        return (1 << self.spike_width) - 1
