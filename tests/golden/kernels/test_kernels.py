"""The compiled kernels against the numpy steps: every spike, membrane, score, weight, and the LFSR's state."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from golden import network as steps
from golden.config import (
    ConvConfig,
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
    ResolvedLayer,
)
from golden.encoding import encode, encode_events, to_events
from golden.kernels import SPARSE, Kernel
from golden.learning import shadow_update
from golden.network import LearningNetwork, Network, Record, learn, run
from golden.synapse import layer_current
from sim.verify import stimuli
from tests.strategies import network_configs, seeds, spatial_configs

WIDE = {"max_depth": 2, "max_size": 40, "max_steps": 3}
"""Layers wide enough for the kernels' loops over few of many neurons."""


@contextmanager
def updates_seen() -> Iterator[list[tuple[int, int, int, int]]]:
    """List (weights with a gradient, outputs with one, outputs, rate shift) of each group of rows that is updated."""
    seen = []

    def spy(shadow, gradient, rate_shift, draws, rounding, width):
        seen.append((np.count_nonzero(gradient), gradient.any(axis=1).sum(), len(gradient), rate_shift))
        return shadow_update(shadow, gradient, rate_shift, draws, rounding, width)

    with patch.object(steps, "shadow_update", spy):
        yield seen


@cache
def fan_out(layer: ResolvedLayer) -> np.ndarray:
    """How many neurons each input of a layer has a weight to."""
    if layer.n_own or layer.kind.input_shape is None:
        return np.full(layer.n_in, layer.n_out)
    return layer_current(np.eye(layer.n_in, dtype=np.int64), np.ones(layer.weight_shape, np.int64), layer).sum(axis=-1)


def forward_activity(network: Network, inputs: np.ndarray, spikes: list[np.ndarray]) -> tuple[int, int, int]:
    """Return input events, hidden events, and synaptic operations of recorded spikes (..., steps, neurons)."""
    sources = [inputs, *spikes[:-1]]
    operations = sum(
        int(((source > 0) @ fan_out(layer)).sum()) + int((own[..., :-1, :] > 0).sum()) * layer.n_own
        for source, own, layer in zip(sources, spikes, network.config.resolved, strict=True)
    )
    return int((inputs > 0).sum()), sum(int((fired > 0).sum()) for fired in spikes), operations


def check_inference(config: NetworkConfig, n_samples: int, seed: int) -> None:
    network = stimuli.network(config, seed=seed)
    spikes = stimuli.spikes(config, n_samples, seed=seed)
    labels = np.random.default_rng(seed).integers(config.n_classes, size=n_samples)
    expected = run(network, spikes)
    kernel, events = Kernel(network), to_events(spikes)
    result = kernel.infer(events, labels, record=True)
    assert result.state is not None and result.spikes is not None
    np.testing.assert_array_equal(result.state.membrane, np.concatenate(expected.membranes, axis=-1))
    np.testing.assert_array_equal(result.spikes, np.concatenate(expected.spikes, axis=-1))
    np.testing.assert_array_equal(result.scores, expected.scores)
    np.testing.assert_array_equal(result.classes, expected.classes)
    correct = int((expected.classes == labels).sum())
    assert result.activity == (n_samples, correct, *forward_activity(network, spikes, expected.spikes), 0, 0)
    short = kernel.infer(events)
    assert short.state is None and short.spikes is None and short.activity.correct == 0
    np.testing.assert_array_equal(short.scores, expected.scores)
    assert_same_state(kernel.network(), network)


def assert_same_state(kernel: Network, network: Network) -> None:
    for index, (ours, theirs) in enumerate(zip(kernel.weights, network.weights, strict=True)):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"weights of layer {index}")
    assert type(kernel) is type(network)
    for index, (ours, theirs) in enumerate(zip(kernel.stored_weights, network.stored_weights, strict=True)):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"stored weights of layer {index}")
    if isinstance(kernel, LearningNetwork) and isinstance(network, LearningNetwork):
        assert kernel.lfsr.state == network.lfsr.state


