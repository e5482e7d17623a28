"""The walk of the bias over all words of errors."""

import pytest

from intsnn_hw.rtl.learning.maps.bias_walk import BiasWalk
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, simulate


@pytest.mark.parametrize(
    "size, lanes, shape", [(5, 2, (1, 4, 5)), (3, 3, (2, 4, 4)), (4, 1, (1, 3, 3)), (1, 1, (1, 3, 3))]
)
def test_every_word_of_errors_adds_to_that_of_its_channels(size, lanes, shape):
    layer = learning_maps(conv(size, bias="learned"), {"size": 2}, shape=shape, hardware={"lanes": (lanes, 1)})[0]
    walk, names = BiasWalk(layer), ("meets", "carries", "errors", "sums", "trace", "last", "ends")

    async def bench(ctx):
        at = walk.at
        for trace in (1, layer.n_steps):
            ctx.set(walk.trace, trace)
            for _ in range(2):
                assert not ctx.get(at.valid)
                await ctx.tick()
            ctx.set(walk.start, 1)
            await ctx.tick()
            ctx.set(walk.start, 0)
            for errors in range(layer.n_sum_words):
                assert ctx.get(at.valid)
                found = {name: ctx.get(getattr(at, name)) for name in names}
                assert found == {
                    "meets": 1,
                    "carries": 0,
                    "errors": errors,
                    "sums": layer.n_rows * layer.n_words + errors % layer.n_words,
                    "trace": trace,
                    "last": 1,
                    "ends": int(errors == layer.n_positions * layer.n_words - 1),
                }
                await ctx.tick()

    simulate(walk, bench)
