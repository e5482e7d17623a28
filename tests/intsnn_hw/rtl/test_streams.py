"""Streams that part: every beat goes to all that want it, in one cycle, or to none."""

from itertools import product

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from intsnn_hw.rtl.streams import fork
from tests.intsnn_hw.rtl.inference.benches import driven, simulate

TARGETS = 3


def wanted_of(payload):
    """The first target wants all beats, the others those with a bit of their own."""
    return [1, payload & 1, payload >> 1 & 1]


class Bench(wiring.Component):
    """A stream that parts into three."""

    def __init__(self):
        super().__init__({"i": In(stream.Signature(4))} | {f"o{at}": Out(stream.Signature(4)) for at in range(TARGETS)})

    def elaborate(self, platform):
        m = Module()
        # A condition may be wider than a bit; its lowest counts.
        fork(m, self.i, [(self.o0, 1), (self.o1, self.i.payload[0]), (self.o2, self.i.payload[1])])
        return m


def test_a_beat_leaves_when_all_that_want_it_are_ready():
    bench = Bench()
    targets = [bench.o0, bench.o1, bench.o2]

    async def check(ctx):
        for payload, valid, *ready in product(range(16), (0, 1), *[(0, 1)] * TARGETS):
            ctx.set(bench.i.payload, payload)
            ctx.set(bench.i.valid, valid)
            for target, is_ready in zip(targets, ready, strict=True):
                ctx.set(target.ready, is_ready)
            wanted = wanted_of(payload)
            waits = [want and not is_ready for want, is_ready in zip(wanted, ready, strict=True)]
            assert ctx.get(bench.i.ready) == (not any(waits))
            for at, target in enumerate(targets):
                # Its own `ready` may not decide about `valid`.
                others = any(wait for other, wait in enumerate(waits) if other != at)
                assert ctx.get(target.valid) == bool(valid and wanted[at] and not others)
                if ctx.get(target.valid):
                    assert ctx.get(target.payload) == payload

    simulate(bench, check)


def test_each_target_gets_what_it_wants_in_order():
    rng = np.random.default_rng(5)
    beats = rng.integers(16, size=60).tolist()
    expected = {f"o{at}": [beat for beat in beats if wanted_of(beat)[at]] for at in range(TARGETS)}
    counts = {name: len(items) for name, items in expected.items()}
    # A target that has all it is to get is not ready any more, so the last beat is one that all want.
    beats.append(15)
    expected = {name: [*items, 15] for name, items in expected.items()}
    found = driven(Bench(), {"i": beats}, {name: count + 1 for name, count in counts.items()}, rng=rng)
    assert found == expected