def check_learning(config: LearningNetworkConfig, n_samples: int, boost: int, seed: int) -> set[str]:
    """Compare a few samples of learning; return what they met."""
    rng = np.random.default_rng(seed)
    network = stimuli.network(config, seed=seed) if rng.random() < 0.7 else LearningNetwork.initial(config)
    kernel, start = Kernel(network), deepcopy(network)
    spikes = stimuli.spikes(config, n_samples, seed=seed)
    labels = rng.integers(config.n_classes, size=n_samples)
    order = rng.integers(n_samples, size=n_samples + 2)  # in any order, with repetitions
    activity = kernel.learn(to_events(spikes), labels, order, boost)
    correct = updated = updates = 0
    forward, met = Counter(), set()
    for sample in order:
        with updates_seen() as seen:
            record = learn(network, spikes[sample], int(labels[sample]), boost)
        correct += int(record.classes == labels[sample])
        updated += bool(seen)
        updates += sum(changed for changed, *_ in seen)
        fired = forward_activity(network, spikes[sample], record.spikes)
        forward.update(dict(enumerate(fired)))
        met |= {"few of many" if active * SPARSE <= n else "most" for _, active, n, _ in seen}
        met |= {"left shift" if rate_shift < 0 else "right shift" for _, _, _, rate_shift in seen}
        met |= {"hidden update"} if len(seen) > config.learning.timing.count("final") else set()
        met |= {"budget spent"} if spent(config, record) else set()
    assert_same_state(kernel.network(), network)
    assert activity == (len(order), correct, *(forward[index] for index in range(3)), updated, updates)
    if any((ours != theirs).any() for ours, theirs in zip(network.shadows, start.shadows, strict=True)):
        met.add("shadow weights change")
    if any((ours != theirs).any() for ours, theirs in zip(network.weights, start.weights, strict=True)):
        met.add("inference weights change")
    if updated < len(order):
        met.add("no error")
    return met


@given(st.one_of(network_configs(), network_configs(**WIDE)), st.integers(1, 4), seeds)
def test_inference_equals_the_steps(config, n_samples, seed):
    check_inference(config, n_samples, seed)


def spent(config: NetworkConfig, record: Record) -> bool:
    """Whether a hidden neuron has fired beyond its budget."""
    budget = config.learning.budget if config.learning is not None else None
    return budget is not None and any(((own > 0).sum(axis=-2) > budget).any() for own in record.spikes[:-1])


@pytest.mark.slow
@settings(max_examples=50)
@given(network_configs(learning=True, temporal=True), st.integers(1, 4), st.integers(0, 4), seeds)
def test_temporal_learning_equals_the_steps(config, n_samples, boost, seed):
    check_learning(config, n_samples, boost, seed)
    check_inference(replace(config, learning=None), n_samples, seed)


@given(spatial_configs(), st.integers(1, 4), seeds)
def test_inference_of_maps_equals_the_steps(config, n_samples, seed):
    check_inference(config, n_samples, seed)


@pytest.mark.slow
@settings(max_examples=40)
@given(spatial_configs(learning=True), st.integers(1, 4), st.integers(0, 8), seeds)
def test_learning_of_maps_equals_the_steps(config, n_samples, boost, seed):
    check_learning(config, n_samples, boost, seed)


@given(
    st.one_of(network_configs(learning=True), network_configs(learning=True, **WIDE)),
    st.integers(1, 4),
    st.integers(0, 4),
    seeds,
)
def test_learning_equals_the_steps(config, n_samples, boost, seed):
    check_learning(config, n_samples, boost, seed)


FOREIGN = ("threshold", "reset_amount", "current_shift", "initial")
"""Fields of neurons of other frameworks."""


def axes(config: NetworkConfig) -> set[tuple[str, Any]]:
    """What a configuration is an example of."""
    met = {("depth", len(config.layers)), ("readout", config.readout), ("encoding", config.encoding.kind)}
    for layer in config.layers:
        neuron = layer.neuron
        leak = "shift" if neuron.leak_shift else "factor" if neuron.leak_frac else "none"
        met |= {("reset", neuron.reset), ("leak", leak), ("n", neuron.spike_width)}
        met |= {(name, getattr(neuron, name) not in (None, 0)) for name in FOREIGN}
    if config.learning is not None:
        rule = config.learning
        met |= {(name, getattr(rule, name)) for name in ("route", "timing", "rounding")}
        met |= {("trace leak", rule.trace_shifts != ())}
    return met


