"""Cores of networks that convolve and pool, against the golden model: corners, random ones, throughput, faults."""

from dataclasses import replace

import numpy as np
import pytest

from golden.config import ConvConfig, EncodingConfig, HardwareConfig, LayerConfig, NetworkConfig, NeuronConfig
from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import Network, run
from intsnn_hw.energy.estimate import recorded_accesses
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import input_event_layout, weight_layout
from sim import payload
from sim.result import Stalls
from sim.verify import inference, stimuli

STALLS = Stalls(seed=0x5EED, gap=0.3, stall=0.5)
NEURON = NeuronConfig(membrane_width=12, spike_width=2, threshold_shift=6)


def check(network, inputs, **options):
    """Co-simulate and require that nothing differs, that all was compared, and that accesses are as counted without."""
    sent = to_events(inputs)
    report = inference.cosimulate(network, sent, backend="icarus", **options)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    config = network.config
    events = len(inputs) * config.n_steps * config.n_classes if config.readout == "spike_count" else 0
    values = sum(layer.n_out * (1 + len(layer.neuron.state_widths)) for layer in config.resolved)
    assert report.n_compared == len(inputs) * (config.n_steps * values + 2) + events
    np.testing.assert_array_equal(report.classes, run(network, inputs).classes)
    assert report.accesses == recorded_accesses(config, sent, Kernel(network).infer(sent, record=True))
    return report


CORNERS_NEEDED = {"empty_step", "full_step", "every_level", "silent_layer", "every_saturation", "threshold", "tie"}
CORNERS = [
    ("membrane", "soft", 2, HardwareConfig(lanes=(4, 5, 3), fire_lanes=(2, 5, 1), banks=2)),
    ("spike_count", "hard", 2, HardwareConfig(lanes=(2, 3, 1), fire_lanes=(1, 3, 1), banks=1, multiplier="operator")),
]


@pytest.mark.parametrize("readout, reset, spike_width, hardware", CORNERS, ids=str)
def test_corners(readout, reset, spike_width, hardware, tmp_path):
    config = stimuli.spatial_corner_config(readout=readout, reset=reset, spike_width=spike_width)
    network = stimuli.network(replace(config, hardware=hardware), seed=0x5EED)
    inputs = stimuli.spikes(network.config, 40, seed=0x5EED)
    assert stimuli.reached(network, inputs) >= CORNERS_NEEDED
    check(network, inputs, stalls=STALLS if readout == "membrane" else None, build_dir=tmp_path)


@pytest.mark.parametrize("seed", [1, 8, 26])
def test_random_configurations(seed, tmp_path):
    config = stimuli.spatial_config(stimuli.SeededChoices(seed))
    if seed % 3 == 1:
        config = replace(config, layers=tuple(replace(layer, bias="fixed") for layer in config.layers))
    network = stimuli.network(config, seed=seed)
    inputs = stimuli.spikes(config, 8, seed=seed)
    check(network, inputs, stalls=None if seed % 2 else STALLS, build_dir=tmp_path)


def two_maps(*, n_steps=2, recurrent=False, **fields):
    """Return a convolution that lists what is touched, and layers behind it that take its events as they come."""
    first = LayerConfig(size=5, weight_width=4, neuron=replace(NEURON, **fields), conv=ConvConfig(kernel=3, padding=1))
    layers = [first, *([LayerConfig(size=4, neuron=NEURON, recurrent=True)] if recurrent else [])]
    return NetworkConfig(
        n_inputs=60,
        input_shape=(2, 6, 5),
        n_steps=n_steps,
        encoding=EncodingConfig(spike_width=2),
        layers=(*layers, LayerConfig(size=3, neuron=NEURON)),
        hardware=HardwareConfig(lanes=(3,), fire_lanes=(3,)),
    )


