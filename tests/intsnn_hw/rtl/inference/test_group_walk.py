"""The walk over the groups of a layer: order, places of sums, stalls, discarded samples."""

import numpy as np
import pytest

from intsnn_hw.rtl.inference.group_walk import GroupWalk
from tests.intsnn_hw.rtl.inference.benches import network_config, send, simulate

LAYER = network_config(sizes=(10, 3), lanes=(4,), fire_lanes=(2,)).resolved[0]
STEPS = [
    {"bank": 0, "empty": 0, "end_of_sample": 0, "discard": 0},
    {"bank": 1, "empty": 1, "end_of_sample": 1, "discard": 0},
    {"bank": 0, "empty": 0, "end_of_sample": 1, "discard": 1},
    {"bank": 1, "empty": 0, "end_of_sample": 0, "discard": 0},
]
GROUPS = [(at, 2 * at, at // 2, at % 2, at == 4) for at in range(5)]


@pytest.mark.parametrize("stalled", [False, True])
def test_every_group_once_in_order(stalled):
    walk, rng = GroupWalk(LAYER), np.random.default_rng(3)
    found, taken, cycles = [], [], 0

    async def steps(ctx):
        await send(ctx, walk.sweep, STEPS, rng if stalled else None)

    async def bench(ctx):
        nonlocal cycles
        while len(found) < 3 * len(GROUPS):
            ctx.set(walk.advance, not stalled or rng.random() < 0.5)
            ctx.set(walk.free, not stalled or rng.random() < 0.5)
            at = walk.at
            group = (at.group, at.first, at.word, at.part, at.last, walk.work.bank)
            _, _, took, valid, advance, *values = await ctx.tick().sample(walk.taken, at.valid, walk.advance, *group)
            if took:
                assert not valid and len(found) % len(GROUPS) == 0
                taken.append(cycles)
            if valid and advance:
                found.append(tuple(values))
            cycles += 1

    simulate(walk, steps, bench)
    banks = [step["bank"] for step in STEPS if not step["discard"]]
    assert found == [(*group, bank) for bank in banks for group in GROUPS]
    assert len(taken) == len(STEPS)
    if not stalled:
        assert taken == [0, 6, 12, 13] and cycles == 19


def test_no_step_is_taken_until_all_is_free():
    walk = GroupWalk(LAYER)

    async def bench(ctx):
        ctx.set(walk.sweep.valid, 1)
        await ctx.tick().repeat(3)
        assert not ctx.get(walk.sweep.ready) and not ctx.get(walk.at.valid)
        ctx.set(walk.free, 1)
        assert ctx.get(walk.sweep.ready)

    simulate(walk, bench)
