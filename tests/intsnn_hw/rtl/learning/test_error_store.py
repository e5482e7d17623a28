"""The store of errors against a naive packing, for every order of empty and filled words."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.error_store import ErrorStore

from .benches import error_value, fields, network_config, packed_error, simulate


def packed(errors, lanes):
    """Return the words of errors that hold any, with their places."""
    padded = np.concatenate([errors, np.zeros(-len(errors) % lanes, int)]).reshape(-1, lanes)
    return [(word, row.tolist()) for word, row in enumerate(padded) if row.any()]


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("size, lanes", [(11, 4), (3, 4), (5, 1)])
def test_words_with_an_error_are_kept(hidden, size, lanes):
    config = network_config((size, 2) if hidden else (size,), lanes=(lanes, 2))
    layer, rng = config.resolved[0], np.random.default_rng(size)
    lanes = layer.lanes
    store = ErrorStore(layer)
    values = [1, -1] if layer.ternary_errors else [sign << e for sign in (1, -1) for e in range(8)]

    async def bench(ctx):
        for density in (0, 1, 0.1, 0.3, 0.3, 0.6, 0.6) * 3:
            errors = np.where(rng.random(size) < density, rng.choice(values, size), 0)
            n_kept = 0
            for neuron, error in enumerate(errors.tolist()):
                # A neuron without an error may be left out, pushed, or pushed late.
                ctx.set(store.i.valid, error != 0 or bool(rng.integers(2)))
                ctx.set(store.i.place, {"word": neuron // lanes, "lane": neuron % lanes})
                ctx.set(store.i.error, packed_error(error, ternary=layer.ternary_errors))
                n_kept += ctx.get(store.keeping)
                await ctx.tick()
                ctx.set(store.i.valid, 0)
                if rng.integers(2):
                    await ctx.tick()
            ctx.set(store.flush, 1)
            for _ in range(int(rng.integers(1, 4))):
                n_kept += ctx.get(store.keeping)
                await ctx.tick()
            ctx.set(store.flush, 0)
            expected = packed(errors, lanes)
            assert ctx.get(store.n_entries) == len(expected) == n_kept
            for address, (word, row) in enumerate(expected):
                ctx.set(store.address, address)
                await ctx.tick()
                assert ctx.get(store.entry.word) == word
                assert [error_value(fields(error)) for error in ctx.get(store.entry.errors)] == row
            ctx.set(store.clear, 1)
            await ctx.tick()
            ctx.set(store.clear, 0)

    simulate(store, bench)
