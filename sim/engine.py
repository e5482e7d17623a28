"""Training on the simulated hardware alone: an engine of :func:`train.online.train_online`."""

from __future__ import annotations

import numpy as np

from golden.config import NetworkConfig
from golden.encoding import Events
from golden.fixed import IntArray
from golden.kernels import Activity
from golden.network import Network
from sim.learn import RtlLearner
from sim.result import RunResult


class RtlEngine:
    """A network that learns as simulated hardware, on the fast back end; no golden step takes part.

    Has what the loop needs of :class:`golden.kernels.Kernel`, and counts every part of :class:`Activity` from the
    outputs and probes of the core.

    Attributes
    ----------
    cycles : int
        That all samples took so far, weight load and read-out excluded.
    """

    def __init__(self, network: Network) -> None:
        self._rtl = RtlLearner(network)
        self.cycles = 0

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other; `correct` counts before each update."""
        labels = np.asarray(labels, np.int64)[order]
        result = self._rtl.learn(events.select(order), labels, boost)
        self.cycles += self._rtl.cycles(result)
        return measured(self._rtl.config, result, labels)

    def network(self) -> Network:
        """Return the present network, read from the hardware."""
        return self._rtl.network


def measured(config: NetworkConfig, result: RunResult, labels: IntArray) -> Activity:
    """Return what a core that learns did in a run, as its outputs and probes tell it."""
    layers = config.resolved
    # Each event is added in all words of its row.
    events = [result.counts[f"activity{layer.index}.adding"] // layer.n_words for layer in layers]
    emitted = int((result.fields("events")["spike"] > 0).sum()) if layers[-1].fires else 0
    evaluations = result.fields("evaluation")
    sample = np.cumsum(evaluations["final"]) - evaluations["final"]
    return Activity(
        samples=len(labels),
        correct=int((result.fields("o")["label"] == labels).sum()),
        input_events=events[0],
        hidden_events=sum(events[1:]) + emitted,
        synaptic_operations=sum(count * layer.n_out for count, layer in zip(events, layers, strict=True)),
        updated_samples=len(np.unique(sample[evaluations["wrong"] == 1])),
        synaptic_updates=sum(result.counts[f"activity{layer.index}.changing"] for layer in layers),
    )
