"""One measurement of a core: the first samples of a data set in the compiled hardware, held against the model."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np

from golden.config import EncodingConfig
from golden.encoding import Events
from golden.fixed import IntArray
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network
from golden.seeds import sample_order
from sim.result import Stalls
from sim.verify import inference, learning
from sim.verify.inference import Backend, CosimReport, RtlNetwork
from sim.verify.learning import LearnReport, RtlLearner

Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows work under way: ``with watch(what, samples) as advance``; 0 samples where the length is unknown."""


class Samples(Protocol):
    """What is needed of a data set, of :mod:`train.data` or another."""

    @property
    def name(self) -> str: ...

    @property
    def train_y(self) -> IntArray: ...

    @property
    def test_y(self) -> IntArray: ...

    def events(
        self, part: Literal["train", "test"], encoding: EncodingConfig, n_steps: int, order: IntArray | None = None
    ) -> Events: ...


AnyReport = TypeVar("AnyReport", bound=CosimReport)


@dataclass(frozen=True, kw_only=True)
class Measured(Generic[AnyReport]):
    """What samples take in a core; the hardware equals the model on all of them, unless they were allowed to differ.

    Attributes
    ----------
    report : CosimReport
    network : Network
        Before the first sample.
    events, labels
        Of the samples; in learning of the last epoch.
    data : str
        Name of the data set.
    part : {"test", "training"}
    seconds : float
        Wall time of hardware and model together, compilation left out.
    """

    report: AnyReport
    network: Network = field(repr=False)
    events: Events = field(repr=False)
    labels: IntArray = field(repr=False)
    data: str
    part: Literal["test", "training"]
    seconds: float

    @property
    def n_samples(self) -> int:
        """Different samples."""
        return len(self.labels)

    @property
    def cycles_per_sample(self) -> float:
        """Mean, samples back to back."""
        return self.report.cycles_per_sample

    @property
    def accesses(self) -> dict[str, Any]:
        """Memory accesses and additions a sample; see :func:`intsnn_hw.cost.accesses.accesses`."""
        return self.report.accesses

    @property
    def measured_on(self) -> str:
        """The samples in words, as ``1,000 test samples``."""
        return f"{self.n_samples:,} {self.part} samples"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a training first differed: the epoch, from 1, the sample in its order, and its number in the set."""

    epoch: int
    sample: int
    index: int


@dataclass(frozen=True, kw_only=True)
class MeasuredLearning(Measured[LearnReport]):
    """As :class:`Measured`; `report` adds up the epochs.

    Attributes
    ----------
    epochs : int
        Begun; none begins after one that differs.
    order : IntArray
        Numbers of the samples of the last epoch.
    """

    network: LearningNetwork = field(repr=False)
    epochs: int
    order: IntArray = field(repr=False)

    @property
    def first_differing(self) -> Place | None:
        """The first sample that differs; None where there is none, or none that differs again on its own."""
        culprit = self.report.culprit
        if culprit is None:
            return None
        return Place(epoch=self.epochs, sample=culprit.sample, index=int(self.order[culprit.sample]))


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast the simulated hardware runs: clock cycles and samples in seconds of processor time."""

    cycles: int
    samples: int
    seconds: float


@contextlib.contextmanager
def unwatched(what: str, samples: int) -> Iterator[Callable[[int], None]]:
    """Show nothing; a :data:`Watch`."""
    yield lambda advance: None


def measure_inference(
    network: Network,
    dataset: Samples,
    n_samples: int,
    *,
    backend: Backend = "fast",
    stalls: Stalls | None = None,
    watch: Watch = unwatched,
    may_differ: bool = False,
) -> Measured[CosimReport]:
    """Run the first test samples through the inference core of a network and through the model.

    Parameters
    ----------
    network : Network
    dataset : Samples
    n_samples : int
        At most; all where there are fewer.
    backend, stalls
        As :func:`sim.verify.inference.cosimulate` takes them.
    watch : callable
    may_differ : bool
        Report differences between hardware and model in place of raising.

    Raises
    ------
    RuntimeError
        Hardware and model differ.
    """
    config, order = network.config, np.arange(min(n_samples, len(dataset.test_y)))
    events = dataset.events("test", config.encoding, config.n_steps, order)
    if backend == "fast":
        with watch("compiling the hardware", 0):
            RtlNetwork(network)  # leaves it in the cache
    with watch("co-simulation", events.n_samples) as advance:
        start = time.perf_counter()
        report = inference.cosimulate(network, events, backend=backend, stalls=stalls, progress=advance)
        seconds = time.perf_counter() - start
    _check(report, may_differ)
    return Measured(
        report=report, network=network.inference_only(), events=events, labels=dataset.test_y[order],
        data=dataset.name, part="test", seconds=seconds,
    )  # fmt: skip