def temporal_axes(config: NetworkConfig) -> set[tuple[str, Any]]:
    """What a configuration is an example of, of what is meant for time."""
    rule = config.learning
    assert rule is not None
    met = {(name, getattr(rule, name)) for name in ("error", "surrogate", "recurrence", "trace_gain", "budget")}
    recurrent = tuple(layer.recurrent for layer in config.layers)
    return met | {("recurrent", recurrent), ("readout", config.readout), ("timing", rule.timing)}


def test_seeded_configurations_meet_every_case():
    """The same comparison on configurations that are shown to cover every axis and every branch of an update."""
    met: set[Any] = set()
    for seed in range(160):
        limits: Any = WIDE if seed % 4 == 0 else {}
        config = stimuli.network_config(stimuli.SeededChoices(seed), learning=True, **limits)
        kernel = Kernel(LearningNetwork.initial(config))
        met |= {("accumulator", kernel.model.accumulator.dtype.name), ("weights", kernel.model.weights.dtype.name)}
        met |= axes(config) | check_learning(config, 5, seed % 5, seed)
        check_inference(replace(config, learning=None), 5, seed)
    expected = {
        *(("depth", depth) for depth in (1, 2, 3)),
        *(("n", n) for n in range(1, 9)),
        *(("reset", kind) for kind in ("soft", "hard", "none")),
        *((name, there) for name in FOREIGN for there in (False, True)),
        *(("leak", kind) for kind in ("shift", "factor", "none")),
        *(("readout", kind) for kind in ("membrane", "spike_count")),
        *(("encoding", kind) for kind in ("single_shot", "every_step", "rate", "latency")),
        *(("route", kind) for kind in ("feedback", "direct")),
        *(("timing", kind) for kind in ("final", "every_step")),
        *(("rounding", kind) for kind in ("floor", "toward_zero", "nearest", "stochastic")),
        *(("trace leak", there) for there in (True, False)),
        *(("accumulator", kind) for kind in ("int32", "int64")),
        *(("weights", kind) for kind in ("int8", "int16", "int32")),
        *(["few of many", "most", "left shift", "right shift", "hidden update"]),
        *(["shadow weights change", "inference weights change", "no error"]),
    }
    assert met == expected


def test_seeded_temporal_configurations_meet_every_case():
    met: set[Any] = set()
    for seed in range(200):
        limits: Any = WIDE if seed % 4 == 0 else {"max_steps": 9}
        config = stimuli.network_config(stimuli.SeededChoices(seed), learning=True, temporal=True, **limits)
        met |= temporal_axes(config) | check_learning(config, 5, seed % 5, seed)
    expected = {
        *(("error", kind) for kind in ("margin", "pair", "graded")),
        *(("surrogate", kind) for kind in ("wide", "narrow")),
        *(("recurrence", kind) for kind in ("learned", "fixed")),
        *(("trace_gain", gain) for gain in (0, 1, 4, 8)),
        *(("budget", steps) for steps in (None, 0, 1, 2)),
        *(("readout", kind) for kind in ("membrane", "membrane_sum", "spike_count")),
        *(("timing", kind) for kind in ("final", "every_step")),
        *(("recurrent", (*below, False)) for depth in (0, 1, 2) for below in product((False, True), repeat=depth)),
        *(["few of many", "most", "left shift", "right shift", "hidden update", "budget spent"]),
        *(["shadow weights change", "inference weights change", "no error"]),
    }
    assert met == expected


