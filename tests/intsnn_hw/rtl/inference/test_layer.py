"""A whole layer against golden.network, its weights given or loaded."""

import numpy as np
import pytest

from golden.network import Network, run
from intsnn_hw.rtl.inference.layer_kinds import LAYERS
from intsnn_hw.rtl.inference.synapse import pack_words
from tests.intsnn_hw.rtl.inference.benches import network_config, receive, send, simulate
from tests.intsnn_hw.rtl.inference.test_synapse import beats_of


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("preloaded", [False, True])
def test_layer_is_the_models(preloaded, recurrent):
    config = network_config(n_steps=3, recurrent=recurrent)
    rng, layer = np.random.default_rng(3), config.resolved[0]
    weights = [rng.integers(-8, 8, each.weight_shape) for each in config.resolved]
    spikes = rng.integers(1, 4, (6, 3, 6)) * (rng.random((6, 3, 6)) < 0.6)
    record = run(Network(config=config, weights=weights), spikes)
    component = LAYERS[type(layer.kind)](
        layer, None, {"weight": weights[0]} if preloaded else None, above=config.resolved[1]
    )
    shown = []

    async def feed(ctx):
        if not preloaded:
            ctx.set(component.loading, 1)
            ctx.set(component.load.weight.enable, 1)
            for address, word in enumerate(pack_words(layer, layer.weights, weights[0])):
                ctx.set(component.load.weight.address, address)
                ctx.set(component.load.weight.data, word)
                await ctx.tick()
            ctx.set(component.load.weight.enable, 0)
            ctx.set(component.loading, 0)
        await send(ctx, component.i, beats_of(spikes.reshape(18, 6), [0, 0, 1] * 6), rng)

    async def take(ctx):
        n_steps = 0
        while n_steps < 18:
            ((item, _),) = await receive(ctx, component.o, 1, rng)
            n_steps += item["end_of_step"]

    async def watch(ctx):
        while True:
            _, _, probe = await ctx.tick().sample(component.probe)
            if probe["valid"]:
                shown.append(list(probe["membranes"]))

    simulate(component, feed, take, background=[watch])
    np.testing.assert_array_equal(np.array(shown).reshape(18, 10), record.membranes[0].reshape(18, 10))
