"""Places after pooling find their windows: those that golden's sums say, for every place."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.maps.place_windows import PlaceWindows
from tests.intsnn_hw.rtl.inference.benches import driven, receive, send, simulate
from tests.intsnn_hw.rtl.inference.maps.test_map_events import windows_of
from tests.intsnn_hw.rtl.learning.maps.map_benches import conv, learning_maps, windows_at

LAYERS = {
    "plain": (conv(), (2, 5, 4), {}),
    "padded": (conv(padding=2), (2, 4, 5), {}),
    "strided": (conv(stride=2, padding=1), (3, 6, 5), {"lanes": (5, 1)}),
    "gaps": (conv(kernel=2, stride=3), (2, 6, 7), {}),
    "pooled": (conv(kernel=2, pool=2), (2, 7, 9), {}),
    "one window": (conv(), (2, 3, 3), {}),
}


def layer_of(name):
    fields, shape, hardware = LAYERS[name]
    return learning_maps(fields, {"size": 3}, shape=shape, hardware={"lanes": (2, 1)} | hardware)[0]


def places_of(layer):
    """Return every place after pooling, as it comes."""
    n = layer.kind.n_fed
    return [
        {
            "input": place,
            "at": dict(zip(("channel", "row", "column"), map(int, at), strict=True)),
            "trace": (place * 5) % 7,
            "last": int(place == n - 1 or place % 11 == 3),
        }
        for place, at in enumerate(np.ndindex(layer.kind.pooled_shape))
    ]


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_every_place_is_seen_by_what_the_golden_sums_say(name, stalled):
    layer = layer_of(name)
    places = places_of(layer)
    rng = np.random.default_rng(2) if stalled else None
    found = driven(PlaceWindows(layer), {"i": places}, {"o": len(places)}, rng=rng)["o"]
    unseen = 0
    for place, windows in zip(places, found, strict=True):
        for field in ("input", "trace", "last"):
            assert windows[field] == place[field]
        wanted = windows_at(layer, place["input"])
        assert windows["seen"] == bool(wanted)
        unseen += not wanted
        if wanted:
            assert windows_of(layer, windows) == wanted
    assert (unseen > 0) == (name == "gaps")


def test_a_place_a_cycle():
    layer, found = layer_of("plain"), []
    component, places = PlaceWindows(layer), places_of(layer)[:12]

    async def drive(ctx):
        await send(ctx, component.i, places)

    async def watch(ctx):
        found.extend(await receive(ctx, component.o, len(places)))

    simulate(component, drive, watch)
    assert [cycle for _, cycle in found] == list(range(1, len(places) + 1))
