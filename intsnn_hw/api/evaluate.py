"""Accuracy, confusions and activity of a network in the golden model."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .report import Facts, Grid, Result, Shown
from .wording import percent

if TYPE_CHECKING:
    import numpy as np

    from golden.kernels import Activity
    from train.data import AnyDataset

    from .source import Source


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evaluation(Result):
    """What a network makes of the test part of a data set; counts are means over its samples.

    Attributes
    ----------
    source, network, topology, data : str
    accuracy : float
        0..1.
    samples : int
    input_events, hidden_events, synaptic_operations : float
        As in :class:`golden.kernels.Activity`.
    confusion : int64 (n_classes, n_classes)
        Samples of each true class (row) by class found (column).
    samples_per_second : float
        Of the compiled golden model.
    """

    source: str
    network: str
    topology: str
    data: str
    accuracy: float
    samples: int
    input_events: float
    hidden_events: float
    synaptic_operations: float
    confusion: np.ndarray = field(repr=False)
    samples_per_second: float

    def shown(self) -> list[Shown]:
        """Return facts and the table of confusions."""
        facts = (
            ("test accuracy", f"{percent(self.accuracy)} of {self.samples:,} samples of {self.data}"),
            *activity_rows(self.input_events, self.hidden_events, self.synaptic_operations),
            ("samples per second", self.samples_per_second),
        )
        rows = tuple(
            (f"class {label}", *(entry or "." for entry in row)) for label, row in enumerate(self.confusion.tolist())
        )
        names = ("taken for", *map(str, range(len(rows))))
        return [Facts(facts, f"{self.network}, {self.topology}"), Grid(names, rows)]


def evaluate(source: Source, dataset: AnyDataset) -> Evaluation:
    """Run the test part of a data set through the golden model."""
    from golden.kernels import Kernel
    from train import online

    network = source.with_weights().inference_only()
    outcome = online.evaluate(network, dataset)
    events = dataset.events("test", network.config.encoding, network.config.n_steps)
    kernel = Kernel(network)
    start = time.perf_counter()
    kernel.infer(events)
    seconds = time.perf_counter() - start
    return Evaluation(
        source=source.where,
        network=network.config.name,
        topology=network.config.topology,
        data=dataset.name,
        accuracy=outcome.accuracy,
        samples=len(dataset.test_y),
        **per_inference(outcome.activity),
        confusion=outcome.confusion,
        samples_per_second=len(dataset.test_y) / seconds,
    )


def per_inference(activity: Activity) -> dict[str, Any]:
    """Return mean events and synaptic operations of a sample."""
    names = ("input_events", "hidden_events", "synaptic_operations")
    return {name: getattr(activity, name) / activity.samples for name in names}


def activity_rows(
    input_events: float, hidden_events: float, synaptic_operations: float
) -> tuple[tuple[str, object], ...]:
    """Return facts of :func:`per_inference`."""
    return (
        ("events per inference", f"{input_events:.1f} input, {hidden_events:.1f} hidden"),
        ("synaptic operations", f"{synaptic_operations:,.0f} per inference"),
    )
