"""The core that learns against the golden model: spikes, membranes, every shadow weight and the LFSR."""

import re
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import tomli_w

from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
    Readout,
)
from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.weight_load import flat_weights
from intsnn_hw.emit.verilog import emit
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import Operation, control_layout, input_event_layout
from intsnn_hw.rtl.learning.gate import InputGate
from intsnn_hw.rtl.learning.lane import UpdateLane
from intsnn_hw.rtl.learning.learner import Learner
from intsnn_hw.rtl.learning.lock import WeightLock
from intsnn_hw.rtl.learning.maintenance import Maintenance
from intsnn_hw.rtl.learning.traces import InputTraces
from intsnn_hw.rtl.learning.update import RowUpdate
from sim import payload
from sim.result import SimulationTimeout, Stalls
from sim.verify import inference, stimuli
from sim.verify.learning import RtlLearner, colearn, continue_learning, write_vcd

pytestmark = pytest.mark.usefixtures("emitted_once")
STALLS = Stalls(seed=0x5EED, gap=0.3, stall=0.4)


def small_config(
    n_steps=3, sizes=(7, 4), recurrent=(), readout: Readout = "membrane", weight_memory=("dual_port",), **learning
):
    neuron = NeuronConfig(membrane_width=12, spike_width=3, threshold_shift=5)
    depth = len(sizes)
    rule = {
        "shadow_width": 12, "margin": 40, "rate_shifts": (2,) * (depth - 1) + (1,), "error_shifts": (1,) * (depth - 1),
        "init_shifts": (10,) * depth, "schedule": (5, 7), "recurrent_rate_shifts": (3,) * len(recurrent),
        "recurrent_init_shifts": (9,) * len(recurrent),
    }  # fmt: skip
    return LearningNetworkConfig(
        name="small",
        n_inputs=12,
        n_steps=n_steps,
        encoding=EncodingConfig(spike_width=3),
        readout=readout,
        layers=tuple(
            LayerConfig(size=size, weight_width=5, neuron=neuron, recurrent=index in recurrent)
            for index, size in enumerate(sizes)
        ),
        learning=LearningConfig(**(rule | learning)),
        hardware=HardwareConfig(lanes=(4, 2) if depth == 2 else (4,), fire_lanes=(2,), weight_memory=weight_memory),
    )


def samples(config, n, seed=0):
    labels = np.random.default_rng(seed).integers(0, config.n_classes, n)
    return to_events(stimuli.spikes(config, n, seed=seed)), labels


MODES = {
    "feedback-final": {},
    "feedback-every-step": {"timing": "every_step"},
    "direct-final-nearest": {"route": "direct", "rounding": "nearest"},
    "direct-every-step-leak": {"route": "direct", "timing": "every_step", "trace_shifts": (2, 2)},
    "leaking-traces": {"timing": "every_step", "trace_shifts": (1, 1), "rounding": "floor"},
    "8-bit-shadow": {"shadow_width": 8, "init_shifts": (6, 6), "rate_shifts": (6, 5)},
    "rates-at-the-limit": {"shadow_width": 8, "init_shifts": (6, 6), "rate_shifts": (13, 15), "trace_gain": 8},
    "toward-zero-left-shift": {"rounding": "toward_zero", "rate_shifts": (-1, -3)},
    "three-layers": {"sizes": (7, 5, 4)},
    "normalized": {"sizes": (7, 5, 4), "error_bits": 5, "error_shifts": ()},
    "normalized-direct": {
        "error_bits": 3,
        "error_shifts": (),
        "route": "direct",
        "timing": "every_step",
        "budget": 1,
        "budget_shift": 6,
    },
    "one-layer": {"sizes": (4,)},
    "pair-summed": {"error": "pair", "timing": "every_step", "readout": "membrane_sum"},
    "graded-direct": {"error": "graded", "error_octave": 4, "route": "direct", "budget": 1, "budget_shift": 4},
    "recurrent-final": {"recurrent": (0,), "n_steps": 5},
    "recurrent-temporal": {
        "recurrent": (0,),
        "n_steps": 6,
        "timing": "every_step",
        "trace_shifts": (2, 3),
        "trace_gain": 2,
        "budget": 2,
        "budget_shift": 5,
        "error": "graded",
        "error_octave": 4,
        "surrogate": "narrow",
        "readout": "membrane_sum",
    },
    "recurrent-both": {
        "recurrent": (0, 1),
        "sizes": (7, 5, 4),
        "n_steps": 4,
        "timing": "every_step",
        "trace_shifts": (2, 3, 3),
        "trace_gain": 2,
        "rate_shifts": (2, 1, -1),
        "recurrent_rate_shifts": (-2, 4),
        "rounding": "nearest",
    },
    "recurrent-direct": {"recurrent": (1,), "sizes": (7, 5, 4), "n_steps": 4, "route": "direct", "error": "pair"},
    "recurrent-fixed": {"recurrent": (0,), "n_steps": 4, "recurrence": "fixed", "weight_memory": ("single_port",)},
    "single-port": {"weight_memory": ("single_port",)},
    "single-port-below": {"weight_memory": ("single_port", "dual_port"), "timing": "every_step"},
}


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_in_icarus(mode, tmp_path):
    config = small_config(**MODES[mode])
    events, labels = samples(config, 24)
    rtl = RtlLearner(LearningNetwork.initial(config), "icarus", tmp_path)
    for boost, stalls in ((0, None), (2, STALLS)):
        rtl.restart(LearningNetwork.initial(config))
        report = continue_learning(
            rtl, Kernel(LearningNetwork.initial(config)), events, labels, boost=boost, interval=24, stalls=stalls
        )
        assert report.n_mismatches == 0, "\n".join(map(str, report.first))
        assert report.n_weights_compared == sum(layer.n_rows * layer.n_out for layer in config.resolved)
        assert report.activity.updated_samples > 5 and report.update_cycles > 0
        before, after = LearningNetwork.initial(config).shadows, report.network.shadows
        assert before is not None and after is not None
        assert all((old != new).any() for old, new in zip(before, after, strict=True))


