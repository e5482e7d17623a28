"""Traces after pooling against golden.learning.trace_step: events of one place in a row, passes, what they wait for."""

from itertools import pairwise

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from golden.learning import leak_trace, trace_step
from intsnn_hw.rtl.learning.maps.place_traces import PlaceTraces
from tests.intsnn_hw.rtl.learning.benches import feed
from tests.intsnn_hw.rtl.learning.maps.map_benches import learning_maps, simulate

N_STEPS, POOL = 3, 2


def pooled_layer(trace_shift=None, gain=0, shape=(2, 5, 4)):
    shifts = () if trace_shift is None else (trace_shift,)
    (layer,) = learning_maps(
        {"size": 3, "pool": POOL}, shape=shape, n_steps=N_STEPS, trace_shifts=shifts, trace_gain=gain
    )
    return layer


def beat(address=0, spike=0, step=0, sample=0):
    return {"address": address, "spike": spike, "end_of_step": step, "end_of_sample": sample}


def random_events(rng, n_places):
    """Return events (place, spike) of a step, at most as many of a place as its square has inputs."""
    left = dict.fromkeys(range(n_places), POOL**2)
    events = []
    for _ in range(rng.choice([0, 1, 3, 12])):
        again = bool(events) and rng.random() < 0.4
        place = events[-1][0] if again else int(rng.integers(n_places))
        if left[place]:
            left[place] -= 1
            events.append((place, int(rng.integers(0, 4))))
    return events


async def read_all(ctx, traces, n_places):
    """Return all traces."""
    found = []
    for place in range(n_places):
        ctx.set(traces.read.enable, 1)
        ctx.set(traces.read.address, place)
        await ctx.tick()
        found.append(ctx.get(traces.read.data.trace))
    ctx.set(traces.read.enable, 0)
    return found


@pytest.mark.parametrize("trace_shift, gain", [(None, 2), (1, 0), (2, 1)])
@pytest.mark.parametrize("gap", [0, 0.4])
def test_traces_are_those_of_the_model(trace_shift, gain, gap):
    layer, rng = pooled_layer(trace_shift, gain), np.random.default_rng(4)
    traces, n_places = PlaceTraces(layer), layer.kind.n_fed
    seen = {"held": 0, "passed": 0, "discarded": 0, "repeated": 0}

    async def settle(ctx):
        while not ctx.get(traces.i.ready):
            await ctx.tick()
        await ctx.tick()

    async def bench(ctx):
        for sample in range(9):
            trace = np.zeros(n_places, np.int64)
            discarded_at = sample % N_STEPS if sample % 4 == 2 else None
            for step in range(N_STEPS):
                events, spikes = random_events(rng, n_places), np.zeros(n_places, np.int64)
                for place, spike in events:
                    spikes[place] += spike
                seen["repeated"] += any(a[0] == b[0] for a, b in pairwise(events))
                trace = trace_step(trace, spikes, trace_shift, gain)
                beats = [beat(*event) for event in events]
                last, discarded = step == N_STEPS - 1, step == discarded_at
                if discarded or not beats or rng.integers(2):
                    beats.append(beat())
                beats[-1] |= {"end_of_step": int(not discarded), "end_of_sample": int(last or discarded)}
                held = bool(rng.integers(2))
                ctx.set(traces.hold, held)
                await feed(traces.i, beats, rng, gap)(ctx)
                over = last or discarded
                if rng.integers(3) == 0:
                    pass  # the next step follows at once
                elif held:
                    for _ in range(int(rng.integers(2, 6))):
                        await ctx.tick()
                    assert await read_all(ctx, traces, n_places) == trace.tolist()
                    seen["held"] += over
                else:
                    await settle(ctx)
                    left = np.zeros(n_places, int) if over else leak_trace(trace, trace_shift)
                    assert await read_all(ctx, traces, n_places) == left.tolist()
                    seen["passed"] += over
                if discarded:
                    seen["discarded"] += 1
                    break

    simulate(traces, bench)
    assert min(seen.values()) > 0


def test_the_largest_trace_fits():
    layer = pooled_layer(gain=3)
    traces, n_places = PlaceTraces(layer), layer.kind.n_fed

    async def bench(ctx):
        beats = [beat(1, 3, step=int(at % 4 == 3)) for at in range(4 * N_STEPS)]
        await feed(traces.i, beats, np.random.default_rng(0), 0)(ctx)
        await ctx.tick()
        await ctx.tick()
        expected = [0] * n_places
        expected[1] = N_STEPS * 4 * 3 << 3
        assert await read_all(ctx, traces, n_places) == expected

    simulate(traces, bench)


