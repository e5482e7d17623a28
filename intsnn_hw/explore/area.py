"""The part of a point that its core tells without data: memory, and what it takes of a device."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from intsnn_hw.emit.describe import describe
from intsnn_hw.fpga.targets import target

from .memo import Memo, key_of
from .work import Work

_CODE = ("golden", "intsnn_hw", "intsnn_hw/explore/area.py")


def memory(work: Work) -> dict[str, Any]:
    """Return the bits of weights, accumulators and membranes; in a core that learns, of shadow weights for weights."""
    told = describe(work.core)
    weights = told["shadow_weight_bits" if work.core.learns else "weight_memory_bits"]
    return {"topology": work.core.topology, "memory_bits": weights + told["state_memory_bits"]}


def area(work: Work) -> dict[str, Any]:
    """Synthesise, and place and route where wanted; nothing for a point without a target.

    Points with the same core (shadow weights are none of an inference core) share their synthesis.
    """
    from intsnn_hw.fpga.report import check

    if "target" not in work.point.values:
        return {}
    device, pnr = target(work.point.values["target"]), work.sweep.pnr
    question = {
        "core": key_of(work.core, hardware=True),
        "device": device.name,
        "pnr": work.sweep.placement_seed if pnr else None,
        "versions": check(device, pnr=pnr),
    }
    return Memo(work.folder, "area", _CODE).answer(question, lambda: _synthesise(work))


def _synthesise(work: Work) -> dict[str, Any]:
    from intsnn_hw.fpga.report import make_report
    from intsnn_hw.rtl.core import Core

    device = target(work.point.values["target"])
    report = make_report(
        Core(work.core), device, pnr=work.sweep.pnr, seed=work.sweep.placement_seed, folder=work.folder
    )
    return {
        **asdict(report.resources),
        "fits": report.fits,
        "misfits": "; ".join(report.misfits),
        "fmax_mhz": None if report.placed is None else report.placed.fmax_mhz,
    }
