"""The walk over a map's groups: whole, by list, by channel; places, parts and clearing; discarded samples, stalls."""

from itertools import product

import numpy as np
import pytest

from intsnn_hw.rtl.inference.maps.map_walk import MapWalk
from sim.verify.fired import group_neurons
from tests.intsnn_hw.rtl.inference.benches import GAP, send, simulate
from tests.intsnn_hw.rtl.inference.maps.map_benches import NEURON, conv_layer, map_config

LAYERS = {
    "one word": {"size": 4},
    "padded last word": {"size": 7, "hardware": {"lanes": (4,), "fire_lanes": (2,)}},
    "part of the last word": {"size": 6, "hardware": {"lanes": (4,), "fire_lanes": (2,)}},
    "three words": {"size": 5, "hardware": {"lanes": (2,), "fire_lanes": (1,)}},
}


def readout(size=5, **hardware):
    return map_config({"size": size, "conv": conv_layer().config.conv}, **hardware).resolved[0]


def step(**fields):
    return {"bank": 0, "empty": 0, "end_of_sample": 0, "discard": 0} | fields


def groups_at(layer, positions):
    """Groups of all channels of some positions: neurons, place of their sums, part of the word, is it the last part."""
    parts, found = layer.lanes // layer.fire_lanes, []
    for position in positions:
        for at in range(layer.n_fire_groups):
            channels = np.arange(at * layer.fire_lanes, min((at + 1) * layer.fire_lanes, layer.config.size))
            word, part = divmod(at, parts)
            clear = part == parts - 1 or at == layer.n_fire_groups - 1
            found.append((tuple(channels * layer.n_positions + position), word, position, part, int(clear)))
    return found


def run(layer, steps, lists, full=lambda index: False, stalled=False):
    """Return, for each step, the groups that came and those that were read, and the cycle in which it was taken.

    `lists` has the positions that are listed for each step.
    """
    walk, rng = MapWalk(layer), np.random.default_rng(11)
    taken: list[int] = []
    groups: list[list] = [[] for _ in steps]
    reads: list[list] = [[] for _ in steps]
    drained: list[int] = []

    async def offer(ctx):
        await send(ctx, walk.sweep, steps, rng if stalled else None)

    async def memory(ctx):
        while layer.lists_touched:
            sampled = (walk.listed.enable, walk.listed.index)
            _, _, enable, index = await ctx.tick().sample(*sampled)
            positions = lists[len(taken) - 1] if taken else []
            if enable and index < len(positions):
                ctx.set(walk.listed.position, positions[index])
            ctx.set(walk.listed.n_entries, len(positions))

    async def watch(ctx):
        cycle, idle = 0, 0
        while len(taken) < len(steps) or idle < 4:
            ctx.set(walk.free, not stalled or rng.random() > GAP)
            ctx.set(walk.advance, not stalled or rng.random() > GAP)
            ctx.set(walk.full, bool(full(len(taken))))
            at = walk.at
            sampled = (at.first, at.word, at.position, at.part, at.clear, at.group, at.last)
            _, _, took, reading, valid, advance, done, *values = await ctx.tick().sample(
                walk.taken, walk.reading, at.valid, walk.advance, walk.drained, *sampled
            )
            idle = 0 if took or reading or valid else idle + 1
            drained.extend([len(taken) - 1] * done)
            if reading:
                reads[len(taken) - 1].append(tuple(values[1:5]))
            if valid and advance:
                groups[len(taken) - 1].append(tuple(values))
            if took:
                taken.append(cycle)
            cycle += 1

    simulate(walk, offer, watch, background=[memory])
    return groups, reads, taken, drained


def named(layer, groups):
    """Groups as :func:`groups_at` has them."""
    neurons, exist = group_neurons(layer, np.array([group[0] for group in groups], np.int64))
    return [(tuple(row[kept]), *group[1:5]) for row, kept, group in zip(neurons, exist, groups, strict=True)]


@pytest.mark.parametrize("stalled", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_listed_positions_alone_or_all(name, stalled):
    layer = conv_layer(n_steps=1, **LAYERS[name])
    assert layer.lists_touched
    lists = [[3, 0, 11], [5], list(range(layer.n_positions))[::-1], []]
    steps = [step(), step(bank=1), step(end_of_sample=1), step(empty=1)]
    groups, reads, taken, _ = run(layer, steps, lists, full=lambda index: index == 1, stalled=stalled)
    wanted = [groups_at(layer, positions) for positions in (lists[0], range(layer.n_positions), lists[2])]
    wanted.append(groups_at(layer, [0])[:1])  # of an empty step one group, whose sums are 0
    assert [named(layer, found) for found in groups] == wanted
    assert [len(found) for found in reads] == [len(found) for found in wanted]
    assert all([group[-1] for group in found] == [0] * (len(found) - 1) + [1] for found in groups)
    per_position = layer.n_fire_groups
    assert [group[5] for group in groups[0]] == [
        position * per_position + at for position in lists[0] for at in range(per_position)
    ]
    if not stalled:
        assert np.diff(taken).tolist() == [1 + len(found) for found in wanted[:-1]]


@pytest.mark.parametrize("name", LAYERS)
def test_all_positions_in_order_where_none_are_listed(name):
    layer = conv_layer(bias="fixed", **LAYERS[name])
    assert not layer.lists_touched
    groups, _, _, _ = run(layer, [step(), step(empty=1)], [])
    assert [named(layer, found) for found in groups] == [groups_at(layer, range(layer.n_positions))] * 2
    assert [group[5] for group in groups[0]] == list(range(layer.n_fire_words))


@pytest.mark.parametrize("hardware", [{"lanes": (2,)}, {"lanes": (1,)}, {"lanes": (4,)}], ids=str)
def test_neurons_of_a_readout_come_in_their_order(hardware):
    layer = readout(**hardware)
    groups, reads, _, _ = run(layer, [step(), step(bank=1)], [])
    for found in groups:
        assert [group[0] for group in found] == list(range(layer.n_out)) == [group[5] for group in found]
        channels = np.arange(layer.n_out) // layer.n_positions
        assert [group[1] * layer.lanes + group[3] for group in found] == channels.tolist()
    cleared = [(word, position) for word, position, _, clear in reads[0] if clear]
    assert sorted(cleared) == list(product(range(layer.n_words), range(layer.n_positions)))


@pytest.mark.parametrize("bias", ["none", "fixed"])
def test_a_discarded_sample_is_read_but_fires_nothing(bias):
    layer = conv_layer(size=5, n_steps=3, neuron=NEURON, bias=bias)
    steps = [step(discard=1), step(discard=1, empty=1), step(bank=1, end_of_sample=1)]
    groups, reads, _, drained = run(layer, steps, [[7, 2], [], [1]], full=lambda index: True)
    assert [len(found) for found in groups] == [0, 0, layer.n_fire_words]
    places = [(word, position) for word, position, _, clear in reads[0] if clear]
    visited = [7, 2] if bias == "none" else range(layer.n_positions)
    assert places == [(word, position) for position in visited for word in range(layer.n_words)]
    assert reads[1] == [] and drained == [0]