@pytest.mark.parametrize("reset", ["soft", "hard", "none"])
def test_membranes_that_fire_again_and_those_of_the_sample_before(reset, tmp_path):
    """Sparse input, so that most neurons are not reached in a step; some stay at their threshold."""
    config = two_maps(n_steps=4, membrane_width=8, spike_width=1, threshold_shift=3, reset=reset, recurrent=True)
    network, rng = stimuli.network(config, seed=3), np.random.default_rng(3)
    inputs = rng.integers(1, 4, (30, 4, 60)) * (rng.random((30, 4, 60)) < 0.02)
    record = run(network, inputs)
    first = config.resolved[0]
    assert first.lists_touched and (record.membranes[0][:, -1] != 0).any()
    assert (record.membranes[0] >= 8).any() == (reset != "hard")
    report = check(network, inputs, build_dir=tmp_path)
    visited, whole = report.counts["activity0.firing"], 30 * 4 * first.n_fire_words
    assert 30 * first.n_fire_words < visited < whole


@pytest.mark.parametrize("activity, share", [(0.01, 0.75), (0.1, 0.95)])
def test_lanes_add_without_bubbles(activity, share, tmp_path):
    """The first convolution of the MNIST network, kept busy by silent neurons behind it.

    At 1 % a step is as long as the sweep of the step before, and steps differ: the longer of two counts.
    """
    config = NetworkConfig(
        n_inputs=784,
        input_shape=(1, 28, 28),
        n_steps=1,
        encoding=EncodingConfig(spike_width=4),
        layers=(
            LayerConfig(size=8, neuron=NEURON, conv=ConvConfig(kernel=5)),
            LayerConfig(size=10, neuron=NEURON, pool=8),
        ),
        hardware=HardwareConfig(lanes=(8, 10), fire_lanes=(8, 1)),
    )
    rng, n_samples = np.random.default_rng(4), 20 if activity < 0.1 else 3
    weights = [rng.integers(-100, 0, layer.weight_shape) for layer in config.resolved]
    inputs = rng.integers(1, 16, (n_samples, 1, 784)) * (rng.random((n_samples, 1, 784)) < activity)
    report = check(Network(config=config, weights=weights), inputs, build_dir=tmp_path)
    assert report.layer_utilisation[0] >= share
    if activity < 0.1:  # a sweep visits what its step has reached
        assert report.counts["activity0.firing"] < 0.4 * n_samples * config.resolved[0].n_fire_words


@pytest.mark.parametrize("banks", [1, 2])
@pytest.mark.parametrize("bias", ["none", "fixed"])
def test_a_discarded_sample_leaves_nothing_behind(bias, banks, tmp_path):
    config = two_maps()
    layers = tuple(replace(layer, bias=bias) for layer in config.layers)
    config = replace(config, layers=layers, hardware=replace(config.hardware, banks=banks))
    network, rng = stimuli.network(config, seed=5), np.random.default_rng(5)
    inputs = rng.integers(1, 4, (24, 2, 60)) * (rng.random((24, 2, 60)) < 0.2)
    fields = inference.input_fields(to_events(inputs))
    sample = np.cumsum(fields["end_of_sample"]) - fields["end_of_sample"]
    kept, ends = np.ones(len(sample), bool), np.zeros(len(sample), bool)
    for index in range(0, 24, 2):  # cut short in turn: in the second step, in the first, before any event
        (beats,) = np.nonzero(sample == index)
        cut = beats[0] + (len(beats) - 2, len(beats) // 3, 0)[index // 2 % 3]
        kept[cut + 1 : beats[-1] + 1], ends[cut] = False, True
    fields["end_of_sample"] = np.where(ends, 1, fields["end_of_sample"])
    fields["end_of_step"] = np.where(ends, 0, fields["end_of_step"])
    fields["address"] = np.where(ends, 63, fields["address"])  # has no meaning there, nor has the spike
    beats = payload.pack(
        input_event_layout(config.resolved[0]), {name: values[kept] for name, values in fields.items()}
    )
    weights = payload.pack(weight_layout(config), inference.weight_fields(network))
    core = inference.build(Core(config, probe=True), "icarus", tmp_path)
    result = core.run({"weights": weights, "i": beats}, expected={"o": 12}, cycle_budget=100_000, stalls=STALLS)
    expected = run(network, inputs[1::2])
    np.testing.assert_array_equal(result.fields("o")["label"], expected.classes)
    np.testing.assert_array_equal(result.fields("o")["score"], expected.scores.max(axis=-1))
