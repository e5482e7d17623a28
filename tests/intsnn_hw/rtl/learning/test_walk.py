"""The walk of rows over the words of errors: which words, with which tags, in how many cycles."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.walk import RowWalk

from .benches import feed, network_config, simulate


@pytest.mark.parametrize("route", ["feedback", "direct"])
@pytest.mark.parametrize("weight_memory", ["dual_port", "single_port"])
@pytest.mark.parametrize("n_entries", [0, 1, 2])
def test_a_row_meets_every_word_of_errors(route, weight_memory, n_entries):
    config = network_config(
        (7, 4), route=route, rounding="stochastic", rate_shifts=(1, 2), schedule=(1,), weight_memory=(weight_memory,)
    )
    below, layer = config.resolved
    walk, rng = RowWalk(layer, below), np.random.default_rng(n_entries)
    rows = [
        {"input": n % 7, "trace": t, "last": int(n == 11), "surrogate": s}
        for n, (t, s) in enumerate([(3, 1), (0, 2), (0, 0)] * 4)
    ]
    boost, draw, found, expected = 1, 0b101, [], []
    for row in rows:
        updates = bool(row["trace"] and n_entries)
        reads = bool(n_entries and (row["trace"] or (row["surrogate"] and route == "feedback")))
        for at in range(n_entries if reads else 1):
            last = at == (n_entries if reads else 1) - 1
            word = {"reads": reads, "updates": updates, "first": at == 0, "last": last, "ends": row["last"]}
            expected.append({name: int(value) for name, value in word.items()} | {"at": at, "input": row["input"]})
            # Fraction bits are those of rate 2 and boost 1, so that nothing is left to shift.
            expected[-1] |= {"scaled": row["trace"], "draw": draw} if reads and updates else {}
    cycles, drawn = [], []

    async def watch(ctx):
        names = ("reads", "updates", "first", "last", "ends", "base", "scaled", "draw")
        word = [getattr(walk.word, name) for name in names]
        cycle = 0
        async for _, _, valid, taken, at, *values in ctx.tick().sample(
            walk.word.valid, walk.drawn, walk.entry_address, *word
        ):
            cycle += 1
            drawn.append(taken)
            if valid:
                found.append(dict(zip(names, values, strict=True)) | {"at": at})
                cycles.append(cycle)

    async def bench(ctx):
        ctx.set(walk.boost, boost)
        ctx.set(walk.draw, draw)
        ctx.set(walk.n_entries, n_entries)
        await feed(walk.rows, rows, rng, gap=0)(ctx)
        while ctx.get(walk.held):
            await ctx.tick()

    simulate(walk, bench, background=[watch])
    for word in found:
        word["input"] = word.pop("base") // layer.n_words
    assert [{name: word[name] for name in want} for word, want in zip(found, expected, strict=True)] == expected
    assert sum(drawn) == sum(row["trace"] > 0 for row in rows) * bool(n_entries)
    n_reads = sum(word["reads"] for word in found)
    spent = cycles[-1] - cycles[0] + 1
    assert spent == len(found) if weight_memory == "dual_port" else n_reads <= spent <= len(found) + n_reads + 1
