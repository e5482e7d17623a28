"""The rows of a layer: of the network's inputs, of the neurons below on either route, and of its own neurons."""

import numpy as np
import pytest
from amaranth.hdl import Shape

from golden.learning import direct_error, direct_matrix, gradient, over_budget
from intsnn_hw.rtl.learning.input_rows import InputRows
from intsnn_hw.rtl.learning.own_rows import OwnRows
from intsnn_hw.rtl.learning.routes import ROUTES

from .benches import error_value, feed, fields, network_config, packed_error, simulate, take


def memory(port, words):
    """Return a process that answers reads of histories, a word of neurons each, after one cycle."""

    async def answer(ctx):
        async for _, _, enable, address in ctx.tick().sample(port.enable, port.address):
            if enable:
                for lane, history in enumerate(words[address]):
                    ctx.set(port.data[lane], history)

    return answer


def histories_of(rng, layout, layer, density=0.5):
    """Return random histories of a layer's neurons, and of as many more as fill the last word."""

    def value(name):
        # The steps in which a neuron fired stop one above its budget.
        limit = (layer.learning.budget or 0) + 2 if name == "fired" else 1 << Shape.cast(layout.members[name]).width
        return int(rng.integers(1, limit)) if rng.random() < density else 0

    return [
        [{name: value(name) for name in layout.members} for _ in range(layer.fire_lanes)]
        for _ in range(layer.n_fire_words)
    ]


async def turn(ctx, rows):
    """Start the turn of rows."""
    ctx.set(rows.start, 1)
    await ctx.tick()
    ctx.set(rows.start, 0)
    ctx.set(rows.running, 1)


@pytest.mark.parametrize("options", [{}, {"budget": 1, "budget_shift": 3}, {"route": "direct", "error": "graded"}])
def test_hidden_rows_and_the_gradients_below(options):
    config = network_config((7, 5), error_shifts=(1,), **options)
    below, layer = config.resolved
    route, rng = config.learning.route, np.random.default_rng(8)
    rows = ROUTES[route](layer, below, config)
    words = histories_of(rng, rows.history.data.shape().elem_shape, below)
    neurons = [history for word in words for history in word][: below.n_out]
    matrix = direct_matrix(below, config.n_classes, config.learning.seed)
    class_errors = np.array([0, -64, 16, 16, 32])
    carried = rng.integers(-30, 31, below.n_out)
    if route == "direct":
        carried = direct_error(class_errors, matrix, config.learning.direct_shift)
        sent = list(range(below.n_out))
    else:
        sent = [n for n, h in enumerate(neurons) if h["trace"] or h["surrogate"] or n == below.n_out - 1]
    fired = np.array([history.get("fired", 0) for history in neurons])
    counts = np.array([history["surrogate"] for history in neurons])
    expected = gradient(over_budget(carried, fired, below), counts, 1)
    found, gradients, done = [], {}, []

    async def watch(ctx):
        port = rows.gradients
        async for _, _, valid, place, error in ctx.tick().sample(port.valid, port.place, port.error):
            if valid:
                neuron = place.word * below.lanes + place.lane
                assert neuron not in gradients
                gradients[neuron] = error_value(fields(error))

    async def bench(ctx):
        ctx.set(rows.busy, 1)
        if route == "direct":
            ctx.set(rows.errors, [packed_error(error, ternary=False) for error in class_errors])
        await turn(ctx, rows)
        await take(rows.rows, len(sent), found, rng)(ctx)
        ctx.set(rows.rows.ready, 1)
        if route == "feedback":
            for row in found:
                port = rows.carried
                ctx.set(port.valid, 1)
                ctx.set(port.error, int(carried[row["input"]]))
                ctx.set(port.neuron, {name: row[name] for name in port.neuron.shape().members})
                ctx.set(port.last, row["last"])
                assert not ctx.get(rows.done)
                await ctx.tick()
                ctx.set(port.valid, 0)
                if rng.integers(2):
                    await ctx.tick()
        for _ in range(6):
            assert not ctx.get(rows.rows.valid) and not ctx.get(rows.done)
            await ctx.tick()
        ctx.set(rows.busy, 0)
        done.append(ctx.get(rows.done))
        ctx.set(rows.running, 0)
        done.append(ctx.get(rows.done))

    simulate(rows, bench, background=[watch], processes=[memory(rows.history, words)])
    assert [row["input"] for row in found] == sent and [row["trace"] for row in found] == [
        neurons[n]["trace"] for n in sent
    ]
    assert [gradients.get(n, 0) for n in range(below.n_out)] == expected.tolist()
    assert (expected > 0).any() and (expected < 0).any() and done == [1, 0]


