"""What a sweep can vary: the options of a preset and of hardware, the core and its device."""

from __future__ import annotations

from typing import Any

from golden.presets.hardware import HARDWARE
from golden.presets.option import Option
from golden.presets.variant import VARIANTS
from intsnn_hw.fpga.targets import TARGETS

CORES = ("inference", "learning")

SYNTHESIS = {
    "core": Option(label="core", metavar="CORE", choices=CORES, help="what is synthesised"),
    "target": Option(label="target", metavar="NAME", choices=tuple(TARGETS), help="what it is synthesised for"),
}

AXES: dict[str, Option] = {**VARIANTS, **HARDWARE, **SYNTHESIS}
"""By the names that a sweep file takes."""


def as_text(value: Any) -> str:
    """Return a value in words; the entries of a list are joined by commas."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
