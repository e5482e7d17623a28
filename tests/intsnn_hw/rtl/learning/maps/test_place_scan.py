"""The scan of places against a naive walk over the traces: those that count, in order, with their places."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.maps.place_scan import PlaceScan
from tests.intsnn_hw.rtl.learning.benches import take
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, memory, simulate

LAYERS = {
    "conv": lambda: learning_maps(conv(), {"size": 3}, shape=(2, 4, 5))[0],
    "pooled conv": lambda: learning_maps(conv(kernel=2, pool=2), {"size": 3}, shape=(3, 5, 9))[0],
    "pooled dense": lambda: learning_maps({"size": 3, "pool": 3}, shape=(3, 7, 3))[0],
    "one column": lambda: learning_maps(conv(kernel=1), {"size": 3}, shape=(2, 3, 1))[0],
    "one place": lambda: learning_maps(conv(kernel=1), {"size": 3}, shape=(1, 1, 1))[0],
}


async def begin(ctx, scan):
    ctx.set(scan.start, 1)
    await ctx.tick()
    ctx.set(scan.start, 0)


@pytest.mark.parametrize("every_place", [False, True])
@pytest.mark.parametrize("stall", [0, 0.5])
@pytest.mark.parametrize("name", LAYERS)
def test_places_come_in_order_with_their_traces(name, stall, every_place):
    layer, rng = LAYERS[name](), np.random.default_rng(8)
    scan, words, n = PlaceScan(layer, every_place=every_place), [], layer.kind.n_fed
    limit = 1 << layer.input_trace_width

    async def bench(ctx):
        for density in (0, 1, 0.2, 0.2, 0.5):
            traces = np.where(rng.random(n) < density, rng.integers(1, limit, n), 0).tolist()
            words[:] = [{"trace": trace} for trace in traces]
            expected = [
                {
                    "input": place,
                    "at": dict(zip(("channel", "row", "column"), map(int, at), strict=True)),
                    "trace": traces[place],
                    "last": int(place == n - 1),
                }
                for place, at in enumerate(np.ndindex(*(layer.kind.pooled_shape or ())))
                if every_place or traces[place] or place == n - 1
            ]
            found = []
            await begin(ctx, scan)
            await take(scan.o, len(expected), found, rng, stall)(ctx)
            assert found == expected
            for ready in (1, 0, 1, 1):
                ctx.set(scan.o.ready, ready)
                assert not ctx.get(scan.o.valid) and not ctx.get(scan.read.enable)
                await ctx.tick()

    simulate(scan, bench, processes=[memory(scan.read, words)])


@pytest.mark.parametrize("every_place", [False, True])
def test_a_place_takes_a_cycle_whether_it_counts_or_not(every_place):
    layer = LAYERS["conv"]()
    n = layer.kind.n_fed
    scan, cycles = PlaceScan(layer, every_place=every_place), []
    words = [{"trace": int(place % 7 == 3)} for place in range(n)]

    async def bench(ctx):
        ctx.set(scan.o.ready, 1)
        await begin(ctx, scan)
        for cycle in range(n + 5):
            if ctx.get(scan.o.valid):
                cycles.append(cycle)
            await ctx.tick()

    simulate(scan, bench, processes=[memory(scan.read, words)])
    assert cycles == [place + 1 for place in range(n) if every_place or place % 7 == 3 or place == n - 1]


def test_it_may_begin_anew_before_it_has_ended():
    layer = LAYERS["conv"]()
    scan, found = PlaceScan(layer, every_place=True), []
    words = [{"trace": place % 5} for place in range(layer.kind.n_fed)]

    async def bench(ctx):
        await begin(ctx, scan)
        for cycle in range(17):
            ctx.set(scan.o.ready, cycle < 9)
            await ctx.tick()
        ctx.set(scan.o.ready, 0)
        await begin(ctx, scan)
        await take(scan.o, layer.kind.n_fed, found, np.random.default_rng(0))(ctx)

    simulate(scan, bench, processes=[memory(scan.read, words)])
    assert [row["input"] for row in found] == list(range(layer.kind.n_fed))
    assert [(row["at"]["channel"], row["at"]["row"], row["at"]["column"]) for row in found] == list(np.ndindex(2, 4, 5))


def test_what_does_not_count_is_passed_over_also_while_nothing_is_taken():
    layer = LAYERS["conv"]()
    scan, counts = PlaceScan(layer, every_place=False), 9
    words = [{"trace": int(place == counts)} for place in range(layer.kind.n_fed)]

    async def bench(ctx):
        ctx.set(scan.o.ready, 0)
        await begin(ctx, scan)
        for _ in range(counts + 1):
            assert not ctx.get(scan.o.valid)
            await ctx.tick()
        for _ in range(3):
            assert ctx.get(scan.o.valid) and ctx.get(scan.o.payload.input) == counts
            await ctx.tick()

    simulate(scan, bench, processes=[memory(scan.read, words)])
