"""The parts of the list of input traces, each alone; :mod:`test_traces` has them at work."""

import numpy as np
import pytest

from golden.learning import leak_trace
from intsnn_hw.rtl.learning.trace_insert import TraceInsert
from intsnn_hw.rtl.learning.trace_leak import TraceLeak
from intsnn_hw.rtl.learning.trace_walk import TraceWalk

from .benches import fields, network_config, simulate


@pytest.mark.parametrize(
    "found, named, written, known",
    [
        (2, 4, None, True),
        (2, 3, None, False),  # another input stands there
        (3, 4, None, False),  # behind the list
        (7, 4, None, False),
        (2, 4, 2, False),  # the entry is being written, for another input: what is read of it has no meaning
        (2, 4, 1, True),
    ],
)
def test_a_place_is_believed_only_where_the_list_names_the_input(found, named, written, known):
    layer = network_config(n_inputs=8, trace_gain=1).resolved[0]
    insert, count = TraceInsert(layer), 3

    async def bench(ctx):
        ctx.set(insert.count, count)
        if written is not None:  # an event of input 5, which stands at that place
            ctx.set(insert.address, 5)
            ctx.set(insert.spike, 1)
            ctx.set(insert.taken, 1)
            await ctx.tick()
        ctx.set(insert.found, written or 0)
        ctx.set(insert.address, 4)
        ctx.set(insert.spike, 3)
        ctx.set(insert.taken, 1)
        await ctx.tick()
        assert ctx.get(insert.conflict) and not ctx.get(insert.settled)
        ctx.set(insert.taken, 0)
        ctx.set(insert.found, found)
        ctx.set(insert.entry, {"input": 5, "trace": 1})
        assert ctx.get(insert.write) == (written is not None)
        if written is not None:
            assert not ctx.get(insert.append) and ctx.get(insert.place) == written
            assert fields(ctx.get(insert.grown)) == {"input": 5, "trace": 1 + 2}
        await ctx.tick()
        ctx.set(insert.entry, {"input": named, "trace": 9})
        assert ctx.get(insert.write) and ctx.get(insert.conflict)
        assert ctx.get(insert.append) == (not known)
        assert ctx.get(insert.place) == (found if known else count)
        assert fields(ctx.get(insert.grown)) == {"input": 4, "trace": (9 if known else 0) + 6}
        await ctx.tick()
        assert ctx.get(insert.settled) and not ctx.get(insert.write) and not ctx.get(insert.conflict)

    simulate(insert, bench)


@pytest.mark.parametrize("trace_shift", [1, 3])
def test_every_trace_leaks_as_in_the_model_and_entries_close_up(trace_shift):
    layer = network_config(n_inputs=64, trace_shifts=(trace_shift,) * 2).resolved[0]
    leak, traces = TraceLeak(layer), np.arange(1 << layer.input_trace_width)
    leaked = leak_trace(traces, trace_shift)
    assert (leaked == 0).sum() > 1

    async def bench(ctx):
        for _ in range(2):
            ctx.set(leak.valid, 0)
            ctx.set(leak.start, 1)
            await ctx.tick()
            ctx.set(leak.start, 0)
            place = 0
            for trace, after in zip(traces.tolist(), leaked.tolist(), strict=True):
                for valid in (0, 1):
                    ctx.set(leak.valid, valid)
                    ctx.set(leak.trace, trace)
                    assert ctx.get(leak.leaked) == after and ctx.get(leak.place) == place
                    assert ctx.get(leak.stays) == (valid and after > 0) and ctx.get(leak.fades) == (
                        valid and after == 0
                    )
                    await ctx.tick()
                    place += bool(valid and after)

    simulate(leak, bench)


@pytest.mark.parametrize("kind", ["send", "leak"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_walk_reads_every_entry_once(kind, count):
    walk, rng = TraceWalk(network_config(n_inputs=5).resolved[0]), np.random.default_rng(count)
    read, there = [], []

    async def bench(ctx):
        for _ in range(2):
            ctx.set(walk.count, count)
            ctx.set(getattr(walk, kind), 1)
            await ctx.tick()
            ctx.set(getattr(walk, kind), 0)
            read.clear()
            there.clear()
            for _ in range(40):
                ctx.set(walk.ready, int(rng.integers(2)))
                if kind == "leak":
                    assert not ctx.get(walk.sending) and not ctx.get(walk.sent)
                    if ctx.get(walk.leaking):
                        read.append(ctx.get(walk.at))
                    if ctx.get(walk.leaks):
                        there.append((ctx.get(walk.place), ctx.get(walk.last)))
                else:
                    assert not ctx.get(walk.leaking) and not ctx.get(walk.leaks)
                    if ctx.get(walk.sending) and ctx.get(walk.advance):
                        read.append(ctx.get(walk.at))
                    if ctx.get(walk.sent) and ctx.get(walk.ready):
                        there.append((len(there), ctx.get(walk.last)))
                await ctx.tick()
            assert read == list(range(count))
            if kind == "send":
                assert there == [(at, int(at == count - 1)) for at in range(count)]
            else:
                assert [at for at, _ in there] == list(range(count))

    simulate(walk, bench)
