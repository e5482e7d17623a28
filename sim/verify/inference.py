"""Co-simulation of the inference core: every spike, membrane and class of the RTL against the golden model."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from golden.config import NetworkConfig, ResolvedLayer
from golden.encoding import Events
from golden.errors import ConfigError
from golden.fixed import IntArray
from golden.kernels import Activity, Inference, Kernel
from golden.network import Network
from golden.weight_load import flat_weights
from intsnn_hw.cost.budget import inference_budget, load_budget
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import input_event_layout, weight_layout
from sim import payload
from sim.fast import CompiledCore, compile_component
from sim.result import RunResult, Stalls
from sim.verify.activity import accesses
from sim.verify.fired import fired
from sim.verilog import VerilogCore, build_component

Backend = Literal["fast", "icarus", "verilator"]
BACKENDS: tuple[str, ...] = ("fast", "icarus", "verilator")

MAX_REPORTED = 20
_RECORDED_NEURON_STEPS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One value that differs; `what` is ``membrane``, ``spike``, ``class`` or ``score``."""

    what: str
    sample: int
    step: int | None = None
    layer: int | None = None
    neuron: int | None = None
    golden: int
    rtl: int

    def __str__(self) -> str:
        places = (("step", self.step), ("layer", self.layer), ("neuron", self.neuron))
        where = "".join(f", {name} {value}" for name, value in places if value is not None)
        return f"sample {self.sample}{where}: {self.what} is {self.rtl} in the RTL, {self.golden} in the golden model"


@dataclass(kw_only=True)
class CosimReport:
    """Result of a co-simulation.

    Attributes
    ----------
    config : NetworkConfig
    n_mismatches : int
        Spikes, membranes, classes and scores that differ.
    first : list of Mismatch
        The first of them.
    n_compared : int
        Values compared.
    classes : IntArray
        Of the RTL, shape (samples,).
    activity : Activity
        Of the golden model.
    cycles : int
        Of the whole run, weight load excluded.
    cycles_per_sample : float
        Sustained, samples back to back: from the first class to the last.
    counts : Counter
        What the core's probes tallied, over all runs: `RunResult.counts`.
    """

    config: NetworkConfig
    n_mismatches: int = 0
    first: list[Mismatch] = field(default_factory=list)
    n_compared: int = 0
    classes: IntArray
    activity: Activity
    cycles: int = 0
    cycles_per_sample: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def adding(self) -> tuple[int, ...]:
        """Cycles in which a weight word was added, by layer."""
        return self.by_layer("adding")

    @property
    def active(self) -> tuple[int, ...]:
        """Cycles with an event waiting or in work, by layer."""
        return self.by_layer("active")

    def by_layer(self, name: str) -> tuple[int, ...]:
        """Return the sum of a field of ``activity<l>`` for each layer."""
        return tuple(self.counts[f"activity{index}.{name}"] for index in range(len(self.config.layers)))

    @property
    def accesses(self) -> dict[str, Any]:
        """Memory accesses and additions a sample; see :func:`sim.verify.activity.accesses`."""
        return accesses(self.config, self.counts, len(self.classes))

    @property
    def layer_utilisation(self) -> list[float]:
        """Of the cycles with an event waiting or in work, the share in which a weight word is added, by layer."""
        return [adds / cycles if cycles else 0.0 for adds, cycles in zip(self.adding, self.active, strict=True)]

    @property
    def lane_utilisation(self) -> float:
        """The utilisation of the busiest layer, the one that adds most weight words."""
        return self.layer_utilisation[int(np.argmax(self.adding))]


def input_fields(events: Events) -> dict[str, np.ndarray]:
    """Events as payload fields of the core's input stream.

    The marker of a step rides on its last event, and stands alone (spike 0) in an empty step.
    """
    counts = np.diff(events.offsets)
    beats = np.maximum(counts, 1)
    ends = np.cumsum(beats) - 1
    address, spike = np.zeros(beats.sum(), np.int64), np.zeros(beats.sum(), np.int64)
    occupied = np.ones(len(address), bool)
    occupied[ends[counts == 0]] = False
    address[occupied], spike[occupied] = events.addresses, events.levels
    end_of_step, end_of_sample = np.zeros(len(address), np.int64), np.zeros(len(address), np.int64)
    end_of_step[ends] = 1
    end_of_sample[ends[events.n_steps - 1 :: events.n_steps]] = 1
    return {"address": address, "spike": spike, "end_of_step": end_of_step, "end_of_sample": end_of_sample}


def weight_fields(network: Network) -> dict[str, np.ndarray]:
    """Weights of a network as payload fields of the core's weight load."""
    weights = flat_weights(network)
    return {"weight": weights, "first": (np.arange(len(weights)) == 0).astype(np.int64)}


