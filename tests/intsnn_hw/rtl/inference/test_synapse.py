"""The walk of events, the accumulators and the whole synapse array, against golden.synapse."""

import numpy as np
import pytest

from golden.synapse import inference_weight, synaptic_current
from intsnn_hw.rtl.inference.accumulators import Accumulators
from intsnn_hw.rtl.inference.event_walk import MAX_WAITING_SWEEPS, EventWalk
from intsnn_hw.rtl.inference.synapse import SynapseArray, pack_words
from tests.intsnn_hw.rtl.inference.benches import GAP, STALL, network_config, plain, receive, send, simulate


def beats_of(spikes, ends, *, blanks=False):
    """Events of steps; every other step's marker stands alone, as that of a step without events does.

    With `blanks` each step begins with a beat that has neither event nor marker.
    """
    beats = []
    for at, (step, end) in enumerate(zip(spikes, ends, strict=True)):
        events = [{"address": int(address), "spike": int(step[address])} for address in np.flatnonzero(step)]
        if at % 2 or not events:
            events.append({"address": 0, "spike": 0})
        events[-1] |= {"end_of_step": 1, "end_of_sample": int(end)}
        beats += [{"address": 1, "spike": 0}, *events] if blanks else events
    return beats


def test_walk_goes_over_the_words_of_a_row_without_a_bubble():
    layer = network_config(lanes=(4,), banks=2).resolved[0]
    walk, found = EventWalk(layer), []
    spikes = np.array([[1, 0, 2, 0, 0, 3], [0] * 6, [0, 1, 0, 0, 0, 0]])
    beats = beats_of(spikes, [0, 1, 0])
    expected = [
        (3 * address + word, int(spikes[step, address]), word, first)
        for step in (0, 2)
        for first, address in zip([True, False, False], np.flatnonzero(spikes[step]).tolist(), strict=False)
        for word in range(3)
    ]

    async def events(ctx):
        await send(ctx, walk.i, beats)

    async def watch(ctx):
        for cycle in range(16):
            at = walk.at
            sampled = (at.add, at.close, walk.address, at.spike, at.word, at.first, at.bank, at.sweep)
            _, _, add, close, *rest, bank, sweep = await ctx.tick().sample(*sampled)
            found.append((cycle, add, close, tuple(rest), bank, plain(sweep)))
            ctx.set(walk.popped, close)

    simulate(walk, events, watch)
    added = [entry for entry in found if entry[1]]
    assert [entry[3] for entry in added] == [(a, s, w, int(first)) for a, s, w, first in expected]
    assert [entry[0] for entry in added] == [*range(1, 10), *range(11, 14)]
    closed = [(entry[4], entry[5]["empty"], entry[5]["end_of_sample"]) for entry in found if entry[2]]
    assert closed == [(0, 0, 0), (1, 1, 1), (1, 0, 0)]


@pytest.mark.parametrize("banks", [1, 2])
def test_walk_waits_for_loads_for_its_bank_and_for_waiting_sweeps(banks):
    layer = network_config(lanes=(16,), fire_lanes=(2,), banks=banks).resolved[0]
    walk = EventWalk(layer)
    event = {"address": 1, "spike": 1, "end_of_step": 1}
    issued = walk.at.close

    async def issues(ctx, n_cycles=6):
        n = 0
        for _ in range(n_cycles):
            n += ctx.get(issued)
            await ctx.tick()
        return n

    async def bench(ctx):
        ctx.set(walk.i.payload, event)
        ctx.set(walk.i.valid, 1)
        ctx.set(walk.loading, 1)
        assert await issues(ctx) == 0
        ctx.set(walk.loading, 0)
        assert await issues(ctx) == banks  # then the bank it needs is busy
        ctx.set(walk.release, 1)
        await ctx.tick()
        ctx.set(walk.release, 0)
        assert await issues(ctx) == (1 if banks == 1 else 0)  # two steps wait with two banks
        ctx.set(walk.popped, 1)
        await ctx.tick()
        ctx.set(walk.popped, 0)
        assert await issues(ctx) == (0 if banks == 1 else 1)

    assert MAX_WAITING_SWEEPS == 2
    simulate(walk, bench)


