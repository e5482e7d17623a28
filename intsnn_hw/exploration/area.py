"""The part of a point that its core tells without data: memory, and what it takes of a device."""

from __future__ import annotations

from typing import Any

from intsnn_hw.emit.describe import describe
from intsnn_hw.fpga.targets import target

from .synthesis import synthesised
from .work import Work


def memory(work: Work) -> dict[str, Any]:
    """Return the bits of weights, accumulators and membranes; in a core that learns, of shadow weights for weights."""
    told = describe(work.core)
    weights = told["shadow_weight_bits" if work.core.learns else "weight_memory_bits"]
    return {"topology": work.core.topology, "memory_bits": weights + told["state_memory_bits"]}


def area(work: Work) -> dict[str, Any]:
    """Synthesise, and place and route where wanted; nothing for a point without a target.

    Points with the same core (shadow weights are none of an inference core) share their synthesis.
    """
    if "target" not in work.point.values:
        return {}
    device = target(work.point.values["target"])
    return synthesised(work.core, device, work.folder, work.sweep.placement_seed if work.sweep.pnr else None)
