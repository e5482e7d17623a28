"""The turns of an update: every layer once, from the output down, own rows after those of the inputs."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.turns import Turns

from .benches import network_config, simulate

CONFIGS = {
    "one": {"sizes": (4,)},
    "three": {"sizes": (7, 5, 4), "lanes": (4, 2, 2)},
    "recurrent": {"sizes": (7, 5, 4), "lanes": (4, 2, 2), "recurrent": (0, 1)},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_turns_follow_each_other(name):
    config = network_config(**CONFIGS[name])
    turns, rng = Turns(config), np.random.default_rng(4)

    def given(ctx):
        """Return what is given to which layers."""
        found = []
        for index, turn in enumerate(turns.turns):
            found += [(index, kind) for kind in ("flush", "start") if ctx.get(getattr(turn, kind))]
            found += [(index, group) for group, running in enumerate(turn.running) if ctx.get(running)]
        return found

    async def rows(ctx, index, group):
        """Take some cycles over the rows of a group, then end them."""
        for _ in range(int(rng.integers(0, 4))):
            assert given(ctx) == [(index, group)] and not ctx.get(turns.over)
            await ctx.tick()
        ctx.set(turns.turns[index].done, 1 << group)
        assert given(ctx) == [(index, group)]
        over = ctx.get(turns.over)
        await ctx.tick()
        ctx.set(turns.turns[index].done, 0)
        return over

    async def bench(ctx):
        counted = 0
        for update in range(12):
            for wrong in (0, 1):
                ctx.set(turns.evaluation, {"valid": 1, "wrong": wrong, "final": 1})
                assert ctx.get(turns.idle) and given(ctx) == []
                await ctx.tick()
            ctx.set(turns.evaluation.valid, 0)
            for _ in range(update % 3):
                assert given(ctx) == [(len(config.resolved) - 1, "flush")]
                await ctx.tick()
            assert ctx.get(turns.cycles) == counted
            ctx.set(turns.granted, 1)
            before = ctx.get(turns.cycles)
            for layer in reversed(config.resolved):
                assert not ctx.get(turns.idle) and given(ctx) == [(layer.index, "flush")]
                await ctx.tick()
                assert given(ctx) == [(layer.index, "start")]
                await ctx.tick()
                overs = [await rows(ctx, layer.index, group) for group in range(len(layer.row_groups))]
                assert overs == [False] * (len(overs) - 1) + [layer.index == 0]
            counted = ctx.get(turns.cycles)
            assert counted > before and ctx.get(turns.idle) and given(ctx) == []
            ctx.set(turns.granted, 0)
            await ctx.tick()
            assert ctx.get(turns.cycles) == counted

    simulate(turns, bench)
