"""What goes wrong outside the core: samples cut short, outputs nobody takes, labels that are no class."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from golden.config import (
    ConvConfig,
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
    Readout,
    WeightMemory,
    learning_config,
)
from golden.encoding import to_events
from golden.fixed import Lfsr
from golden.kernels import Kernel
from golden.network import LearningNetwork, learn, run, update
from golden.synapse import inference_weight
from golden.weight_load import flat_weights
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import Operation, control_layout, input_event_layout, weight_layout
from sim import payload
from sim.fast import compile_component
from sim.result import SimulationTimeout, Stalls
from sim.verify import inference, stimuli
from tests.sim.verify.test_learning_maps import map_config

pytestmark = pytest.mark.usefixtures("emitted_once")
STALLS = Stalls(seed=0xFA17, gap=0.3, stall=0.4)
NEVER = Stalls(seed=0, gap=0, stall=1 - 2**-32)
N_SAMPLES = 30
CODE = {name: operation.value for name, operation in Operation.__members__.items()}


def network_config(
    readout: Readout = "membrane",
    banks=2,
    weight_memory: WeightMemory = "dual_port",
    sizes=(6, 4),
    recurrent=(),
    **learning,
):
    neuron = NeuronConfig(membrane_width=12, spike_width=2, threshold_shift=5)
    depth = len(sizes)
    rule = {
        "shadow_width": 10, "margin": 40, "rate_shifts": (2,) * (depth - 1) + (1,), "error_shifts": (1,) * (depth - 1),
        "init_shifts": (9,) * depth, "schedule": (5,), "recurrent_rate_shifts": (3,) * len(recurrent),
        "recurrent_init_shifts": (9,) * len(recurrent),
    }  # fmt: skip
    return NetworkConfig(
        name="faulty",
        n_inputs=9,
        n_steps=3,
        readout=readout,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(
            LayerConfig(size=size, weight_width=5, neuron=neuron, recurrent=index in recurrent)
            for index, size in enumerate(sizes)
        ),
        learning=LearningConfig(**(rule | learning)),
        hardware=HardwareConfig(lanes=(3, 2, 2)[:depth], fire_lanes=(3,), banks=banks, weight_memory=(weight_memory,)),
    )


class Host:
    """Sends samples of which some are cut short, and knows what the golden model makes of the rest.

    Before every second sample, beats of another one are sent up to a random place, and then the beat that discards it.
    """

    def __init__(self, config, seed=0):
        rng = np.random.default_rng(seed)
        self.config = config
        self.spikes = stimuli.spikes(config, 2 * N_SAMPLES, seed=seed)
        self.labels = rng.integers(0, config.n_classes, 2 * N_SAMPLES)
        self.is_cut = np.arange(2 * N_SAMPLES) % 4 == 1
        fields = inference.input_fields(to_events(self.spikes))
        ends = np.flatnonzero(fields["end_of_sample"]) + 1
        parts, self.n_whole_steps = [], np.full(2 * N_SAMPLES, config.n_steps)
        for n, (start, stop) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            beats = {name: values[start:stop] for name, values in fields.items()}
            if self.is_cut[n]:
                kept = int(rng.integers(0, stop - start))
                beats = {name: values[:kept] for name, values in beats.items()}
                self.n_whole_steps[n] = beats["end_of_step"].sum()
                discard = {"address": 3, "spike": n % 3, "end_of_step": 0, "end_of_sample": 1}
                beats = {name: np.append(values, discard[name]) for name, values in beats.items()}
            parts.append(beats)
        assert set(self.n_whole_steps[self.is_cut]) == set(range(config.n_steps))  # cut in every step
        self.beats = {name: np.concatenate([part[name] for part in parts]) for name in fields}

    @property
    def whole(self):
        return np.flatnonzero(~self.is_cut)

    @property
    def is_every_step(self):
        return self.config.learning.timing == "every_step"

    def learned(self, network):
        """Return what the golden model learns: of a sample cut short, the steps that were whole, at every_step.

        Also the classes, the number of evaluations, and of those of them with an error.
        """
        network = replace(
            network, weights=[*network.weights], shadows=[*network.shadows], lfsr=Lfsr(network.lfsr.state)
        )
        classes, n_evaluations, updates = [], 0, []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("golden.network.update", lambda *how: updates.append(update(*how)))
            for n, n_steps in enumerate(self.n_whole_steps.tolist()):
                if n_steps == 0 or (self.is_cut[n] and not self.is_every_step):
                    continue
                shorter = replace(network, config=replace(self.config, n_steps=n_steps))  # the same weights and LFSR
                record = learn(shorter, self.spikes[n, :n_steps], self.labels[n])
                n_evaluations += n_steps if self.is_every_step else 1
                if not self.is_cut[n]:
                    classes.append(int(record.classes))
        return network, classes, n_evaluations, len(updates)


def inputs_of(config, beats, network):
    return {
        "i": payload.pack(input_event_layout(config.resolved[0]), beats),
        "weights": load_of(config, flat_weights(network)),
    }


def load_of(config, flat):
    first = (np.arange(len(flat)) == 0).astype(int)
    return payload.pack(weight_layout(config), {"weight": flat, "first": first})


def control(operations, values):
    return payload.pack(
        control_layout(learning_config(network_config())),
        {"operation": np.array(operations), "value": np.array(values)},
    )


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalls"])
@pytest.mark.parametrize(
    "readout, banks, sizes, recurrent",
    [
        ("membrane", 2, (6, 4), ()),
        ("spike_count", 1, (6, 5, 4), ()),
        ("membrane_sum", 2, (6, 5, 4), (0, 1)),
        ("spike_count", 1, (6, 4), (0,)),
    ],
    ids=str,
)
def test_a_sample_cut_short_leaves_nothing_behind(readout, banks, sizes, recurrent, stalls, tmp_path):
    config = replace(network_config(readout, banks, sizes=sizes, recurrent=recurrent), learning=None)
    network, host = stimuli.network(config, seed=1), Host(config)
    core = inference.build(Core(config), "icarus", tmp_path)
    expected = {"o": len(host.whole)} | ({"events": 0} if readout == "spike_count" else {})
    result = core.run(
        inputs_of(config, host.beats, network), expected=expected, cycle_budget=200_000, stalls=stalls,
        extra_cycles=300,
    )  # fmt: skip
    record = run(network, host.spikes[host.whole])
    np.testing.assert_array_equal(result.fields("o")["label"], record.classes)
    if readout == "spike_count":
        sent = result.fields("events")
        given_up = (sent["end_of_sample"] == 1) & (sent["end_of_step"] == 0)
        assert given_up.sum() == host.is_cut.sum() and not sent["spike"][given_up].any()
        assert ((sent["end_of_sample"] == 1) & (sent["end_of_step"] == 1)).sum() == len(host.whole)


MODES = {
    "final": {},
    "every-step": {"timing": "every_step"},
    "every-step-leak-single-port": {"timing": "every_step", "trace_shifts": (1, 1), "weight_memory": "single_port"},
    "direct-three-layers": {"route": "direct", "sizes": (6, 5, 4), "banks": 1},
    "spike-count": {"readout": "spike_count", "timing": "every_step"},
    "recurrent-every-step": {
        "recurrent": (0,),
        "timing": "every_step",
        "trace_shifts": (1, 2),
        "trace_gain": 1,
        "error": "graded",
        "error_octave": 4,
        "readout": "membrane_sum",
        "budget": 1,
    },
    "recurrent-final": {"recurrent": (0, 1), "sizes": (6, 5, 4), "error": "pair", "banks": 1},
}


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalls"])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_sample_cut_short_is_not_learned_from(mode, stalls, tmp_path):
    config = network_config(**MODES[mode])
    network, host = LearningNetwork.initial(config), Host(config, seed=2)
    n_weights = sum(layer.n_rows * layer.n_out for layer in config.resolved)
    core = inference.build(Core(config), "icarus", tmp_path)
    inputs = inputs_of(config, host.beats, network)
    inputs["control"] = control([CODE["LEARN"]] * len(host.labels) + [CODE["READ_WEIGHTS"]], [*host.labels, 0])
    expected = {"o": len(host.whole), "shadow": n_weights}
    expected |= {"events": 0} if config.readout == "spike_count" else {}
    result = core.run(inputs, expected=expected, cycle_budget=400_000, stalls=stalls, extra_cycles=8)
    golden, classes, n_evaluations, updated = host.learned(network)
    np.testing.assert_array_equal(result.fields("o")["label"], classes)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(golden))
    assert result.values["lfsr"] == golden.lfsr.state
    assert result.values["updated"] == updated > 5
    assert result.values["updated"] + result.values["skipped"] == n_evaluations
    assert n_evaluations == (
        host.n_whole_steps.sum() if host.is_every_step else len(host.whole)
    )  # a sample cut short counts with the steps that were whole
    assert result.values["rejected"] == 0


class Restarted(wiring.Component):
    """A core with probes whose reset is an input `restart`, which a run sets or leaves at 0."""

    def __init__(self, config):
        self._core = Core(config, probe=True)
        super().__init__({**self._core.signature.members, "restart": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.core = ResetInserter(self.restart)(self._core)
        for name, member in self._core.signature.members.items():
            inner, outer = getattr(self._core, name), getattr(self, name)
            if not member.is_signature:
                m.d.comb += outer.eq(inner)
            elif member.flow is In:
                connect(m, flipped(outer), inner)
            else:
                connect(m, inner, flipped(outer))
        return m


@pytest.fixture(scope="module", params=["single_port", "dual_port"])
def compiled(request):
    """A core that learns and its configuration, compiled once for this file."""
    config = network_config(weight_memory=request.param)
    return config, compile_component(Restarted(config))


def test_a_class_that_nobody_takes_holds_the_core_and_loses_nothing(compiled):
    """The output is stalled for good; once it is taken again, all comes as if nothing had been."""
    config, core = compiled
    network = LearningNetwork.initial(config)
    events, labels = to_events(stimuli.spikes(config, N_SAMPLES, seed=3)), np.arange(N_SAMPLES) % config.n_classes
    n_weights = sum(layer.n_in * layer.n_out for layer in config.resolved)
    inputs = inputs_of(config, inference.input_fields(events), network)
    inputs["control"] = control([CODE["LEARN"]] * N_SAMPLES + [CODE["READ_WEIGHTS"]], [*labels, 0])
    core.reset()
    rarely = Stalls(seed=1, gap=0, stall=0.98)
    result = core.run(inputs, expected={"o": N_SAMPLES, "shadow": n_weights}, cycle_budget=1_000_000, stalls=rarely)
    kernel = Kernel(network)
    activity = kernel.learn(events, labels, np.arange(N_SAMPLES))
    np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(kernel.network()))
    assert result.values["updated"] == activity.updated_samples > 5

    # Nobody takes the first class at all: the sample is learned from once, and the next one waits for ever.
    core.reset()
    with pytest.raises(SimulationTimeout) as stopped:
        core.run(inputs, expected={"o": 1, "shadow": 0}, cycle_budget=20_000, stalls=NEVER)
    values = stopped.value.result.values
    assert values["updated"] + values["skipped"] == 1 and len(stopped.value.result.output_cycles["o"]) == 0
    core.reset()


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalls"])
def test_weights_read_between_samples_are_those_of_the_moment(compiled, stalls):
    """Read after every sample, whether it was learned from or not, all queued before the first beat."""
    config, core = compiled
    network = LearningNetwork.initial(config)
    events, labels = to_events(stimuli.spikes(config, N_SAMPLES, seed=4)), np.arange(N_SAMPLES) % config.n_classes
    learns = np.arange(N_SAMPLES) % 3 != 2
    flat = flat_weights(network)
    operations = [[CODE["LEARN" if learn else "INFER"], CODE["READ_WEIGHTS"]] for learn in learns]
    inputs = inputs_of(config, inference.input_fields(events), network)
    inputs["control"] = control(np.ravel(operations), np.repeat(labels, 2))
    core.reset()
    expected = {"o": N_SAMPLES, "shadow": N_SAMPLES * len(flat)}
    result = core.run(inputs, expected=expected, cycle_budget=400_000, stalls=stalls, extra_cycles=100)
    kernel, seen = Kernel(network), result.fields("shadow")["weight"].reshape(N_SAMPLES, len(flat))
    for n in range(N_SAMPLES):
        kernel.learn(events, labels, np.array([n] if learns[n] else [], np.int64))
        np.testing.assert_array_equal(seen[n], flat_weights(kernel.network()))
    assert (np.diff(seen, axis=0) != 0).any(axis=1).sum() > 5


def new_network(config):
    """Another network to load, its weights far from the initial ones and from saturation."""
    rng, initial = np.random.default_rng(6), LearningNetwork.initial(config)
    loaded = [rng.integers(-400, 400, shadow.shape) for shadow in initial.shadows]
    weights = [inference_weight(w, 10, layer.weight_width) for w, layer in zip(loaded, config.resolved, strict=True)]
    return replace(initial, weights=weights, shadows=loaded)


def begin(core, config, spikes, label, *, expected, extra_cycles):
    """Load the initial weights, learn from one sample, and stop somewhere."""
    core.reset()
    inputs = inputs_of(config, inference.input_fields(to_events(spikes)), LearningNetwork.initial(config))
    inputs["control"] = control([CODE["LEARN"]], [label])
    return core.run(inputs, expected=expected, cycle_budget=20_000, extra_cycles=extra_cycles)


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalls"])
def test_weights_loaded_after_a_class_replace_what_the_sample_taught(compiled, stalls):
    """A load that begins in any cycle of an update waits for its end, and no weight of the load is lost."""
    config, core = compiled
    spikes, new = stimuli.spikes(config, 4, seed=3), new_network(config)
    flat, has_waited = flat_weights(new), []
    for n in range(4):
        for wait in range(0, 120, 5 if stalls else 1):
            begin(core, config, spikes[n : n + 1], n % 4, expected={"o": 1}, extra_cycles=wait)
            inputs = {"weights": load_of(config, flat), "control": control([CODE["READ_WEIGHTS"]], [0])}
            result = core.run(inputs, expected={"shadow": len(flat)}, cycle_budget=20_000, stalls=stalls)
            np.testing.assert_array_equal(result.fields("shadow")["weight"], flat)
            assert result.values["updated"] == 1
            has_waited.append(bool(result.input_cycles["weights"][0] > 0))
    assert stalls or {True, False} == set(has_waited)


@pytest.mark.parametrize("stalls", [None, STALLS], ids=["", "stalls"])
def test_an_update_waits_for_the_end_of_a_load(compiled, stalls, monkeypatch):
    """Its errors are those of the old weights, and it changes the new ones, all of them loaded."""
    config, core = compiled
    spikes, new, outcomes = stimuli.spikes(config, 8, seed=3), new_network(config), []
    flat, asked = flat_weights(new), []
    monkeypatch.setattr("golden.network.update", lambda network, *how: asked.append(how))
    for n in range(8):
        learn(LearningNetwork.initial(config), spikes[n], n % 4)
        changed = replace(
            new, shadows=list(new.shadows), weights=list(new.weights), lfsr=LearningNetwork.initial(config).lfsr
        )
        update(changed, *asked[n])
        after = flat_weights(changed)
        if np.array_equal(after, flat):
            continue
        for wait in range(60):
            begin(core, config, spikes[n : n + 1], n % 4, expected={"o": 0}, extra_cycles=wait)
            inputs = {"weights": load_of(config, flat), "control": control([CODE["READ_WEIGHTS"]], [0])}
            result = core.run(inputs, expected={"o": 0, "shadow": len(flat)}, cycle_budget=40_000, stalls=stalls)
            if result.counts["activity0.adding"] or result.counts["activity1.adding"]:
                continue  # the sample was not yet whole: it saw a mixture
            found = result.fields("shadow")["weight"]
            outcomes.append("load, update" if np.array_equal(found, after) else "update, load")
            np.testing.assert_array_equal(found, after if outcomes[-1] == "load, update" else flat)
            assert result.values["lfsr"] == changed.lfsr.state and result.values["updated"] == 1
    assert min(outcomes.count(order) for order in ("load, update", "update, load")) > 10


@pytest.mark.parametrize("operation", ["READ_WEIGHTS", "INITIALISE"])
def test_read_out_and_fresh_weights_wait_for_a_load_and_a_load_for_them(compiled, operation):
    """Whichever begins first, and the load where both do; none ever meets half of the other."""
    config, core = compiled
    initial, new, seen = flat_weights(LearningNetwork.initial(config)), new_network(config), []
    other, flat = initial[::-1].copy(), flat_weights(new)
    n_read = 1 + (operation == "READ_WEIGHTS")
    for seed in range(40):
        core.reset()
        core.run({"weights": load_of(config, other)}, expected={}, cycle_budget=1000, extra_cycles=3)
        stalls = Stalls(seed=seed, gap=0.95, stall=0.2) if seed else None
        inputs = {"weights": load_of(config, flat), "control": control([CODE[operation], CODE["READ_WEIGHTS"]], [0, 0])}
        result = core.run(inputs, expected={"shadow": n_read * len(flat)}, cycle_budget=40_000, stalls=stalls)
        for read in result.fields("shadow")["weight"].reshape(n_read, -1):
            known = {"initial": initial, "loaded": flat, "before": other}
            seen.append(next((name for name, weights in known.items() if np.array_equal(read, weights)), "a mixture"))
        if seed == 0:
            assert seen == (["loaded"] * 2 if operation == "READ_WEIGHTS" else ["initial"])
    assert set(seen) == {"loaded", "before" if operation == "READ_WEIGHTS" else "initial"}


def test_fresh_weights_are_the_first_load_of_a_core_without_content_and_wait_for_one_that_has_begun(compiled):
    config, core = compiled
    initial, flat = flat_weights(LearningNetwork.initial(config)), flat_weights(new_network(config))
    fresh = {"control": control([CODE["INITIALISE"], CODE["READ_WEIGHTS"]], [0, 0])}
    expected = {"shadow": len(flat)}
    core.reset()
    result = core.run(fresh, expected=expected, cycle_budget=2000)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], initial)
    half = load_of(config, flat)[: len(flat) // 2]
    core.reset()
    core.run({"weights": half}, expected={}, cycle_budget=2000)
    with pytest.raises(SimulationTimeout):  # a load that nobody ends
        core.run(fresh, expected=expected, cycle_budget=2000)
    core.reset()
    core.run({"weights": half}, expected={}, cycle_budget=2000)
    whole = {"weights": load_of(config, flat)}  # begun again, and ended
    result = core.run(fresh | whole, expected=expected, cycle_budget=2000, stalls=STALLS)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], initial)


def operate(core, config, operations, values):
    """Load initial weights, execute operations, learn from some samples; return the result, and the labels given."""
    events = to_events(stimuli.spikes(config, N_SAMPLES, seed=3))
    labels = np.arange(N_SAMPLES) % config.n_classes
    inputs = inputs_of(config, inference.input_fields(events), LearningNetwork.initial(config))
    codes = [*operations, *[CODE["LEARN"]] * N_SAMPLES, CODE["READ_WEIGHTS"]]
    inputs["control"] = control(codes, [*values, *labels, 0])
    n_weights = sum(layer.n_in * layer.n_out for layer in config.resolved)
    core.reset()
    result = core.run(inputs, expected={"o": N_SAMPLES, "shadow": n_weights}, cycle_budget=100_000)
    return result, events, labels


@pytest.mark.parametrize("boost", [1, 2, 3, 14, 65535])
def test_a_boost_above_the_highest_counts_as_the_highest(compiled, boost):
    config, core = compiled
    assert config.learning.max_boost == 1
    result, events, labels = operate(core, config, [CODE["SET_BOOST"]], [boost])
    kernel = Kernel(LearningNetwork.initial(config))
    kernel.learn(events, labels, np.arange(N_SAMPLES), 1)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(kernel.network()))


@pytest.mark.parametrize("operation, value", [(CODE["SET_LFSR"], 0), (6, 1), (7, 65535)], ids=["lfsr", "6", "7"])
def test_a_random_generator_set_to_0_and_codes_without_an_operation_are_taken_and_ignored(compiled, operation, value):
    config, core = compiled
    assert operation not in CODE.values() or operation == CODE["SET_LFSR"]
    result, events, labels = operate(core, config, [operation, operation], [value, value])
    kernel = Kernel(LearningNetwork.initial(config))
    kernel.learn(events, labels, np.arange(N_SAMPLES))
    np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(kernel.network()))
    assert result.values["lfsr"] == kernel.network().lfsr.state and result.values["updated"] > 5


def test_a_reset_keeps_the_weights_forgets_all_else_and_waits_for_a_load(compiled):
    config, core = compiled
    network, restart = (
        LearningNetwork.initial(config),
        {"settings": {"restart": 1}, "extra_cycles": 1, "cycle_budget": 9},
    )
    _, events, labels = operate(core, config, [CODE["SET_BOOST"]], [1])
    kernel = Kernel(network)
    kernel.learn(events, labels, np.arange(N_SAMPLES), 1)
    learned = flat_weights(kernel.network())
    core.run({}, expected={}, **restart)
    read = {"control": control([CODE["READ_WEIGHTS"]], [0])}
    result = core.run(read, expected={"shadow": len(learned)}, cycle_budget=2000)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], learned)
    assert result.values["lfsr"] == network.lfsr.state
    assert not any(result.values[name] for name in ("updated", "skipped", "rejected", "update_cycles"))
    inputs = {"i": payload.pack(input_event_layout(config.resolved[0]), inference.input_fields(events))}
    inputs["control"] = control([CODE["LEARN"]] * N_SAMPLES, labels)
    with pytest.raises(SimulationTimeout):
        core.run(inputs, expected={"o": 1}, cycle_budget=2000)

    again = Kernel(network)
    again.learn(events, labels, np.arange(N_SAMPLES))
    inputs |= {"weights": load_of(config, flat_weights(network))}
    inputs["control"] = control([CODE["LEARN"]] * N_SAMPLES + [CODE["READ_WEIGHTS"]], [*labels, 0])
    for wait in range(0, 90, 9):  # in the middle of a load, a sample, an update
        core.run({}, expected={}, **restart)
        with pytest.raises(SimulationTimeout):
            core.run(inputs, expected={"o": 1}, cycle_budget=len(learned) - 20 + wait)
        core.run({}, expected={}, **restart)
        expected = {"o": N_SAMPLES, "shadow": len(learned)}
        result = core.run(inputs, expected=expected, cycle_budget=100_000)
        np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(again.network()))


def test_a_reset_in_the_middle_of_learning_a_map_leaves_no_trace_and_no_gradient():
    config = map_config(
        [{"size": 2, "conv": ConvConfig(kernel=2), "bias": "learned"}, {"size": 3, "pool": 2}], (1, 5, 5), n_steps=2,
        trace_shifts=(1, 1),
    )  # fmt: skip
    core, network = compile_component(Restarted(config)), LearningNetwork.initial(config)
    events, labels = to_events(stimuli.spikes(config, 6, seed=3)), np.arange(6) % config.n_classes
    kernel = Kernel(network)
    assert kernel.learn(events, labels, np.arange(6)).updated_samples == 6
    learned = flat_weights(kernel.network())
    inputs = inputs_of(config, inference.input_fields(events), network)
    inputs["control"] = control([CODE["LEARN"]] * 6 + [CODE["READ_WEIGHTS"]], [*labels, 0])
    for wait in range(20, 700, 31):  # in the middle of a sample, an update
        restart = {"settings": {"restart": 1}, "extra_cycles": 1, "cycle_budget": 9}
        core.run({}, expected={}, **restart)
        with pytest.raises(SimulationTimeout):
            core.run(inputs, expected={"o": 6, "shadow": len(learned)}, cycle_budget=len(learned) + wait)
        core.run({}, expected={}, **restart)
        result = core.run(inputs, expected={"o": 6, "shadow": len(learned)}, cycle_budget=100_000)
        np.testing.assert_array_equal(result.fields("shadow")["weight"], learned)