@pytest.mark.parametrize("n_entries, empty", [(0, 0), (1, 1), (0, 1), (2, 0)])
def test_input_rows_are_asked_for_where_there_is_something_to_update(n_entries, empty):
    rows, rng, found = InputRows(network_config().resolved[0]), np.random.default_rng(3), []
    sent = [{"input": n, "trace": n + 1, "last": int(n == 4)} for n in range(5)]

    async def bench(ctx):
        ctx.set(rows.n_entries, n_entries)
        ctx.set(rows.empty, empty)
        assert not ctx.get(rows.walk) and not ctx.get(rows.done)
        ctx.set(rows.start, 1)
        walks = bool(n_entries and not empty)
        assert ctx.get(rows.walk) == walks and ctx.get(rows.done) == (not walks)
        await ctx.tick()
        ctx.set(rows.start, 0)
        assert not ctx.get(rows.walk) and not ctx.get(rows.done)
        if not walks:
            return
        ctx.set(rows.running, 1)
        ctx.set(rows.busy, 1)
        await take(rows.rows, len(sent), found, rng)(ctx)
        assert not ctx.get(rows.done)
        ctx.set(rows.busy, 0)
        assert ctx.get(rows.done)
        await turn(ctx, rows)
        assert not ctx.get(rows.done)

    # The list is sent where it is asked for, and only then.
    background = [feed(rows.i, sent, rng)] if n_entries and not empty else []
    simulate(rows, bench, background=background)
    assert found == (sent if background else [])


@pytest.mark.parametrize("any_error", [True, False])
def test_own_rows_follow_those_of_the_inputs(any_error):
    config = network_config((7, 5), recurrent=(0,))
    layer, above = config.resolved
    own, rng = OwnRows(layer, None, above), np.random.default_rng(9)
    words = histories_of(rng, own.history.data.shape().elem_shape, layer)
    neurons = [history for word in words for history in word][: layer.n_out]
    inputs = [{"input": n, "trace": n + 1, "last": int(n == 2), "own": 0} for n in range(3)]
    expected = [(layer.n_in + n, h["own"]) for n, h in enumerate(neurons) if h["own"] or n == layer.n_out - 1]
    found, read = [], []

    async def bench(ctx):
        ctx.set(own.n_entries, int(any_error))
        await take(own.rows, len(inputs), found, rng)(ctx)
        ctx.set(own.rows.ready, 0)
        for address in range(layer.n_fire_words):  # the layer above reads the same histories before
            ctx.set(own.reader.enable, 1)
            ctx.set(own.reader.address, address)
            await ctx.tick()
            read.append([fields(history) for history in ctx.get(own.reader.data)])
        ctx.set(own.reader.enable, 0)
        ctx.set(own.busy, 1)
        ctx.set(own.start, 1)
        assert ctx.get(own.done) == (not any_error)
        await ctx.tick()
        ctx.set(own.start, 0)
        ctx.set(own.running, 1)
        if not any_error:
            for _ in range(8):
                assert not ctx.get(own.rows.valid) and not ctx.get(own.done)
                await ctx.tick()
            return
        own_rows = []
        await take(own.rows, len(expected), own_rows, rng)(ctx)
        assert [(row["input"], row["trace"]) for row in own_rows] == expected and all(row["own"] for row in own_rows)
        for _ in range(4):
            assert not ctx.get(own.rows.valid) and not ctx.get(own.done)
            await ctx.tick()
        ctx.set(own.busy, 0)
        assert ctx.get(own.done)
        await ctx.tick()
        assert not ctx.get(own.done)

    simulate(own, bench, background=[feed(own.i, inputs, rng)], processes=[memory(own.history, words)])
    assert found == inputs and read == words
