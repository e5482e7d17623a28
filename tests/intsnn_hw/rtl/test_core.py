"""The core against the golden network, on the compiled back end and on the emitted Verilog in Icarus."""

from dataclasses import replace

import numpy as np
import pytest

from golden.config import EncodingConfig, HardwareConfig, LayerConfig, NetworkConfig, NeuronConfig
from golden.encoding import to_events
from golden.network import Network, run
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import input_event_layout, weight_layout
from sim import payload
from sim.fast import compile_component
from sim.result import SimulationTimeout, Stalls
from sim.verify import inference, stimuli

pytestmark = pytest.mark.usefixtures("emitted_once")
STALLS = Stalls(seed=0x5EED, gap=0.3, stall=0.5)


def check(network, inputs, **options):
    """Co-simulate and require that nothing differs, that all was compared, and that the classes are the model's."""
    report = inference.cosimulate(network, to_events(inputs), **options)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    n_samples, config = len(inputs), network.config
    events = n_samples * config.n_steps * config.n_classes if config.readout == "spike_count" else 0
    values = sum(layer.n_out * (1 + len(layer.neuron.state_widths)) for layer in config.resolved)
    assert report.n_compared == n_samples * (config.n_steps * values + 2) + events
    record = run(network, inputs)
    np.testing.assert_array_equal(report.classes, record.classes)
    # Every event is added once, word by word, and no other: the padding beyond the last neuron never fires.
    events_in = [int((spikes > 0).sum()) for spikes in (inputs, *record.spikes[:-1])]
    own = [int((spikes[:, :-1] > 0).sum()) for spikes in record.spikes]
    words = [
        (count + (returning if layer.n_own else 0)) * layer.n_words
        for count, returning, layer in zip(events_in, own, config.resolved, strict=True)
    ]
    assert report.adding == tuple(words)
    return report


CORNERS_NEEDED = {"empty_step", "full_step", "every_level", "silent_layer", "every_saturation", "threshold", "tie"}
CORNERS = [
    ("membrane", "soft", 2, HardwareConfig(lanes=(4, 5, 3), fire_lanes=(2,), banks=2)),
    ("spike_count", "hard", 1, HardwareConfig(lanes=(16,), fire_lanes=(16, 7, 1), banks=2)),
    ("spike_count", "soft", 2, HardwareConfig(lanes=(1,), fire_lanes=(1,), banks=1, multiplier="operator")),
    ("membrane", "none", 4, HardwareConfig(lanes=(8, 1, 10), fire_lanes=(8, 1, 1), banks=1)),
    ("spike_count", "none", 1, HardwareConfig(lanes=(4,), fire_lanes=(4,), banks=2)),
]


@pytest.mark.parametrize("readout, reset, spike_width, hardware", [CORNERS[0], CORNERS[3]], ids=str)
def test_corners(readout, reset, spike_width, hardware):
    config = stimuli.corner_config(readout=readout, reset=reset, spike_width=spike_width)
    network = stimuli.network(replace(config, hardware=hardware), seed=0x5EED)
    inputs = stimuli.spikes(network.config, 40 if spike_width <= 2 else 300, seed=0x5EED)
    assert stimuli.reached(network, inputs) >= CORNERS_NEEDED
    check(network, inputs)
    check(network, inputs, stalls=STALLS)


@pytest.mark.parametrize("case", [1, 2, 4])
def test_corners_in_icarus(case, tmp_path):
    readout, reset, spike_width, hardware = CORNERS[case]
    config = stimuli.corner_config(readout=readout, reset=reset, spike_width=spike_width)
    network = stimuli.network(replace(config, hardware=hardware), seed=0x5EED)
    inputs = stimuli.spikes(network.config, 40, seed=0x5EED)
    assert stimuli.reached(network, inputs) >= CORNERS_NEEDED
    for stalls in (None, STALLS):
        check(network, inputs, backend="icarus", stalls=stalls, build_dir=tmp_path / str(stalls is None))


@pytest.mark.parametrize("seed", [*range(12), 100])
def test_random_configurations_in_icarus(seed, tmp_path):
    config = stimuli.network_config(stimuli.SeededChoices(seed))
    network = stimuli.network(config, seed=seed)
    inputs = stimuli.spikes(config, 12, seed=seed)
    check(network, inputs, backend="icarus", stalls=None if seed % 3 == 0 else STALLS, build_dir=tmp_path)


@pytest.mark.parametrize("seed", [0, 1, 4, 7, 9, 10, 13, 14])
def test_random_recurrent_configurations_in_icarus(seed, tmp_path):
    config = stimuli.network_config(stimuli.SeededChoices(seed), temporal=True)
    network = stimuli.network(config, seed=seed)
    inputs = stimuli.spikes(config, 12, seed=seed)
    assert any(layer.recurrent for layer in config.layers)
    check(network, inputs, backend="icarus", stalls=None if seed % 3 == 0 else STALLS, build_dir=tmp_path)


@pytest.mark.parametrize("seed", [102])
def test_random_configurations_compiled(seed):
    config = stimuli.network_config(stimuli.SeededChoices(seed), max_size=20)
    network = stimuli.network(config, seed=seed)
    inputs = stimuli.spikes(config, 200, seed=seed)
    check(network, inputs)
    check(network, inputs, stalls=STALLS)


