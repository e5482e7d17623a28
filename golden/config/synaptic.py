"""The synaptic current of a neuron: a second state between the sum of a step and the membrane."""

from dataclasses import dataclass

from .leak import require_leak
from .limits import CURRENT_WIDTHS
from .rules import require_range


@dataclass(frozen=True, kw_only=True)
class SynapticConfig:
    """A current that leaks: ``I <- saturate(leak(I) + sum)``, of which the membrane gets ``I`` in place of the sum.

    Its unit is that of the sum, guard bits included; a sample begins with a current of 0. NIR's CubaLIF and CubaLI are
    such neurons, with the gain of the membrane in the weights.

    Parameters
    ----------
    width : int
        Bits of the signed current, 4..36.
    leak_shift : int or None
        ``I <- I - (I >> leak_shift)`` at the start of a step.
    leak_factor, leak_frac : int or None
        ``I <- (I * leak_factor) >> leak_frac`` instead, ``0 <= leak_factor <= 2^leak_frac``.
    """

    width: int = 16
    leak_shift: int | None = None
    leak_factor: int | None = None
    leak_frac: int | None = None

    def __post_init__(self) -> None:
        require_range(self, "width", *CURRENT_WIDTHS)
        require_leak(self, self.width)
