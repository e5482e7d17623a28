"""A shared weight's update against golden.learning: every shadow value, gradient and draw at narrow widths."""

from itertools import product

import numpy as np
import pytest

from golden.learning import shadow_update
from intsnn_hw.rtl.learning.maps.shared_lane import SharedLane
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, simulate

MAX_BOOST = 2


def compared(layer, width, gradient_width, gradients, shadows, draws):
    """Compare the lane with the model at every boost; return all changed values. A beat comes out two cycles later."""
    lane, (group, *_) = SharedLane(layer, width, gradient_width), layer.row_groups
    takes_draw, every, learning = "draw" in lane.signature.members, [], layer.learning
    assert takes_draw == (learning.rounding == "stochastic" and group.rate_at(MAX_BOOST) > 0)
    assert learning.max_boost == MAX_BOOST
    beats = np.stack([gradients, shadows, draws], axis=1).tolist()

    async def bench(ctx):
        for boost in range(MAX_BOOST + 2):
            ctx.set(lane.boost, boost)
            found = []
            for gradient, shadow, draw in [*beats, (0, 0, 0)]:
                ctx.set(lane.gradient, gradient)
                ctx.set(lane.shadow, shadow)
                if takes_draw:
                    ctx.set(lane.draw, draw)
                await ctx.tick()
                found.append(ctx.get(lane.changed))
            rate = group.rate_at(min(boost, MAX_BOOST))  # a boost above the highest counts as the highest
            expected = shadow_update(shadows[None], gradients[None], rate, draws, learning.rounding, width)[0]
            np.testing.assert_array_equal(found[1:], expected)
            every.append(expected)

    simulate(lane, bench)
    return np.concatenate(every)


@pytest.mark.parametrize(
    "rounding, rate_shift",
    [("stochastic", 1), ("stochastic", -1), ("stochastic", -4), ("floor", 1), ("toward_zero", 1), ("nearest", 0)],
)
def test_every_change_is_that_of_the_model(rounding, rate_shift):
    layer = learning_maps(conv(), {"size": 2}, rounding=rounding, rate_shifts=(rate_shift, 0))[0]
    width, gradient_width = 4, 4 if rounding == "stochastic" else 5
    n_draws = 1 << max(0, rate_shift + MAX_BOOST) if rounding == "stochastic" else 1
    half, steep = 1 << (width - 1), 1 << (gradient_width - 1)
    values = np.array(list(product(range(-steep, steep), range(-half, half), range(n_draws)))).T
    gradients, shadows, draws = values
    changed = compared(layer, width, gradient_width, gradients, shadows, draws + (0x5A << 8))
    assert {-half, half - 1} <= set(changed.tolist())


@pytest.mark.parametrize("rate_shift", [15, 22])
def test_rates_stop_where_the_draw_ends(rate_shift):
    """At 16 with a draw of 16 bits, at 24 with one of 32."""
    layer = learning_maps(conv(), {"size": 2}, rate_shifts=(rate_shift, 0), shadow_width=16)[0]
    rng, gradient_width = np.random.default_rng(1), 28
    assert layer.rates_at(MAX_BOOST)[0] == (16 if rate_shift == 15 else 24)
    n, half = 300, 1 << (gradient_width - 1)
    gradients, shadows = rng.integers(-half, half, n), rng.integers(-(1 << 15), 1 << 15, n)
    compared(layer, 16, gradient_width, gradients, shadows, rng.integers(1, 1 << layer.learning.lfsr_width, n))
