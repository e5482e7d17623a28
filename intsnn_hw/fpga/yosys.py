"""Synthesis with Yosys."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from golden.errors import ToolError

from . import tools
from .targets import Family

NETLIST = "netlist.json"


def script(family: Family, top: str, *, netlist: bool) -> str:
    """Return the commands that map ``source.v`` to a family and leave ``stat.json``, and the netlist if wanted.

    Names with an index in them (``total[7]``, a signal of its own) are hidden first: abc9 of Yosys 0.70 gives bit 7 of
    ``total`` the same name, and where both take part in its mapping it ends with a failed assertion.
    """
    output = f" -json {NETLIST}" if netlist else ""
    return "; ".join(
        [
            "read_verilog source.v",
            "rename -hide w:*[[]*",
            f"{family.synth} -top {top}{output}",
            "tee -q -o stat.json stat -json",
        ]
    )


def synthesise(verilog: str, family: Family, *, top: str, cache: Path, folder: Path | None = None) -> dict[str, int]:
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

    Raises
    ------
    ToolError
        Where Yosys fails.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(dir=cache, prefix="synth-") as temporary:
            return _synthesise(verilog, family, top, cache, Path(temporary), netlist=False)
    return _synthesise(verilog, family, top, cache, folder, netlist=True)


def cells_of(stat: dict[str, Any]) -> dict[str, int]:
    """Return the number of cells of each type from what ``stat -json`` gives of a flat design."""
    return {name: int(n) for name, n in stat["design"]["num_cells_by_type"].items()}


def _synthesise(verilog: str, family: Family, top: str, cache: Path, folder: Path, *, netlist: bool) -> dict[str, int]:
    (folder / "source.v").write_text(verilog, encoding="utf-8")
    commands = script(family, top, netlist=netlist)
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
