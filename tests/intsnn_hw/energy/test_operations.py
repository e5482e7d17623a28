"""Energy of operations: sums by hand, widths of memories against the hardware, and counts without a run against one."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.lib.memory import Memory as HardwareMemory

from golden.config import EncodingConfig
from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import LearningNetwork
from intsnn_hw.cost.memories import memories
from intsnn_hw.energy import Coefficients, energy_of
from intsnn_hw.energy.estimate import estimated_accesses, inference_accesses, step_events
from intsnn_hw.energy.eth import inference_energy, training_cost
from intsnn_hw.energy.operations import synaptic_operation_pj
from intsnn_hw.energy.switching import switching
from intsnn_hw.rtl.core import Core
from sim.verify import stimuli
from sim.verify.inference import cosimulate
from sim.verify.learning import colearn
from tests.sim.verify.test_learning import small_config

COEFFICIENTS = Coefficients.load()


def hardware_memories(core, monkeypatch):
    """Bits of a word and words of every block of memory that a core elaborates."""
    from amaranth.back import rtlil

    found, original = [], HardwareMemory.__init__

    def spied(self, *arguments, **keywords):
        original(self, *arguments, **keywords)
        found.append((self.shape.as_shape().width if hasattr(self.shape, "as_shape") else self.shape, self.depth))

    with monkeypatch.context() as patch:
        patch.setattr(HardwareMemory, "__init__", spied)
        rtlil.convert(core, emit_src=False)
    return found


@pytest.mark.parametrize("change", [{}, {"sizes": (7, 5, 4)}, {"timing": "every_step", "trace_shifts": (1, 1)}])
@pytest.mark.parametrize("spikes", [False, True])
@pytest.mark.parametrize("learns", [False, True])
def test_memories_are_those_of_the_hardware(change, spikes, learns, monkeypatch):
    config = small_config(**change)
    config = replace(config, readout="spike_count" if spikes else "membrane")
    config = config if learns else replace(config, learning=None)
    wanted = [kept for layer in config.resolved for kept in memories(config, layer).values() if kept.depth > 1]
    found = hardware_memories(Core(config), monkeypatch)
    assert sorted((kept.word_bits, kept.depth) for kept in wanted) == sorted(
        (bits, depth) for bits, depth in found if (bits, depth) not in FIFOS
    )


FIFOS = {(4, 2), (17, 4)}
"""Finished steps and samples that wait: of logic, no memories of a layer."""


def counted(reads, writes):
    return {"reads": reads, "writes": writes}


def test_energy_is_the_sum_of_words_and_sums():
    config = replace(small_config(), learning=None)
    layers = [
        {
            "weights": counted(20.0, 0.0),
            "accumulators": counted(24.0, 20.0),
            "membranes": counted(8.0, 8.0),
            "adds": 70.0,
        },
        {
            "weights": counted(6.0, 0.0),
            "accumulators": counted(9.0, 6.0),
            "membranes": counted(12.0, 12.0),
            "adds": 12.0,
        },
    ]
    found = energy_of(config, {"inference": {"layers": layers}}, COEFFICIENTS)["inference"]
    first = found["layers"][0]
    # 12 inputs of 3 bits, 7 neurons in 2 words of 4 lanes, weights of 5 bits, sums of 12 * 7 * -16 at least.
    weights = 20 * COEFFICIENTS.read_pj(4 * 5, 24)
    sums = COEFFICIENTS.read_pj(4 * 12, 4)
    membranes = COEFFICIENTS.read_pj(2 * 12, 4)
    assert first["memory_reads"] == pytest.approx(weights + 24 * sums + 8 * membranes)
    assert first["memory_writes"] == pytest.approx(20 * sums + 8 * membranes)
    assert first["adds"] == pytest.approx(70 * 12 * 0.003125)
    assert first["products"] == pytest.approx(70 * 2 * 5 * 0.00357)
    assert first["total"] == pytest.approx(
        sum(first[part] for part in ("memory_reads", "memory_writes", "adds", "products"))
    )
    assert found["total"] == pytest.approx(first["total"] + found["layers"][1]["total"])
    assert first["memories"]["weights"] == {"reads": pytest.approx(weights), "writes": 0.0}


@pytest.mark.parametrize("recurrent", [(), (0,)])
def test_update_energy_takes_the_trace_list_apart(recurrent, tmp_path):
    config = small_config(recurrent=recurrent)
    report = colearn(LearningNetwork.initial(config), *drawn(config, 12), backend="icarus", build_dir=tmp_path)
    found = energy_of(config, report.accesses, COEFFICIENTS)
    layer = report.accesses["inference"]["layers"][0]
    spent, kept = found["inference"]["layers"][0]["memories"], memories(config, config.resolved[0])
    own = layer["own_events"]["reads"] if recurrent else 0.0
    events = layer["weights"]["reads"] / config.resolved[0].n_words - own
    assert own > 0 or not recurrent

    def words(name, way):
        one = COEFFICIENTS.read_pj(kept[name].word_bits, kept[name].depth)
        return spent[name][way] / one

    assert words("places", "reads") == pytest.approx(events)
    assert words("entries", "reads") == pytest.approx(events) == words("entries", "writes")  # traces do not leak
    assert 0 < words("places", "writes") == pytest.approx(layer["trace_list"]["writes"] - events)
    assert found["update"]["total"] > 0 and found["update"]["products"] == 0


def test_products_are_as_wide_as_the_widest_event():
    config = replace(small_config(recurrent=(0,)), learning=None, encoding=EncodingConfig(spike_width=1))
    (layer, _), width = config.resolved, config.resolved[0].neuron.spike_width
    found = energy_of(config, inference_accesses(config, [np.full((1, 3), 2), np.full((1, 3), 1)]), COEFFICIENTS)
    assert layer.input_spike_width == 1 < width
    # 6 events of inputs and 2 of its own, with 7 neurons each.
    products = 8 * 7 * COEFFICIENTS.product_pj(width, layer.weight_width)
    assert found["inference"]["layers"][0]["products"] == pytest.approx(products) != 0


def drawn(config, n_samples, seed=3):
    labels = np.random.default_rng(seed).integers(0, config.n_classes, n_samples)
    return to_events(stimuli.spikes(config, n_samples, seed=seed)), labels


@pytest.mark.parametrize("sizes, recurrent", [((7, 4), ()), ((7, 5, 4), ()), ((7, 4), (0,)), ((7, 5, 4), (0, 1))])
@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
def test_accesses_without_a_run_are_those_of_the_hardware(sizes, recurrent, readout, tmp_path):
    config = replace(small_config(sizes=sizes, recurrent=recurrent), readout=readout)
    network = LearningNetwork.initial(config).inference_only()
    events, _ = drawn(config, 25)
    run = cosimulate(network, events, backend="icarus", build_dir=tmp_path)
    spikes = Kernel(network).infer(events, record=True).spikes
    assert spikes is not None
    steps = step_events(network.config, events.offsets, spikes)
    assert any((into == 0).any() for into in steps) and all(into.any() for into in steps)
    assert inference_accesses(network.config, steps) == run.accesses


def test_estimate_is_near_the_run(tmp_path):
    config = small_config()
    events, labels = drawn(config, 40)
    network = LearningNetwork.initial(config)
    measured = energy_of(
        config, colearn(network, events, labels, backend="icarus", build_dir=tmp_path).accesses, COEFFICIENTS
    )
    activity = Kernel(network).learn(events, labels, np.arange(40))
    estimate = energy_of(config, estimated_accesses(config, activity), COEFFICIENTS)
    assert estimate["inference"]["total"] == pytest.approx(measured["inference"]["total"], rel=0.15)
    assert estimate["update"]["total"] == pytest.approx(measured["update"]["total"], rel=0.5)


def test_models_of_the_thesis():
    assert training_cost(4, 1000, 2.5) == 10_000
    assert inference_energy(784 * 64, 0.1, 0.5, 2) == pytest.approx(784 * 64 * 0.1)


def test_an_operation_of_more_bits_costs_its_product_more():
    config = replace(small_config(), learning=None)
    one, three = (synaptic_operation_pj(config, 0, bits, COEFFICIENTS) for bits in (1, 3))
    assert three - one == pytest.approx(COEFFICIENTS.product_pj(3, 5)) and one > 0
    # Many events: what is read for firing no longer counts.
    per_sample = inference_accesses(config, [np.full((1, 3), 12), np.full((1, 3), 7)])
    layer = energy_of(config, per_sample, COEFFICIENTS)["inference"]["layers"][0]
    adding = layer["memories"]["weights"]["reads"] + layer["adds"] + layer["products"]
    assert adding < 12 * 3 * 7 * three < layer["total"]


def test_switching_sums_by_module():
    flips = [("a", True, 30), ("a", False, 10), ("a.b", False, 60), ("", False, 4), ("c", False, 0)]
    found = switching(flips, 2, 13, COEFFICIENTS)
    assert [entry["module"] for entry in found["modules"]] == ["a.b", "a", "top"]
    assert (found["flips"], found["registers"], found["nets"], found["flips_per_cycle"]) == (52, 15, 37, 8)
    assert found["modules"][1] == {
        "module": "a",
        "flips": 20,
        "registers": 15,
        "nets": 5,
        "energy": pytest.approx(0.0162),
    }
