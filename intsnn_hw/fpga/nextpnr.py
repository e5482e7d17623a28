"""Place and route with nextpnr, and the bitstream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.errors import ToolError

from . import tools
from .targets import Target
from .yosys import NETLIST

_REPORT = "report.json"
_PACKER = {"ice40": ("icepack", "asc"), "ecp5": ("ecppack", "config")}
"""The program that makes a bitstream, and what nextpnr's output for it is called."""

_FULL = ("no BELs remaining", "Unable to find legal placement", "Unable to place cell", "failed to place")
"""How nextpnr says that a device is full."""


class DoesNotFit(Exception):
    """Nextpnr found no place for a cell; the message is its own."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A design that is placed and routed.

    Attributes
    ----------
    fmax_mhz : float
        Of the slowest clock.
    utilisation : dict of [used, available]
        By nextpnr's kinds of cells, those in use.
    critical_path : list of dict
        The path that limits `fmax_mhz`, from the first clock edge on: ``type`` (clk-to-q, logic, routing, setup),
        ``delay_ns``, ``cell``, ``port``.
    bitstream : bytes
    """

    fmax_mhz: float
    utilisation: dict[str, list[int]]
    critical_path: list[dict[str, Any]]
    bitstream: bytes


def programs(target: Target) -> tuple[str, ...]:
    """Return the programs that place, route and pack for a device."""
    assert target.family.nextpnr is not None
    return f"nextpnr_{target.family.nextpnr}", _PACKER[target.family.nextpnr][0]


def place(target: Target, *, seed: int, folder: Path, cache: Path) -> Placed:
    """Place and route the netlist in `folder`.

    Parameters
    ----------
    target : Target
    seed : int
        Of the placement; the same seed gives the same result.
    folder : path
        Working folder with the netlist of :func:`intsnn_hw.fpga.yosys.synthesise`.
    cache : path
        For the machine code of the tools.

    Raises
    ------
    DoesNotFit
        Where the device is too small.
    ToolError
        Where a tool fails otherwise.
    """
    place_and_route, packer = programs(target)
    kind = _PACKER[target.family.nextpnr or ""][1]
    options = [
        *target.pnr_options,
        *("--json", NETLIST, "--report", _REPORT, f"--{'textcfg' if kind == 'config' else kind}", f"design.{kind}"),
        *("--seed", str(seed), "--freq", str(target.pnr_mhz), "--timing-allow-fail"),
        *(("--lpf-allow-unconstrained",) if kind == "config" else ()),
    ]
    try:
        tools.run(place_and_route, ["-q", *options], folder, cache)
    except ToolError as error:
        if any(words in str(error) for words in _FULL):
            raise DoesNotFit(str(error).partition(": ")[2]) from None
        raise
    tools.run(packer, [f"design.{kind}", "design.bit"], folder, cache)
    try:
        return read_report(json.loads((folder / _REPORT).read_text("utf-8")), (folder / "design.bit").read_bytes())
    except (OSError, ValueError, KeyError):
        raise ToolError(f"{place_and_route} gave no report: it ended before the end of its work") from None


def read_report(report: dict[str, Any], bitstream: bytes) -> Placed:
    """Return what a report of nextpnr says."""
    if not report["fmax"]:
        raise ToolError("nextpnr found no path between registers, hence no highest clock")
    clock, slowest = min(report["fmax"].items(), key=lambda item: item[1]["achieved"])
    edge = f"posedge {clock}"
    path = next((path["path"] for path in report["critical_paths"] if path["from"] == path["to"] == edge), [])
    return Placed(
        fmax_mhz=round(slowest["achieved"], 2),
        utilisation={
            kind: [entry["used"], entry["available"]]
            for kind, entry in sorted(report["utilization"].items())
            if entry["used"]
        },
        critical_path=[
            {
                "type": hop["type"],
                "delay_ns": round(hop["delay"], 3),
                "cell": hop["to"]["cell"],
                "port": hop["to"]["port"],
            }
            for hop in path
        ],
        bitstream=bitstream,
    )
