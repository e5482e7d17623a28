"""Nothing rests on what a memory gives for a word that is being written: such reads give wrong bits here."""

import pkgutil
from dataclasses import replace
from importlib import import_module

import pytest
from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib.wiring import connect, flipped
from amaranth.sim import Simulator

from golden.config import HardwareConfig
from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import LearningNetwork
from intsnn_hw import rtl
from intsnn_hw.rtl import memory
from intsnn_hw.rtl.inference import accumulators, bias, fire_pipeline, sample_memory, synapse
from intsnn_hw.rtl.inference.maps import map_pipeline, map_sums, touched_positions
from intsnn_hw.rtl.learning import error_store, gradient, traces
from intsnn_hw.rtl.learning.errors import graded
from intsnn_hw.rtl.learning.maps import error_map, gradient_sums, map_gradients, place_traces
from intsnn_hw.rtl.memory import Store
from sim.verify import stimuli
from sim.verify.inference import cosimulate
from sim.verify.learning import RtlLearner, colearn, continue_learning
from tests.intsnn_hw.rtl.test_memory import LAYOUT
from tests.sim.verify.test_learning import MODES, STALLS, samples, small_config
from tests.sim.verify.test_learning_maps import CONFIGS

USERS = (
    accumulators, bias, fire_pipeline, sample_memory, synapse, map_pipeline, map_sums, touched_positions, error_store,
    gradient, graded, traces, error_map, gradient_sums, map_gradients, place_traces,
)  # fmt: skip


class Colliding(Store):
    """A store that gives every bit of a word inverted where the contract of :class:`Store` leaves it undefined."""

    def __init__(self, layout, depth, *, n_read_ports=1, single_port=False, **options):
        super().__init__(layout, depth, n_read_ports=n_read_ports, single_port=single_port, **options)
        self._inner = Store(layout, depth, n_read_ports=n_read_ports, single_port=single_port, **options)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = self._inner
        connect(m, flipped(self.write), inner.write)
        for index, (port, within) in enumerate(zip(self.reads, inner.reads, strict=True)):
            meets = self.write.enable & (self._single_port | (port.address == self.write.address)) & (self._depth > 1)
            wrong, found = Signal(name=f"wrong{index}"), Value.cast(within.data)
            with m.If(port.enable):
                m.d.sync += wrong.eq(meets)
            m.d.comb += [
                within.enable.eq(port.enable),
                within.address.eq(port.address),
                Value.cast(port.data).eq(Mux(wrong, ~found, found)),
            ]
        return m


@pytest.fixture
def colliding(monkeypatch):
    for module in USERS:
        monkeypatch.setattr(module, "Store", Colliding)


def test_all_users_of_memories_are_here():
    found = {
        name
        for _, name, _ in pkgutil.walk_packages(rtl.__path__, "intsnn_hw.rtl.")
        if getattr(import_module(name), "Store", None) is Store
    }
    assert found - {memory.__name__} == {module.__name__ for module in USERS}


@pytest.mark.parametrize("single_port", [False, True])
def test_a_read_that_meets_a_write_is_wrong(single_port):
    cells = Colliding(LAYOUT, 4, single_port=single_port, init=[[5, 6]] * 4)
    simulator = Simulator(cells)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        ctx.set(cells.reads[0].enable, 1)
        ctx.set(cells.reads[0].address, 2)
        await ctx.tick()
        assert tuple(ctx.get(cells.reads[0].data)) == (5, 6)
        ctx.set(cells.write.enable, 1)
        ctx.set(cells.write.address, 1 if single_port else 2)
        ctx.set(cells.write.data, [1, 2])
        await ctx.tick()
        assert tuple(ctx.get(cells.reads[0].data)) == (31 - 5, 31 - 6)

    simulator.add_testbench(bench)
    simulator.run()


def configs():
    for hardware in (HardwareConfig(lanes=(16,)), HardwareConfig(lanes=(3,), fire_lanes=(1,), banks=1)):
        yield replace(stimuli.corner_config(readout="spike_count"), hardware=hardware)
    yield stimuli.network_config(stimuli.SeededChoices(100), max_size=20)
    maps = stimuli.spatial_corner_config()
    yield replace(maps, hardware=HardwareConfig(lanes=(2,), fire_lanes=(1,), banks=1))
    yield replace(maps, n_steps=1, hardware=HardwareConfig(lanes=(2,), fire_lanes=(2,), banks=2))


@pytest.mark.parametrize("config", list(configs()), ids=lambda config: f"{config.topology}-{config.hardware.banks}")
def test_inference(colliding, config):
    events = to_events(stimuli.spikes(config, 12 if config.input_shape else 40, seed=1))
    for stalls in (None, STALLS):
        report = cosimulate(stimuli.network(config), events, backend="icarus", stalls=stalls)
        assert report.n_compared > 0 and [str(mismatch) for mismatch in report.first] == []


@pytest.mark.parametrize("name", ["feedback-final", "direct-every_step"])
def test_learning_of_maps(colliding, name):
    config = CONFIGS[name]
    events, labels = samples(config, 8)
    report = colearn(LearningNetwork.initial(config), events, labels, interval=8, backend="icarus", stalls=STALLS)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    assert report.activity.updated_samples > 2 and all(report.words_written)


@pytest.mark.parametrize("mode", ["normalized", "direct-every-step-leak", "recurrent-temporal", "single-port-below"])
def test_learning(colliding, mode):
    config = small_config(**MODES[mode])
    config = replace(config, layers=tuple(replace(layer, bias="learned") for layer in config.layers))
    events, labels = samples(config, 30)
    network = LearningNetwork.initial(config)
    learner = RtlLearner(network, "icarus")
    for stalls in (None, STALLS):
        learner.restart(network)
        report = continue_learning(learner, Kernel(network), events, labels, interval=30, stalls=stalls)
        assert report.n_mismatches == 0, "\n".join(map(str, report.first))
        assert report.activity.updated_samples > 10 and any(report.words_written)