def test_an_input_whose_trace_ends_queues_anew():
    """Its row takes its draw behind those of inputs that came meanwhile, even where its next event comes at once."""
    neuron = NeuronConfig(membrane_width=12, spike_width=1, threshold_shift=4)
    rule = LearningConfig(
        timing="every_step", margin=2047, rate_shifts=(8,), init_shifts=(12,), error_shifts=(), schedule=(),
        trace_shifts=(1,),
    )  # fmt: skip
    config = NetworkConfig(
        n_inputs=3, n_steps=3, encoding=EncodingConfig(spike_width=1), layers=(LayerConfig(size=4, neuron=neuron),),
        learning=rule,
    )  # fmt: skip
    spikes = np.array([[[1, 0, 1], [0, 0, 1], [1, 1, 0]], [[0, 1, 0], [1, 1, 0], [1, 0, 1]]])
    network, events = LearningNetwork.initial(config), to_events(spikes)
    kernel = Kernel(network)
    for sample, label in ((0, 1), (1, 3), (0, 0)):
        kernel.learn(events, np.array([label] * 2), np.array([sample]))
        learn(network, spikes[sample], label)
    assert_same_state(kernel.network(), network)


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("kind", ["soft", "hard", "none"])
@pytest.mark.parametrize("spike_width, n_samples", [(1, 40), (2, 40), (4, 300), (8, 300)])
def test_corners(readout, kind, spike_width, n_samples):
    """On stimuli that tests/golden/test_network.py shows to reach saturation, every level, ties and empty steps."""
    check_inference(stimuli.corner_config(readout=readout, reset=kind, spike_width=spike_width), n_samples, 1)


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("kind", ["soft", "hard", "none"])
@pytest.mark.parametrize("spike_width, n_samples", [(1, 40), (2, 40), (4, 300)])
def test_corners_of_maps(readout, kind, spike_width, n_samples):
    """Likewise."""
    check_inference(stimuli.spatial_corner_config(readout=readout, reset=kind, spike_width=spike_width), n_samples, 1)


def map_axes(config: NetworkConfig) -> set[Any]:
    """What a configuration of maps is an example of."""
    met: set[Any] = {("depth", len(config.layers)), ("readout", config.readout)}
    kinds = ["conv" if layer.conv else "dense" for layer in config.layers]
    met |= {"dense on a map" for a, b in pairwise(kinds) if (a, b) == ("conv", "dense")}
    met |= {"map on a map" for a, b in pairwise(kinds) if (a, b) == ("conv", "conv")}
    met |= {f"{kinds[-1]} readout"}
    for layer, kind in zip(config.layers, config.kinds, strict=True):
        if kind.input_shape is None or kind.pooled_shape is None:
            continue
        channels, height, width = kind.input_shape
        met |= {"channels" if channels > 1 else "one channel", "square" if height == width else "not square"}
        met |= {"pooled"} if layer.pool > 1 else set()
        met |= {"dropped rows"} if height % layer.pool else set()
        met |= {"dropped columns"} if width % layer.pool else set()
        if layer.conv is not None:
            met |= {("stride", layer.conv.stride), "padded" if layer.conv.padding else "valid"}
            met |= {"windows that are not square"} if layer.conv.kernel_x not in (None, layer.conv.kernel) else set()
            met |= {"same"} if kind.output_shape and kind.output_shape[1:] == kind.pooled_shape[1:] else set()
    return met


def test_seeded_maps_meet_every_case():
    met: set[Any] = set()
    for seed in range(80):
        config = stimuli.spatial_config(stimuli.SeededChoices(seed))
        kernel = Kernel(stimuli.network(config))
        met |= {("accumulator", kernel.model.accumulator.dtype.name), ("weights", kernel.model.weights.dtype.name)}
        met |= map_axes(config)
        check_inference(config, 5, seed)
    assert met == {
        *(("depth", depth) for depth in (1, 2, 3)),
        *(("readout", kind) for kind in ("membrane", "membrane_sum", "spike_count")),
        *(("accumulator", kind) for kind in ("int32", "int64")),
        *(("weights", kind) for kind in ("int8", "int16")),
        *(("stride", stride) for stride in (1, 2, 3)),
        *("padded", "valid", "same", "pooled", "dropped rows", "dropped columns", "channels", "one channel"),
        *(
            "square",
            "not square",
            "windows that are not square",
            "dense on a map",
            "map on a map",
            "conv readout",
            "dense readout",
        ),
    }


