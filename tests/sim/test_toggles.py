"""Bit flips that the compiled core counts, against a waveform of the same run and against counting by hand."""

import re
from collections import defaultdict

import numpy as np
import pytest

from golden.config import EncodingConfig, HardwareConfig, LayerConfig, NetworkConfig, NeuronConfig
from golden.encoding import to_events
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import input_event_layout, weight_layout
from sim import payload
from sim.fast import compile_component
from sim.result import Stalls
from sim.verify import stimuli
from sim.verify.inference import input_fields, weight_fields
from tests.sim.toys import Accumulator, Counter, requests


def flips_of(path, cycles):
    """Flips of each bit in a waveform, by signal; what the last edge changes belongs to no cycle."""
    names, scope, values = defaultdict(list), [], {}
    flips = defaultdict(lambda: defaultdict(int))
    time = 0
    for line in path.read_text().splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            low = int(re.findall(r"\d+", words[5])[-1]) if words[5].startswith("[") else 0
            names[words[3]].append((".".join([*scope[1:], words[4]]), low, int(words[2])))
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in "01b" and time < 2 * cycles:
            value, name = words if line[0] == "b" else (line[0], line[1:])
            now = int(value.removeprefix("b"), 2)
            changed = now ^ values.get(name, now)
            values[name] = now
            for signal, low, width in names[name]:
                for bit in range(width):
                    flips[signal][low + bit] += changed >> bit & 1
    return flips


def small_core():
    """Core, name and run of a network whose first layer has several words."""
    neuron = NeuronConfig(membrane_width=10, spike_width=2, threshold_shift=5)
    config = NetworkConfig(
        n_inputs=6,
        n_steps=2,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(LayerConfig(size=size, weight_width=4, neuron=neuron) for size in (5, 3)),
        hardware=HardwareConfig(lanes=(2,)),
    )
    network = stimuli.network(config, seed=5)
    events = to_events(stimuli.spikes(network.config, 3, seed=5))
    fields = {
        "weights": payload.pack(weight_layout(network.config), weight_fields(network)),
        "i": payload.pack(input_event_layout(network.config.resolved[0]), input_fields(events)),
    }
    return Core(network.config, probe=True), dict(inputs=fields, expected={"o": 3}, cycle_budget=20_000)


def toy():
    return Accumulator(), dict(inputs={"i": requests(60, seed=6)}, expected={"o": 60}, cycle_budget=1000)


@pytest.mark.parametrize("case", [toy, small_core])
def test_flips_are_those_of_the_waveform(case, cache, tmp_path):
    component, run = case()
    core = compile_component(component, waves=True, toggles=True)
    stalls = Stalls(seed=4)
    result = core.run(**run, stalls=stalls, vcd=tmp_path / "run.vcd")
    seen = flips_of(tmp_path / "run.vcd", result.cycles)
    assert len(result.toggles) > 20
    for toggles in result.toggles:
        net = toggles.net
        bits = [bit for bit in range(net.mask.bit_length()) if net.mask >> bit & 1]
        assert toggles.flips == sum(seen[net.signal][bit] for bit in bits), net
    # A net is counted once, and every net that flips is: of a register both sides of the edge, which are apart.
    assert sum(toggles.flips for toggles in result.toggles) > 5 * result.cycles
    assert {toggles.net.is_register for toggles in result.toggles if toggles.flips} == {True, False}

    core.reset()
    at_once = core.run(**run, stalls=stalls)
    assert at_once.cycles == result.cycles and at_once.toggles == result.toggles


def test_flips_of_a_counter_are_those_counted_by_hand(cache):
    core = compile_component(Counter(), toggles=True)
    core.run({}, expected={"o": 7}, cycle_budget=10)
    result = core.run({}, expected={"o": 100}, cycle_budget=200)
    counted = np.arange(7, 107)
    by_hand = int(np.bitwise_count((counted[1:] ^ counted[:-1]).astype(np.uint64)).sum())
    assert {toggles.net.signal: toggles.flips for toggles in result.toggles if toggles.net.is_register} == {
        "o__payload": by_hand,
        "o__valid": 0,
    }


def test_modules_are_those_that_drive():
    component, _ = small_core()
    core = compile_component(component, toggles=True)
    registers = {
        entry.net.module for entry in core.run({}, expected={}, cycle_budget=1).toggles if entry.net.is_register
    }
    assert {"layer0.synapses", "layer0.synapses.weights", "layer1.sweep.pipeline.states", "argmax"} <= registers


def test_no_flips_where_none_are_asked_for(on):
    assert on("fast", Counter).run({}, expected={"o": 5}, cycle_budget=10).toggles == ()
