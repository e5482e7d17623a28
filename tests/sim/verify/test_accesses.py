"""Memory accesses and additions that the probes count, against those that the golden steps call for."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import golden.network as steps
from golden.encoding import to_events
from golden.network import LearningNetwork
from sim.verify import stimuli
from sim.verify.inference import cosimulate
from sim.verify.learning import colearn
from tests.sim.verify.test_learning import small_config

MODES = {
    "final": {},
    "every-step-leak": {"timing": "every_step", "trace_shifts": (1, 1)},
    "direct": {"route": "direct"},
    "three-layers": {"sizes": (7, 5, 4)},
    "recurrent-leak": {
        "recurrent": (0, 1),
        "sizes": (7, 5, 4),
        "n_steps": 6,
        "timing": "every_step",
        "trace_shifts": (1, 2, 2),
        "readout": "membrane_sum",
        "error": "graded",
    },
    "recurrent-direct": {"recurrent": (0,), "n_steps": 5, "route": "direct", "error": "pair"},
    "inference": {"recurrent": (0,), "n_steps": 5},
}
N_SAMPLES = 20
pytestmark = pytest.mark.usefixtures("emitted_once")


def words(layer, errors):
    """Words of a weight row with an error."""
    padded = np.zeros(layer.n_words * layer.lanes, np.int64)
    padded[: layer.n_out] = errors
    return int(padded.reshape(-1, layer.lanes).any(axis=1).sum())


def forward(config, inputs, record):
    """Accesses of the inference of one sample: (layer, memory, reads or writes) to their number."""
    used: Counter[tuple] = Counter()
    for layer, spikes, own in zip(config.resolved, (inputs, *record.spikes[:-1]), record.spikes, strict=True):
        at, arriving = layer.index, (spikes > 0).sum(axis=1)
        if layer.n_own:
            returning = (own[:-1] > 0).sum(axis=1)
            arriving = arriving + np.concatenate([[0], returning])
            used[at, "own_events", "reads"] = used[at, "own_events", "writes"] = int(returning.sum())
        events = int(arriving.sum())
        used[at, "weights", "reads"] = used[at, "accumulators", "writes"] = events * layer.n_words
        swept = int((arriving > 0).sum()) * layer.n_fire_words
        used[at, "accumulators", "reads"] = swept + (events * layer.n_words if layer.n_words > 1 else 0)
        kept = ["membranes"]
        kept += ["score_sums"] if config.readout != "membrane" and at == len(config.layers) - 1 else []
        kept += ["history"] if config.learning is not None and at < len(config.layers) - 1 else []
        for memory in kept:
            used[at, memory, "reads"] = used[at, memory, "writes"] = config.n_steps * layer.n_fire_words
        used[at, "adds"] = events * layer.n_out
    if config.learning is not None:
        used.update(listing(config.resolved[0], inputs))
    return used


def listing(layer, inputs):
    """Accesses of the list of input traces in one sample: entries and places."""
    used, listed, traces = Counter(), [], np.zeros(layer.n_in, np.int64)
    for t, spikes in enumerate(inputs):
        if t and layer.trace_shift is not None:
            traces = steps.leak_trace(traces, layer.trace_shift)
            stay = [row for row in listed if traces[row] > 0]
            moved = sum(listed.index(row) != at for at, row in enumerate(stay))
            used[0, "trace_list", "reads"] += len(listed)
            used[0, "trace_list", "writes"] += len(stay) + moved
            listed = stay
        events = np.flatnonzero(spikes)
        listed = listed + [row for row in events if traces[row] == 0]
        used[0, "trace_list", "reads"] += 2 * len(events)
        used[0, "trace_list", "writes"] += len(events) + int((traces[events] == 0).sum())
        traces = traces + (spikes << layer.learning.trace_gain)
    return used


def backward(config, traces, surrogates, errors, n_listed):
    """Accesses of one update."""
    used = Counter()
    for layer, trace, error in zip(config.resolved, traces, errors, strict=True):
        at, kept, rows = layer.index, words(layer, error), int((trace > 0).sum())
        own = int((trace[layer.n_in :] > 0).sum())
        used[at, "weights", "writes"] = used[at, "weights", "reads"] = rows * kept
        used[at, "adds"] = rows * int(np.count_nonzero(error))
        if layer.n_own and kept:
            used[at, "history", "reads"] += layer.n_fire_words
        if at > 0:
            used[at - 1, "history", "reads"] += config.resolved[at - 1].n_fire_words
            if config.learning.route == "feedback":
                carries = int(((trace[: layer.n_in] > 0) | (surrogates[at - 1] > 0)).sum())
                used[at, "weights", "reads"] = (carries + own) * kept
                used[at, "adds"] += carries * int(np.count_nonzero(error))
        elif kept:
            used[at, "trace_list", "reads"] = n_listed
        used[at, "errors", "reads"], used[at, "errors", "writes"] = used[at, "weights", "reads"], kept
    return used


def flat(phase):
    """The report of a phase as (layer, memory, reads or writes) to the number a sample."""
    found = {(at, "adds"): layer["adds"] for at, layer in enumerate(phase["layers"])}
    for at, layer in enumerate(phase["layers"]):
        found |= {(at, name, way): layer[name][way] for name in layer if name != "adds" for way in ("reads", "writes")}
    return {key: value for key, value in found.items() if value}


def assert_counted(phase, used):
    assert flat(phase) == {key: value / N_SAMPLES for key, value in used.items() if value}
    totals = {way: sum(value for key, value in used.items() if key[-1] == way) for way in ("reads", "writes", "adds")}
    assert phase["adds"] == totals["adds"] / N_SAMPLES
    assert [phase["memory_reads"], phase["memory_writes"]] == pytest.approx(
        [totals["reads"] / N_SAMPLES, totals["writes"] / N_SAMPLES]
    )


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_accesses_are_those_of_the_golden_steps(mode, monkeypatch, tmp_path):
    config = small_config(**MODES[mode])
    network = LearningNetwork.initial(config)
    spikes = stimuli.spikes(config, N_SAMPLES, seed=3)
    labels = np.random.default_rng(3).integers(0, config.n_classes, N_SAMPLES)
    inference, learning = Counter(), Counter()
    if mode == "inference":
        network = network.inference_only()
        network = replace(network, config=replace(network.config, readout="spike_count"))
        report = cosimulate(network, to_events(spikes), backend="icarus", build_dir=tmp_path)
        for sample in spikes:
            inference.update(forward(network.config, sample, steps.run(network, sample)))
        assert report.n_mismatches == 0 and set(report.accesses) == {"inference"}
        assert_counted(report.accesses["inference"], inference)
        return
    report = colearn(network, to_events(spikes), labels, interval=12, backend="icarus", build_dir=tmp_path)
    assert report.n_mismatches == 0
    update, gradient, hidden = steps.update, steps.gradient, []

    def spied_gradient(*arguments):
        hidden.insert(0, gradient(*arguments))
        return hidden[0]

    def spied_update(network, error, traces, surrogates, fired, arrived, boost):
        update(network, error, traces, surrogates, fired, arrived, boost)
        learning.update(backward(config, traces, surrogates, [*hidden, error], len(set(arrived))))
        hidden.clear()

    monkeypatch.setattr(steps, "gradient", spied_gradient)
    monkeypatch.setattr(steps, "update", spied_update)
    for sample, label in zip(spikes, labels, strict=True):
        inference.update(forward(config, sample, steps.learn(network, sample, int(label))))
    assert_counted(report.accesses["inference"], inference)
    assert_counted(report.accesses["update"], learning)
    assert (
        report.update_lane_share
        == sum(learning[layer.index, "weights", "reads"] for layer in config.resolved) / report.update_cycles
    )
    assert 0.2 < report.update_lane_share < 1
