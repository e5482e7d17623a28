"""The walk over windows: every word once, in an order that adds take, without a bubble; discarded samples."""

import numpy as np
import pytest

from intsnn_hw.rtl.inference.maps.window_walk import WindowWalk
from tests.intsnn_hw.rtl.inference.benches import send, simulate
from tests.intsnn_hw.rtl.inference.maps.map_benches import conv_layer
from tests.intsnn_hw.rtl.inference.maps.test_map_events import windows_of

LAYERS = {
    "one word": {"size": 4},
    "two words": {"size": 5, "padding": 1},
    "three words, strided": {"size": 5, "kernel": 5, "stride": 2, "padding": 3, "hardware": {"lanes": (2,)}},
    "not square": {"size": 4, "kernel": 2, "kernel_x": 4, "stride": 1, "stride_x": 2},
    "one place": {"size": 3, "kernel": 1, "hardware": {"lanes": (1,), "banks": 1}},
}


def random_event(layer, rng):
    """Return windows that lie in the map, and rows of weights that lie in the memory."""
    kind = layer.kind
    _, height, width = kind.output_shape
    rows, columns = kind.conv.sides
    down, across = (
        int(rng.integers(1, 1 + min(side, -(-own.kernel // own.stride))))
        for own, side in ((rows, height), (columns, width))
    )
    at = [int(rng.integers(side - count + 1)) for side, count in ((height, down), (width, across))]
    inside = [
        int(rng.integers((count - 1) * own.stride, own.kernel)) for own, count in ((rows, down), (columns, across))
    ]
    channel = int(rng.integers(kind.pooled_shape[0]))
    row = (channel * rows.kernel + inside[0]) * columns.kernel + inside[1]
    return {
        "position": at[0] * width + at[1], "address": row * layer.n_words, "rows": down - 1, "columns": across - 1,
        "spike": int(rng.integers(1, 4)),
    }  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_walks_over_all_windows_without_a_bubble(name):
    layer, rng = conv_layer(**LAYERS[name]), np.random.default_rng(5)
    walk, found = WindowWalk(layer), []
    events = [random_event(layer, rng) for _ in range(30)]
    wanted = [
        (row * layer.n_words + word, position, word, event["spike"])
        for event in events
        for position, row in windows_of(layer, event).items()
        for word in range(layer.n_words)
    ]
    assert len({len(windows_of(layer, event)) for event in events}) > 1 or name == "one place"

    async def drive(ctx):
        await send(ctx, walk.i, events)

    async def watch(ctx):
        for cycle in range(len(wanted) + 2):
            sampled = (walk.at.add, walk.address, walk.at.position, walk.at.word, walk.at.spike)
            _, _, add, *rest = await ctx.tick().sample(*sampled)
            if add:
                found.append((cycle, tuple(rest)))

    simulate(walk, drive, watch)
    assert [entry for _, entry in found] == wanted
    assert [cycle for cycle, _ in found] == list(range(1, len(wanted) + 1))


def test_the_bank_of_a_discarded_sample_is_handed_over_and_one_without_events_is_not():
    layer = conv_layer()
    walk, closed = WindowWalk(layer), []
    event = {"position": 0, "address": 0, "rows": 0, "columns": 0, "spike": 1}
    discard = {"spike": 0, "end_of_sample": 1}

    async def drive(ctx):
        await send(ctx, walk.i, [discard, event, discard, {**event, "end_of_step": 1}])

    async def watch(ctx):
        for _ in range(12):
            sweep = walk.at.sweep
            sampled = (walk.at.close, sweep.bank, sweep.empty, sweep.discard)
            _, _, close, *rest = await ctx.tick().sample(*sampled)
            ctx.set(walk.popped, close)
            if close:
                closed.append(tuple(rest))

    simulate(walk, drive, watch)
    assert closed == [(0, 1, 1), (0, 0, 1), (1, 0, 0)]
