"""The gradients of a map's neurons against golden: pools that leave a side out, budgets, no error, both routes."""

import numpy as np
import pytest

from golden.learning import direct_error, direct_matrix, gradient, over_budget
from golden.maps import neuron_places
from golden.synapse import unpooled
from intsnn_hw.rtl.learning.maps.map_gradients import MapGradients
from tests.intsnn_hw.rtl.learning.benches import error_value, fields, packed_error
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, maps_config, memory, simulate

LANES = {"lanes": (2, 2), "fire_lanes": (1, 1)}
NETWORKS = {
    "sides left out": (conv(3), {"size": 4, "pool": 2}, (1, 7, 5), LANES),
    "pooled by three": (conv(5), conv(2, kernel=1, pool=3), (1, 7, 9), {"lanes": (4, 2), "fire_lanes": (2, 1)}),
    "not pooled": (conv(4, padding=1), conv(2), (1, 3, 4), {"lanes": (2, 2), "fire_lanes": (2, 1)}),
    "one place": (conv(3), {"size": 4, "pool": 1}, (1, 3, 3), LANES),
}


def network(name, **learning):
    below, above, shape, hardware = NETWORKS[name]
    layers = (below, above) if "conv" not in above else (below, above, {"size": 3})
    hardware = {key: (*lanes, 1)[: len(layers)] for key, lanes in hardware.items()}
    return maps_config(*layers, shape=shape, hardware=hardware, **learning)


class Round:
    """What a map keeps of a sample, by neuron."""

    def __init__(self, below, rng):
        self.below = below
        self.surrogate = rng.integers(0, below.n_steps + 1, below.n_out)
        budget = below.learning.budget or 0
        self.fired = rng.integers(0, budget + 2, below.n_out)

    def words(self, rng):
        """Return the history memory, with noise beyond the last channel of a position."""
        below, words = self.below, []
        places = np.argsort(neuron_places(below.kind)).reshape(below.n_positions, -1)
        for neurons in places:
            kept = [self._history(neuron) for neuron in neurons]
            kept += [kept[0]] * (-len(kept) % below.fire_lanes)
            words += [kept[at : at + below.fire_lanes] for at in range(0, len(kept), below.fire_lanes)]
        return words

    def _history(self, neuron):
        history = {"surrogate": int(self.surrogate[neuron])}
        return history | ({"fired": int(self.fired[neuron])} if self.below.budget_push else {})

    def gradients(self, error):
        """Return what is pushed, in the order of memory: word, lane and error."""
        below = self.below
        pushed = over_budget(error, self.fired, below)
        values = gradient(pushed, self.surrogate, below.learning.error_shifts[below.index])
        places = neuron_places(below.kind)
        words = places // below.config.size * below.n_words + places % below.config.size // below.lanes
        lanes = places % below.config.size % below.lanes
        return [(int(words[at]), int(lanes[at]), int(values[at])) for at in np.argsort(places)]


def watching(component, pushed, dones):
    """A bench that appends what is pushed, with its cycle, and the cycles of `done`."""

    async def bench(ctx):
        port, cycle = component.gradients, 0
        sampled = (port.valid, port.place, port.error, component.done)
        async for _, _, valid, place, error, done in ctx.tick().sample(*sampled):
            if valid:
                pushed.append((cycle, (int(place.word), int(place.lane), error_value(fields(error)))))
            if done:
                dones.append(cycle)
            cycle += 1

    return bench


async def run(ctx, component, cycles):
    ctx.set(component.start, 1)
    await ctx.tick()
    ctx.set(component.start, 0)
    for _ in range(cycles):
        await ctx.tick()


@pytest.mark.parametrize("budget", [None, 1])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_error_of_a_neuron_is_that_of_its_square(name, budget):
    config = network(name, budget=budget, budget_shift=3)
    below, layer, *_ = config.resolved
    component, rng = MapGradients(layer, below, config), np.random.default_rng(3)
    words, pushed, dones, rounds = [], [], [], []
    limit = 1 << layer.carried_width - 1

    async def bench(ctx):
        for at in range(3):
            nothing = at == 1
            carried = rng.integers(-limit, limit, layer.kind.n_fed)
            if not nothing:
                for place in range(layer.kind.n_fed):
                    ctx.set(component.carried.valid, 1)
                    ctx.set(component.carried.neuron.input, place)
                    ctx.set(component.carried.error, int(carried[place]))
                    await ctx.tick()
                    # What stands there without `valid` is not kept.
                    ctx.set(component.carried.valid, 0)
                    ctx.set(component.carried.error, -limit)
                    if rng.integers(4) == 0:
                        await ctx.tick()
            kept = Round(below, rng)
            words[:] = kept.words(rng)
            ctx.set(component.nothing, nothing)
            pushed.clear()
            dones.clear()
            await run(ctx, component, below.n_out + 8)
            error = unpooled(carried * (not nothing), layer.kind)
            expected = kept.gradients(error)
            assert [entry for _, entry in pushed] == expected
            first = pushed[0][0]
            assert [cycle for cycle, _ in pushed] == list(range(first, first + below.n_out))
            assert dones == [first + below.n_out - 1]
            rounds.append({error for *_, error in expected})

    simulate(
        component, bench, background=[watching(component, pushed, dones)], processes=[memory(component.history, words)]
    )
    assert rounds[1] == {0} or budget is not None
    assert {-1, 1} <= {int(np.sign(error)) for error in rounds[0]}


@pytest.mark.parametrize("n_classes, kind", [(3, "margin"), (9, "margin"), (9, "graded")])
@pytest.mark.parametrize("budget", [None, 0])
def test_on_the_direct_route_each_neuron_has_its_own(n_classes, kind, budget):
    config = maps_config(
        conv(3), {"size": n_classes, "pool": 2}, shape=(1, 5, 4), route="direct", error=kind, seed=4,
        budget=budget, budget_shift=2, hardware={"lanes": (2, 2), "fire_lanes": (2, 1)},
    )  # fmt: skip
    below, layer = config.resolved
    component, rng = MapGradients(layer, below, config), np.random.default_rng(3)
    words, pushed, dones = [], [], []
    matrix = direct_matrix(below, n_classes, config.learning.seed)
    cycles_each = -(-n_classes // 8)

    async def bench(ctx):
        for _ in range(2):
            values = [-1, 0, 1] if kind == "margin" else [0, 1, 2, -4, 8]
            errors = rng.choice(values, n_classes)
            kept = Round(below, rng)
            words[:] = kept.words(rng)
            ctx.set(component.errors, [packed_error(e, ternary=layer.ternary_errors) for e in errors])
            pushed.clear()
            dones.clear()
            await run(ctx, component, cycles_each * below.n_out + 10)
            assert [entry for _, entry in pushed] == kept.gradients(
                direct_error(errors, matrix, config.learning.direct_shift)
            )
            assert set(np.diff([cycle for cycle, _ in pushed])) == {cycles_each}
            assert dones == [pushed[-1][0]]

    simulate(
        component, bench, background=[watching(component, pushed, dones)], processes=[memory(component.history, words)]
    )
