"""The gradient of shared weights: adds of any order, the same word back to back, words taken, 0 from then on."""

from itertools import pairwise

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from intsnn_hw.rtl.learning.maps.gradient_sums import GradientSums
from intsnn_hw.rtl.learning.maps.gradient_walk import n_gradient_words
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, simulate


async def cleared(ctx, sums):
    """Wait until all words are 0 after reset; return the cycles."""
    cycles = 0
    while ctx.get(sums.clearing):
        assert not ctx.get(sums.summing)
        cycles += 1
        await ctx.tick()
    return cycles


def random_words(rng, n_words, n):
    """Return words, many of them the same as the one before or the one before that."""
    words: list[int] = []
    for _ in range(n):
        kind = int(rng.integers(4))
        words.append(words[-1 - kind] if kind < 2 and len(words) > kind else int(rng.integers(n_words)))
    return words


@pytest.mark.parametrize("gap", [0, 0.3])
@pytest.mark.parametrize(
    "size, lanes, shape", [(5, 2, (1, 4, 5)), (3, 3, (2, 3, 3)), (1, 1, (1, 3, 4))], ids=["two words", "bias", "lane"]
)
def test_sums_are_exact_and_taken_once(size, lanes, shape, gap):
    bias = "learned" if size == 3 else "none"
    layers = learning_maps(conv(size, kernel=2, bias=bias), {"size": 2}, shape=shape, hardware={"lanes": (lanes, 1)})
    layer, rng = layers[0], np.random.default_rng(7)
    sums, n_words = GradientSums(layer), n_gradient_words(layer)
    largest = (1 << max(group.gradient_width for group in layer.row_groups) - 1) - 1

    async def take(ctx, word):
        ctx.set(sums.take.enable, 1)
        ctx.set(sums.take.address, word)
        await ctx.tick()
        ctx.set(sums.take.enable, 0)
        assert ctx.get(sums.summing)
        return [int(value) for value in ctx.get(sums.take.data)]

    async def bench(ctx):
        await cleared(ctx, sums)
        for density in (60, 5, 30):
            expected, before = np.zeros((n_words, lanes), np.int64), None
            words = random_words(rng, n_words, density)
            if density == 60:
                assert sum(a == b for a, b in pairwise(words)) > 5
            sequence = []
            for word in words:
                sequence += [None] * int(rng.random() < gap) + [word]
            for word in [*sequence, None]:
                # Without `enable` other fields have no meaning.
                ctx.set(sums.fetch.enable, word is not None)
                ctx.set(sums.fetch.word, (before or 0) if word is None else word)
                ctx.set(sums.add.enable, before is not None)
                ctx.set(sums.add.word, (word or 0) if before is None else before)
                scale = min(largest // len(words), 90)
                products = rng.integers(-scale, scale + 1, lanes)
                ctx.set(sums.add.products, products.tolist())
                assert ctx.get(sums.summing) == (before is not None)
                if before is not None:
                    expected[before] += products
                before = word
                await ctx.tick()
            ctx.set(sums.add.enable, 0)
            pauses = bool(rng.integers(2))
            for wanted in (expected, np.zeros_like(expected)):
                for word in range(n_words):
                    assert await take(ctx, word) == wanted[word].tolist()
                    if pauses:
                        await ctx.tick()
                        # What was taken holds.
                        assert [int(value) for value in ctx.get(sums.take.data)] == wanted[word].tolist()
                        assert not ctx.get(sums.summing)
                await ctx.tick()

    simulate(sums, bench)


def test_the_largest_sum_of_either_sign_fits():
    layer = learning_maps(conv(1, kernel=2), {"size": 2}, shape=(1, 3, 3), hardware={"lanes": (1, 1)})[0]
    sums = GradientSums(layer)
    error, trace = 128, layer.n_steps * 3

    async def bench(ctx):
        await cleared(ctx, sums)
        for sign in (1, -1):
            for at in range(layer.n_positions + 1):
                ctx.set(sums.fetch.enable, at < layer.n_positions)
                ctx.set(sums.add.enable, at > 0)
                ctx.set(sums.add.products[0], sign * error * trace)
                await ctx.tick()
            ctx.set(sums.add.enable, 0)
            ctx.set(sums.take.enable, 1)
            await ctx.tick()
            ctx.set(sums.take.enable, 0)
            assert ctx.get(sums.take.data[0]) == sign * error * trace * layer.n_positions
            await ctx.tick()

    simulate(sums, bench)


def test_no_sum_outlasts_a_reset():
    """The memory keeps its content over it: a pass makes all words 0 first."""
    layer = learning_maps(conv(3, kernel=2), {"size": 2}, shape=(1, 3, 3))[0]
    sums, n_words, reset = GradientSums(layer), n_gradient_words(layer), Signal()

    async def bench(ctx):
        assert await cleared(ctx, sums) == n_words
        for word in range(n_words):
            ctx.set(sums.add.enable, 1)
            ctx.set(sums.add.word, word)
            ctx.set(sums.add.products, [5] * layer.lanes)
            await ctx.tick()
        ctx.set(sums.add.enable, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert await cleared(ctx, sums) == n_words
        for word in range(n_words):
            ctx.set(sums.take.enable, 1)
            ctx.set(sums.take.address, word)
            await ctx.tick()
            assert [int(value) for value in ctx.get(sums.take.data)] == [0] * layer.lanes

    simulate(ResetInserter(reset)(sums), bench)
