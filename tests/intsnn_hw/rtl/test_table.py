"""A table gives its words, a cycle later, and holds one while it is not asked."""

import pytest
from amaranth.lib import data

from intsnn_hw.rtl.table import LOGIC_WORDS, Table
from tests.intsnn_hw.rtl.inference.benches import simulate

LAYOUT = data.StructLayout({"a": 3, "b": 7})


@pytest.mark.parametrize("depth", [1, 5, LOGIC_WORDS + 1])
def test_every_word(depth):
    words = [{"a": at % 5, "b": (at * 37) % 128} for at in range(depth)]
    table = Table(LAYOUT, words)

    async def bench(ctx):
        for at in (*range(depth), 0):
            ctx.set(table.read.enable, 1)
            ctx.set(table.read.address, at)
            await ctx.tick()
            ctx.set(table.read.enable, 0)
            ctx.set(table.read.address, 0)
            for _ in range(2):
                found = ctx.get(table.read.data)
                assert {"a": int(found.a), "b": int(found.b)} == words[at]
                await ctx.tick()

    simulate(table, bench)