COMPILED = ("8-bit-shadow", "graded-direct", "recurrent-both")
"""Modes of long runs; compiling a core takes as long as ten short runs in Icarus."""


@pytest.mark.parametrize("mode", COMPILED)
def test_modes_compiled(mode):
    config = small_config(**MODES[mode])
    network = LearningNetwork.initial(config)
    events, labels = samples(config, 150)
    rtl, kernel, n_updated = RtlLearner(network), Kernel(network), 0
    for boost, stalls in ((0, None), (2, STALLS)):
        report = continue_learning(rtl, kernel, events, labels, boost=boost, interval=75, stalls=stalls)
        assert report.n_mismatches == 0, "\n".join(map(str, report.first))
        assert report.n_weights_compared == 2 * sum(layer.n_rows * layer.n_out for layer in config.resolved)
        n_updated += report.activity.updated_samples
    assert n_updated > 50


def test_saturating_shadow_weights_in_icarus(tmp_path):
    config = small_config(rate_shifts=(-8, -8))
    events, labels = samples(config, 60)
    report = colearn(LearningNetwork.initial(config), events, labels, interval=20, backend="icarus", build_dir=tmp_path)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    top = 2 ** (config.learning.shadow_width - 1)
    learned = np.concatenate([weights.ravel() for weights in report.network.shadows])
    assert (learned == top - 1).any() and (learned == -top).any()


@pytest.mark.parametrize("temporal", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_random_configurations_in_icarus(seed, temporal, tmp_path):
    config = stimuli.network_config(stimuli.SeededChoices(seed), learning=True, temporal=temporal)
    network = stimuli.network(config, seed=seed)
    events, labels = samples(config, 16, seed)
    stalls = STALLS if seed % 2 else None
    report = colearn(network, events, labels, interval=16, backend="icarus", stalls=stalls, build_dir=tmp_path)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))


@pytest.fixture(scope="module")
def learner():
    """The compiled back end, once for this file; the last word of the readout holds padding."""
    hardware = HardwareConfig(lanes=(4, 3), fire_lanes=(2,))
    return RtlLearner(LearningNetwork.initial(replace(small_config(), hardware=hardware)))


def restart(learner):
    """Put the learner back to power-on and untrained weights."""
    learner.restart(LearningNetwork.initial(learner.config))
    return Kernel(learner.network)


