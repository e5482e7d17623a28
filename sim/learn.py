"""Co-simulation of a core that learns: every spike, membrane and shadow weight against the golden model."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from golden.config import NetworkConfig
from golden.encoding import Events
from golden.fixed import IntArray, Lfsr
from golden.kernels import Activity, Kernel
from golden.network import Network
from golden.synapse import inference_weight
from intsnn_hw.core import Core
from intsnn_hw.events import Operation, control_layout, input_event_layout, weight_layout
from intsnn_hw.learner import COUNTERS
from sim import cosim, payload
from sim.result import RunResult, Stalls


@dataclass(kw_only=True)
class LearnReport(cosim.CosimReport):
    """Result of training model and hardware side by side.

    Attributes
    ----------
    n_weights_compared : int
        Shadow weights compared, over all intervals.
    update_cycles : int
        Cycles in which the hardware was updating.
    words_written : tuple of int
        Weight words updated, for each layer.
    network : Network
        The trained network, of the golden model.
    """

    n_weights_compared: int = 0
    update_cycles: int = 0
    words_written: tuple[int, ...] = ()
    network: Network = field(repr=False)


def flat_weights(weights: list[IntArray]) -> IntArray:
    """Return the weights of all layers in the order of the load."""
    return np.concatenate([weight.T.ravel() for weight in weights])


def layer_weights(config: NetworkConfig, flat: IntArray) -> list[IntArray]:
    """Undo :func:`flat_weights`: the weights of each layer, shape (n_out, n_in)."""
    sizes = [layer.n_in * layer.n_out for layer in config.resolved]
    parts = np.split(flat, np.cumsum(sizes)[:-1])
    return [part.reshape(layer.n_in, layer.n_out).T for part, layer in zip(parts, config.resolved, strict=True)]


class RtlLearner:
    """A network that learns as simulated hardware.

    Parameters
    ----------
    network : Network
        With shadow weights; loaded through the weight stream before the first run.
    backend : {"fast", "icarus", "verilator"}
        With the Verilog back ends each :meth:`learn` starts from power-on and from the weights it left last time.
    build_dir : path, optional
    """

    def __init__(
        self, network: Network, backend: cosim.Backend = "fast", build_dir: str | os.PathLike | None = None
    ) -> None:
        assert network.shadows is not None and network.lfsr is not None
        self.config = network.config
        self.core = cosim.build(Core(network.config, probe=True), backend, build_dir)
        self.restart(network)

    def restart(self, network: Network) -> None:
        """Go back to power-on, with the weights of `network` to be loaded at the next run."""
        self.core.reset()
        self.network = network
        self._is_loaded = False
        self._seen = dict.fromkeys(COUNTERS, 0)

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
        """Learn from samples in their order, then read the weights back into `network`.

        Parameters
        ----------
        events, labels
            Of the samples; a label may be no class.
        boost : int
        learns : bool array, optional
            Which samples to learn from; all where left out.
        stalls : Stalls, optional
        vcd : path, optional
        """
        config, network = self.config, self.network
        assert network.shadows is not None and network.lfsr is not None and config.learning is not None
        n_weights = sum(layer.n_in * layer.n_out for layer in config.resolved)
        code = {name: operation.value for name, operation in Operation.__members__.items()}
        learns = np.ones(len(labels), bool) if learns is None else learns
        modes = np.where(learns, code["LEARN"], code["INFER"])
        operations = [code["SET_LFSR"], code["SET_BOOST"], *modes.tolist(), code["READ_WEIGHTS"]]
        values = [network.lfsr.state, boost, *labels, 0]
        inputs = {
            "i": payload.pack(input_event_layout(config.resolved[0]), cosim.input_fields(events)),
            "control": payload.pack(
                control_layout(), {"operation": np.array(operations), "value": np.array(values, np.int64)}
            ),
        }
        if not self._is_loaded:
            weights = flat_weights(network.shadows)
            first = (np.arange(n_weights) == 0).astype(np.int64)
            inputs["weights"] = payload.pack(weight_layout(config), {"weight": weights, "first": first})
        expected = {"o": events.n_samples, "shadow": n_weights}
        result = self.core.run(
            inputs, expected=expected, cycle_budget=self._budget(events, stalls), stalls=stalls, vcd=vcd, extra_cycles=8
        )
        learning = config.learning
        shadows = layer_weights(config, result.fields("shadow")["weight"].astype(np.int64))
        weights = [
            inference_weight(shadow, learning.shadow_width, layer.weight_width)
            for shadow, layer in zip(shadows, config.resolved, strict=True)
        ]
        lfsr = Lfsr(int(result.values["lfsr"]))
        self.network = Network(config=config, weights=weights, shadows=shadows, lfsr=lfsr)
        self._is_loaded = isinstance(self.core, cosim.CompiledCore)
        return result

    def counted(self, result: RunResult) -> dict[str, int]:
        """Return by how much each counter of the core has grown since the last call."""
        now = {name: int(result.values[name]) for name in COUNTERS}
        since = self._seen if self._is_loaded else dict.fromkeys(COUNTERS, 0)
        grown = {name: (now[name] - since[name]) % (1 << 32) for name in COUNTERS}
        self._seen = now
        return grown

    def _budget(self, events: Events, stalls: Stalls | None) -> int:
        """Cycles that no correct core needs: every row of every layer updated after every step, then the read-out."""
        config = self.config
        rows = sum(layer.n_in * (2 * layer.n_words + 2) + layer.n_out + 40 for layer in config.resolved)
        weights = sum(layer.n_in * (layer.n_words * 4 + layer.n_out) for layer in config.resolved)
        slow = 1.0 if stalls is None else 1 / ((1 - stalls.gap) * (1 - stalls.stall))
        return cosim.cycle_budget(config, events, stalls) + int(slow * (len(events.offsets) * rows + 16 * weights))


def colearn(
    network: Network,
    events: Events,
    labels: IntArray,
    *,
    boost: int = 0,
    interval: int = 1000,
    backend: cosim.Backend = "fast",
    stalls: Stalls | None = None,
    build_dir: str | os.PathLike | None = None,
    progress: Callable[[int], None] | None = None,
) -> LearnReport:
    """Train golden model and RTL on the same samples and compare everything; stops at the first interval that differs.

    Every spike, membrane, score and class of every step is compared, and every `interval` samples and at the end every
    shadow weight and the state of the LFSR.

    Parameters
    ----------
    network : Network
        Where both start from; not changed.
    events, labels
        Samples in the order of the training.
    boost : int
        What the schedule adds to the rate shifts.
    interval : int
    backend, stalls, build_dir, progress
        As :func:`sim.cosim.cosimulate` takes them.
    """
    rtl, kernel = RtlLearner(network, backend, build_dir), Kernel(network)
    return continue_learning(
        rtl, kernel, events, labels, boost=boost, interval=interval, stalls=stalls, progress=progress
    )


def continue_learning(
    rtl: RtlLearner,
    kernel: Kernel,
    events: Events,
    labels: IntArray,
    *,
    boost: int = 0,
    interval: int = 1000,
    stalls: Stalls | None = None,
    progress: Callable[[int], None] | None = None,
) -> LearnReport:
    """Go on with a side-by-side training that stands at equal weights; see :func:`colearn`."""
    config = rtl.config
    report = LearnReport(classes=np.zeros(0, np.int64), activity=Activity(*[0] * 7), network=kernel.network())
    depth = len(config.layers)
    adding, active, written = (np.zeros(depth, np.int64) for _ in range(3))
    classes = []
    for at in range(0, events.n_samples, interval):
        part = events.take(at, min(at + interval, events.n_samples))
        part_labels = np.asarray(labels[at : at + part.n_samples], np.int64)
        expected = kernel.learn_recorded(part, part_labels, np.arange(part.n_samples), boost)
        result = rtl.learn(part, part_labels, boost, stalls=stalls)
        cosim.compare(report, config, expected, result, at)
        _compare_weights(report, kernel.network(), rtl.network, at + part.n_samples - 1)
        report.activity = Activity(*(sum(pair) for pair in zip(report.activity, expected.activity, strict=True)))
        report.cycles += int(result.output_cycles["o"][-1]) + 1
        report.update_cycles += rtl.counted(result)["update_cycles"]
        classes.append(result.fields("o")["label"])
        adding += [result.counts[f"adding{index}"] for index in range(depth)]
        active += [result.counts[f"active{index}"] for index in range(depth)]
        written += [result.counts[f"writing{index}"] for index in range(depth)]
        if progress is not None:
            progress(part.n_samples)
        if report.n_mismatches:
            break
    report.network = kernel.network()
    report.classes = np.concatenate(classes) if classes else report.classes
    report.cycles_per_sample = report.cycles / max(1, len(report.classes))
    report.adding, report.active = tuple(map(int, adding)), tuple(map(int, active))
    report.words_written = tuple(map(int, written))
    return report


def _compare_weights(report: LearnReport, golden: Network, rtl: Network, sample: int) -> None:
    assert golden.shadows is not None and rtl.shadows is not None and golden.lfsr is not None and rtl.lfsr is not None
    for index, (expected, found) in enumerate(zip(golden.shadows, rtl.shadows, strict=True)):
        report.n_weights_compared += expected.size
        places = np.argwhere(expected != found)
        cosim.note_mismatches(
            report,
            len(places),
            [
                cosim.Mismatch(
                    what=f"shadow weight of input {i}",
                    sample=sample,
                    layer=index,
                    neuron=int(j),
                    golden=int(expected[j, i]),
                    rtl=int(found[j, i]),
                )
                for j, i in places[: cosim.MAX_REPORTED]
            ],
        )
    if golden.lfsr.state != rtl.lfsr.state:
        state = cosim.Mismatch(what="LFSR state", sample=sample, golden=golden.lfsr.state, rtl=rtl.lfsr.state)
        cosim.note_mismatches(report, 1, [state])
