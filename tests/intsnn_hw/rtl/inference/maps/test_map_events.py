"""Events of a map find their place, their row of weights, or their windows: every input, stalls, what is dropped."""

import numpy as np
import pytest
from amaranth.lib import data

from golden.config import ConvConfig
from intsnn_hw.rtl.inference.maps.map_events import MapRows, MapWindows
from intsnn_hw.rtl.inference.maps.place_split import PlaceSplit
from intsnn_hw.rtl.layouts import map_address_layout
from intsnn_hw.rtl.windows import input_map
from tests.intsnn_hw.rtl.inference.benches import driven, receive, send, simulate
from tests.intsnn_hw.rtl.inference.maps.map_benches import conv_layer, map_config, reached_rows

SHAPES = [(1, 7, 6), (3, 5, 3), (2, 4, 8), (1, 1, 9), (5, 3, 1)]
LAYERS = {
    "rows": lambda: map_config({"size": 3}, {"size": 3, "pool": 1}).resolved[0],
    "pooled rows": lambda: map_config({"size": 3, "pool": 2}).resolved[0],
    "rows pooled by three": lambda: map_config({"size": 3, "pool": 3}, shape=(3, 7, 8)).resolved[0],
    "windows": lambda: conv_layer(),
    "padded": lambda: conv_layer(padding=2),
    "strided": lambda: conv_layer(kernel=3, stride=2, padding=1),
    "gaps": lambda: conv_layer(kernel=2, stride=3),
    "pooled": lambda: conv_layer(kernel=2, pool=2, shape=(2, 7, 5)),
    "wide words": lambda: conv_layer(9, stride=2, hardware={"lanes": (3,)}),
}


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_input_has_its_channel_row_and_column(shape, stalled):
    layer = map_config({"size": 2, "conv": ConvConfig(kernel=1)}, {"size": 2}, shape=shape).resolved[0]
    events = [
        {"address": at, "spike": at % 4, "end_of_step": at % 3 == 0, "end_of_sample": at % 5 == 0}
        for at in range(layer.n_in)
    ]
    rng = np.random.default_rng(1) if stalled else None
    found = driven(PlaceSplit(layer), {"i": events}, {"o": layer.n_in}, rng=rng)["o"]
    places = np.stack(np.unravel_index(np.arange(layer.n_in), shape), axis=1).tolist()
    layout = map_address_layout(shape)
    assert [places_of(layout, event["address"]) for event in found] == places
    for name in ("spike", "end_of_step", "end_of_sample"):
        assert [event[name] for event in found] == [int(event[name]) for event in events]


def places_of(layout, address):
    view = data.Const(layout, address)
    return [int(view.channel), int(view.row), int(view.column)]


def packed(layout, shape, address):
    channel, row, column = (int(at) for at in np.unravel_index(address, shape))
    return layout.const({"channel": channel, "row": row, "column": column}).as_value().value


def windows_of(layer, event):
    """Return what an event with its windows reaches: position to the row of its first weight word, as it is walked."""
    kind = layer.kind
    _, _, width = kind.output_shape
    assert event["address"] % layer.n_words == 0
    row, found = event["address"] // layer.n_words, {}
    for down in range(event["rows"] + 1):
        for across in range(event["columns"] + 1):
            position = event["position"] + down * width + across
            rows, columns = kind.conv.sides
            found[position] = row - down * rows.stride * columns.kernel - across * columns.stride
    return found


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_every_input_reaches_what_the_golden_sums_say(name, stalled):
    layer = LAYERS[name]()
    component = MapRows(layer) if "rows" in name else MapWindows(layer)
    layout = map_address_layout(input_map(layer.kind))
    # Each input twice: alone, and with a marker.
    events = [
        {
            "address": packed(layout, layer.kind.input_shape, at),
            "spike": 1 + at % 3,
            "end_of_step": end,
            "end_of_sample": 0,
        }
        for at in range(layer.n_in)
        for end in (0, 1)
    ]
    reached = [reached_rows(layer, at) for at in range(layer.n_in)]
    kept = [(at, end) for at in range(layer.n_in) for end in (0, 1) if reached[at] or end]
    rng = np.random.default_rng(2) if stalled else None
    found = driven(component, {"i": events}, {"o": len(kept)}, rng=rng)["o"]
    for (at, end), event in zip(kept, found, strict=True):
        assert (event["end_of_step"], event["spike"]) == (end, 1 + at % 3 if reached[at] else 0)
        if reached[at]:
            rows = {0: event["address"]} if "rows" in name else windows_of(layer, event)
            assert rows == reached[at], at
    dropped = sum(not rows for rows in reached)
    assert (dropped > 0) == (name in ("pooled rows", "rows pooled by three", "gaps", "pooled", "wide words"))


def test_events_follow_each_other_without_a_bubble_and_a_discarding_beat_has_no_spike():
    layer = conv_layer()
    component, found = MapWindows(layer), []
    events = [{"address": 0, "spike": 1}] * 5 + [{"address": 0, "spike": 3, "end_of_sample": 1}]

    async def drive(ctx):
        await send(ctx, component.i, events)

    async def watch(ctx):
        found.extend(await receive(ctx, component.o, 6))

    simulate(component, drive, watch)
    assert [cycle for _, cycle in found] == list(range(1, 7))
    assert [event["spike"] for event, _ in found] == [1] * 5 + [0]
    assert found[-1][0]["end_of_sample"] and not found[-1][0]["end_of_step"]