@pytest.mark.parametrize("lanes, banks", [(4, 2), (4, 1), (16, 2), (16, 1)])
def test_accumulators_add_to_every_word_of_every_bank(lanes, banks):
    layer = network_config(lanes=(lanes,), fire_lanes=(2,), banks=banks).resolved[0]
    component, rng = Accumulators(layer), np.random.default_rng(1)
    n_words, expected = layer.n_words, {}

    async def bench(ctx):
        for step in range(6):
            bank, other = step % banks, (step + 1) % banks
            places = [(first, word) for first in (1, 0, 0) for word in range(n_words)]
            for at in range(len(places) + 1):
                fetch, add = at < len(places), at > 0
                ctx.set(component.fetch.enable, fetch)
                ctx.set(component.add.enable, add)
                if fetch:
                    ctx.set(component.fetch.word, places[at][1])
                    ctx.set(component.fetch.bank, bank)
                if add:
                    first, word = places[at - 1]
                    products = rng.integers(-24, 22, layer.lanes)
                    ctx.set(component.add.first, first)
                    ctx.set(component.add.word, word)
                    ctx.set(component.add.bank, bank)
                    ctx.set(component.add.products, products.tolist())
                    expected[bank, word] = products + (0 if first else expected[bank, word])
                # The other bank is read while this one is added to.
                reads = banks == 2 and step > 0 and at < n_words
                ctx.set(component.sums.enable, reads)
                if reads:
                    ctx.set(component.sums.bank, other)
                    ctx.set(component.sums.word, at)
                await ctx.tick()
                if reads:
                    assert plain(ctx.get(component.sums.data)) == expected[other, at].tolist()
            ctx.set(component.add.enable, 0)
            for word in range(n_words):
                ctx.set(component.sums.enable, 1)
                ctx.set(component.sums.bank, bank)
                ctx.set(component.sums.word, word)
                await ctx.tick()
                assert plain(ctx.get(component.sums.data)) == expected[bank, word].tolist()
            ctx.set(component.sums.enable, 0)

    simulate(component, bench)
    assert len(expected) == banks * n_words


VARIANTS = {
    "two banks": {},
    "one bank": {"banks": 1},
    "one word": {"lanes": (16,)},
    "one lane": {"lanes": (1,), "fire_lanes": (1,), "multiplier": "operator"},
    "recurrent": {"recurrent": True},
    "shadow weights": {"learning": {}},
    "single port": {"learning": {}, "weight_memory": ("single_port",)},
}


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_array_sums_every_step_exactly(variant, stalled):
    layer = network_config(**VARIANTS[variant]).resolved[0]
    rng, n_steps = np.random.default_rng(2), 8
    high = 1 << layer.stored_width - 1
    stored = rng.integers(-high, high, layer.weight_shape)
    stored[0, :3], stored[1, :3] = -high, high - 1
    weights = inference_weight(stored, layer.stored_width, layer.weight_width) if layer.stored_width > 4 else stored
    rows = np.random.default_rng(3).integers(0, 4, (n_steps, layer.n_rows))
    rows[1], rows[2] = 0, 3
    ends = rng.random(n_steps) < 0.5
    array, sums = SynapseArray(layer), []

    async def load_then_send(ctx):
        ctx.set(array.loading, 1)
        ctx.set(array.i.valid, 1)
        ctx.set(array.load.enable, 1)
        for address, word in enumerate(pack_words(layer, layer.weights, stored)):
            ctx.set(array.load.address, address)
            ctx.set(array.load.data, word)
            await ctx.tick()
        ctx.set(array.load.enable, 0)
        ctx.set(array.loading, 0)
        await send(ctx, array.i, beats_of(rows, ends, blanks=stalled), rng if stalled else None)

    async def fire(ctx):
        for step in range(n_steps):
            while stalled and rng.random() < STALL:
                await ctx.tick()
            ((descriptor, _),) = await receive(ctx, array.sweep, 1)
            assert (descriptor["empty"], descriptor["end_of_sample"]) == (not rows[step].any(), int(ends[step]))
            found = []
            for word in range(0 if descriptor["empty"] else layer.n_words):
                while stalled and rng.random() < GAP:
                    await ctx.tick()
                ctx.set(array.sums.enable, 1)
                ctx.set(array.sums.bank, descriptor["bank"])
                ctx.set(array.sums.word, word)
                await ctx.tick()
                ctx.set(array.sums.enable, 0)
                found += plain(ctx.get(array.sums.data))
            if not descriptor["empty"]:
                ctx.set(array.sums.release, 1 << descriptor["bank"])
                await ctx.tick()
                ctx.set(array.sums.release, 0)
            sums.append(found[: layer.n_out] or [0] * layer.n_out)

    simulate(array, load_then_send, fire)
    np.testing.assert_array_equal(sums, synaptic_current(rows, weights))


def test_a_discarded_sample_needs_no_sums():
    layer = network_config().resolved[0]
    array = SynapseArray(layer, np.ones(layer.weight_shape, np.int64))
    beats = [{"address": 0, "spike": 1}, {"end_of_sample": 1}, {"address": 1, "spike": 2, "end_of_step": 1}]

    async def events(ctx):
        await send(ctx, array.i, beats * 3)

    async def bench(ctx):
        for _ in range(3):  # more samples than banks: none is left busy
            given_up, step = (item for item, _ in await receive(ctx, array.sweep, 2))
            assert given_up["discard"] and not step["discard"] and not step["empty"]
            ctx.set(array.sums.enable, 1)
            ctx.set(array.sums.bank, step["bank"])
            await ctx.tick()
            ctx.set(array.sums.enable, 0)
            assert plain(ctx.get(array.sums.data)) == [2] * 4
            ctx.set(array.sums.release, 1 << step["bank"])
            await ctx.tick()
            ctx.set(array.sums.release, 0)

    simulate(array, events, bench)
