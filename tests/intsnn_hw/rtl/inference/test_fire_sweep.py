"""The pipeline of a fire sweep, and the whole sweep, against golden.neuron."""

import numpy as np
import pytest

from golden.neuron import NeuronState, lif_step, readout_step
from intsnn_hw.rtl.inference.fire_pipeline import FirePipeline
from intsnn_hw.rtl.inference.fire_sweep import FireSweep
from tests.intsnn_hw.rtl.inference.benches import driven, network_config, receive, send, simulate, sums_memory

ENDS = [0, 0, 1, 1, 0, 1, 0, 1]


class Steps:
    """Random currents of steps, and the extremes; every third is empty. As descriptors, and what the model gives."""

    def __init__(self, layer, seed, *, ends=ENDS, discarded=()):
        self.layer, rng = layer, np.random.default_rng(seed)
        low, high = layer.current_range
        self.currents = rng.integers(low, high + 1, (len(ends), layer.n_out))
        self.currents[0, :2], self.currents[-2:, :2] = low, high
        self.currents[2::3] = 0
        self.ends, self.discarded = ends, discarded
        self.descriptors = [
            {"bank": at % 2, "empty": at % 3 == 2, "end_of_sample": end, "discard": at in discarded}
            for at, end in enumerate(ends)
        ]

    def word(self, step):
        """Accumulators of a step, padding beyond the last neuron 77, an empty step's 55, which none may read."""
        layer = self.layer
        padded = np.full(layer.n_words * layer.lanes, 77)
        padded[: layer.n_out] = 55 if step % 3 == 2 else self.currents[step]
        return padded.reshape(layer.n_words, layer.lanes).tolist()

    def states(self):
        """Membranes and spikes after each step, of the model, discarded steps left out."""
        step = lif_step if self.layer.fires else readout_step
        state, found = NeuronState.initial((self.layer.n_out,), self.layer.neuron), []
        for at, end in enumerate(self.ends):
            if at in self.discarded:
                state = NeuronState.initial((self.layer.n_out,), self.layer.neuron)
                continue
            result = step(state, self.currents[at], self.layer.neuron)
            found.append((result.state.membrane, result.spike, result.integrated))
            state = NeuronState.initial((self.layer.n_out,), self.layer.neuron) if end else result.state
        return [np.array(values) for values in zip(*found, strict=True)]


def feed(component, steps, rng=None):
    """Benches: offer the steps, their sums in the banks when they are taken; note what is released."""
    banks, released = [None, None], []

    async def sweep(ctx):
        for at, descriptor in enumerate(steps.descriptors):
            banks[at % 2] = steps.word(at)
            await send(ctx, component.sweep, [descriptor], rng)
            await ctx.tick().until(component.sweep.ready)  # the bank after next is free when this step is done

    return sweep, sums_memory(component.sums, banks, released), released


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("fire_lanes", [1, 2, 4])
def test_pipeline_gives_the_models_groups(fire_lanes, stalled):
    layer = network_config(sizes=(10, 3), lanes=(4,), fire_lanes=(fire_lanes,)).resolved[0]
    steps, rng = Steps(layer, 1, discarded=(1,)), np.random.default_rng(2) if stalled else None
    pipeline, found = FirePipeline(layer), []
    sweep, memory, released = feed(pipeline, steps, rng)
    n_groups = layer.n_fire_words * (len(ENDS) - 1)

    async def take(ctx):
        ctx.set(pipeline.free, 1)
        found.extend(await receive(ctx, pipeline.o, n_groups, rng))

    simulate(pipeline, sweep, take, background=[memory])

    def of(name):
        rows = np.array([[_value(item) for item in group[name]] for group, _ in found])
        return rows.reshape(len(ENDS) - 1, -1)[:, : layer.n_out]

    membranes, spikes, integrated = steps.states()
    np.testing.assert_array_equal(of("integrated"), integrated)
    np.testing.assert_array_equal(of("spikes"), spikes)
    np.testing.assert_array_equal(of("states"), membranes)
    assert (spikes == 3).any() and (spikes == 0).any() and {-128, 127} <= set(integrated.ravel().tolist())
    assert released == [1 << at % 2 for at in range(len(ENDS)) if at % 3 != 2 and at != 1]
    if not stalled:
        first = [cycle for (group, cycle) in found if group["first"] == 0]
        last = [cycle for (group, cycle) in found if group["last"]]
        assert {b - a for a, b in zip(first, last, strict=True)} == {layer.n_fire_words - 1}
        assert first[0] == 3