def build(
    component: Core,
    backend: Backend,
    build_dir: str | os.PathLike | None = None,
    *,
    waves: bool = False,
    toggles: bool = False,
) -> CompiledCore | VerilogCore:
    """Build a core for a back end: compiled, or as emitted Verilog in a simulator.

    A compiled core writes waveforms where `waves` asks for them, and alone counts bit flips.
    """
    if backend == "fast":
        return compile_component(component, name="intsnn", waves=waves, toggles=toggles)
    if backend not in BACKENDS:
        raise ConfigError(f"backend: must be one of {', '.join(BACKENDS)}, got {backend!r}")
    return build_component(component, name="intsnn", simulator=backend, build_dir=build_dir)


class RtlNetwork:
    """A network as simulated hardware: the core with its probes, its weights loaded through the weight stream.

    Parameters
    ----------
    network : Network
    backend : {"fast", "icarus", "verilator"}
    build_dir : path, optional
        Where the Verilog back ends build; a temporary folder otherwise.
    waves : bool
        A run may write a waveform; on the fast back end that takes a slower build.
    toggles : bool
        Count bit flips in every run, on the fast back end; the core is then without probes.
    """

    def __init__(
        self,
        network: Network,
        backend: Backend = "fast",
        build_dir: str | os.PathLike | None = None,
        *,
        waves: bool = False,
        toggles: bool = False,
    ):
        self.network = network.inference_only()
        core = Core(self.network.config, probe=not toggles)
        self.core = build(core, backend, build_dir, waves=waves, toggles=toggles)
        config = self.network.config
        self._weights = payload.pack(weight_layout(config), weight_fields(self.network))
        self._input_layout = input_event_layout(config.resolved[0])
        self._loaded = False

    def run(self, events: Events, *, stalls: Stalls | None = None, vcd: Path | None = None) -> RunResult:
        """Run samples; the weights are loaded before the first of them, `cycles` and `counts` leave the load out."""
        inputs = {"i": payload.pack(self._input_layout, input_fields(events))}
        config = self.network.config
        budget = inference_budget(config, events.n_samples, events.n_steps, stalls)
        if isinstance(self.core, VerilogCore):
            inputs["weights"] = self._weights
            budget += load_budget(config, stalls)
        elif not self._loaded:
            self.core.run({"weights": self._weights}, expected={}, cycle_budget=load_budget(config, stalls),
                          stalls=stalls, extra_cycles=4)  # fmt: skip
            self._loaded = True
        expected = {"o": events.n_samples}
        if config.readout_kind.fires:
            expected["events"] = 0
        result = self.core.run(inputs, expected=expected, cycle_budget=budget, stalls=stalls, extra_cycles=8, vcd=vcd)
        return _without_load(result) if "weights" in inputs else result


def _without_load(result: RunResult) -> RunResult:
    """Take out the cycles in which a core's first event waited for its weights: it moves one cycle after the last."""
    loaded = int(result.input_cycles["weights"][-1]) + 1
    waited = max(0, loaded - int(result.input_cycles["i"][0]))
    counts = result.counts | {"activity0.active": result.counts["activity0.active"] - waited}
    return replace(result, cycles=result.cycles - loaded, counts=counts)


