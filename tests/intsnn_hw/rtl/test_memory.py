"""The word memory: what was written is read, one cycle later, from every kind and every part of it."""

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.lib import data
from amaranth.sim import Simulator

from intsnn_hw.rtl.memory import PART_WORDS, Store

LAYOUT = data.ArrayLayout(unsigned(5), 2)
DEPTHS = (1, 2, 7, PART_WORDS - 1, PART_WORDS, PART_WORDS + 1, 2 * PART_WORDS, 3 * PART_WORDS + 130)


def build(depth, **options):
    store = Store(LAYOUT, depth, **options)
    simulator = Simulator(store)
    simulator.add_clock(1e-6)
    return store, simulator


@pytest.mark.parametrize("single_port", [False, True])
@pytest.mark.parametrize("depth", DEPTHS)
def test_reads_what_was_written(depth, single_port):
    rng = np.random.default_rng(depth)
    init = [[int(a), int(b)] for a, b in rng.integers(0, 32, (depth, 2))]
    n_ports = 1 if single_port else 2
    store, simulator = build(depth, single_port=single_port, n_read_ports=n_ports, init=init)
    edges = [at for at in (0, 1, PART_WORDS - 1, PART_WORDS, depth // PART_WORDS * PART_WORDS, depth - 1) if at < depth]
    addresses = [int(at) for at in (*edges, *rng.integers(0, depth, 60), *edges)]

    async def bench(ctx):
        words = {at: tuple(word) for at, word in enumerate(init)}
        held: list[tuple[int, ...] | None] = [None] * n_ports
        for at in addresses:
            word = tuple(int(value) for value in rng.integers(0, 32, 2))
            writes, others = bool(rng.integers(2)), [int(rng.choice(addresses)) for _ in range(n_ports)]
            ctx.set(store.write.enable, writes)
            ctx.set(store.write.address, at)
            ctx.set(store.write.data, list(word))
            for port, other in enumerate(others):
                # Never the word that is written; with one port, not in the same cycle.
                reads = bool(rng.integers(2)) and not (writes and (single_port or other == at))
                ctx.set(store.reads[port].enable, reads)
                ctx.set(store.reads[port].address, other)
                if reads:
                    held[port] = words[other]
            await ctx.tick()
            if writes:
                words[at] = word
            for port in range(n_ports):
                found = ctx.get(store.reads[port].data)
                assert held[port] is None or tuple(found) == held[port]

    simulator.add_testbench(bench)
    simulator.run()