def _value(item):
    return item["membrane"] if isinstance(item, dict) else item


def swept(config, layer, steps, sent, *, rng=None, above=None):
    """Run a whole fire sweep; return its Out streams' items and the groups that its probe showed."""
    sweep = FireSweep(layer, config if layer.is_readout else None, above=above)
    offer, memory, _ = feed(sweep, steps, rng)
    groups = []

    async def watch(ctx):
        while True:
            _, _, probe = await ctx.tick().sample(sweep.probe)
            if probe["valid"]:
                groups.append(probe)

    found = driven(sweep, {}, sent, offer, background=[memory, watch], rng=rng)
    n_padded = layer.n_fire_words * layer.fire_lanes
    membranes = np.array([list(group["membranes"]) for group in groups]).reshape(-1, n_padded)
    spikes = np.array([list(group["spikes"]) for group in groups]).reshape(membranes.shape)
    return found, membranes[:, : layer.n_out], spikes[:, : layer.n_out]


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("discarded", [(), (1,)])
def test_sweep_sends_an_event_for_each_spike(discarded, stalled):
    config = network_config(sizes=(10, 3), lanes=(4,), fire_lanes=(2,))
    layer = config.resolved[0]
    steps = Steps(layer, 3, discarded=discarded)
    membranes, spikes, _ = steps.states()
    n_alone = sum(not step[8:].any() for step in spikes)
    n_events = int((spikes > 0).sum()) + n_alone + len(discarded)
    rng = np.random.default_rng(4) if stalled else None
    found, shown, emitted = swept(config, layer, steps, {"o": n_events}, rng=rng)
    np.testing.assert_array_equal(shown, membranes)
    np.testing.assert_array_equal(emitted, spikes)
    ends = [(item["end_of_step"], item["end_of_sample"]) for item in found["o"]]
    assert [end for end in ends if any(end)] == [(0, 1) if at in discarded else (1, end) for at, end in enumerate(ENDS)]
    dense, step = np.zeros_like(spikes), 0
    for item in found["o"]:
        if step < len(dense):
            dense[step, item["address"]] += item["spike"]
        step += item["end_of_step"]
    np.testing.assert_array_equal(dense, spikes)


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
@pytest.mark.parametrize("stalled", [False, True])
def test_sweep_of_the_readout_sends_scores_of_every_sample(readout, stalled):
    config = network_config(sizes=(10, 3), lanes=(4,), fire_lanes=(2,), readout=readout)
    layer = config.resolved[1]
    steps = Steps(layer, 5)
    membranes, spikes, _ = steps.states()
    counts, scores = np.zeros(layer.n_out, np.int64), []
    for at, end in enumerate(ENDS):
        counts = counts + spikes[at]
        if end:
            scores += (counts if readout == "spike_count" else membranes[at]).tolist()
            counts = np.zeros_like(counts)
    sent = {"scores": len(scores)}
    if layer.fires:
        sent["o"] = int((spikes > 0).sum()) + sum(not step[-1:].any() for step in spikes)
    found, shown, _ = swept(config, layer, steps, sent, rng=np.random.default_rng(6) if stalled else None)
    np.testing.assert_array_equal(shown, membranes)
    assert [item["score"] for item in found["scores"]] == scores
    assert all(item["final"] for item in found["scores"])


def test_a_discarded_sample_of_a_readout_that_learns_is_passed_on_in_its_turn():
    config = network_config(sizes=(10, 3), lanes=(4,), fire_lanes=(2,), learning={})
    layer = config.resolved[1]
    ends = [0, 1, 0, 1, 1]
    steps = Steps(layer, 7, ends=ends, discarded=(3,))
    found, shown, _ = swept(config, layer, steps, {"scores": 7})
    np.testing.assert_array_equal(shown, steps.states()[0])
    assert [item["discard"] for item in found["scores"]] == [0, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("out, index, learning", [("o", 0, None), ("scores", 1, {})])
def test_no_step_is_taken_until_a_discarded_sample_is_passed_on(out, index, learning):
    config = network_config(learning=learning)
    layer = config.resolved[index]
    sweep = FireSweep(layer, config if layer.is_readout else None)

    async def bench(ctx):
        await send(ctx, sweep.sweep, [{"end_of_sample": 1, "discard": 1}])
        for _ in range(5):
            assert not ctx.get(sweep.sweep.ready)
            await ctx.tick()
        await receive(ctx, getattr(sweep, out), 1)
        assert ctx.get(sweep.sweep.ready)

    simulate(sweep, bench)