def assert_equal(rtl, golden):
    np.testing.assert_array_equal(flat_weights(rtl), flat_weights(golden))
    for found, expected in zip(rtl.weights, golden.weights, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert rtl.lfsr.state == golden.lfsr.state


@pytest.mark.parametrize("stalls", [None, STALLS], ids=str)
def test_a_long_run_with_a_schedule_compiled(learner, stalls):
    kernel = restart(learner)
    events, labels = samples(learner.config, 400)
    for boost in (0, 1, 2):
        activity = kernel.learn(events, labels, np.arange(400), boost)
        result = learner.learn(events, labels, boost, stalls=stalls)
        assert_equal(learner.network, kernel.network())
        counted = learner.counted(result)
        assert counted["updated"] == activity.updated_samples
        assert counted["skipped"] == 400 - activity.updated_samples and counted["rejected"] == 0


def test_learning_is_switched_off_and_labels_are_rejected_sample_by_sample(learner):
    kernel = restart(learner)
    events, labels = samples(learner.config, 60)
    learns = np.arange(60) % 3 != 1
    wild = np.where(np.arange(60) % 5 == 0, learner.config.n_classes + np.arange(60), labels)
    used = np.flatnonzero(learns & (wild < learner.config.n_classes))
    kernel.learn(events, labels, used)
    result = learner.learn(events, wild, learns=learns)
    assert_equal(learner.network, kernel.network())
    assert learner.counted(result)["rejected"] == (learns & (wild >= learner.config.n_classes)).sum()


def operate(learner, operation, value=0, expected=0):
    code = getattr(Operation, operation).value
    control = payload.pack(control_layout(learner.config), {"operation": np.array([code]), "value": np.array([value])})
    return learner.core.run({"control": control}, expected={"shadow": expected}, cycle_budget=20_000, stalls=STALLS)


def test_weights_drawn_on_the_chip_are_the_initial_ones(learner):
    restart(learner)
    config = learner.config
    n_weights = sum(layer.n_in * layer.n_out for layer in config.resolved)
    operate(learner, "INITIALISE")
    result = operate(learner, "READ_WEIGHTS", expected=n_weights)
    initial = LearningNetwork.initial(config)
    np.testing.assert_array_equal(result.fields("shadow")["weight"], flat_weights(initial))
    assert result.fields("shadow")["first"].tolist() == [1] + [0] * (n_weights - 1)


def test_reading_in_the_middle_of_a_run_changes_nothing(learner):
    kernel = restart(learner)
    events, labels = samples(learner.config, 40)
    kernel.learn(events, labels, np.arange(40))
    for at in range(0, 40, 4):  # each call reads the weights and sets the LFSR to where it stands
        learner.learn(events.take(at, at + 4), labels[at : at + 4], stalls=STALLS)
        assert (
            learner.network.lfsr.state
            == learner.core.run({}, expected={}, cycle_budget=1, extra_cycles=1).values["lfsr"]
        )
    assert_equal(learner.network, kernel.network())


def test_events_wait_for_their_label(learner):
    restart(learner)
    events, labels = samples(learner.config, 4)
    learner.learn(events, labels)
    beats = payload.pack(input_event_layout(learner.config.resolved[0]), inference.input_fields(events))
    result = learner.core.run({"i": beats[:0]}, expected={}, cycle_budget=100, extra_cycles=50)
    with pytest.raises(SimulationTimeout):
        learner.core.run({"i": beats}, expected={"o": 1}, cycle_budget=2000)
    assert len(result.outputs["o"]) == 0


def parts(text):
    """Names of the parts of a core in its Verilog."""
    return set(re.findall(r"\nmodule \\?intsnn\.(\w+)", text))


def test_without_learning_nothing_of_it_is_built(monkeypatch, tmp_path):
    """The inference core of a configuration whose [learning] is left out is that of one that never had any."""
    config, built = small_config(), []
    never = tomllib.loads(config.to_toml())
    del never["learning"]
    (tmp_path / "never.toml").write_text(tomli_w.dumps(never))
    expected = emit(Core(NetworkConfig.from_toml(tmp_path / "never.toml")))

    def noted(part):
        return lambda *arguments: built.append(part) or part(*arguments)

    for part in (InputGate, InputTraces, Learner, Maintenance, WeightLock):
        monkeypatch.setattr(f"intsnn_hw.rtl.core.{part.__name__}", noted(part))
    for without in (replace(config, learning=None), LearningNetwork.initial(config).inference_only().config):
        assert emit(Core(without)) == expected and not built
    added = parts(emit(Core(config))) - parts(expected)
    assert added == {"gate", "traces", "learner", "maintenance", "lock"}
    assert len(built) == len(added)


class BrokenLane(UpdateLane):
    """Changes a weight the wrong way at one certain trace and draw of the LFSR."""

    def _rounded(self, product, negative):
        return super()._rounded(product, negative ^ ((product == 13 << 2) & (self.draw == 6 << 2)))


class BrokenUpdate(RowUpdate):
    """Has such a lane for one neuron of each word of the readout."""

    def _lane(self, index):
        is_broken = self._layer.is_readout and index == 1
        return (
            BrokenLane(self._layer, self._parameter.stored_width, carries=self._target is not None)
            if is_broken
            else super()._lane(index)
        )


FIRST_WRONG = 55
"""The first sample in which the readout learns at that trace and that draw."""


@pytest.fixture(scope="module")
def broken():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intsnn_hw.rtl.learning.learner.RowUpdate", BrokenUpdate)
        return RtlLearner(LearningNetwork.initial(small_config(rate_shifts=(2, 4))))


def differing(learner, interval, stalls=None):
    kernel = restart(learner)
    events, labels = samples(learner.config, 100)
    return continue_learning(learner, kernel, events, labels, interval=interval, stalls=stalls)


@pytest.mark.parametrize("stalls", [None, STALLS], ids=str)
def test_the_first_sample_that_differs_is_found_within_its_interval(broken, stalls):
    one_by_one, narrowed = differing(broken, 1, stalls), differing(broken, 40, stalls)
    assert len(one_by_one.classes) == FIRST_WRONG + 1 and len(narrowed.classes) == 80
    assert narrowed.first == one_by_one.first and narrowed.n_mismatches >= one_by_one.n_mismatches > 0
    for entry in narrowed.first:
        assert (entry.sample, entry.layer, entry.neuron) == (FIRST_WRONG, 1, 3) and "weight of input" in entry.what
        assert abs(entry.golden - entry.rtl) in (1, 2)
    culprit = narrowed.culprit
    assert culprit is not None and culprit.sample == FIRST_WRONG
    events, labels = samples(broken.config, 100)
    kernel = Kernel(LearningNetwork.initial(broken.config))
    kernel.learn(events, labels, np.arange(FIRST_WRONG))
    assert_equal(culprit.before, kernel.network())
    assert culprit.label == labels[FIRST_WRONG] and culprit.boost == 0


def test_a_waveform_of_the_first_sample_that_differs(broken, monkeypatch, tmp_path):
    culprit = differing(broken, 40).culprit
    assert culprit is not None
    monkeypatch.setattr("intsnn_hw.rtl.learning.learner.RowUpdate", BrokenUpdate)
    rtl = RtlLearner(culprit.before)
    plain = rtl.learn(culprit.events, np.array([culprit.label]))
    write_vcd(culprit, tmp_path / "sample.vcd")
    text = (tmp_path / "sample.vcd").read_text()
    # The sample and its update, and nothing else: the load comes before, the read-out after.
    last = int(text[text.rindex("\n#") + 2 :].split()[0])
    assert "learner" in text and rtl.cycles(plain) <= last // 2 < rtl.cycles(plain) + 20


def test_an_interval_that_does_not_differ_again_is_reported_as_it_was(learner, monkeypatch):
    real, calls = RtlLearner._network_of, []

    def flipped(self, result):
        network = real(self, result)
        calls.append(1)
        if len(calls) == 2:
            network.shadows[0][3, 5] += 1
        return network

    monkeypatch.setattr(RtlLearner, "_network_of", flipped)
    report = differing(learner, 40)
    assert report.n_mismatches == 1 and report.culprit is None and len(report.classes) == 80
    assert (report.first[0].sample, report.first[0].neuron, report.first[0].what) == (79, 3, "shadow weight of input 5")


def test_a_wrong_weight_is_named(learner):
    """The comparison itself: one differing weight in the golden model is found and named."""
    restart(learner)
    other = LearningNetwork.initial(learner.config)
    other.shadows[1][2, 3] += 1
    events, labels = samples(learner.config, 4)
    report = continue_learning(learner, Kernel(other), events, labels, interval=4)
    assert report.n_mismatches > 0
    assert any("shadow weight of input 3" in str(entry) and entry.neuron == 2 for entry in report.first)
