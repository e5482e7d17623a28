"""The scan of neurons against a naive walk over their histories."""

import numpy as np
import pytest
from amaranth.hdl import Shape

from intsnn_hw.rtl.learning.scan import RowScan

from .benches import network_config, simulate, take

CASES = [
    ("below", {}, (4, 2), (2,)),
    ("below", {"route": "direct"}, (4, 2), (2,)),
    ("below", {"budget": 1}, (3, 2), (1,)),
    ("below", {}, (8, 2), (4,)),
    ("own", {"recurrent": (0,)}, (4, 2), (2,)),
    ("own", {"recurrent": (0,)}, (7, 2), (7,)),
]


def expected_rows(scan_of, layer, below, neurons, histories, every_row):
    """Return the rows that histories give, in order."""
    rows = []
    for index in range(neurons.n_out):
        history, last = histories[index], int(index == neurons.n_out - 1)
        if scan_of == "own":
            if history["own"] or last:
                rows.append({"input": layer.n_in + index, "trace": history["own"], "last": last, "own": 1})
        elif every_row or history["trace"] or history["surrogate"] or last:
            row = {"input": index, "trace": history["trace"], "last": last, "surrogate": history["surrogate"]}
            row["place"] = {"word": index // below.lanes, "lane": index % below.lanes}
            if below.budget_push:
                row["over"] = int(history["fired"] == below.learning.budget + 1)
            rows.append(row)
    return rows


def histories_of(rng, layout, n, density):
    """Return random histories, of which many hold nothing."""

    def value(name):
        return int(rng.integers(0, 1 << Shape.cast(layout.members[name]).width)) if rng.random() < density else 0

    return [{name: value(name) for name in layout.members} for _ in range(n)]


@pytest.mark.parametrize("scan_of, options, lanes, fire_lanes", CASES)
@pytest.mark.parametrize("stall", [0, 0.4])
def test_rows_are_those_of_the_neurons_with_a_trace_or_surrogate(scan_of, options, lanes, fire_lanes, stall):
    config = network_config((7, 5), lanes=lanes, fire_lanes=fire_lanes, **options)
    first, second = config.resolved
    layer, below = (first, None) if scan_of == "own" else (second, first)
    every_row = config.learning.route == "direct"
    scan = RowScan(layer, below, first, second, every_row=every_row)
    rng, layout = np.random.default_rng(7), scan.history.data.shape().elem_shape
    words, memory = first.n_fire_words, []

    async def remember(ctx):
        """A memory of histories, read in one cycle, that gives noise beyond the last neuron."""
        async for _, _, enable, address in ctx.tick().sample(scan.history.enable, scan.history.address):
            if enable:
                for lane, history in enumerate(memory[address]):
                    ctx.set(scan.history.data[lane], history)

    async def bench(ctx):
        for density in (0, 1, 0.2, 0.2, 0.2, 0.5):
            histories = histories_of(rng, layout, words * first.fire_lanes, density)
            memory[:] = [histories[at * first.fire_lanes : (at + 1) * first.fire_lanes] for at in range(words)]
            ctx.set(scan.start, 1)
            await ctx.tick()
            ctx.set(scan.start, 0)
            expected = expected_rows(scan_of, layer, below, first, histories, every_row)
            found = []
            await take(scan.rows, len(expected), found, rng, stall)(ctx)
            ctx.set(scan.rows.ready, 1)
            assert [{name: row[name] for name in want} for row, want in zip(found, expected, strict=True)] == expected
            for _ in range(words + 3):
                assert not ctx.get(scan.rows.valid)
                await ctx.tick()

    simulate(scan, bench, processes=[remember])


def test_throughput():
    """A row takes one cycle, and so does a group without any."""
    config = network_config((8, 5))
    first, second = config.resolved
    scan, cycles = RowScan(second, first, first, second), []

    async def remember(ctx):
        async for _, _, enable, address in ctx.tick().sample(scan.history.enable, scan.history.address):
            if enable:
                ctx.set(scan.history.data[0].trace, address != 1)
                ctx.set(scan.history.data[1].surrogate, address != 1)

    async def bench(ctx):
        ctx.set(scan.rows.ready, 1)
        ctx.set(scan.start, 1)
        await ctx.tick()
        ctx.set(scan.start, 0)
        for cycle in range(20):
            if ctx.get(scan.rows.valid):
                cycles.append(cycle)
            await ctx.tick()

    simulate(scan, bench, processes=[remember])
    assert np.diff(cycles).tolist() == [1, 2, 1, 1, 1]
