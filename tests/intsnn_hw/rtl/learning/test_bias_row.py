"""The row of a bias: one row with its trace on its turn, and none without an error."""

from dataclasses import replace

import numpy as np
import pytest

from intsnn_hw.rtl.learning.bias_row import BiasRow

from .benches import network_config, simulate


def layer_of():
    config = network_config(trace_gain=1)
    return replace(config, layers=tuple(replace(layer, bias="learned") for layer in config.layers)).resolved[0]


@pytest.mark.parametrize("wait, work", [(0, 0), (3, 1), (1, 4)])
def test_one_row_a_turn(wait, work):
    """It waits `wait` cycles to be taken and is in the update for `work` more."""
    row, rng = BiasRow(layer_of()), np.random.default_rng(wait)

    async def bench(ctx):
        for turn in range(4):
            trace = int(rng.integers(1, 8))
            ctx.set(row.trace, trace)
            ctx.set(row.n_entries, 1 + turn % 2)
            ctx.set(row.start, 1)
            assert not ctx.get(row.done) and not ctx.get(row.rows.valid)
            await ctx.tick()
            ctx.set(row.start, 0)
            ctx.set(row.running, 1)
            for _ in range(wait):
                assert ctx.get(row.rows.valid) and not ctx.get(row.done)
                await ctx.tick()
            ctx.set(row.rows.ready, 1)
            payload = row.rows.payload
            assert ctx.get(row.rows.valid) and (ctx.get(payload.trace), ctx.get(payload.last)) == (trace, 1)
            assert not ctx.get(row.done), "not before it is taken"
            await ctx.tick()
            ctx.set(row.rows.ready, 0)
            ctx.set(row.busy, 1)
            for _ in range(work):
                assert not ctx.get(row.rows.valid) and not ctx.get(row.done)
                await ctx.tick()
            ctx.set(row.busy, 0)
            assert ctx.get(row.done) and not ctx.get(row.rows.valid)
            await ctx.tick()
            ctx.set(row.running, 0)
            assert not ctx.get(row.done)

    simulate(row, bench)


def test_without_an_error_the_turn_is_over_at_once():
    row = BiasRow(layer_of())

    async def bench(ctx):
        ctx.set(row.trace, 3)
        ctx.set(row.start, 1)
        assert ctx.get(row.done)
        await ctx.tick()
        ctx.set(row.start, 0)
        for _ in range(3):
            assert not ctx.get(row.rows.valid) and not ctx.get(row.done)
            await ctx.tick()

    simulate(row, bench)
