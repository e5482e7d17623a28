"""The lock of the weight memories: a load and the core's own use never mix, and neither waits for ever."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.lock import WeightLock

from .benches import network_config, simulate

N_LOAD = 5


@pytest.mark.parametrize("seed", range(3))
def test_uses_follow_each_other(seed):
    rng, lock = np.random.default_rng(seed), WeightLock(network_config())
    log, met = [], set()

    async def bench(ctx):
        sent = used = 0  # of the load and of the use in work
        asked = False
        for _ in range(800):
            # In progress as WeightLoad has it, for loads of N_LOAD weights.
            ctx.set(lock.loading, 0 < sent < N_LOAD)
            offers, free = bool(rng.random() < 0.6), bool(rng.random() < 0.7)
            if not asked and rng.random() < 0.05:
                asked, used = True, 0
            ctx.set(lock.asked, asked)
            ctx.set(lock.i.valid, offers)
            ctx.set(lock.i.payload, {"weight": sent, "first": sent == 0})
            ctx.set(lock.drawn.valid, asked)
            ctx.set(lock.drawn.payload, {"weight": -1 - used, "first": used == 0})
            ctx.set(lock.o.ready, free)
            granted = ctx.get(lock.granted)
            assert not granted or asked
            assert not (granted and 0 < sent < N_LOAD), "granted in the middle of a load"
            taken, drawn = offers and ctx.get(lock.i.ready), asked and ctx.get(lock.drawn.ready)
            assert not (taken and granted) and not (drawn and not granted)
            moved = ctx.get(lock.o.valid) and free
            assert moved == (taken or drawn)
            if moved:
                expected = sent if taken else -1 - used
                assert ctx.get(lock.o.payload.weight) == expected
                assert ctx.get(lock.o.payload.first) == (expected in (0, -1))
                log.append("load" if taken else "use")
            if asked and not granted and sent == 0 and offers:
                met.add("waits")
            await ctx.tick()
            sent = (sent + 1) % N_LOAD if taken else sent
            if drawn:
                used += 1
                asked = used < 4

    simulate(lock, bench)
    runs = "".join(kind[0] for kind in log).replace("uuuu", "U").replace("lllll", "L")
    assert set(runs.rstrip("ul")) == {"U", "L"} and runs.count("U") > 10 and runs.count("L") > 10
    assert "waits" in met
    assert "UL" in runs and "LU" in runs


def test_where_both_begin_the_load_goes_first():
    lock, waited = WeightLock(network_config()), []

    async def bench(ctx):
        assert not ctx.get(lock.granted)
        ctx.set(lock.o.ready, 1)
        ctx.set(lock.i.valid, 1)
        ctx.set(lock.i.payload.first, 1)
        await ctx.tick()
        ctx.set(lock.i.valid, 0)
        ctx.set(lock.asked, 1)
        for loading in (1, 1, 0, 0):
            ctx.set(lock.loading, loading)
            waited.append(ctx.get(lock.granted))
            await ctx.tick()

    simulate(lock, bench)
    assert waited == [0, 0, 0, 1]