def chunks(events: Events, config: NetworkConfig) -> Iterator[tuple[int, Events]]:
    """Split samples into runs whose traces fit memory; yields (first sample, events)."""
    neurons = sum(layer.n_out for layer in config.resolved)
    size = max(1, _RECORDED_NEURON_STEPS // (neurons * events.n_steps))
    for at in range(0, events.n_samples, size):
        yield at, events.take(at, min(at + size, events.n_samples))


def cosimulate(
    network: Network,
    events: Events,
    *,
    backend: Backend = "fast",
    stalls: Stalls | None = None,
    build_dir: str | os.PathLike | None = None,
    progress: Callable[[int], None] | None = None,
) -> CosimReport:
    """Run samples through RTL and golden model and compare every spike, membrane, score and class of every step.

    Parameters
    ----------
    network : Network
    events : Events
        Input events of the samples, which follow each other without a pause.
    backend : {"fast", "icarus", "verilator"}
    stalls : Stalls, optional
        Random stalls on every stream.
    build_dir : path, optional
    progress : callable, optional
        Told how many samples have been compared since it was last told.
    """
    rtl, kernel = RtlNetwork(network, backend, build_dir), Kernel(network.inference_only())
    config = rtl.network.config
    report = CosimReport(config=config, classes=np.zeros(0, np.int64), activity=Activity(*[0] * 7))
    classes, sustained, gaps = [], 0, 0
    for at, part in chunks(events, config):
        expected = kernel.infer(part, record=True)
        result = rtl.run(part, stalls=stalls)
        compare(report, config, expected, result, at)
        report.activity = Activity(*(sum(pair) for pair in zip(report.activity, expected.activity, strict=True)))
        report.cycles += result.cycles
        labels = result.fields("o")["label"]
        classes.append(labels)
        taken = result.output_cycles["o"]
        sustained, gaps = sustained + int(taken[-1] - taken[0]), gaps + len(taken) - 1
        report.counts.update(result.counts)
        if progress is not None:
            progress(part.n_samples)
    report.classes = np.concatenate(classes) if classes else report.classes
    report.cycles_per_sample = sustained / gaps if gaps else float(report.cycles)
    return report


def compare(report: CosimReport, config: NetworkConfig, expected: Inference, result: RunResult, first: int) -> None:
    """Add to `report` what differs between the golden trace of some samples and a run of the core on them."""
    n_samples = len(expected.classes)
    assert expected.state is not None and expected.spikes is not None
    recorded = expected.state._asdict() | {"spike": expected.spikes}
    at = 0
    for layer in config.resolved:
        probe = result.fields(f"probe{layer.index}")
        if not _follows_walk(report, config, layer, probe, n_samples, first):
            return
        neurons = slice(at, at + layer.n_out)
        at += layer.n_out
        for what, golden in recorded.items():
            if what not in (*layer.neuron.state_widths, "spike"):
                continue
            rtl = fired(layer, probe, what, n_samples, config.n_steps)
            _differences(report, what, golden[..., neurons], rtl, first, layer.index)
    if config.readout_kind.fires:
        _compare_events(report, config, expected.spikes[..., -config.n_classes :], result, first)
    fields = result.fields("o")
    if len(fields["label"]) != n_samples:
        note_mismatches(
            report, 1, [Mismatch(what="number of classes", sample=first, golden=n_samples, rtl=len(fields["label"]))]
        )
        return
    _differences(report, "class", expected.classes, fields["label"].astype(np.int64), first)
    _differences(report, "score", expected.scores.max(axis=-1), fields["score"].astype(np.int64), first)


def _follows_walk(
    report: CosimReport, config: NetworkConfig, layer: ResolvedLayer, probe: dict[str, Any], n_samples: int, first: int
) -> bool:
    """Note it where a layer did not fire the groups that it had to, or steps are too many or too few."""
    n_steps = n_samples * config.n_steps
    if layer.kind.output_shape is not None:
        what, golden, rtl = "number of steps", n_steps, int(probe["last"].sum())
    else:
        what, golden, rtl = "number of fired groups", n_steps * layer.n_fire_words, len(probe["first"])
        groups = np.tile(np.arange(layer.n_fire_words) * layer.fire_lanes, n_steps)
        if golden == rtl and not np.array_equal(probe["first"], groups):
            rtl = -1
    if golden != rtl:
        note_mismatches(report, abs(rtl - golden) + 1, [
            Mismatch(what=what, sample=first, layer=layer.index, golden=golden, rtl=rtl)
        ])  # fmt: skip
    return golden == rtl


def _compare_events(
    report: CosimReport, config: NetworkConfig, spikes: IntArray, result: RunResult, first: int
) -> None:
    """Compare the output event stream of a spiking readout, rebuilt into dense spikes by its markers."""
    fields = {name: values.astype(np.int64) for name, values in result.fields("events").items()}
    dense = np.zeros((spikes.shape[0] * spikes.shape[1], config.n_classes), np.int64)
    step = np.cumsum(fields["end_of_step"]) - fields["end_of_step"]
    sample_ends = fields["end_of_sample"][fields["end_of_step"] == 1]
    expected_ends = np.arange(1, len(dense) + 1) % config.n_steps == 0
    if len(sample_ends) != len(dense) or not np.array_equal(sample_ends, expected_ends):
        note_mismatches(report, 1, [
            Mismatch(what="number of output steps", sample=first, golden=len(dense), rtl=len(sample_ends))
        ])  # fmt: skip
        return
    np.add.at(dense, (step, fields["address"]), fields["spike"])
    _differences(report, "output event", spikes, dense.reshape(spikes.shape), first, len(config.layers) - 1)


def _differences(
    report: CosimReport, what: str, golden: IntArray, rtl: IntArray, first: int, layer: int | None = None
) -> None:
    differing = np.argwhere(golden != rtl)
    report.n_compared += golden.size
    found = []
    for place in differing[:MAX_REPORTED]:
        sample, *rest = (int(index) for index in place)
        step, neuron = rest if rest else (None, None)
        found.append(
            Mismatch(
                what=what,
                sample=first + sample,
                step=step,
                layer=layer,
                neuron=neuron,
                golden=int(golden[tuple(place)]),
                rtl=int(rtl[tuple(place)]),
            )
        )
    note_mismatches(report, len(differing), found)


def note_mismatches(report: CosimReport, count: int, found: list[Mismatch]) -> None:
    """Count mismatches and keep the first of them."""
    report.n_mismatches += count
    report.first += found[: MAX_REPORTED - len(report.first)]
