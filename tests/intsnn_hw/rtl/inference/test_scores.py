"""Scores and charges of every readout, against golden.network; when they are sent, and what stalls."""

from typing import get_args

import numpy as np
import pytest
from amaranth.hdl import Module

from golden.config import Readout
from golden.network import learning_scores
from intsnn_hw.rtl.inference.readout import READOUTS
from intsnn_hw.rtl.inference.scores import Scores
from tests.intsnn_hw.rtl.inference.benches import network_config, receive, simulate

N_SAMPLES = 12


def test_every_readout_of_a_configuration_is_here():
    assert set(READOUTS) == set(get_args(Readout))


def sent(config, membranes, spikes, rng):
    """Fire the readout neurons as a fire sweep does, each written as it is taken; return the scores that are sent."""
    scores, found = Scores(config), []
    n = config.n_classes
    n_beats = N_SAMPLES * n * (config.n_steps if config.learning and config.learning.timing == "every_step" else 1)

    async def fire(ctx):
        groups, neuron = scores.groups, scores.i.payload
        for sample in range(N_SAMPLES):
            for step in range(config.n_steps):
                ctx.set(groups.fresh, step == 0)
                for at in range(n):
                    ctx.set(groups.read, 1)
                    ctx.set(groups.reading, at)
                    await ctx.tick()
                    ctx.set(groups.read, 0)
                    ctx.set(groups.move, 1)
                    await ctx.tick()
                    ctx.set(groups.move, 0)
                    ctx.set(neuron.membrane, int(membranes[sample, step, at]))
                    ctx.set(neuron.spike, int(spikes[sample, step, at]))
                    ctx.set(neuron.last, at == n - 1)
                    ctx.set(neuron.end_of_sample, step == config.n_steps - 1)
                    ctx.set(scores.i.valid, 1)
                    ctx.set(groups.writing, at)
                    await ctx.tick().until(scores.i.ready)
                    ctx.set(scores.i.valid, 0)

    async def take(ctx):
        found.extend(item for item, _ in await receive(ctx, scores.o, n_beats, rng))

    top = Module()
    top.submodules.scores = scores
    top.d.comb += scores.groups.write.eq(scores.i.valid & scores.i.ready)
    simulate(top, fire, take)
    return found


@pytest.mark.parametrize("timing", [None, "final", "every_step"])
@pytest.mark.parametrize("readout", list(READOUTS))
def test_scores_and_charges_are_the_models(readout, timing):
    learning = None if timing is None else {"timing": timing}
    config = network_config(sizes=(4, 3), n_steps=3, readout=readout, learning=learning)
    rng = np.random.default_rng(6)
    shape = (N_SAMPLES, config.n_steps, config.n_classes)
    membranes, spikes = rng.integers(-128, 128, shape), rng.integers(0, 4, shape)
    membranes[0], membranes[1], spikes[2] = -128, 127, 3
    found = sent(config, membranes, spikes, None if timing is None else rng)
    total = {"membrane": membranes, "membrane_sum": membranes.cumsum(1), "spike_count": spikes.cumsum(1)}[readout]
    steps = slice(None) if timing == "every_step" else slice(-1, None)
    assert [item["score"] for item in found] == total[:, steps].ravel().tolist()
    assert [item["last"] for item in found] == [0, 0, 1] * (len(found) // 3)
    n_sent = len(range(config.n_steps)[steps])
    final = np.arange(n_sent) == n_sent - 1
    assert [item["final"] for item in found] == np.tile(np.repeat(final, 3), N_SAMPLES).astype(int).tolist()
    if learning is not None:
        charges = learning_scores(config, membranes, spikes.cumsum(1))[:, steps].ravel()
        assert [item["charge"] for item in found] == charges.tolist()
        assert not any(item["discard"] for item in found)


def test_a_discarded_sample_is_told_in_a_beat_of_its_own():
    scores = Scores(network_config(learning={}))

    async def bench(ctx):
        ctx.set(scores.discard, 1)
        await ctx.tick()
        ctx.set(scores.discard, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(scores.discarding)
        ((item, _),) = await receive(ctx, scores.o, 1)
        assert (item["discard"], item["final"]) == (1, 0)
        assert not ctx.get(scores.discarding) and not ctx.get(scores.o.valid)

    simulate(scores, bench)


def test_a_network_that_does_not_learn_tells_of_no_discarded_sample():
    scores = Scores(network_config())

    async def bench(ctx):
        ctx.set(scores.discard, 1)
        await ctx.tick().repeat(2)
        assert not ctx.get(scores.discarding) and not ctx.get(scores.o.valid)

    simulate(scores, bench)
