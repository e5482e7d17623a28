"""What a user chooses of the integers that a network becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from golden.config.limits import LEAK_FRACS, MEMBRANE_WIDTHS, SPIKE_WIDTHS, WEIGHT_WIDTHS
from golden.errors import ConfigError

Threshold = Literal["integer", "pow2"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Widths, and how thresholds are written.

    Parameters
    ----------
    weight_width, membrane_width : tuple of int
        Bits, 2..24 and 4..32: one value for all layers, or one for each.
    spike_width : int or None
        Bits of graded spikes, 1..8; None: as many as the levels that are seen need.
    leak_frac : int
        Bits of a decay behind the point, 1..24.
    threshold : {"integer", "pow2"}
        Any whole number, so that weights and membranes use their whole range; or a power of two, for a smaller
        comparison in hardware. Graded spikes have a power of two in any case.
    """

    weight_width: tuple[int, ...] = (8,)
    membrane_width: tuple[int, ...] = (16,)
    spike_width: int | None = None
    leak_frac: int = 12
    threshold: Threshold = "integer"

    def __post_init__(self) -> None:
        for name, limits in (("weight_width", WEIGHT_WIDTHS), ("membrane_width", MEMBRANE_WIDTHS)):
            for value in getattr(self, name):
                _require(name, value, limits)
            if not getattr(self, name):
                raise ConfigError(f"`{name}`: is empty; give one value, or one for each layer")
        _require("leak_frac", self.leak_frac, LEAK_FRACS)
        if self.spike_width is not None:
            _require("spike_width", self.spike_width, SPIKE_WIDTHS)
        if self.threshold not in get_args(Threshold):
            other = "; a threshold for each neuron is not there yet" if self.threshold == "neuron" else ""
            raise ConfigError(
                f"`threshold`: must be one of {', '.join(get_args(Threshold))}, got {self.threshold!r}{other}"
            )

    def check_depth(self, n_layers: int) -> None:
        """Raise ConfigError where the widths are of another number of layers."""
        for name in ("weight_width", "membrane_width"):
            if len(getattr(self, name)) not in (1, n_layers):
                given = ", ".join(map(str, getattr(self, name)))
                raise ConfigError(f"`{name}`: must be one value or one for each of {n_layers} layers, got {given}")

    def of_layer(self, index: int) -> tuple[int, int]:
        """Return the widths of weights and membranes of a layer."""
        return _each(self.weight_width, index), _each(self.membrane_width, index)


EXACT = {"weight_width": (24,), "membrane_width": (32,), "leak_frac": 24}
"""The widest: what a float32 model decides, but for the rarest spikes."""


def _require(name: str, value: object, limits: tuple[int, int]) -> None:
    low, high = limits
    if type(value) is not int or not low <= value <= high:
        raise ConfigError(f"`{name}`: must be {low}..{high}, got {value!r}")


def _each(values: Sequence[T], index: int) -> T:
    return values[index if len(values) > 1 else 0]
