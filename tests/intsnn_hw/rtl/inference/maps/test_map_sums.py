"""The sums of a map: adds of any order, the same word back to back, a sweep beside them, words cleared and listed."""

from itertools import pairwise

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from intsnn_hw.rtl.inference.maps.map_sums import MapSums
from tests.intsnn_hw.rtl.inference.benches import plain, simulate
from tests.intsnn_hw.rtl.inference.maps.map_benches import conv_layer

VARIANTS = {
    "one word": {"size": 4, "hardware": {"banks": 2}},
    "two words": {"size": 5, "hardware": {"banks": 2}},
    "three words": {"size": 5, "hardware": {"lanes": (2,), "banks": 2}},
    "one bank": {"size": 5, "hardware": {"banks": 1}},
    "one position": {"size": 3, "shape": (2, 3, 3), "hardware": {"lanes": (1,), "banks": 2}},
}


def random_places(layer, rng, n):
    """Positions and words, some of them the same as the one before or the one before that; first words first."""
    reached: set[int] = set()
    places: list[tuple[int, int]] = []
    for _ in range(n):
        kind = rng.integers(4)
        if kind < 2 and len(places) > kind:
            places.append(places[-1 - int(kind)])
            continue
        position = int(rng.integers(layer.n_positions))
        word = int(rng.integers(layer.n_words)) if position in reached else 0
        reached.add(position)
        places.append((position, word))
    return places


@pytest.mark.parametrize("variant", VARIANTS)
def test_sums_are_exact_listed_and_cleared(variant):
    layer, rng = conv_layer(n_steps=1, **VARIANTS[variant]), np.random.default_rng(7)
    component, repeats, n_swept = MapSums(layer), 0, 0
    sums: dict[tuple[int, int], np.ndarray] = {}

    async def sweep(ctx, bank, wanted):
        """Read what is listed, in its order, and everything once more."""
        port, listed, order = component.sums, component.listed, []
        ctx.set(port.bank, bank)
        ctx.set(listed.bank, bank)
        n_entries = ctx.get(listed.n_entries)
        for index in range(n_entries):
            ctx.set(listed.enable, 1)
            ctx.set(listed.index, index)
            await ctx.tick()
            order.append(ctx.get(listed.position))
        ctx.set(listed.enable, 0)
        assert order == list(dict.fromkeys(position for position, _ in wanted))
        for clear in (1, 0):
            for position in range(layer.n_positions):
                for word in range(layer.n_words):
                    values = {"enable": 1, "position": position, "word": word, "clear": clear}
                    for name, value in values.items():
                        ctx.set(getattr(port, name), value)
                    await ctx.tick()
                    touched = clear and (position, word) in wanted
                    assert ctx.get(port.touched) == touched
                    if touched:
                        assert plain(ctx.get(port.data)) == wanted[position, word].tolist()
        ctx.set(port.enable, 0)
        ctx.set(port.release, 1 << bank)
        await ctx.tick()
        ctx.set(port.release, 0)

    finished: list[tuple[int, dict]] = []

    async def add(ctx):
        nonlocal repeats
        while ctx.get(component.clearing):
            await ctx.tick()
        for step in range(4):
            bank = step % layer.banks
            while step - n_swept >= layer.banks:
                await ctx.tick()
            places = random_places(layer, rng, 40)
            repeats += sum(a == b for a, b in pairwise(places))
            sums.clear()
            for at in range(len(places) + 1):
                gap = at < len(places) and rng.random() < 0.2
                for port, index in ((component.fetch, at), (component.add, at - 1)):
                    ctx.set(port.enable, 0 <= index < len(places) and not (gap and port is component.fetch))
                    if 0 <= index < len(places):
                        ctx.set(port.position, places[index][0])
                        ctx.set(port.word, places[index][1])
                        ctx.set(port.bank, bank)
                if at > 0:
                    products = rng.integers(-24, 22, layer.lanes)
                    ctx.set(component.add.products, products.tolist())
                    sums[places[at - 1]] = sums.get(places[at - 1], 0) + products
                await ctx.tick()
                if gap:
                    ctx.set(component.add.enable, 0)
                    ctx.set(component.fetch.enable, 1)
                    await ctx.tick()
            ctx.set(component.add.enable, 0)
            finished.append((bank, dict(sums)))

    async def fire(ctx):
        nonlocal n_swept
        for step in range(4):
            while len(finished) == step:
                await ctx.tick()
            await sweep(ctx, *finished[step])
            n_swept += 1

    simulate(component, add, fire)
    assert repeats > 10


def test_all_words_are_untouched_after_a_reset():
    """Memories keep their content over it: what events have reached before does not count as reached."""
    layer = conv_layer(size=5)
    component, reset = MapSums(layer), Signal()

    async def cleared(ctx):
        cycles = 0
        while ctx.get(component.clearing):
            cycles += 1
            await ctx.tick()
        return cycles

    async def bench(ctx):
        assert await cleared(ctx) == layer.n_sum_words
        ctx.set(component.add.enable, 1)
        for position in range(layer.n_positions):
            ctx.set(component.add.position, position)
            await ctx.tick()
        ctx.set(component.add.enable, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert await cleared(ctx) == layer.n_sum_words
        ctx.set(component.sums.enable, 1)
        for position in range(layer.n_positions):
            ctx.set(component.sums.position, position)
            await ctx.tick()
            assert not ctx.get(component.sums.touched)

    simulate(ResetInserter(reset)(component), bench)