def learning_map_axes(config: LearningNetworkConfig) -> set[Any]:
    """What a configuration of maps that learns is an example of."""
    rule = config.learning
    met: set[Any] = {(name, getattr(rule, name)) for name in ("route", "timing", "rounding", "error", "lfsr_width")}
    met |= {("trace leak", rule.trace_shifts != ()), ("budget", rule.budget is not None)}
    kinds = ["conv" if layer.conv else "recurrent" if layer.recurrent else "dense" for layer in config.layers]
    met |= {f"{b} on {a}" for a, b in pairwise(kinds)} | {f"{kinds[0]} first", f"{kinds[-1]} readout"}
    met |= {f"{kind} with bias {layer.bias}" for kind, layer in zip(kinds, config.layers, strict=True)}
    return met | {f"{kind} pooled" for kind, layer in zip(kinds, config.layers, strict=True) if layer.pool > 1}


def test_seeded_maps_that_learn_meet_every_case():
    met: set[Any] = set()
    for seed in range(140):
        config = stimuli.spatial_config(stimuli.SeededChoices(seed), learning=True)
        biases = tuple(("none", "learned", "fixed")[(seed + layer.size) % 3] for layer in config.layers)
        layers = (replace(layer, bias=bias) for layer, bias in zip(config.layers, biases, strict=True))
        config = replace(config, layers=tuple(layers))
        met |= learning_map_axes(config) | check_learning(config, 3, seed % 9, seed)
    kinds = ("conv", "dense", "recurrent")
    assert met == {
        *(("route", kind) for kind in ("feedback", "direct")),
        *(("timing", kind) for kind in ("final", "every_step")),
        *(("rounding", kind) for kind in ("floor", "toward_zero", "nearest", "stochastic")),
        *(("error", kind) for kind in ("margin", "pair", "graded")),
        *(("lfsr_width", width) for width in (16, 32)),
        *((name, there) for name in ("trace leak", "budget") for there in (True, False)),
        *(f"{above} on {below}" for above in ("dense", "recurrent") for below in kinds),
        "conv on conv",
        *(f"{kind} first" for kind in kinds),
        *(f"{kind} readout" for kind in ("conv", "dense")),
        *(f"{kind} with bias {bias}" for kind in kinds for bias in ("none", "learned", "fixed")),
        *(f"{kind} pooled" for kind in ("conv", "dense")),
        *("few of many", "most", "left shift", "right shift", "hidden update", "budget spent"),
        *("shadow weights change", "inference weights change", "no error"),
    }


@pytest.mark.parametrize("width", [28, 29, 30, 31, 32])
@pytest.mark.parametrize("summed", ["gradient", "error"])
def test_sums_of_learning_maps_at_the_edge_of_32_bits(summed, width):
    """Gradients and carried errors of windows that all agree, on both sides of the switch to 64 bits."""
    neuron = NeuronConfig(membrane_width=16, spike_width=4, threshold_shift=11, reset="none")
    conv = ConvConfig(kernel=4)
    size, rate = (2, 18 - width) if summed == "gradient" else (1 << (width - 28), 10)
    config = LearningNetworkConfig(
        n_inputs=100, n_steps=1, input_shape=(1, 10, 10),
        encoding=EncodingConfig(value_width=8, spike_width=4),
        layers=(
            LayerConfig(size=2, weight_width=16, neuron=neuron, conv=conv),
            LayerConfig(size=size, weight_width=16, neuron=neuron, conv=conv),
            LayerConfig(size=2, weight_width=16, neuron=neuron),
        ),
        learning=LearningConfig(
            shadow_width=16, margin=2**31 - 1, rate_shifts=(rate, 20, 20), error_shifts=(20, -7), init_shifts=(15,) * 3
        ),
    )  # fmt: skip
    first, second, last = config.resolved
    if summed == "gradient":
        config = replace(config, learning=replace(config.learning, error_shifts=(-7, -7)))
    reached = first.row_groups[0].gradient_width - rate if summed == "gradient" else second.carried_width
    assert reached == width
    shadows = [np.full(layer.weight_shape, 32767) for layer in config.resolved]
    shadows[last.index][0] = -32768  # the true class: the error of every neuron is positive
    network = LearningNetwork.from_shadows(config, shadows)
    kernel, spikes = Kernel(network), np.full((1, 1, 100), 15)
    kernel.learn(to_events(spikes), np.array([0]), np.array([0]))
    learn(network, spikes[0], 0)
    assert (network.shadows[0] != shadows[0]).any()
    assert_same_state(kernel.network(), network)


