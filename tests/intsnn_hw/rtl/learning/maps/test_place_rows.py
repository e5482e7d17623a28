"""The rows of a fully connected layer on a map: which of them, and when they are done."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.maps.place_rows import PlaceRows
from tests.intsnn_hw.rtl.learning.benches import take
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, memory, simulate


def component(*, carries, words):
    below, layer = learning_maps(conv(3, padding=1), {"size": 4, "pool": 2}, shape=(1, 5, 4))
    rows = PlaceRows(layer, below, carries=carries)
    words[:] = [{"trace": 0} for _ in range(layer.kind.n_fed)]
    return rows, layer


async def begin(ctx, rows):
    """Start, and return whether it was done at once."""
    ctx.set(rows.start, 1)
    done = ctx.get(rows.done)
    await ctx.tick()
    ctx.set(rows.start, 0)
    return done


@pytest.mark.parametrize("carries", [False, True])
@pytest.mark.parametrize("busy_for", [0, 1, 4])
def test_rows_with_a_trace_or_all_and_done_for_a_cycle(carries, busy_for):
    words, rng = [], np.random.default_rng(2)
    rows, layer = component(carries=carries, words=words)

    async def bench(ctx):
        for density in (0, 1, 0.4, 0.4):
            n = layer.kind.n_fed
            traces = np.where(rng.random(n) < density, rng.integers(1, 5, n), 0).tolist()
            words[:] = [{"trace": trace} for trace in traces]
            ctx.set(rows.n_entries, 2)
            assert not await begin(ctx, rows)
            ctx.set(rows.running, 1)
            ctx.set(rows.busy, 1)
            kept = [place for place in range(n) if carries or traces[place] or place == n - 1]
            found = []
            # Nothing but the last row's departure ends it: not being idle before.
            ctx.set(rows.busy, 0)
            for _ in range(5):
                assert not ctx.get(rows.done)
                await ctx.tick()
            await take(rows.rows, len(kept), found, rng)(ctx)
            ctx.set(rows.rows.ready, 0)
            assert [(row["input"], row["trace"], row["last"]) for row in found] == [
                (place, traces[place], int(place == n - 1)) for place in kept
            ]
            ctx.set(rows.busy, busy_for > 0)
            for _ in range(busy_for):
                assert not ctx.get(rows.done)
                await ctx.tick()
            ctx.set(rows.busy, 0)
            # While another turn is on it does not end.
            ctx.set(rows.running, 0)
            assert not ctx.get(rows.done)
            ctx.set(rows.running, 1)
            assert ctx.get(rows.done)
            for _ in range(6):
                await ctx.tick()
                assert not ctx.get(rows.done) and not ctx.get(rows.rows.valid)
            ctx.set(rows.running, 0)

    simulate(rows, bench, processes=[memory(rows.traces, words)])


@pytest.mark.parametrize("carries", [False, True])
def test_without_errors_it_is_done_at_once_and_sends_nothing(carries):
    words = []
    rows, layer = component(carries=carries, words=words)
    words[:] = [{"trace": 1}] * layer.kind.n_fed

    async def bench(ctx):
        ctx.set(rows.rows.ready, 1)
        ctx.set(rows.n_entries, 0)
        for _ in range(2):
            assert not ctx.get(rows.done)
            assert await begin(ctx, rows)
            ctx.set(rows.running, 1)
            for _ in range(8):
                assert not ctx.get(rows.done) and not ctx.get(rows.rows.valid) and not ctx.get(rows.traces.enable)
                await ctx.tick()
            ctx.set(rows.running, 0)

    simulate(rows, bench, processes=[memory(rows.traces, words)])
