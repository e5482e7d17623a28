"""The weight load: every layer's words in order, padding, restart, and what comes too late."""

from typing import Any

import numpy as np
import pytest

from intsnn_hw.rtl.inference.load import WeightLoad
from intsnn_hw.rtl.inference.synapse import pack_words
from tests.intsnn_hw.rtl.inference.benches import network_config, plain, send, simulate

SHAPES: dict[str, Any] = {"lanes": (4, 2), "fire_lanes": (2, 1)}


def beats(config, weights):
    flat = np.concatenate([weight.T.ravel() for weight in weights]).tolist()
    return [{"weight": weight, "first": at == 0} for at, weight in enumerate(flat)]


def random_weights(config, seed):
    rng = np.random.default_rng(seed)
    return [rng.integers(-8, 8, layer.weight_shape) for layer in config.resolved]


def loaded(config, items, *, preloaded=False, rng=None):
    """Return the memories, a mapping from address to word for each layer, and `loading` before, within and after."""
    load = WeightLoad(config, preloaded=preloaded)
    memories, loading = [{} for _ in config.resolved], []

    async def bench(ctx):
        loading.append(ctx.get(load.loading))
        await send(ctx, load.i, items[:-1], rng)
        loading.append(ctx.get(load.loading))
        await send(ctx, load.i, items[-1:])
        await ctx.tick().repeat(2)
        loading.append(ctx.get(load.loading))

    async def memory(ctx):
        while True:
            await ctx.tick()
            for found, port in zip(memories, load.layers, strict=True):
                if ctx.get(port.weight.enable):
                    found[ctx.get(port.weight.address)] = plain(ctx.get(port.weight.data))

    simulate(load, bench, background=[memory])
    return memories, loading


def words(config, weights):
    """Content of the memories; lanes of padding hold whatever, None here."""
    found = []
    for layer, weight in zip(config.resolved, weights, strict=True):
        padded = pack_words(layer, layer.weights, weight)
        n_last = layer.n_out - (layer.n_words - 1) * layer.lanes
        for at in range(layer.n_words - 1, len(padded), layer.n_words):
            padded[at] = padded[at][:n_last]
        found.append(dict(enumerate(padded)))
    return found


def same(memories, expected):
    return [
        {at: word[: len(wanted[at])] for at, word in memory.items()}
        for memory, wanted in zip(memories, expected, strict=True)
    ] == expected


@pytest.mark.parametrize("preloaded", [False, True])
@pytest.mark.parametrize("recurrent", [False, True])
def test_every_word_of_every_layer(preloaded, recurrent):
    config = network_config(recurrent=recurrent, **SHAPES)
    weights = random_weights(config, 1)
    assert [layer.n_out % layer.lanes for layer in config.resolved] == [2, 1]  # both have padding
    memories, loading = loaded(config, beats(config, weights), preloaded=preloaded, rng=np.random.default_rng(2))
    assert same(memories, words(config, weights))
    assert loading == [not preloaded, 1, 0]


def test_first_restarts_a_load_wherever_it_is():
    config = network_config(**SHAPES)
    weights, other = random_weights(config, 3), random_weights(config, 4)
    whole = beats(config, weights)
    for n in (1, 5, 6 * 10 + 2, len(whole) - 1):
        memories, loading = loaded(config, beats(config, other)[:n] + whole)
        assert same(memories, words(config, weights)) and loading[-1] == 0


def test_weights_beyond_the_end_are_dropped():
    config = network_config(**SHAPES)
    weights, other = random_weights(config, 5), random_weights(config, 6)
    late = beats(config, other)[1:]
    memories, loading = loaded(config, beats(config, weights) + late)
    assert same(memories, words(config, weights)) and loading == [1, 0, 0]
