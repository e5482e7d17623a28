"""The walk of places over their windows: all words once, in order, without a bubble; places that no window sees."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.maps.gradient_walk import GradientWalk, n_gradient_words
from tests.intsnn_hw.rtl.inference.benches import send, simulate
from tests.intsnn_hw.rtl.inference.maps.test_map_events import windows_of
from tests.intsnn_hw.rtl.inference.maps.test_window_walk import random_event
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps

LAYERS = {
    "one word": (conv(4), (2, 6, 5), 4),
    "two words": (conv(5, padding=1), (2, 4, 5), 3),
    "three words, strided": (conv(5, kernel=5, stride=2, padding=3), (2, 6, 5), 2),
    "bias": (conv(3, kernel=2, bias="learned"), (1, 4, 4), 2),
    "one place": (conv(1, kernel=1), (2, 2, 2), 1),
}
FIELDS = ("meets", "carries", "first", "last", "ends", "trace", "input")


def layer_of(name):
    fields, shape, lanes = LAYERS[name]
    return learning_maps(fields, {"size": 3}, shape=shape, hardware={"lanes": (lanes, 1)})[0]


def random_places(layer, rng, n):
    """Return places with windows that lie in the map, of which some are seen by none; the last of all last."""
    places = []
    for at in range(n):
        event = random_event(layer, rng)
        del event["spike"]
        seen = int(rng.integers(4) > 0)
        place = int(rng.integers(layer.kind.n_fed))
        trace = int(rng.integers(1 << layer.input_trace_width))
        places.append(event | {"input": place, "trace": trace, "seen": seen, "last": int(at == n - 1)})
    return places


def meetings(layer, place):
    """Return what a place meets, as the walk shows it."""
    same = {"carries": 1, "trace": place["trace"], "input": place["input"]}
    if not place["seen"]:
        return [same | {"meets": 0, "first": 1, "last": 1, "ends": place["last"]}]
    words = [
        {"errors": position * layer.n_words + word, "sums": row * layer.n_words + word}
        for position, row in windows_of(layer, place).items()
        for word in range(layer.n_words)
    ]
    final = len(words) - 1
    return [
        same
        | word
        | {"meets": 1, "first": int(at == 0), "last": int(at == final), "ends": int(at == final and place["last"])}
        for at, word in enumerate(words)
    ]


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_all_windows_of_a_place_and_a_cycle_for_one_without(name, stalled):
    layer, rng = layer_of(name), np.random.default_rng(5)
    walk, found = GradientWalk(layer), []
    places = random_places(layer, rng, 16)
    places[-1]["seen"] = int(name != "two words")  # the last may be one that no window sees
    wanted = [meeting for place in places for meeting in meetings(layer, place)]

    async def drive(ctx):
        await send(ctx, walk.i, places, rng if stalled else None)

    async def watch(ctx):
        at, cycle, after = walk.at, 0, 0
        while after < 3:
            names = (*FIELDS, "errors", "sums")
            _, _, valid, *rest = await ctx.tick().sample(at.valid, *(getattr(at, name) for name in names))
            if valid:
                values = {name: int(value) for name, value in zip(names, rest, strict=True)}
                if not values["meets"]:
                    del values["errors"], values["sums"]
                found.append((cycle, values))
            after += len(found) >= len(wanted)
            cycle += 1

    simulate(walk, drive, watch)
    assert [meeting for _, meeting in found] == wanted
    assert {meeting["meets"] for meeting in wanted} == {0, 1}
    if not stalled:
        assert [cycle for cycle, _ in found] == list(range(1, len(wanted) + 1))


def test_words_of_the_gradient_are_those_of_the_weights_and_of_a_bias_that_learns():
    layer = layer_of("bias")
    assert n_gradient_words(layer) == (4 + 1) * 2
    assert n_gradient_words(layer_of("two words")) == 18 * 2
