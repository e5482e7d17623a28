"""Spikes of groups become events: order, markers, silent groups, discarded samples, throughput."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from intsnn_hw.rtl.inference.event_serializer import EventSerializer
from intsnn_hw.rtl.layouts import output_event_layout, spikes_group_layout
from tests.intsnn_hw.rtl.inference.benches import driven, network_config, receive, send, simulate

LAYER = network_config(sizes=(12, 3), lanes=(4,), fire_lanes=(4,)).resolved[0]


class Bench(wiring.Component):
    """A serializer that is given its groups as a stream."""

    i: In(stream.Signature(spikes_group_layout(LAYER)))
    o: Out(stream.Signature(output_event_layout(LAYER)))
    discard: In(1)
    discarding: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.events = events = EventSerializer(LAYER)
        connect(m, events.o, flipped(self.o))
        m.d.comb += [
            events.group.eq(self.i.payload),
            events.take.eq(self.i.valid & events.free),
            self.i.ready.eq(events.free),
            events.discard.eq(self.discard),
            self.discarding.eq(events.discarding),
        ]
        return m


def groups_of(spikes, ends):
    """Groups of steps of spikes (n_steps, 12), `ends` for each."""
    return [
        {"first": first, "last": first == 8, "end_of_sample": int(end), "spikes": step[first : first + 4].tolist()}
        for step, end in zip(spikes, ends, strict=True)
        for first in (0, 4, 8)
    ]


def events_of(spikes, ends):
    found = []
    for step, end in zip(spikes, ends, strict=True):
        events: list[dict[str, Any]] = [
            {"address": int(a), "spike": int(step[a]), "end_of_step": 0, "end_of_sample": 0}
            for a in np.flatnonzero(step)
        ]
        if not step[8:].any():
            events.append({"address": None, "spike": 0})
        events[-1] |= {"end_of_step": 1, "end_of_sample": int(end)}
        found += events
    return found


def same(found, expected):
    return [item | ({"address": None} if item["spike"] == 0 else {}) for item in found] == expected


@pytest.mark.parametrize("stalled", [False, True])
def test_an_event_for_each_spike_and_a_marker_for_each_step(stalled):
    rng = np.random.default_rng(11)
    spikes = rng.integers(1, 4, (60, 12)) * (rng.random((60, 12)) < np.resize([0.1, 0.5, 1, 0], 60)[:, None])
    ends = rng.random(60) < 0.4
    assert any(step.any() and not step[8:].any() for step in spikes) and any(not step.any() for step in spikes)
    expected = events_of(spikes, ends)
    component = Bench()
    found = driven(component, {"i": groups_of(spikes, ends)}, {"o": len(expected)}, rng=rng if stalled else None)["o"]
    assert same(found, expected)


def test_one_event_a_cycle():
    component, found = Bench(), []
    groups = groups_of(np.full((5, 12), 3), [0] * 5)

    async def sender(ctx):
        await send(ctx, component.i, groups)

    async def bench(ctx):
        found.extend(await receive(ctx, component.o, 60))

    simulate(component, sender, bench)
    assert [cycle for _, cycle in found] == list(range(1, 61))


@pytest.mark.parametrize("stall", [1, 3])
def test_a_discarded_sample_follows_the_events_on_their_way(stall):
    component = Bench()
    spikes = np.array([[0] * 8 + [1, 2, 3, 1]])

    async def bench(ctx):
        for group in groups_of(spikes, [0]):
            await send(ctx, component.i, [group])
        ctx.set(component.discard, 1)
        await ctx.tick()
        ctx.set(component.discard, 0)
        await ctx.tick().repeat(stall)
        assert ctx.get(component.discarding)
        found = [item for item, _ in await receive(ctx, component.o, 5)]
        assert same(found[:4], events_of(spikes, [0]))
        assert found[4]["spike"] == 0 and (found[4]["end_of_step"], found[4]["end_of_sample"]) == (0, 1)
        assert not ctx.get(component.discarding) and not ctx.get(component.o.valid)

    simulate(component, bench)
