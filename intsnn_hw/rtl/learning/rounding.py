"""How an update rounds: what is added to the exact change before its fraction bits are cut off."""

from collections.abc import Callable
from dataclasses import dataclass

from amaranth.hdl import Mux, Value

from golden.config import LearningLayer


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """A way to round, the twin of a branch of :func:`golden.fixed.shift_rounding`.

    Parameters
    ----------
    bias : callable
        What is added to the change, of whether the error is negative, so that the weight grows, of the number of
        fraction bits (above 0), and of the draw.
    draws : bool
        Whether `bias` reads the draw; the LFSR steps only where it does.
    """

    bias: Callable[[Value, int, Value], Value | int]
    draws: bool = False


ROUNDINGS = {
    "floor": Rounding(bias=lambda grows, fraction, draw: 0),
    "toward_zero": Rounding(bias=lambda grows, fraction, draw: Mux(grows, 0, (1 << fraction) - 1)),
    "nearest": Rounding(bias=lambda grows, fraction, draw: 1 << (fraction - 1)),
    "stochastic": Rounding(bias=lambda grows, fraction, draw: draw, draws=True),
}
"""Every way to round, by its name in the configuration."""


def rounding_of(layer: LearningLayer) -> Rounding:
    """Return how the update of a layer rounds."""
    return ROUNDINGS[layer.learning.rounding]


def fraction_bits(layer: LearningLayer) -> int:
    """Return the fraction bits of a change, at every boost and in rows of both kinds: those of the lowest rate."""
    return max(0, *layer.rates_at(layer.learning.max_boost))


def left_shifts(layer: LearningLayer) -> list[tuple[int, ...]]:
    """Return by boost what brings a trace to these fraction bits, in an input's row and, if learned, in an own one."""
    fraction = fraction_bits(layer)
    return [tuple(fraction - rate for rate in layer.rates_at(b)) for b in range(layer.learning.max_boost + 1)]


def scaled_width(layer: LearningLayer) -> int:
    """Return the bits of a trace so shifted."""
    widths = (layer.input_trace_width, layer.own_trace_width)
    return max(width + up for ups in left_shifts(layer) for width, up in zip(widths, ups, strict=False))


def draw_width(layer: LearningLayer) -> int:
    """Return the bits of a draw that a change takes; 0 where it takes none."""
    return fraction_bits(layer) if rounding_of(layer).draws else 0
