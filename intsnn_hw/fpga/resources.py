"""From the cells of a netlist to what they occupy of a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from golden.errors import ToolError

from .targets import RESOURCES, Family, Target


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a netlist occupies, each in the unit that its :class:`~intsnn_hw.fpga.targets.Family` counts.

    Attributes
    ----------
    lut, ff, bram, spram, dsp : int
    bram_bits : int
        Of the memory blocks in use, whether or not all their bits are.
    """

    lut: int
    ff: int
    bram: int
    bram_bits: int
    spram: int
    dsp: int

    def misfits(self, target: Target) -> list[str]:
        """Return a line for each resource of which a device has too little."""
        used = asdict(self)
        return [
            f"{used[name]:,} {name.upper()} of {target.capacity(name):,}"
            for name in RESOURCES
            if used[name] > target.capacity(name)
        ]

    def shares(self, target: Target) -> dict[str, float | None]:
        """Return the share of the device for each resource, 0..1 and above; None where the device has none of it."""
        used = asdict(self)
        return {
            name: used[name] / target.capacity(name) if target.capacity(name) else None for name in RESOURCES
        }  # fmt: skip


def count(cells: Mapping[str, int], family: Family) -> Resources:
    """Count the cells of a netlist.

    Parameters
    ----------
    cells : mapping
        Number of cells of each type.
    family : Family

    Raises
    ------
    ToolError
        On a type of cell that the family's tables do not have, so that nothing goes uncounted.
    """
    tables = {name: getattr(family, name) for name in RESOURCES}
    known = family.free.union(*tables.values())
    unknown = sorted(set(cells) - known)
    if unknown:
        raise ToolError(f"synthesis gave cells of a kind that is not counted here: {', '.join(unknown)}")
    used = {name: sum(table.get(cell, 0) * n for cell, n in cells.items()) for name, table in tables.items()}
    return Resources(**used, bram_bits=used["bram"] * family.bram_block_bits)