def small_config(**changes):
    neuron = NeuronConfig(membrane_width=12, spike_width=3, threshold_shift=5, leak_shift=3)
    base = NetworkConfig(
        name="small",
        n_inputs=20,
        n_steps=3,
        encoding=EncodingConfig(spike_width=4),
        layers=tuple(LayerConfig(size=size, weight_width=5, neuron=neuron) for size in (10, 6)),
        hardware=HardwareConfig(lanes=(4,), fire_lanes=(2,)),
    )
    return replace(base, **changes)


def uniform(config, seed):
    """A network with weights uniform over their range, whose classes vary."""
    rng = np.random.default_rng(seed)
    half = [1 << (layer.weight_width - 1) for layer in config.resolved]
    shapes = [(layer.n_out, layer.n_in) for layer in config.resolved]
    weights = [rng.integers(-h, h, shape) for h, shape in zip(half, shapes, strict=True)]
    return Network(config=config, weights=weights)


def varied(classes):
    """The classes, after a check that they vary."""
    assert len(set(classes.tolist())) > 2
    return classes


@pytest.fixture(scope="module")
def core():
    return compile_component(Core(small_config(), probe=True))


def beats(network, inputs):
    return payload.pack(input_event_layout(network.config.resolved[0]), inference.input_fields(to_events(inputs)))


def load(network):
    return payload.pack(weight_layout(network.config), inference.weight_fields(network))


def classes(result):
    return result.fields("o")["label"]


def test_events_wait_for_the_first_load_and_a_second_load_replaces_it(core):
    core.reset()
    first, second = (uniform(small_config(), seed=seed) for seed in (1, 2))
    inputs = stimuli.spikes(small_config(), 30, seed=3)
    assert (run(first, inputs).classes != run(second, inputs).classes).any()
    with pytest.raises(SimulationTimeout):
        core.run({"i": beats(first, inputs)}, expected={"o": 1}, cycle_budget=2000)
    core.reset()
    for network in (first, second):
        core.run({"weights": load(network)}, expected={}, cycle_budget=2000, extra_cycles=4)
        result = core.run({"i": beats(network, inputs)}, expected={"o": 30}, cycle_budget=100_000, stalls=STALLS)
        np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))


def test_a_load_cut_short_is_restarted_by_first(core):
    core.reset()
    network = uniform(small_config(), seed=4)
    inputs = stimuli.spikes(small_config(), 10, seed=5)
    whole = load(network)
    core.run({"weights": whole[: len(whole) // 3]}, expected={}, cycle_budget=2000, extra_cycles=4)
    with pytest.raises(SimulationTimeout):  # an unfinished load holds events back
        core.run({"i": beats(network, inputs[:1])}, expected={"o": 1}, cycle_budget=2000)
    core.reset()
    core.run({"weights": whole[: len(whole) // 3]}, expected={}, cycle_budget=2000)
    core.run({"weights": whole, "i": beats(network, inputs)}, expected={"o": 10}, cycle_budget=100_000)
    core.run({"weights": whole[1:] ^ 1}, expected={}, cycle_budget=2000, extra_cycles=4)  # no `first`: dropped
    result = core.run({"i": beats(network, inputs)}, expected={"o": 10}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))


@pytest.mark.parametrize("backend", ["fast", "icarus"])
def test_initial_memory_content_equals_a_load(backend, tmp_path):
    network = uniform(small_config(), seed=6)
    inputs = stimuli.spikes(network.config, 30, seed=7)
    preloaded = inference.build(Core(network.config, network), backend, tmp_path)
    result = preloaded.run({"i": beats(network, inputs)}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))


@pytest.mark.parametrize("lanes", [4, 5])
def test_padding_beyond_the_last_class_is_never_the_class(lanes, tmp_path):
    """The padding of preloaded memories is 0, more than any score here."""
    config = small_config(hardware=HardwareConfig(lanes=(4, lanes), fire_lanes=(2,)))
    network = uniform(config, seed=8)
    network.weights[1][:] = -np.maximum(abs(network.weights[1]), 1)
    inputs = stimuli.spikes(config, 30, seed=8)
    expected = run(network, inputs)
    assert (expected.scores.max(axis=-1) < 0).sum() > 10
    core = inference.build(Core(config, network), "icarus", tmp_path)
    result = core.run({"i": beats(network, inputs)}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(result.fields("o")["label"], varied(expected.classes))


def test_marker_alone_or_on_the_last_event_and_shorter_samples(core):
    core.reset()
    network = uniform(small_config(), seed=8)
    core.run({"weights": load(network)}, expected={}, cycle_budget=2000, extra_cycles=4)
    inputs = stimuli.spikes(small_config(), 30, seed=9)
    fields = inference.input_fields(to_events(inputs))
    apart = {name: [] for name in fields}
    for address, spike, step, sample in zip(*fields.values(), strict=True):
        rows = [(address, spike, 0, 0), (0, 0, 1, sample)] if step and spike else [(address, spike, step, sample)]
        for row in rows:
            for name, value in zip(apart, row, strict=True):
                apart[name].append(value)
    apart = {name: np.array(values) for name, values in apart.items()}
    layout = input_event_layout(network.config.resolved[0])
    result = core.run({"i": payload.pack(layout, apart)}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))
    one_step = Network(config=small_config(n_steps=1), weights=network.weights)
    result = core.run({"i": beats(one_step, inputs[:, :1])}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), run(one_step, inputs[:, :1]).classes)


def test_event_order_does_not_matter(core):
    core.reset()
    network = uniform(small_config(n_steps=1), seed=10)
    inputs = stimuli.spikes(network.config, 30, seed=11)
    fields = inference.input_fields(to_events(inputs))
    order, rng, start = np.arange(len(fields["address"])), np.random.default_rng(12), 0
    for end in np.flatnonzero(fields["end_of_step"]) + 1:
        order[start:end] = rng.permutation(order[start:end])
        start = end
    assert (order != np.arange(len(order))).any()
    shuffled = fields | {name: fields[name][order] for name in ("address", "spike")}
    core.run({"weights": load(network)}, expected={}, cycle_budget=2000, extra_cycles=4)
    layout = input_event_layout(network.config.resolved[0])
    result = core.run({"i": payload.pack(layout, shuffled)}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))


def test_a_class_not_taken_stops_the_input_and_loses_nothing(core):
    core.reset()
    network = uniform(small_config(), seed=13)
    inputs = stimuli.spikes(small_config(), 40, seed=14)
    core.run({"weights": load(network)}, expected={}, cycle_budget=2000, extra_cycles=4)
    slow = Stalls(seed=1, gap=0.0, stall=0.997)
    result = core.run({"i": beats(network, inputs)}, expected={"o": 40}, cycle_budget=400_000, stalls=slow)
    assert result.cycles > 4 * 40 * sum(layer.n_words for layer in network.config.resolved) * 3
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))


