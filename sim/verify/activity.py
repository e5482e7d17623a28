"""What the core did in a run, from its outputs and probes."""

from __future__ import annotations

import numpy as np

from golden.config import NetworkConfig
from golden.fixed import IntArray
from golden.kernels import Activity
from intsnn_hw.cost.accesses import accesses
from sim.result import RunResult

__all__ = ["accesses", "measured"]


def measured(config: NetworkConfig, result: RunResult, labels: IntArray) -> Activity:
    """Return what a core that learns did in a run, as its outputs and probes tell it."""
    layers = config.resolved
    # Each event is added in all words of its row, in a map for each window; a recurrent layer's own are no news.
    added = [result.counts[f"activity{layer.index}.adding"] // layer.n_words for layer in layers]
    returned = [result.counts[f"activity{layer.index}.returning"] if layer.n_own else 0 for layer in layers]
    events = [
        result.counts.get(f"activity{index}.entering", total - own)
        for index, (total, own) in enumerate(zip(added, returned, strict=True))
    ]
    emitted = int((result.fields("events")["spike"] > 0).sum()) if layers[-1].fires else 0
    evaluations = result.fields("evaluation")
    sample = np.cumsum(evaluations["final"]) - evaluations["final"]
    return Activity(
        samples=len(labels),
        correct=int((result.fields("o")["label"] == labels).sum()),
        input_events=events[0],
        hidden_events=sum(events[1:]) + emitted,
        synaptic_operations=sum(count * layer.config.size for count, layer in zip(added, layers, strict=True)),
        updated_samples=len(np.unique(sample[evaluations["wrong"] == 1])),
        synaptic_updates=sum(result.counts[f"activity{layer.index}.changing"] for layer in layers),
    )
