"""What a sweep can vary: each axis with the values it takes, and the option of the command line that sets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from golden.config import (
    MAX_NEURONS,
    MAX_STEPS,
    MEMBRANE_WIDTHS,
    SHADOW_WIDTHS,
    SPIKE_WIDTHS,
    WEIGHT_WIDTHS,
    EncodingKind,
    ErrorKind,
    Multiplier,
    Route,
    Timing,
    WeightMemory,
)
from golden.fixed import ROUNDINGS
from golden.presets.temporal import RecurrenceKind
from intsnn_hw.fpga.targets import TARGETS

CORES = ("inference", "learning")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that a sweep varies.

    Attributes
    ----------
    label : str
        For people.
    option : str or None
        Of ``intsnn``; None where it takes more than one option with a value.
    rule : str
        What a value must be.
    holds : callable
        Tells whether a value keeps the rule.
    part : {"network", "hardware", "synthesis"}
        Keyword of :func:`golden.presets.preset`, field of :class:`golden.config.HardwareConfig`, or neither.
    """

    label: str
    option: str | None
    rule: str
    holds: Callable[[Any], bool]
    part: Literal["network", "hardware", "synthesis"]


def _range(label: str, option: str | None, low: int, high: int, part: Any = "network") -> Axis:
    def holds(value: Any) -> bool:
        return type(value) is int and low <= value <= high

    return Axis(label=label, option=option, rule=f"a whole number {low}..{high}", holds=holds, part=part)


def _each(label: str, option: str, low: int, high: int, part: Any) -> Axis:
    """Return an axis whose value is a number, or a list of them, one for each layer."""

    def holds(value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return len(values) > 0 and all(type(entry) is int and low <= entry <= high for entry in values)

    rule = f"a whole number {low}..{high}, or a list of them, one for each layer"
    return Axis(label=label, option=option, rule=rule, holds=holds, part=part)


def _choice(label: str, option: str | None, choices: tuple[str, ...], part: Any = "network") -> Axis:
    return Axis(label=label, option=option, rule=f"one of {', '.join(choices)}", holds=choices.__contains__, part=part)


AXES: dict[str, Axis] = {
    "spike_width": _range("spike bits", "--spike-width", *SPIKE_WIDTHS),
    "n_steps": _range("steps", "--steps", 1, MAX_STEPS),
    "weight_width": _range("weight bits", "--weight-width", *WEIGHT_WIDTHS),
    "shadow_width": _range("shadow bits", "--shadow-width", *SHADOW_WIDTHS),
    "membrane_width": _range("membrane bits", "--membrane-width", *MEMBRANE_WIDTHS),
    "hidden": _each("hidden neurons", "--hidden", 1, MAX_NEURONS, "network"),
    "encoding": _choice("encoding", "--encoding", get_args(EncodingKind)),
    "recurrence": _choice("recurrence", "--recurrence", get_args(RecurrenceKind)),
    "error": _choice("error", "--error", get_args(ErrorKind)),
    "route": _choice("route", "--route", get_args(Route)),
    "timing": _choice("timing", "--timing", get_args(Timing)),
    "rounding": _choice("rounding", "--rounding", ROUNDINGS),
    "lanes": _each("lanes", "--lanes", 1, 1024, "hardware"),
    "fire_lanes": _each("fire lanes", "--fire-lanes", 1, 1024, "hardware"),
    "banks": _range("banks", "--banks", 1, 2, "hardware"),
    "multiplier": _choice("multiplier", "--multiplier", get_args(Multiplier), "hardware"),
    "weight_memory": _choice("weight memory", "--weight-memory", get_args(WeightMemory), "hardware"),
    "core": _choice("core", None, CORES, "synthesis"),
    "target": _choice("target", "--target", tuple(TARGETS), "synthesis"),
}
"""By the names that a sweep file takes, in the order of columns."""


def named(part: str) -> list[str]:
    """Return the names of the axes of a part."""
    return [name for name, axis in AXES.items() if axis.part == part]


def as_text(value: Any) -> str:
    """Return a value as the command line takes it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
