"""The sum of weighed lanes over the words of a row."""

import numpy as np
import pytest

from golden.fixed import signed_range
from intsnn_hw.rtl.learning.carry import CarriedSum, part_width

from .benches import fields, network_config, simulate


@pytest.mark.parametrize("kind", ["margin", "graded"])
def test_parts_are_summed_over_the_words_that_are_read(kind):
    config = network_config((7, 5), lanes=(4, 2), error=kind)
    below, layer = config.resolved
    carry, rng = CarriedSum(layer, below), np.random.default_rng(2)
    low, high = signed_range(part_width(layer))
    expected, found = [], []

    async def watch(ctx):
        port = carry.o
        async for _, _, valid, *rest in ctx.tick().sample(port.valid, port.error, port.last, port.neuron):
            if valid:
                neuron = fields(rest[-1])
                found.append((*rest[:-1], neuron["surrogate"], neuron["place"]["word"]))

    async def bench(ctx):
        late = None  # the parts of a word are there one cycle before it
        words = []
        limit = (1 << (layer.carried_width - 1)) - 1
        for row in range(40):
            n_words, reads, carries = int(rng.integers(1, 4)), bool(rng.integers(4)), bool(rng.integers(4))
            scale = limit // (2 * n_words * layer.lanes)
            total = 0
            for word in range(n_words):
                parts = rng.integers(max(low, -scale), min(high, scale) + 1, layer.lanes).tolist()
                total += sum(parts) if reads else 0
                last = word == n_words - 1
                flags = {"valid": 1, "reads": reads, "first": word == 0, "last": last, "carries": carries}
                words.append((parts, flags | {"ends": row % 5 == 0}, row))
                if rng.integers(3) == 0:
                    words.append((parts, {"valid": 0, "reads": 1, "first": 1, "last": 1, "carries": 1, "ends": 1}, row))
            if carries:
                expected.append((total, int(row % 5 == 0), row % 4, row % 2))
        for parts, flags, row in [*words, ([0] * layer.lanes, {"valid": 0}, 0)]:
            ctx.set(carry.parts, parts)
            if late is not None:
                for name, value in late[0].items():
                    ctx.set(getattr(carry.word, name), value)
                ctx.set(carry.word.neuron, {"surrogate": late[1] % 4, "place": {"word": late[1] % 2, "lane": 0}})
            late = flags, row
            await ctx.tick()
        ctx.set(carry.word.valid, 0)
        for _ in range(3):
            await ctx.tick()

    simulate(carry, bench, background=[watch])
    assert found == expected and min(expected)[0] < 0 < max(expected)[0]


def test_the_widths_hold_the_largest_sums():
    for sizes, kind in (((7, 5), "margin"), ((7, 5), "graded"), ((7, 6, 3), "pair")):
        config = network_config(sizes, lanes=(4, 2, 2), error=kind)
        for layer in config.resolved[1:]:
            weight = 1 << (layer.weight_width - 1)
            error = 1 if layer.ternary_errors else 64 if layer.is_readout else 128
            n_errors = layer.n_out if layer.ternary_errors or not layer.is_readout else 2
            assert (1 << (part_width(layer) - 1)) - 1 >= weight * (1 if layer.ternary_errors else 64)
            assert (1 << (layer.carried_width - 1)) - 1 >= weight * error * n_errors