@pytest.mark.parametrize("membrane_width", [30, 31, 32])
@pytest.mark.parametrize("sides", [(8, 8), (16, 8), (16, 16), (17, 16)])
def test_sums_of_maps_at_the_edge_of_32_bits(membrane_width, sides):
    """Pooled squares and windows over the whole map, on both sides of the switch to 64 bits."""
    neuron = NeuronConfig(
        membrane_width=membrane_width, spike_width=4, threshold_shift=membrane_width - 5, reset="none"
    )
    config = NetworkConfig(
        n_inputs=sides[0] * sides[1],
        n_steps=5,
        input_shape=(1, *sides),
        encoding=EncodingConfig(value_width=8, spike_width=8),
        layers=(
            LayerConfig(size=5, weight_width=16, neuron=neuron, pool=2, conv=ConvConfig(kernel=sides[1] // 2)),
            LayerConfig(size=2, weight_width=16, neuron=neuron),
        ),
    )
    network = stimuli.network(config)
    assert {"low", "high"} <= stimuli.reached(network, np.full((1, 5, config.n_inputs), 255))
    check_inference(config, 12, 0)


def widest(readout: Any, **rule: Any) -> LearningNetworkConfig:
    neuron = NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23)
    return LearningNetworkConfig(
        n_inputs=3000,
        n_steps=2,
        readout=readout,
        encoding=EncodingConfig(value_width=8, spike_width=8),
        layers=tuple(LayerConfig(size=size, weight_width=16, neuron=neuron) for size in (40, 3)),
        learning=LearningConfig(**{
            "shadow_width": 24, "margin": 2**31 - 1, "rate_shifts": (-16, -16), "error_shifts": (-7,),
            "init_shifts": (23, 23), "schedule": (), **rule,
        }),
    )  # fmt: skip


EXTREME_RULES = (
    {},
    {"error_shifts": (24,), "rate_shifts": (16, 16)},
    {"route": "direct", "direct_shift": 16},
    {"shadow_width": 16, "init_shifts": (15, 15)},
)


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("rule", EXTREME_RULES, ids=str)
def test_the_widest_values_do_not_wrap(readout, rule):
    """Currents, products and updates beyond 32 bits, at the limits of the configuration."""
    config = widest(readout, **rule)
    assert config.resolved[0].current_width > 34
    inputs = np.full((4, 3000), 255)
    network, spikes = stimuli.network(config, seed=1), encode(inputs, config.encoding, 2)
    kernel = Kernel(network)
    kernel.learn(to_events(spikes), np.array([0, 1, 2, 0]), np.arange(4))
    for sample, label in enumerate((0, 1, 2, 0)):
        learn(network, spikes[sample], label)
    assert_same_state(kernel.network(), network)
    check_inference(replace(config, learning=None), 3, 1)


@pytest.mark.parametrize("membrane_width", [30, 31, 32])
@pytest.mark.parametrize("n_inputs", [64, 127, 128, 129, 256, 257])
def test_sums_at_the_edge_of_32_bits(membrane_width, n_inputs):
    """A membrane near saturation plus the largest current, on both sides of the switch to 64 bits."""
    neuron = NeuronConfig(
        membrane_width=membrane_width, spike_width=4, threshold_shift=membrane_width - 5, reset="none"
    )
    config = NetworkConfig(
        n_inputs=n_inputs,
        n_steps=5,
        encoding=EncodingConfig(value_width=8, spike_width=8),
        layers=tuple(LayerConfig(size=size, weight_width=16, neuron=neuron) for size in (5, 2)),
    )
    network = stimuli.network(config)
    assert {"low", "high"} <= stimuli.reached(network, np.full((1, 5, n_inputs), 255))
    check_inference(config, 12, 0)


@pytest.mark.parametrize("trace_width", range(18, 26))
def test_updates_at_the_edge_of_32_bits(trace_width):
    """Gradient times trace, shifted left, plus the largest shadow weight, on both sides of the switch to 64 bits."""
    neuron = NeuronConfig(membrane_width=8, spike_width=1, threshold_shift=6)
    config = LearningNetworkConfig(
        n_inputs=3,
        n_steps=2,
        encoding=EncodingConfig(kind="every_step", value_width=8, spike_width=8),
        layers=(LayerConfig(size=14, neuron=neuron), LayerConfig(size=2, neuron=neuron)),
        learning=LearningConfig(
            shadow_width=24,
            margin=2**31 - 1,
            rate_shifts=(9 - trace_width, 0),
            error_shifts=(-7,),
            init_shifts=(23, 23),
        ),
    )
    for rounding in ("floor", "stochastic"):
        config = replace(config, learning=replace(config.learning, rounding=rounding))
        met = check_learning(config, 20, 0, 3)
        assert {"shadow weights change", "hidden update"} <= met


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    data: Any = load_digits()
    return np.minimum(data.data[:n].astype(np.int64), 15), data.target[:n]


def digits_config(
    weight_width: int = 8, n_steps: int = 2, kind: Any = "single_shot", **rule: Any
) -> LearningNetworkConfig:
    """64-32-10; threshold and margin in the units of the inference weights."""
    neuron = NeuronConfig(membrane_width=weight_width + 8, threshold_shift=weight_width)
    defaults = {"rate_shifts": (3, -4), "error_shifts": (1,), "init_shifts": (12, 8), "epochs": 4, "schedule": (3,)}
    return LearningNetworkConfig(
        n_inputs=64,
        n_steps=n_steps,
        encoding=EncodingConfig(kind=kind, value_width=4, spike_width=4),
        layers=tuple(LayerConfig(size=size, weight_width=weight_width, neuron=neuron) for size in (32, 10)),
        learning=LearningConfig(**{"margin": 1 << (weight_width - 1), **defaults, **rule}),
    )


def digits_maps(**rule: Any) -> LearningNetworkConfig:
    """8x8-6c3-2a-8c2-10; every kind of row, 8-bit shadow weights, so draws of 32 bits."""
    neuron = NeuronConfig(membrane_width=16, threshold_shift=8)
    layers = (
        LayerConfig(size=6, neuron=neuron, conv=ConvConfig(kernel=3), bias="learned"),
        LayerConfig(size=8, neuron=neuron, conv=ConvConfig(kernel=2), pool=2),
        LayerConfig(size=10, neuron=replace(neuron, membrane_width=18)),
    )
    defaults = {
        "margin": 256, "rate_shifts": (18, 15, 2), "error_shifts": (5, 1), "init_shifts": (7, 6, 5),
        "shadow_width": 8, "epochs": 4, "schedule": (3,),
    }  # fmt: skip
    return LearningNetworkConfig(
        n_inputs=64,
        n_steps=1,
        input_shape=(1, 8, 8),
        encoding=EncodingConfig(value_width=4, spike_width=4),
        layers=layers,
        learning=LearningConfig(**{**defaults, **rule}),
    )


RUNS = {
    "maps, 8-8": digits_maps(),
    "16-8, final": digits_config(),
    "8-4, every step, direct": digits_config(
        weight_width=4,
        n_steps=3,
        kind="rate",
        shadow_width=8,
        route="direct",
        timing="every_step",
        trace_shifts=(2, 2),
        direct_shift=1,
        rate_shifts=(12, 4),
        init_shifts=(6, 4),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_whole_training_run_on_digits(name):
    """Four passes over 300 images with shuffled order and schedule; the network learns, and both learn the same."""
    config = RUNS[name]
    values, labels = digits(300)
    spikes = encode(values, config.encoding, config.n_steps)
    events = encode_events(values, config.encoding, config.n_steps)
    network = LearningNetwork.initial(config)
    kernel, rng, correct = Kernel(network), np.random.default_rng(1), []
    for epoch in range(config.learning.epochs):
        order, boost = rng.permutation(300), config.learning.rate_boost(epoch)
        activity = kernel.learn(events, labels, order, boost)
        correct.append(sum(int(learn(network, spikes[i], int(labels[i]), boost).classes == labels[i]) for i in order))
        assert activity.correct == correct[-1]
        assert_same_state(kernel.network(), network)
    assert correct[-1] > 230 > 210 > correct[0]
    assert kernel.infer(events, labels).activity.correct == (run(network, spikes).classes == labels).sum() > 230


def test_hardware_choices_change_nothing():
    config, values = digits_config(), digits(60)
    other = replace(config, hardware=HardwareConfig(lanes=(3,), fire_lanes=(2,), banks=1, multiplier="operator"))
    events = encode_events(values[0], config.encoding, config.n_steps)
    first, second = Kernel(LearningNetwork.initial(config)), Kernel(LearningNetwork.initial(other))
    assert first.learn(events, values[1], np.arange(60)) == second.learn(events, values[1], np.arange(60))
    ours, theirs = first.network(), second.network()
    assert_same_state(replace(ours, config=config), replace(theirs, config=config))


def test_misfits_are_refused():
    """The compiled loops would read beyond their arrays."""
    config, (values, labels) = digits_config(), digits(6)
    network = LearningNetwork.initial(config)
    kernel, order = Kernel(network), np.arange(6)
    events = encode_events(values, config.encoding, 2)
    for wrong in (encode_events(values, config.encoding, 3), encode_events(values[:, :63], config.encoding, 2)):
        for call in (lambda: kernel.infer(wrong), lambda: kernel.learn(wrong, labels, order)):  # noqa: B023
            with pytest.raises(
                ValueError, match=r"\(inputs, steps\) of the events must be \(64, 2\), got \(6[34], [23]\)"
            ):
                call()
    for fault, wrong_labels, wrong_order in (
        ("order", labels, order + 1),
        ("order", labels, order - 1),
        ("order", labels[:5], order),
        ("labels", labels + 10, order),
        ("labels", labels - 10, order),
    ):
        with pytest.raises(ValueError, match=f"{fault}: must be 0"):
            kernel.learn(events, wrong_labels, wrong_order)
    with pytest.raises(ValueError, match="only a network with shadow weights learns"):
        Kernel(network.inference_only()).learn(events, labels, order)
    assert_same_state(kernel.network(), network)


def test_no_samples_are_no_work():
    config = digits_config()
    kernel, events = Kernel(LearningNetwork.initial(config)), encode_events(digits(0)[0], config.encoding, 2)
    nothing = np.zeros(0, np.int64)
    assert kernel.infer(events, record=True).activity == (0,) * 7
    assert kernel.learn(events, nothing, nothing) == (0,) * 7


def test_a_kernel_leaves_its_network_alone():
    network = LearningNetwork.initial(digits_config())
    before = deepcopy(network)
    values, labels = digits(20)
    kernel = Kernel(network)
    kernel.learn(encode_events(values, network.config.encoding, 2), labels, np.arange(20))
    assert_same_state(network, before)
    assert any((a != b).any() for a, b in zip(kernel.network().weights, before.weights, strict=True))


def test_a_run_in_parts_equals_the_whole():
    config, (values, labels) = digits_config(), digits(80)
    events = encode_events(values, config.encoding, 2)
    whole, part = Kernel(LearningNetwork.initial(config)), Kernel(LearningNetwork.initial(config))
    whole.learn(events, labels, np.arange(80))
    part.learn(events, labels, np.arange(33))
    part = Kernel(part.network())
    part.learn(events, labels, np.arange(33, 80))
    assert_same_state(whole.network(), part.network())
