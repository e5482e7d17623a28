"""The bias against its sums: words of every step, empty ones included, its trace, and the access of the update."""

from dataclasses import replace

import numpy as np
import pytest

from golden.learning import trace_step
from golden.synapse import inference_weight
from intsnn_hw.rtl.inference.bias import Bias
from intsnn_hw.rtl.ports import parameter_port
from tests.intsnn_hw.rtl.inference.benches import network_config, simulate

TRACES = {"trace_shifts": (1, 1), "trace_gain": 2}


def biased(*, bias="learned", learning=None, **options):
    config = network_config(learning=learning, **options)
    return replace(config, layers=tuple(replace(layer, bias=bias) for layer in config.layers)).resolved[0]


def values_of(layer, rng, width):
    return rng.integers(-(1 << width - 1), 1 << width - 1, layer.n_out)


async def finish(ctx, component, *, empty=0, end_of_sample=0, discard=0, bank=0):
    """Hand a finished step to the sweep, which sees none that is empty."""
    ctx.set(component.i.payload, {"bank": bank, "empty": empty, "end_of_sample": end_of_sample, "discard": discard})
    ctx.set(component.i.valid, 1)
    ctx.set(component.sweep.ready, 1)
    assert ctx.get(component.sweep.valid) and not ctx.get(component.sweep.payload.empty)
    assert ctx.get(component.sweep.payload.end_of_sample) == end_of_sample
    assert ctx.get(component.sweep.payload.bank) == bank
    await ctx.tick()
    ctx.set(component.i.valid, 0)
    ctx.set(component.sweep.ready, 0)


@pytest.mark.parametrize("learning", [None, TRACES])
@pytest.mark.parametrize("preloaded", [False, True])
def test_every_sum_has_its_bias(learning, preloaded):
    layer, rng = biased(learning=learning), np.random.default_rng(5)
    stored = values_of(layer, rng, layer.bias.stored_width)
    component = Bias(layer, stored if preloaded else None)
    expected = inference_weight(stored, layer.bias.stored_width, layer.bias.width)
    padded = np.zeros(layer.n_words * layer.lanes, np.int64)
    padded[: layer.n_out] = stored

    async def bench(ctx):
        if not preloaded:
            ctx.set(component.load.enable, 1)
            for word in range(layer.n_words):
                ctx.set(component.load.address, word)
                ctx.set(component.load.data, padded[word * layer.lanes :][: layer.lanes].tolist())
                await ctx.tick()
            ctx.set(component.load.enable, 0)
        for empty, bank in ((0, 0), (1, 0), (0, 1), (1, 1), (0, 0)):
            await finish(ctx, component, empty=empty, bank=bank)
            for word in range(layer.n_words):
                ctx.set(component.sums.enable, 1)
                ctx.set(component.sums.bank, bank)
                ctx.set(component.sums.word, word)
                assert ctx.get(component.accumulators.enable) == 1 - empty, "sums of an empty step are not read"
                assert ctx.get(component.accumulators.word) == word and ctx.get(component.accumulators.bank) == bank
                await ctx.tick()
                ctx.set(component.sums.enable, 0)
                sums = rng.integers(-100, 101, layer.lanes)
                ctx.set(component.accumulators.data, sums.tolist())
                for _ in range(2):  # it holds while nothing is read
                    for lane in range(layer.lanes):
                        neuron = word * layer.lanes + lane
                        if neuron < layer.n_out:
                            wanted = expected[neuron] + (0 if empty else sums[lane])
                            assert ctx.get(component.sums.data[lane]) == wanted
                    await ctx.tick()
            ctx.set(component.sums.release, 1 << bank)
            assert ctx.get(component.accumulators.release) == (0 if empty else 1 << bank), "an empty step has no bank"
            await ctx.tick()
            ctx.set(component.sums.release, 0)

    simulate(component, bench)


def test_the_trace_is_that_of_an_input_that_is_always_1():
    layer = biased(learning=TRACES)
    component, rng = Bias(layer), np.random.default_rng(6)

    async def bench(ctx):
        trace, seen = np.zeros(1, np.int64), set()
        for _ in range(60):
            ends, discard = int(rng.random() < 0.3), int(rng.random() < 0.2)
            await finish(ctx, component, empty=int(rng.random() < 0.5), end_of_sample=ends, discard=discard)
            if not discard:
                trace = trace_step(trace, np.ones(1, np.int64), layer.trace_shift, layer.learning.trace_gain)
                assert ctx.get(component.update.trace) == trace[0], "kept until the next sample begins"
                seen.add(int(trace[0]))
            if ends or discard:
                trace = np.zeros(1, np.int64)
        assert len(seen) > 2

    simulate(component, bench)


def test_the_update_reads_and_writes():
    layer = biased(learning={})
    values = np.arange(layer.n_out) - 4
    component = Bias(layer, values)

    async def bench(ctx):
        update = component.update
        ctx.set(component.sums.word, 2)  # what the sweep would read stands aside
        for word in range(layer.n_words):
            ctx.set(update.read.enable, 1)
            ctx.set(update.read.address, word)
            await ctx.tick()
            ctx.set(update.read.enable, 0)
            kept = [ctx.get(update.read.data[lane]) for lane in range(layer.lanes)]
            wanted = values[word * layer.lanes :][: layer.lanes].tolist()
            assert kept == wanted + [0] * (layer.lanes - len(wanted))
            ctx.set(update.write.enable, 1)
            ctx.set(update.write.address, word)
            ctx.set(update.write.data, [value + 100 for value in kept])
            await ctx.tick()
            ctx.set(update.write.enable, 0)
        for word in range(layer.n_words):
            ctx.set(update.read.enable, 1)
            ctx.set(update.read.address, word)
            await ctx.tick()
            wanted = (values[word * layer.lanes :][: layer.lanes] + 100).tolist()
            assert [ctx.get(update.read.data[lane]) for lane in range(len(wanted))] == wanted

    simulate(component, bench)


def test_a_fixed_bias_has_no_trace():
    for bias, has_trace in (("fixed", False), ("learned", True)):
        layer = biased(bias=bias, learning={})
        assert ("trace" in parameter_port(layer, layer.bias).members) == has_trace
