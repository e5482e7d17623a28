"""The update of shared weights against golden.learning: all words once and in order, a draw a row, single ports."""

import numpy as np
import pytest

from golden.learning import shadow_update
from intsnn_hw.rtl.learning.maps.gradient_walk import n_gradient_words
from intsnn_hw.rtl.learning.maps.shared_update import SharedUpdate
from tests.intsnn_hw.rtl.learning.maps.map_benches import (
    conv,
    learning_maps,
    memory,
    parameter_memory,
    simulate,
    values_of,
    words_of,
)

CASES = [
    ("stochastic", 2, "dual_port", 2),
    ("stochastic", 2, "single_port", 2),
    ("stochastic", -3, "dual_port", 3),
    ("stochastic", 15, "single_port", 1),
    ("nearest", 1, "dual_port", 2),
    ("toward_zero", 1, "single_port", 2),
    ("floor", 1, "dual_port", 2),
]


@pytest.mark.parametrize("of_bias", [False, True], ids=["weights", "bias"])
@pytest.mark.parametrize("rounding, rate_shift, ports, lanes", CASES)
def test_all_rows_change_as_in_the_model(rounding, rate_shift, ports, lanes, of_bias):
    hardware = {"lanes": (lanes, 1), "weight_memory": (ports, "dual_port")}
    layer = learning_maps(
        conv(3, kernel=2, bias="learned"), {"size": 2}, shape=(1, 5, 4), rounding=rounding,
        rate_shifts=(rate_shift, 0), hardware=hardware,
    )[0]  # fmt: skip
    group, rng = layer.row_groups[of_bias], np.random.default_rng(9)
    first, n = (layer.n_rows * layer.n_words if of_bias else 0), group.n_rows * layer.n_words
    update, single = SharedUpdate(layer, group, first), ports == "single_port"
    shadows, sums, written, draws, seen = [], [], [], [], []

    async def watch(ctx):
        write, cycle = update.memory.write, 0
        sampled = (update.drawn, update.draw, update.memory.read.enable, update.changing, write.enable, update.done)
        async for _, _, drawn, draw, *rest in ctx.tick().sample(*sampled):
            if drawn:
                draws.append(draw)
            seen.append((cycle, *(int(value) for value in rest)))
            cycle += 1
            ctx.set(update.draw, int(rng.integers(1, 1 << 16)))

    async def bench(ctx):
        half, steep = 1 << group.parameter.stored_width - 1, 1 << group.gradient_width - 1
        steep = min(steep, half << max(rate_shift, 0))
        for boost in (0, 1, 2, 0):
            ctx.set(update.boost, boost)
            before = rng.integers(-half, half, (3, group.n_rows))
            gradient = rng.integers(-steep, steep, before.shape) * (rng.random(before.shape) < 0.6)
            shadows[:] = words_of(before, layer, padding=1)
            # Other groups' words of the gradient are not touched.
            sums[:] = [[1] * lanes] * n_gradient_words(layer)
            sums[first : first + n] = words_of(gradient, layer)
            for held in (written, draws, seen):
                held.clear()
            ctx.set(update.start, 1)
            await ctx.tick()
            ctx.set(update.start, 0)
            for _ in range(n * (2 if single else 1) + 6):
                await ctx.tick()
            if rounding == "stochastic":
                assert len(draws) == group.n_rows
            else:
                assert draws == []
            expected = shadow_update(
                before, gradient, group.rate_at(boost), np.array(draws or [0] * group.n_rows), rounding,
                group.parameter.stored_width,
            )  # fmt: skip
            np.testing.assert_array_equal(values_of(shadows, layer), expected)
            assert written == list(range(n))
            check_timing(words_of(gradient, layer))

    def check_timing(gradients):
        reads = [cycle for cycle, read, *_ in seen if read]
        assert reads == list(range(reads[0], reads[0] + n * (2 if single else 1), 2 if single else 1))
        assert [cycle for cycle, _, _, wrote, _ in seen if wrote] == [cycle + 3 for cycle in reads]
        assert [cycle for cycle, *_, done in seen if done] == [reads[-1] + 3]
        changing = {cycle: lanes_changing for cycle, _, lanes_changing, _, _ in seen if lanes_changing}
        masks = [sum((value != 0) << lane for lane, value in enumerate(word)) for word in gradients]
        assert changing == {cycle + 1: mask for cycle, mask in zip(reads, masks, strict=True) if mask}

    simulate(
        update, bench, background=[watch],
        processes=[memory(update.sums, sums), parameter_memory(update.memory, shadows, written, single_port=single)],
    )  # fmt: skip
