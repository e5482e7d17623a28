"""A layer's own events: which go first, what the marker waits for, that nothing is lost where nobody takes."""

import numpy as np
import pytest

from intsnn_hw.rtl.inference.recurrence import OwnEvents
from tests.intsnn_hw.rtl.inference.benches import driven, network_config, receive, send, simulate

CONFIG = network_config(n_inputs=6, sizes=(10, 3), recurrent=True)
LAYER = CONFIG.resolved[0]


def event(address=0, spike=0, step=0, sample=0):
    return {"address": address, "spike": spike, "end_of_step": step, "end_of_sample": sample}


async def fire(ctx, own, events):
    """Events leave the layer, the last one with the end of the step; an empty list is a marker alone."""
    for at, (address, spike) in enumerate(events or [(0, 0)]):
        ctx.set(own.event, {"address": address, "spike": spike})
        ctx.set(own.sent, spike > 0)
        ctx.set(own.fired, at == max(len(events) - 1, 0))
        await ctx.tick()
    ctx.set(own.sent, 0)
    ctx.set(own.fired, 0)


def test_inputs_pass_without_latency_and_a_marker_waits_for_the_step_before():
    own = OwnEvents(LAYER)

    async def bench(ctx):
        ctx.set(own.o.ready, 1)
        ctx.set(own.i.valid, 1)
        ctx.set(own.i.payload, event(3, 2, step=1))
        assert ctx.get(own.o.valid) and ctx.get(own.i.ready) and ctx.get(own.o.payload.address) == 3
        await ctx.tick()
        ctx.set(own.i.payload, event(4, 1))  # no marker: goes through while the step before is unfired
        assert ctx.get(own.o.valid) and ctx.get(own.i.ready)
        await ctx.tick()
        for closing in (event(5, 1, step=1), event(step=0, sample=1)):
            ctx.set(own.i.payload, closing)
            assert not ctx.get(own.o.valid) and not ctx.get(own.i.ready)
            await ctx.tick()
        ctx.set(own.fired, 1)
        await ctx.tick()
        ctx.set(own.fired, 0)
        assert ctx.get(own.o.valid) and ctx.get(own.i.ready)

    simulate(own, bench)


def test_all_neurons_of_a_step_find_room_while_nothing_is_taken():
    own = OwnEvents(LAYER)
    everyone = [(address, 1 + address % 3) for address in range(LAYER.n_out)]

    async def bench(ctx):
        ctx.set(own.o.ready, 1)
        await send(ctx, own.i, [event(step=1)])
        ctx.set(own.o.ready, 0)
        await fire(ctx, own, everyone)
        ctx.set(own.i.payload, event(2, 3, step=1))
        ctx.set(own.i.valid, 1)
        found = [item for item, _ in await receive(ctx, own.o, LAYER.n_out + 1)]
        expected = [event(LAYER.n_in + address, spike) for address, spike in everyone]
        assert found == [*expected, event(2, 3, step=1)]

    simulate(own, bench)


@pytest.mark.parametrize("stalled", [False, True])
def test_own_events_of_a_step_come_in_the_next_one(stalled):
    rng = np.random.default_rng(7)
    steps = [
        [(int(a), int(rng.integers(1, 4))) for a in np.flatnonzero(rng.random(LAYER.n_in) < 0.5)] for _ in range(12)
    ]
    fired = [
        [(int(a), int(rng.integers(1, 4))) for a in np.flatnonzero(rng.random(LAYER.n_out) < p)]
        for p in (0.4, 1, 0, 0.4, 1, 0.4, 0, 1, 0.4, 1, 0.4)
    ]
    fired[5] = fired[9] = [(3, 2)]  # alone, so that the marker is all that waits while it comes back
    assert any(not step for step in fired) and any(len(step) == LAYER.n_out for step in fired)
    own = OwnEvents(LAYER)
    sent = [item for step in steps for item in [*(event(a, s) for a, s in step), event(step=1)]]

    async def layer(ctx):
        """Fires a step when its marker has entered."""
        for step in fired:
            await ctx.tick().until(own.o.valid & own.o.ready & own.o.payload.end_of_step)
            await ctx.tick().repeat(20)
            await fire(ctx, own, step)

    n_returned = sum(map(len, fired))
    found = driven(own, {"i": sent}, {"o": len(sent) + n_returned}, layer, rng=rng if stalled else None)["o"]
    by_step, current = [], []
    for item in found:
        if item["end_of_step"]:
            by_step.append(sorted(current))
            current = []
        else:
            current.append((item["address"], item["spike"]))
    for step, inputs in enumerate(steps):
        own_events = [(LAYER.n_in + address, spike) for address, spike in (fired[step - 1] if step else [])]
        assert by_step[step] == sorted(inputs + own_events)
