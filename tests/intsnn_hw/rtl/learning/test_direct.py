"""The direct route's errors against golden.learning.direct_matrix and direct_error."""

import numpy as np
import pytest

from golden.learning import direct_error, direct_matrix
from intsnn_hw.rtl.learning.direct import DirectError, direct_width

from .benches import network_config, packed_error, simulate, take


@pytest.mark.parametrize("kind, n_classes", [("margin", 3), ("margin", 10), ("graded", 8), ("graded", 9)])
def test_errors_are_those_of_the_model(kind, n_classes):
    config = network_config((7, n_classes), error=kind, route="direct", direct_shift=2, seed=5)
    layer, rng = config.resolved[0], np.random.default_rng(n_classes)
    direct = DirectError(layer, config)
    matrix = direct_matrix(layer, n_classes, config.learning.seed)
    assert set(np.unique(matrix)) == {-1, 0, 1}
    ternary = config.resolved[-1].ternary_errors
    # The largest sums of either sign, within what the rule can give: shares of at most 64 in all, and their negative.
    if ternary:
        cases = [matrix[0], -matrix[0], *rng.integers(-1, 2, (6, n_classes))]
    else:
        lead = int(np.flatnonzero(matrix[0])[0])
        cases = [np.where(np.arange(n_classes) == lead, sign * 64, 0) for sign in (1, -1)]
        cases += [rng.choice([0, 1, -2, 4, 8], n_classes) for _ in range(6)]

    async def restart(ctx, errors):
        ctx.set(direct.errors, [packed_error(error, ternary=ternary) for error in errors])
        ctx.set(direct.start, 1)
        await ctx.tick()
        ctx.set(direct.start, 0)

    async def bench(ctx):
        for errors in cases:
            await restart(ctx, errors)
            found = []
            await take(direct.o, layer.n_out, found, rng)(ctx)
            ctx.set(direct.o.ready, 0)
            expected = direct_error(errors, matrix, config.learning.direct_shift)
            assert found == expected.tolist()
            assert np.abs(expected).max() < 1 << (direct_width(config) - 1)

    simulate(direct, bench)


def test_throughput():
    """A neuron takes a cycle for each 8 classes."""
    config = network_config((7, 17), route="direct")
    direct, times = DirectError(config.resolved[0], config), []

    async def bench(ctx):
        ctx.set(direct.o.ready, 1)
        ctx.set(direct.start, 1)
        await ctx.tick()
        ctx.set(direct.start, 0)
        for cycle in range(40):
            if ctx.get(direct.o.valid):
                times.append(cycle)
            await ctx.tick()

    simulate(direct, bench)
    assert set(np.diff(times)) == {3}
