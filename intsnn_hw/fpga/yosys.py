"""Synthesis with Yosys."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from golden.errors import ToolError
from intsnn_hw.cost.memories import Memory
from intsnn_hw.emit.verilog import MODULE

from . import tools
from .targets import Family, Target

NETLIST = "netlist.json"


def large_memories(single_port: Mapping[str, Memory], target: Target) -> tuple[str, ...]:
    """Return which single-port memories go into the large blocks of a device: the largest first, while blocks are left.

    Left to itself Yosys weighs a large block against 32 small ones and does not know how many there are: it spreads
    784-64-10 with 8 lanes over 104 blocks, where the device has 30, rather than take the 4 large ones.

    Parameters
    ----------
    single_port : mapping
        Of :class:`intsnn_hw.rtl.core.Core`.
    target : Target
    """
    left, found = target.spram, []
    for place, memory in sorted(single_port.items(), key=lambda item: -item[1].bits):
        if not left:
            break
        width, depth = target.family.spram_shape
        blocks = -(-memory.word_bits // width) * -(-memory.depth // depth)
        if blocks <= left:
            found.append(place)
            left -= blocks
    return tuple(found)


def script(family: Family, top: str, *, netlist: bool, large: Sequence[str] = ()) -> str:
    """Return the commands that map ``source.v`` to a family and leave ``stat.json``, and the netlist if wanted.

    Memories at the places `large` of the core go into large single-port blocks, by an attribute of Yosys, so that the
    Verilog itself stays the same for all tools.

    Names with an index in them (``total[7]``, a signal of its own) are hidden first: abc9 of Yosys 0.70 gives bit 7 of
    ``total`` the same name, and where both take part in its mapping it ends with a failed assertion.
    """
    output = f" -json {NETLIST}" if netlist else ""
    return "; ".join(
        [
            "read_verilog source.v",
            "rename -hide w:*[[]*",
            *(f'setattr -set ram_style "huge" {MODULE}.{place}/m:memory' for place in large),
            f"{family.synth} -top {top}{output}",
            "tee -q -o stat.json stat -json",
        ]
    )


def synthesise(
    verilog: str, family: Family, *, top: str, cache: Path, folder: Path | None = None, large: Sequence[str] = ()
) -> dict[str, int]:
    """Map Verilog to a family and return the number of cells of each type.

    Parameters
    ----------
    verilog : str
    family : Family
    top : str
        Name of the top module.
    cache : path
        For the machine code of the tools, and temporary files.
    folder : path, optional
        Working folder, which keeps the netlist, :data:`NETLIST`.
    large : sequence of str, optional
        As :func:`script` takes it.

    Raises
    ------
    ToolError
        Where Yosys fails.
    """
    commands = script(family, top, netlist=folder is not None, large=large)
    if folder is not None:
        return _synthesise(verilog, commands, cache, folder)
    with tempfile.TemporaryDirectory(dir=cache, prefix="synth-") as temporary:
        return _synthesise(verilog, commands, cache, Path(temporary))


def cells_of(stat: dict[str, Any]) -> dict[str, int]:
    """Return the number of cells of each type from what ``stat -json`` gives of a flat design."""
    return {name: int(n) for name, n in stat["design"]["num_cells_by_type"].items()}


def _synthesise(verilog: str, commands: str, cache: Path, folder: Path) -> dict[str, int]:
    (folder / "source.v").write_text(verilog, encoding="utf-8")
    # The log by -l: linked into one program, ABC leaves stdout broken, and what is said after it is lost.
    log = folder / "yosys.log"
    try:
        tools.run("yosys", ["-q", "-l", log.name, "-p", commands], folder, cache)
    except ToolError as error:
        told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        errors = [line for line in told.splitlines() if line.startswith("ERROR: ")]
        raise ToolError(f"yosys failed: {errors[0].removeprefix('ERROR: ')}") if errors else error from None
    try:
        return cells_of(json.loads((folder / "stat.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        raise ToolError("yosys gave no statistics: it ended before the end of its commands") from None
