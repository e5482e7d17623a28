"""Co-simulation of a core that learns: every spike, membrane and shadow weight against the golden model."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from golden.encoding import Events
from golden.fixed import IntArray, Lfsr
from golden.kernels import Activity, Kernel
from golden.network import LearningNetwork
from golden.weight_load import flat_weights, learned_network, n_loaded
from intsnn_hw.cost.budget import learning_budget
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import Operation, control_layout, input_event_layout, weight_layout
from intsnn_hw.rtl.learning.learner import COUNTERS
from sim import payload
from sim.result import RunResult, Stalls
from sim.verify import inference
from sim.verify.activity import measured


@dataclass(kw_only=True)
class LearnReport(inference.CosimReport):
    """Result of training model and hardware side by side.

    Attributes
    ----------
    n_weights_compared : int
        Shadow weights compared, over all intervals.
    update_cycles : int
        Cycles in which the hardware was updating.
    network : LearningNetwork
        The trained network, of the golden model.
    hardware : LearningNetwork
        That of the RTL.
    culprit : Culprit or None
        The first sample that differs; None without a mismatch, and where the interval that differs does not differ
        again when it starts at power-on.
    """

    n_weights_compared: int = 0
    update_cycles: int = 0
    network: LearningNetwork = field(repr=False)
    hardware: LearningNetwork = field(repr=False)
    culprit: Culprit | None = field(default=None, repr=False)

    def add(self, part: LearnReport) -> None:
        """Add what was found of the samples that follow."""
        self.n_mismatches += part.n_mismatches
        self.first += part.first
        self.n_compared += part.n_compared
        self.n_weights_compared += part.n_weights_compared
        self.classes = np.concatenate([self.classes, part.classes])
        self.activity = Activity(*(sum(pair) for pair in zip(self.activity, part.activity, strict=True)))
        self.cycles += part.cycles
        self.cycles_per_sample = self.cycles / max(1, len(self.classes))
        self.counts.update(part.counts)
        self.update_cycles += part.update_cycles
        self.network, self.hardware, self.culprit = part.network, part.hardware, part.culprit

    @property
    def update_lane_share(self) -> float:
        """Of the cycles spent updating, the share in which a weight word is read, to be changed or for the error.

        Of a convolution, in which a word of errors meets a trace, or a weight word changes. No two layers are updated
        at a time. The rest: rows with neither trace nor surrogate, every second cycle where the memory has a single
        port, the gradients of a map's neurons, one a cycle, and about 10 cycles a layer in which its pipeline fills and
        drains.
        """
        busy = sum(
            self.counts[f"activity{index}.{name}"]
            for index, kind in enumerate(self.config.kinds)
            for name in (("meeting", "writing") if kind.shares_weights else ("reading",))
        )
        return busy / self.update_cycles if self.update_cycles else 0.0

    @property
    def words_written(self) -> tuple[int, ...]:
        """Weight words updated, by layer."""
        return self.by_layer("writing")


@dataclass(frozen=True, kw_only=True)
class Culprit:
    """The first sample of a training after which model and hardware differ.

    Attributes
    ----------
    sample : int
    before : LearningNetwork
        In which state it found both.
    events, label
        What it is.
    boost : int
    """

    sample: int
    before: LearningNetwork = field(repr=False)
    events: Events = field(repr=False)
    label: int
    boost: int


class RtlLearner:
    """A network that learns as simulated hardware.

    Parameters
    ----------
    network : LearningNetwork
        With shadow weights; loaded through the weight stream before the first run.
    backend : {"fast", "icarus", "verilator"}
        With the Verilog back ends each :meth:`learn` starts from power-on and from the weights it left last time.
    build_dir : path, optional
    waves : bool
        A run may write a waveform; on the fast back end that takes a slower build.
    toggles : bool
        Count bit flips in every run, on the fast back end; the core is then without probes.
    """

    def __init__(
        self,
        network: LearningNetwork,
        backend: inference.Backend = "fast",
        build_dir: str | os.PathLike | None = None,
        *,
        waves: bool = False,
        toggles: bool = False,
    ) -> None:
        self.config = network.config
        core = Core(network.config, probe=not toggles)
        self.core = inference.build(core, backend, build_dir, waves=waves, toggles=toggles)
        self._counts_toggles = toggles
        self.restart(network)

    def restart(self, network: LearningNetwork) -> None:
        """Go back to power-on, with the weights of `network` to be loaded at the next run."""
        self.core.reset()
        self._network: LearningNetwork | None = network
        self._lfsr = network.lfsr.state
        self._stalls: Stalls | None = None
        self._is_loaded = False
        self._seen = dict.fromkeys(COUNTERS, 0)

    @property
    def network(self) -> LearningNetwork:
        """The present network, its shadow weights read from the hardware."""
        if self._network is None:
            self._network = self._network_of(self._run(["READ_WEIGHTS"], [0], stalls=self._stalls))
        return self._network

    def learn(
        self,
        events: Events,
        labels: IntArray,
        boost: int = 0,
        *,
        learns: IntArray | None = None,
        stalls: Stalls | None = None,
        vcd: Path | None = None,
    ) -> RunResult:
        """Learn from samples in their order; ends when the last of them has been learned from.

        Parameters
        ----------
        events, labels
            Of the samples; a label may be no class.
        boost : int
        learns : bool array, optional
            Which samples to learn from; all where left out.
        stalls : Stalls, optional
        vcd : path, optional
            With the fast back end waveform and toggle count begin with the first event; otherwise with the weight load.
        """
        lasts = isinstance(self.core, inference.CompiledCore)
        if (vcd is not None or self._counts_toggles) and lasts and not self._is_loaded:
            self._run(["SET_LFSR"], [self._lfsr])
        learns = np.ones(len(labels), bool) if learns is None else learns
        modes = np.where(learns, "LEARN", "INFER").tolist()
        # The second SET_BOOST is taken when the last sample has been learned from.
        operations = ["SET_LFSR", "SET_BOOST", *modes, "SET_BOOST"]
        values = [self._lfsr, boost, *labels, boost]
        if not lasts:
            operations, values = [*operations, "READ_WEIGHTS"], [*values, 0]
        result = self._run(operations, values, events, stalls=stalls, vcd=vcd)
        self._lfsr, self._stalls = int(result.values["lfsr"]), stalls
        self._network = None if lasts else self._network_of(result)
        return result

    def cycles(self, result: RunResult) -> int:
        """Return the cycles that :meth:`learn` took: from the first event until the last update was done."""
        if not len(result.output_cycles["o"]):
            return 0
        loaded = result.input_cycles["weights"]
        begin = max(int(result.input_cycles["i"][0]), int(loaded[-1]) + 1 if len(loaded) else 0)
        return int(result.input_cycles["control"][len(result.output_cycles["o"]) + 2]) - begin

    def counted(self, result: RunResult) -> dict[str, int]:
        """Return by how much each counter of the core has grown since the last call."""
        now = {name: int(result.values[name]) for name in COUNTERS}
        lasts = isinstance(self.core, inference.CompiledCore)
        since = self._seen if lasts else dict.fromkeys(COUNTERS, 0)
        grown = {name: (now[name] - since[name]) % (1 << 32) for name in COUNTERS}
        self._seen = now
        return grown

    def _run(
        self,
        operations: list[str],
        values: list[int],
        events: Events | None = None,
        *,
        stalls: Stalls | None = None,
        vcd: Path | None = None,
    ) -> RunResult:
        """Run operations, with the samples they announce; loads the weights first where they are not there."""
        config, code = self.config, Operation.__members__
        codes = np.array([code[name].value for name in operations])
        inputs = {
            "control": payload.pack(control_layout(config), {"operation": codes, "value": np.array(values, np.int64)}),
        }
        n_samples = 0 if events is None else events.n_samples
        if events is not None:
            inputs["i"] = payload.pack(input_event_layout(config.resolved[0]), inference.input_fields(events))
        n_weights = n_loaded(config)
        if not self._is_loaded:
            assert self._network is not None
            weights = flat_weights(self._network)
            first = (np.arange(n_weights) == 0).astype(np.int64)
            inputs["weights"] = payload.pack(weight_layout(config), {"weight": weights, "first": first})
        expected = {"o": n_samples, "shadow": n_weights if "READ_WEIGHTS" in operations else 0}
        budget = learning_budget(config, n_samples, config.n_steps if events is None else events.n_steps, stalls)
        result = self.core.run(inputs, expected=expected, cycle_budget=budget, stalls=stalls, vcd=vcd, extra_cycles=8)
        self._is_loaded = isinstance(self.core, inference.CompiledCore)
        return result

    def _network_of(self, result: RunResult) -> LearningNetwork:
        """Return the network whose shadow weights a run has read."""
        flat = result.fields("shadow")["weight"].astype(np.int64)
        return learned_network(self.config, flat, Lfsr(int(result.values["lfsr"])))


def colearn(
    network: LearningNetwork,
    events: Events,
    labels: IntArray,
    *,
    boost: int = 0,
    interval: int = 1000,
    backend: inference.Backend = "fast",
    stalls: Stalls | None = None,
    build_dir: str | os.PathLike | None = None,
    progress: Callable[[int], None] | None = None,
) -> LearnReport:
    """Train golden model and RTL on the same samples and compare everything; stops at the first interval that differs.

    Every spike, membrane, score and class of every step is compared, and every `interval` samples and at the end every
    shadow weight, the state of the LFSR and the counts of :class:`golden.kernels.Activity`. An interval that differs is
    run again in parts, from the network at its beginning, until the first sample that differs is found; its mismatches
    are those reported.

    Parameters
    ----------
    network : LearningNetwork
        Where both start from; not changed.
    events, labels
        Samples in the order of the training.
    boost : int
        What the schedule adds to the rate shifts.
    interval : int
    backend, stalls, build_dir, progress
        As :func:`sim.verify.inference.cosimulate` takes them.
    """
    rtl, kernel = RtlLearner(network, backend, build_dir), Kernel(network)
    return continue_learning(
        rtl, kernel, events, labels, boost=boost, interval=interval, stalls=stalls, progress=progress
    )


def continue_learning(
    rtl: RtlLearner,
    kernel: Kernel[LearningNetwork],
    events: Events,
    labels: IntArray,
    *,
    boost: int = 0,
    interval: int = 1000,
    stalls: Stalls | None = None,
    progress: Callable[[int], None] | None = None,
) -> LearnReport:
    """Go on with a side-by-side training that stands at equal weights; see :func:`colearn`."""
    report = _report(rtl, kernel)
    for at in range(0, events.n_samples, interval):
        part = events.take(at, min(at + interval, events.n_samples))
        part_labels = np.asarray(labels[at : at + part.n_samples], np.int64)
        before = kernel.network()
        found = _compared_run(rtl, kernel, part, part_labels, boost, at, stalls)
        if found.n_mismatches:
            culprit = _first_to_differ(rtl, before, part, part_labels, boost, at, stalls)
            if culprit is not None:
                found.culprit, alone = culprit
                found.first = alone.first  # all that differs later may follow from these
        report.add(found)
        if progress is not None:
            progress(part.n_samples)
        if report.n_mismatches:
            break
    return report


def write_vcd(
    culprit: Culprit, path: Path, backend: inference.Backend = "fast", *, stalls: Stalls | None = None
) -> None:
    """Write the waveform of the hardware as it learns from the one sample, from the state before it."""
    rtl = RtlLearner(culprit.before, backend, waves=True)
    rtl.learn(culprit.events, np.array([culprit.label]), culprit.boost, stalls=stalls, vcd=path)


def _report(rtl: RtlLearner, kernel: Kernel) -> LearnReport:
    """Return a report of no samples."""
    return LearnReport(
        config=rtl.config,
        classes=np.zeros(0, np.int64),
        activity=Activity(*[0] * 7),
        network=kernel.network(),
        hardware=rtl.network,
    )


def _compared_run(
    rtl: RtlLearner,
    kernel: Kernel[LearningNetwork],
    events: Events,
    labels: IntArray,
    boost: int,
    first: int,
    stalls: Stalls | None,
) -> LearnReport:
    """Learn from samples on both sides and compare everything; `first` is the number of the first sample."""
    expected = kernel.learn_recorded(events, labels, np.arange(events.n_samples), boost)
    result = rtl.learn(events, labels, boost, stalls=stalls)
    report = _report(rtl, kernel)
    inference.compare(report, rtl.config, expected, result, first)
    _compare_weights(report, report.network, report.hardware, first + events.n_samples - 1)
    report.classes, report.activity = result.fields("o")["label"], expected.activity
    report.cycles, report.update_cycles = rtl.cycles(result), rtl.counted(result)["update_cycles"]
    report.counts.update(result.counts)
    done = measured(rtl.config, result, labels)
    inference.note_mismatches(report, sum(a != b for a, b in zip(expected.activity, done, strict=True)), [
        inference.Mismatch(what=f"count of {name}", sample=first + events.n_samples - 1, golden=golden, rtl=rtl_count)
        for name, golden, rtl_count in zip(Activity._fields, expected.activity, done, strict=True)
        if golden != rtl_count
    ])  # fmt: skip
    return report


def _first_to_differ(
    rtl: RtlLearner,
    before: LearningNetwork,
    events: Events,
    labels: IntArray,
    boost: int,
    first: int,
    stalls: Stalls | None,
) -> tuple[Culprit, LearnReport] | None:
    """Find, by bisection, the sample that a core started in the state before it does not learn as the model does.

    Every run starts at power-on with the weights and the LFSR of the model after the last samples found equal.
    """
    low, high = 0, events.n_samples - 1
    while low <= high:
        middle = (low + high) // 2
        kernel = Kernel(before)
        rtl.restart(before)
        part, part_labels = events.take(low, middle + 1), labels[low : middle + 1]
        found = _compared_run(rtl, kernel, part, part_labels, boost, first + low, stalls)
        if found.n_mismatches and low == middle:
            label = int(part_labels[0])
            return Culprit(sample=first + low, before=before, events=part, label=label, boost=boost), found
        if found.n_mismatches:
            high = middle
        else:
            low, before = middle + 1, kernel.network()
    return None


def _compare_weights(report: LearnReport, golden: LearningNetwork, rtl: LearningNetwork, sample: int) -> None:
    for (layer, parameter, expected), (*_, found) in zip(golden.stored(), rtl.stored(), strict=True):
        report.n_weights_compared += expected.size
        places = np.argwhere(expected != found)
        inference.note_mismatches(
            report,
            len(places),
            [
                inference.Mismatch(
                    what=" of input ".join((f"shadow {parameter.name}", *map(str, inputs))),
                    sample=sample,
                    layer=layer.index,
                    neuron=int(neuron),
                    golden=int(expected[(neuron, *inputs)]),
                    rtl=int(found[(neuron, *inputs)]),
                )
                for neuron, *inputs in places[: inference.MAX_REPORTED]
            ],
        )
    if golden.lfsr.state != rtl.lfsr.state:
        state = inference.Mismatch(what="LFSR state", sample=sample, golden=golden.lfsr.state, rtl=rtl.lfsr.state)
        inference.note_mismatches(report, 1, [state])
