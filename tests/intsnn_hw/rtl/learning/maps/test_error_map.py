"""The errors of a map's neurons against a naive packing, for empty and filled words and lanes that stay empty."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.maps.error_map import ErrorMap
from tests.intsnn_hw.rtl.learning.benches import error_value, fields, packed_error
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, random_errors, simulate, words_of


def hidden(size, lanes):
    return learning_maps(conv(size), {"size": 2}, shape=(1, 4, 5), hardware={"lanes": (lanes, 2)})[0]


def readout():
    """Return a convolution whose only window gives the classes, with ternary errors."""
    return learning_maps(conv(5), shape=(1, 3, 3), hardware={"lanes": (3,)})[0]


LAYERS = {
    "padded word": lambda: hidden(5, 3),
    "mostly padding": lambda: hidden(4, 3),
    "one word": lambda: hidden(3, 3),
    "lanes of one": lambda: hidden(3, 1),
    "readout": readout,
}


@pytest.mark.parametrize("name", LAYERS)
def test_every_word_holds_the_errors_of_its_lanes(name):
    layer, rng = LAYERS[name](), np.random.default_rng(6)
    store, ternary = ErrorMap(layer), layer.ternary_errors

    async def bench(ctx):
        for density in (1, 0, 0.5, 0.1):
            errors, pushed = random_errors(layer, rng, density), False
            if density == 0.1:
                errors[:, -1] = 0
                errors[-1, -1] = 1  # the last neuron alone
            for position in range(layer.n_positions):
                for channel in range(layer.config.size):
                    error = int(errors[channel, position])
                    word, lane = divmod(channel, layer.lanes)
                    ctx.set(store.i.valid, 1)
                    ctx.set(store.i.place, {"word": position * layer.n_words + word, "lane": lane})
                    ctx.set(store.i.error, packed_error(error, ternary=ternary))
                    assert ctx.get(store.keeping) and ctx.get(store.any) == pushed
                    await ctx.tick()
                    pushed |= error != 0
                    assert ctx.get(store.any) == pushed
                    # What stands there without `valid` is no error.
                    ctx.set(store.i.valid, 0)
                    ctx.set(store.i.error, packed_error(-1, ternary=ternary))
                    assert not ctx.get(store.keeping)
                    if rng.integers(3) == 0:
                        await ctx.tick()
                        assert ctx.get(store.any) == pushed
            for address, word in enumerate(words_of(errors, layer)):
                ctx.set(store.address, address)
                await ctx.tick()
                assert [error_value(fields(error)) for error in ctx.get(store.errors)] == word
            ctx.set(store.clear, 1)
            await ctx.tick()
            ctx.set(store.clear, 0)
            assert not ctx.get(store.any)

    simulate(store, bench)