@pytest.mark.parametrize("activity", [0.05, 0.3, 1.0])
def test_lanes_add_without_bubbles(activity):
    """The docstring of Layer: events * n_words cycles a step where the sweep is shorter."""
    config = small_config(n_inputs=100, hardware=HardwareConfig(lanes=(2,), fire_lanes=(2,)))
    network = uniform(config, seed=15)
    network.weights[0] = np.minimum(network.weights[0], 0)  # a silent first layer, so that it is the busiest
    rng = np.random.default_rng(16)
    inputs = rng.integers(1, 16, (50, 3, 100)) * (rng.random((50, 3, 100)) < activity)
    report = check(network, inputs)
    first = config.resolved[0]
    events = (inputs > 0).sum()
    assert report.adding[0] == events * first.n_words
    assert report.lane_utilisation == report.adding[0] / report.active[0]
    ideal = events * first.n_words / len(inputs)
    assert report.cycles_per_sample >= ideal * 0.9
    if activity >= 0.3:
        assert report.layer_utilisation[0] > 0.99


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalled"])
def test_every_back_end_counts_the_samples_cycles_alone(stalls, tmp_path):
    """The Verilog back end loads the weights in the same run as the samples, the compiled one before."""
    network = uniform(small_config(), seed=17)
    inputs = stimuli.spikes(network.config, 12, seed=18)
    fast = check(network, inputs, stalls=stalls)
    verilog = check(network, inputs, stalls=stalls, backend="icarus", build_dir=tmp_path)
    assert verilog.adding == fast.adding
    if stalls is None:
        assert (verilog.active, verilog.cycles) == (fast.active, fast.cycles)
    else:  # stalls are drawn cycle by cycle, and the load shifts them
        assert verilog.lane_utilisation == pytest.approx(fast.lane_utilisation, abs=0.1)


def test_a_step_without_events_takes_one_cycle_of_its_layer():
    config = small_config(n_inputs=100, n_steps=2, hardware=HardwareConfig(lanes=(2,), fire_lanes=(2,)))
    network = uniform(config, seed=19)
    network.weights[0] = np.minimum(network.weights[0], 0)  # a silent first layer, so that it is the busiest
    inputs = np.full((50, 2, 100), 15)
    inputs[:, 1] = 0
    report = check(network, inputs)
    assert config.resolved[0].n_words == 5
    assert report.cycles_per_sample == 100 * 5 + 1


def test_beats_without_event_and_marker_change_nothing(core):
    core.reset()
    network = uniform(small_config(), seed=20)
    inputs = stimuli.spikes(small_config(), 30, seed=21)
    fields = inference.input_fields(to_events(inputs))
    # One before every beat, so that the first of each step is among them.
    padded = {name: np.stack([np.zeros_like(values), values], axis=1).ravel() for name, values in fields.items()}
    core.run({"weights": load(network)}, expected={}, cycle_budget=2000, extra_cycles=4)
    layout = input_event_layout(network.config.resolved[0])
    result = core.run({"i": payload.pack(layout, padded)}, expected={"o": 30}, cycle_budget=100_000)
    np.testing.assert_array_equal(classes(result), varied(run(network, inputs).classes))