@pytest.mark.parametrize(
    "events, waits",
    [
        ([(0, 1), (1, 1), (2, 1), (3, 1)], 0),
        ([(0, 1), (0, 1)], 1),
        ([(0, 1), (1, 1), (0, 1)], 0),
        ([(2, 1), (2, 1), (2, 1)], 2),
        ([(2, 0), (2, 1)], 0),  # nothing is written
    ],
)
def test_an_event_waits_only_for_one_of_the_place_before(events, waits):
    traces, waited = PlaceTraces(pooled_layer()), []

    async def bench(ctx):
        while not ctx.get(traces.i.ready):  # the pass that follows reset
            await ctx.tick()
        ctx.set(traces.i.valid, 1)
        for place, spike in events:
            ctx.set(traces.i.payload, beat(place, spike))
            while not ctx.get(traces.i.ready):
                waited.append(place)
                await ctx.tick()
            await ctx.tick()

    simulate(traces, bench)
    assert len(waited) == waits


@pytest.mark.parametrize("end", ["step", "sample", "discard"])
@pytest.mark.parametrize("leaks", [False, True])
def test_a_pass_waits_for_what_is_learned_from(end, leaks):
    """It begins when nothing is waited for any more or the next beat is there, takes a cycle a place, and holds it."""
    layer = pooled_layer(1 if leaks else None)
    traces, n_places = PlaceTraces(layer), layer.kind.n_fed
    passes = leaks or end != "step"
    ending = beat(3, 2, step=end != "discard", sample=end != "step")

    async def written(ctx, cycles):
        n_written, ready_at = 0, None
        for cycle in range(cycles):
            if ready_at is None and ctx.get(traces.i.ready):
                ready_at = cycle
            n_written += ctx.get(traces.tracing)
            await ctx.tick()
        return n_written, ready_at

    async def bench(ctx):
        for cause in ("beat", "hold"):
            ctx.set(traces.hold, 1)
            await feed(traces.i, [ending], np.random.default_rng(0), 0)(ctx)
            assert await written(ctx, 30) == (1, None if passes else 1)
            if cause == "beat":
                ctx.set(traces.i.valid, 1)
                ctx.set(traces.i.payload, beat(3, 0))
            else:
                ctx.set(traces.hold, 0)
            n_written, ready_at = await written(ctx, n_places + 6)
            assert n_written == (n_places if passes else 0)
            assert ready_at == (n_places + 2 if passes else 0)
            ctx.set(traces.i.valid, 0)
            found = await read_all(ctx, traces, n_places)
            left = {"step": 1 if leaks else 2, "sample": 0, "discard": 0}[end]
            if cause == "beat":
                assert found == [left if place == 3 else 0 for place in range(n_places)]

    simulate(traces, bench)


@pytest.mark.parametrize("shape, n_places", [((1, 2, 3), 1), ((2, 2, 3), 2)])
def test_few_places(shape, n_places):
    layer = pooled_layer(1, shape=shape)
    traces = PlaceTraces(layer)
    assert layer.kind.n_fed == n_places

    async def bench(ctx):
        rng = np.random.default_rng(1)
        ctx.set(traces.hold, 1)
        last = n_places - 1
        for _ in range(2):
            await feed(traces.i, [beat(0, 3), beat(last, 3, 1), beat(last, 1, 1), beat(last, 2, 1, 1)], rng, 0)(ctx)
            await ctx.tick()
            await ctx.tick()
            found = await read_all(ctx, traces, n_places)
            trace = 3 + 3 * (n_places == 1)
            assert found[last] == (trace // 2 + 1) // 2 + 2

    simulate(traces, bench)


@pytest.mark.parametrize("hold", [False, True])
def test_no_trace_outlasts_a_reset(hold):
    """The memory keeps its content over it: a pass makes all 0 before the first event."""
    layer, reset = pooled_layer(), Signal()
    traces, n_places = PlaceTraces(layer), layer.kind.n_fed
    rng = np.random.default_rng(3)

    async def bench(ctx):
        beats = [beat(place, 3) for place in range(n_places)]
        await feed(traces.i, beats, rng, 0)(ctx)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        ctx.set(traces.hold, hold)
        await feed(traces.i, [beat(2, 1)], rng, 0)(ctx)
        await ctx.tick()
        assert await read_all(ctx, traces, n_places) == [int(place == 2) for place in range(n_places)]

    simulate(ResetInserter(reset)(traces), bench)
