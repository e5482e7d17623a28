"""Training on the simulated hardware alone: an engine of :func:`train.online.train_online`."""

from __future__ import annotations

import numpy as np

from golden.encoding import Events
from golden.fixed import IntArray
from golden.kernels import Activity
from golden.network import LearningNetwork
from sim.verify.activity import measured
from sim.verify.learning import RtlLearner


class RtlEngine:
    """A network that learns as simulated hardware, on the fast back end; no golden step takes part.

    Has what the loop needs of :class:`golden.kernels.Kernel`, and counts every part of :class:`Activity` from the
    outputs and probes of the core.

    Attributes
    ----------
    cycles : int
        That all samples took so far, weight load and read-out excluded.
    """

    def __init__(self, network: LearningNetwork) -> None:
        self._rtl = RtlLearner(network)
        self.cycles = 0

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other; `correct` counts before each update."""
        labels = np.asarray(labels, np.int64)[order]
        result = self._rtl.learn(events.select(order), labels, boost)
        self.cycles += self._rtl.cycles(result)
        return measured(self._rtl.config, result, labels)

    def network(self) -> LearningNetwork:
        """Return the present network, read from the hardware."""
        return self._rtl.network
