"""The part of a point that tells time: cycles of a sample."""

from __future__ import annotations

from typing import Any

from .samples import inference_samples, learning_samples
from .work import Work


def cycles(work: Work) -> dict[str, Any]:
    """Return cycles of a sample, how they were found, and times where there is a clock."""
    inference = inference_samples(work.subject)
    found = {"cycles": inference["cycles"], "cycles_by": inference["by"]}
    if work.core.learns:
        learning = learning_samples(work.subject)
        found |= {"training_cycles": learning["cycles"], "training_cycles_by": learning["by"]}
    return {**found, **_times(work, found)}


def _times(work: Work, found: dict[str, Any]) -> dict[str, Any]:
    """Return microseconds at the clock of place and route, else at the one that the sweep gives."""
    clock = work.row.get("fmax_mhz") or work.sweep.clock_mhz
    names = {"cycles": "latency_us", "training_cycles": "training_latency_us"}
    return {} if clock is None else {names[name]: found[name] / clock for name in names if name in found}
