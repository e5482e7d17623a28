"""One neuron, and a group of them, against golden.neuron: every membrane and current at narrow widths."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import NeuronConfig, SynapticConfig
from golden.fixed import signed_range
from golden.neuron import NeuronState, fire, integrate, lif_step, reset
from intsnn_hw.emit.yosys import rtlil_of, run_yosys
from intsnn_hw.rtl.arith import clip_unsigned, saturate
from intsnn_hw.rtl.inference.group_fire import GroupFire
from intsnn_hw.rtl.inference.group_integrate import GroupIntegrate
from intsnn_hw.rtl.inference.neuron import Fire, Integrate, state_layout
from intsnn_hw.rtl.layouts import probe_layout
from tests.intsnn_hw.rtl.inference.benches import network_config, plain, simulate

NEURONS = [
    NeuronConfig(membrane_width=6, spike_width=2, threshold_shift=2, leak_shift=2),
    NeuronConfig(membrane_width=6, spike_width=1, threshold_shift=3, leak_factor=5, leak_frac=3, reset="hard"),
    NeuronConfig(membrane_width=6, spike_width=2, threshold_shift=2, reset="none"),
    NeuronConfig(membrane_width=6, spike_width=1, threshold=11, reset_amount=13),
    NeuronConfig(membrane_width=6, spike_width=1, threshold=1, reset="hard"),
    NeuronConfig(membrane_width=4, spike_width=1, threshold=7, reset_amount=0, current_shift=1),
]


@pytest.mark.parametrize("neuron", NEURONS, ids=lambda neuron: f"{neuron.reset}-{neuron.level}")
def test_integrate_is_the_models(neuron):
    layer = network_config(n_inputs=1, neuron=neuron).resolved[0]
    low, high = layer.current_range
    least, most = signed_range(neuron.membrane_width)
    membranes, currents = np.array(list(product(range(least, most + 1), range(low, high + 1)))).T
    expected = integrate(membranes, currents, neuron)
    assert {least, most} <= set(expected[(membranes != expected)].tolist())
    component, found = Integrate(layer), []

    async def bench(ctx):
        for membrane, current in zip(membranes.tolist(), currents.tolist(), strict=True):
            ctx.set(component.i, {"membrane": membrane})
            ctx.set(component.current, current)
            found.append(ctx.get(component.o.membrane))

    simulate(component, bench)
    np.testing.assert_array_equal(found, expected)


def test_the_synaptic_current_is_the_models():
    synaptic = SynapticConfig(width=5, leak_factor=5, leak_frac=3)
    config = NeuronConfig(
        membrane_width=6, spike_width=1, threshold=9, current_shift=1, leak_shift=2, synaptic=synaptic
    )
    layer = network_config(n_inputs=1, neuron=config).resolved[0]
    low, high = layer.current_range
    states = product(range(-32, 32, 3), range(-16, 16), range(low, high + 1, 3))
    membranes, kept, currents = np.array(list(states)).T
    expected = lif_step(NeuronState(membranes, kept), currents, config)
    assert {-16, 15} <= set(expected.state.current.tolist()) and {0, 1} == set(expected.spike.tolist())
    integrate, fire, found = Integrate(layer), Fire(layer), []
    top = Module()
    top.submodules += [integrate, fire]
    top.d.comb += [fire.i.eq(integrate.o), fire.enable.eq(1)]

    async def bench(ctx):
        for membrane, current, arriving in zip(membranes.tolist(), kept.tolist(), currents.tolist(), strict=True):
            ctx.set(integrate.i, {"membrane": membrane, "current": current})
            ctx.set(integrate.current, arriving)
            found.append((ctx.get(fire.o.membrane), ctx.get(fire.o.current), ctx.get(fire.spike)))

    simulate(top, bench)
    np.testing.assert_array_equal(np.array(found).T, [*expected.state, expected.spike])


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("neuron", NEURONS, ids=lambda neuron: f"{neuron.reset}-{neuron.level}")
def test_fire_is_the_models(neuron, readout):
    """The readout layer, which fires only where spikes are counted."""
    layer = network_config(neuron=neuron, readout=readout).resolved[1]
    component, found = Fire(layer), {0: [], 1: []}
    membranes = np.arange(*signed_range(neuron.membrane_width)) + 1

    async def bench(ctx):
        for enable, results in found.items():
            ctx.set(component.enable, enable)
            for membrane in membranes.tolist():
                ctx.set(component.i, {"membrane": membrane})
                results.append((ctx.get(component.spike), ctx.get(component.o.membrane)))

    simulate(component, bench)
    spikes = fire(membranes, neuron) if layer.fires else np.zeros_like(membranes)
    after = reset(membranes, spikes, neuron)
    np.testing.assert_array_equal(found[1], np.stack([spikes, after], axis=1))
    assert all(spike == 0 for spike, _ in found[0])


@pytest.mark.parametrize("initial", [0, -5])
def test_a_group_takes_its_part_of_the_sums_and_starts_from_the_initial_state(initial):
    base = network_config(lanes=(6,), fire_lanes=(2,))
    neuron = replace(base.layers[0].neuron, initial=initial)
    layer = network_config(lanes=(6,), fire_lanes=(2,), neuron=neuron).resolved[0]
    component, rng = GroupIntegrate(layer), np.random.default_rng(1)

    async def bench(ctx):
        for part, fresh, empty in product(range(3), (0, 1), (0, 1)):
            before, sums = rng.integers(-128, 128, 2), rng.integers(-40, 40, 6)
            ctx.set(component.i, [{"membrane": int(value)} for value in before])
            ctx.set(component.sums, sums.tolist())
            for name, value in {"part": part, "fresh": fresh, "empty": empty}.items():
                ctx.set(getattr(component, name), value)
            current = sums[2 * part : 2 * part + 2] * (not empty)
            expected = integrate(np.where(fresh, initial, before), current, layer.neuron)
            assert [state["membrane"] for state in plain(ctx.get(component.o))] == expected.tolist()

    simulate(component, bench)


def test_the_padding_of_the_last_group_never_fires():
    layer = network_config(sizes=(9, 3), lanes=(4,), fire_lanes=(4,)).resolved[0]
    component = GroupFire(layer)

    async def bench(ctx):
        for first in (0, 4, 8):
            ctx.set(component.first, first)
            ctx.set(component.i, [{"membrane": 127 - lane} for lane in range(4)])
            spikes = [3 if first + lane < 9 else 0 for lane in range(4)]
            assert plain(ctx.get(component.spikes)) == spikes
            membranes = [state["membrane"] for state in plain(ctx.get(component.o))]
            assert membranes == [127 - lane - (spike << 3) for lane, spike in enumerate(spikes)]

    simulate(component, bench)


def test_the_probe_shows_every_field_of_the_state():
    layer = network_config().resolved[0]
    fields = probe_layout(layer).members
    state = state_layout(layer.neuron).members
    assert list(fields) == ["valid", "first", *(f"{name}s" for name in state), "spikes"]
    assert all(fields[f"{name}s"] == data.ArrayLayout(shape, layer.fire_lanes) for name, shape in state.items())


def neuron_ports(membrane_width, current_width):
    return {
        "membrane": In(signed(membrane_width)), "current": In(signed(current_width)), "enable": In(1),
        "spike": Out(1), "after": Out(signed(membrane_width)),
    }  # fmt: skip


class PlainNeuron(wiring.Component):
    """A neuron that leaks by shift and is reset by subtraction, written out."""

    def __init__(self, membrane_width, current_width, leak_shift, threshold_shift):
        self._widths, self._shifts = (membrane_width, current_width), (leak_shift, threshold_shift)
        super().__init__(neuron_ports(membrane_width, current_width))

    def elaborate(self, platform):
        m = Module()
        (width, current_width), (leak_shift, threshold_shift) = self._widths, self._shifts
        leaked = Signal(signed(width))
        total = Signal(signed(1 + max(width, current_width)))
        m.d.comb += [leaked.eq(self.membrane - (self.membrane >> leak_shift)), total.eq(leaked + self.current)]
        integrated = saturate(total, width)
        m.d.comb += [
            self.spike.eq(Mux(self.enable, clip_unsigned(integrated >> threshold_shift, 1), 0)),
            self.after.eq(integrated - (self.spike << threshold_shift)),
        ]
        return m


class WholeNeuron(wiring.Component):
    """Both halves of a neuron of the core, with the ports of `PlainNeuron`."""

    def __init__(self, layer):
        self._layer = layer
        super().__init__(neuron_ports(layer.neuron.membrane_width, layer.current_width))

    def elaborate(self, platform):
        m = Module()
        m.submodules.integrate = integrate = Integrate(self._layer)
        m.submodules.fire = fire = Fire(self._layer)
        m.d.comb += [
            integrate.i.membrane.eq(self.membrane), integrate.current.eq(self.current), fire.i.eq(integrate.o),
            fire.enable.eq(self.enable), self.spike.eq(fire.spike), self.after.eq(fire.o.membrane),
        ]  # fmt: skip
        return m


def cells(component):
    """Return how many cells of each type and width a component has once it is flat."""
    optimized = ("hierarchy -top top", "proc", "flatten", "opt_expr", "opt_merge", "opt_clean", "write_rtlil")
    lines = map(str.split, run_yosys(rtlil_of(component, "top"), *optimized).splitlines())
    kinds = [words for words in lines if words[:1] == ["cell"] or words[1:2] == ["\\Y_WIDTH"]]
    return Counter((cell[1], width[2]) for cell, width in pairwise(kinds) if cell[0] == "cell" and width[0] != "cell")


def test_features_cost_nothing_where_they_are_off():
    neuron = NeuronConfig(membrane_width=10, spike_width=1, threshold_shift=4, leak_shift=3)

    def layer(**more):
        return network_config(n_inputs=5, neuron=replace(neuron, **more)).resolved[0]

    off = cells(WholeNeuron(layer()))
    assert off == cells(PlainNeuron(10, layer().current_width, 3, 4))
    for more in ({"threshold": 19}, {"leak_factor": 3, "leak_frac": 2, "leak_shift": None}):
        assert cells(WholeNeuron(layer(**more))) != off
