"""What the host may ask for: weights out in the order of a load, fresh ones, the LFSR's state, the boost."""

import numpy as np
import pytest

from golden.learning import initial_shadow
from intsnn_hw.rtl.layouts import Operation
from intsnn_hw.rtl.learning.maintenance import Maintenance

from .benches import network_config, simulate, take

CONFIGS = {
    "plain": {},
    "recurrent": {"recurrent": (0,)},
    "wide": {"shadow_width": 20, "init_shifts": (17, 7)},
    "word": {"lanes": (1, 4)},
}


def words_of(layer, shadow):
    """Return the words of a weight memory with shadow weights (n_out, n_rows), noise in the padding."""
    padded = np.full((layer.n_rows, layer.n_words * layer.lanes), 77)
    padded[:, : layer.n_out] = shadow.T
    return padded.reshape(-1, layer.lanes).tolist()


def memories(component, words):
    """Return a process that answers reads of every weight memory after one cycle."""

    async def answer(ctx):
        ports = [port.weight for port in component.weights]
        enables = [port.read.enable for port in ports]
        addresses = [port.read.address for port in ports]
        async for _, _, *values in ctx.tick().sample(*enables, *addresses):
            for index, port in enumerate(ports):
                if values[index]:
                    ctx.set(port.read.data, words[index][values[len(ports) + index]])

    return answer


async def command(ctx, component, operation, value=0):
    ctx.set(component.commands.payload, {"operation": operation, "value": value})
    ctx.set(component.commands.valid, 1)


async def finish(ctx, component):
    """Wait until the command is taken."""
    for _ in range(1000):
        if ctx.get(component.commands.ready):
            break
        await ctx.tick()
    else:
        raise AssertionError("the command is never taken")
    await ctx.tick()
    ctx.set(component.commands.valid, 0)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("stall", [0, 0.3])
def test_weights_come_out_and_are_drawn_in_the_order_of_the_load(name, stall):
    config, rng = network_config((5, 3), **CONFIGS[name]), np.random.default_rng(1)
    component = Maintenance(config)
    low = -1 << (config.learning.shadow_width - 1)
    shadows = [rng.integers(low, -low, (layer.n_out, layer.n_rows)) for layer in config.resolved]
    words = [words_of(layer, shadow) for layer, shadow in zip(config.resolved, shadows, strict=True)]
    stored = np.concatenate([shadow.T.ravel() for shadow in shadows]).tolist()
    fresh = np.concatenate([initial_shadow(layer).T.ravel() for layer in config.resolved]).tolist()

    async def bench(ctx):
        for operation, port, expected in (
            (Operation.READ_WEIGHTS, component.shadow, stored),
            (Operation.INITIALISE, component.initial, fresh),
            (Operation.READ_WEIGHTS, component.shadow, stored),
        ):
            await command(ctx, component, operation)
            for at_rest, granted in ((0, 0), (0, 1), (1, 0)):
                ctx.set(component.at_rest, at_rest)
                ctx.set(component.granted, granted)
                await ctx.tick()
                assert ctx.get(component.asks) == at_rest
                assert not ctx.get(port.valid) and not ctx.get(component.commands.ready)
            ctx.set(component.granted, 1)
            found = []
            await take(port, len(expected) - 1, found, rng, stall)(ctx)
            ctx.set(port.ready, 0)
            assert not ctx.get(component.commands.ready)
            ctx.set(port.ready, 1)
            while not ctx.get(port.valid):
                await ctx.tick()
            found.append({"weight": ctx.get(port.payload.weight), "first": ctx.get(port.payload.first)})
            await finish(ctx, component)
            ctx.set(port.ready, 0)
            assert [item["weight"] for item in found] == expected
            assert [item["first"] for item in found] == [1] + [0] * (len(expected) - 1)
            assert not ctx.get(component.asks) and not ctx.get(port.valid)

    simulate(component, bench, processes=[memories(component, words)])


def test_settings():
    component = Maintenance(network_config(schedule=(2, 4, 6)))
    loads = []

    async def watch(ctx):
        async for _, _, load, state in ctx.tick().sample(component.lfsr_load, component.lfsr_state):
            if load:
                loads.append(state)

    async def bench(ctx):
        for value in (0, 1, 0xFFFF):
            await command(ctx, component, Operation.SET_LFSR, value)
            for _ in range(2):
                await ctx.tick()
                assert not ctx.get(component.commands.ready)
            ctx.set(component.at_rest, 1)
            await finish(ctx, component)
            ctx.set(component.at_rest, 0)
        ctx.set(component.at_rest, 1)
        assert ctx.get(component.boost) == 0
        for value, boost in ((2, 2), (3, 3), (4, 3), (0xFFFF, 3), (0, 0)):
            await command(ctx, component, Operation.SET_BOOST, value)
            await finish(ctx, component)
            assert ctx.get(component.boost) == boost and not ctx.get(component.asks)

    simulate(component, bench, background=[watch])
    assert loads == [1, 0xFFFF]
