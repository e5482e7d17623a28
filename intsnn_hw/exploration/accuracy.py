"""The part of a point that training tells: accuracy over the seeds, events and updates."""

from __future__ import annotations

import statistics
from typing import Any

from .point import network_config
from .work import Work


def accuracy(work: Work) -> dict[str, Any]:
    """Train once for each seed, and return means over the seeds.

    Points that differ in what training does not see (lanes, core, target) share their trainings.
    """
    first = work.sweep.seeds[0]
    runs = [
        work.trainings.outcome(network_config(work.sweep, work.point, seed), keep=seed == first)
        for seed in work.sweep.seeds
    ]
    accuracies = [run["accuracy"] for run in runs]
    means = {name: statistics.fmean(run[name] for run in runs) for name in runs[0]}
    return {
        **means,
        "accuracy_std": statistics.stdev(accuracies) if len(runs) > 1 else None,
        "accuracies": accuracies,
    }