def measure_learning(
    network: Network,
    dataset: Samples,
    n_samples: int,
    *,
    epochs: int = 1,
    interval: int = 1000,
    backend: Backend = "fast",
    stalls: Stalls | None = None,
    watch: Watch = unwatched,
    may_differ: bool = False,
) -> MeasuredLearning:
    """Train core and model on the first samples of an epoch, in its order, from the weights given.

    Parameters
    ----------
    network : Network
        With shadow weights.
    dataset : Samples
    n_samples : int
        Of each epoch, at most; all where there are fewer.
    epochs : int
        The first so many of the configuration's own run; those after its last keep the last rate.
    interval, backend, stalls
        As :func:`sim.verify.learning.colearn` takes them.
    watch : callable
    may_differ : bool
        Report differences between hardware and model in place of raising.

    Raises
    ------
    RuntimeError
        Hardware and model differ.
    """
    learner = LearningNetwork.of(network)
    config, rule, available = learner.config, learner.config.learning, len(dataset.train_y)
    with watch("compiling the hardware that learns", 0):
        rtl, kernel = RtlLearner(learner, backend), Kernel(learner)
    reports: list[learning.LearnReport] = []
    shown: list[tuple[Events, IntArray]] = []
    with watch("learning", epochs * min(n_samples, available)) as advance:
        start = time.perf_counter()
        for epoch in range(epochs):
            order = sample_order(available, rule.seed, epoch)[:n_samples]
            events = dataset.events("train", config.encoding, config.n_steps, order)
            shown.append((events, order))
            boost = rule.rate_boost(min(epoch, rule.epochs - 1))
            reports.append(
                learning.continue_learning(
                    rtl, kernel, events, dataset.train_y[order], boost=boost, interval=interval, stalls=stalls,
                    progress=advance,
                )
            )  # fmt: skip
            if reports[-1].n_mismatches:
                break
        seconds = time.perf_counter() - start
    report = reports[0]
    for part in reports[1:]:
        report.add(part)
    _check(report, may_differ)
    events, order = shown[-1]
    return MeasuredLearning(
        report=report, network=learner, events=events, labels=dataset.train_y[order], data=dataset.name,
        part="training", seconds=seconds, epochs=len(reports), order=order,
    )  # fmt: skip


def measure_speed(network: Network, dataset: Samples, n_samples: int, *, watch: Watch = unwatched) -> Speed:
    """Time the compiled inference core on the first test samples, without a comparison."""
    config, order = network.config, np.arange(min(n_samples, len(dataset.test_y)))
    events = dataset.events("test", config.encoding, config.n_steps, order)
    with watch("compiling the hardware", 0):
        rtl = RtlNetwork(network)
        rtl.run(events.take(0, 1))  # loads the weights
    start = time.process_time()
    cycles = rtl.run(events).cycles
    return Speed(cycles=cycles, samples=events.n_samples, seconds=time.process_time() - start)


def write_inference_vcd(
    measured: Measured[CosimReport], path: Path, backend: Backend = "fast", *, stalls: Stalls | None = None
) -> range:
    """Write the waveform of the first sample that differs, and of the one before, which may have left its mark.

    Returns
    -------
    range
        The samples shown.
    """
    last = measured.report.first[0].sample
    shown = range(max(last - 1, 0), last + 1)
    rtl = RtlNetwork(measured.network, backend, waves=True)
    rtl.run(measured.events.take(shown.start, shown.stop), stalls=stalls, vcd=path)
    return shown


def _check(report: CosimReport, may_differ: bool) -> None:
    """Raise where hardware and model differ and must not."""
    if report.n_mismatches and not may_differ:
        first = "".join(f", first: {mismatch}" for mismatch in report.first[:1])
        differ = f"hardware and model differ in {report.n_mismatches} values{first}"
        raise RuntimeError(f"{differ}; `cosimulate` shows where")
