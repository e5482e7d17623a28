"""What neurons keep over a sample: a plain memory, sums of scores, histories, against golden.learning."""

import numpy as np
import pytest
from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from golden.learning import surrogate, trace_step
from intsnn_hw.rtl.inference.neuron_history import NeuronHistory
from intsnn_hw.rtl.inference.sample_memory import SampleMemory
from intsnn_hw.rtl.inference.score_sum import ScoreSum
from tests.intsnn_hw.rtl.inference.benches import fire_groups, network_config, plain, simulate

FRESH = [1, 0, 0, 1, 0, 1, 1, 0]


@pytest.mark.parametrize("stalled", [False, True])
def test_a_word_for_each_group_which_others_read_between_sweeps(stalled):
    layer = network_config().resolved[0]
    memory = SampleMemory(data.StructLayout({"value": signed(9)}), layer, lent=True)
    rng = np.random.default_rng(1)
    written = rng.integers(-256, 256, (len(FRESH), layer.n_fire_words))
    kept = np.zeros(layer.n_fire_words, np.int64)

    def show(ctx, step, group):
        before = 0 if FRESH[step] else kept[group]
        assert ctx.get(memory.before.value) == before
        kept[group] = written[step, group]
        ctx.set(memory.after, {"value": int(written[step, group])})

    async def bench(ctx):
        for step, fresh in enumerate(FRESH):
            within = lambda ctx, _, group, step=step: show(ctx, step, group)  # noqa: E731
            await fire_groups(ctx, memory.groups, layer.n_fire_words, [fresh], within, rng if stalled else None)
            for group in rng.permutation(layer.n_fire_words).tolist():
                ctx.set(memory.read.address, group)
                ctx.set(memory.read.enable, 1)
                await ctx.tick()
                assert ctx.get(memory.read.data.value) == kept[group]
            ctx.set(memory.read.enable, 0)

    simulate(memory, bench)


@pytest.mark.parametrize("shape", [signed(12), unsigned(11)])
def test_scores_are_summed_over_the_steps_of_a_sample(shape):
    layer = network_config(readout="spike_count").resolved[1]
    component, rng = ScoreSum(shape, layer), np.random.default_rng(2)
    terms = rng.integers(-128 if shape == signed(12) else 0, 128, (len(FRESH), layer.n_out))
    sums = np.zeros(layer.n_out, np.int64)

    def show(ctx, step, neuron):
        if FRESH[step]:
            sums[neuron] = 0
        sums[neuron] += terms[step, neuron]
        ctx.set(component.term, int(terms[step, neuron]))
        assert ctx.get(component.total) == sums[neuron]

    async def bench(ctx):
        await fire_groups(ctx, component.groups, layer.n_fire_words, FRESH, show)

    simulate(component, bench)
    assert (abs(sums) > 100).any()


RULES = {
    "final": {},
    "narrow-every-step": {"timing": "every_step", "surrogate": "narrow", "trace_shifts": (2, 2)},
    "budget": {"budget": 1, "budget_shift": 2},
    "own": {"recurrence": "learned", "trace_shifts": (2, 2), "trace_gain": 1},
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("stalled", [False, True])
def test_histories_are_the_models(rule, stalled):
    learning = RULES[rule]
    config = network_config(n_steps=4, recurrent=rule == "own", learning=learning)
    layer, above = config.resolved
    component, rng = NeuronHistory(layer, above), np.random.default_rng(4)
    n, width, n_steps, n_samples = layer.n_out, layer.fire_lanes, config.n_steps, 8
    integrated = rng.integers(-20, 40, (n_samples, n_steps, n))
    spikes = rng.integers(0, 4, (n_samples, n_steps, n)) * (rng.random((n_samples, n_steps, n)) < 0.7)
    gain = config.learning.trace_gain

    async def read(ctx):
        ctx.set(component.history.enable, 1)
        found = []
        for group in range(layer.n_fire_words):
            ctx.set(component.history.address, group)
            await ctx.tick()
            found += plain(ctx.get(component.history.data))
        ctx.set(component.history.enable, 0)
        return {name: [neuron[name] for neuron in found[:n]] for name in found[0]}

    async def bench(ctx):
        for sample in range(n_samples):
            trace = own = last = count = fired = np.zeros(n, np.int64)
            for step in range(n_steps):
                membranes, emitted = integrated[sample, step], spikes[sample, step]

                def show(ctx, _, group, membranes=membranes, emitted=emitted):
                    at = slice(group * width, (group + 1) * width)
                    ctx.set(component.integrated, [{"membrane": int(membrane)} for membrane in membranes[at]])
                    ctx.set(component.spikes, emitted[at].tolist())

                await fire_groups(
                    ctx, component.groups, layer.n_fire_words, [step == 0], show, rng if stalled else None
                )
                window = surrogate(membranes, layer)
                trace = trace_step(trace, emitted, above.trace_shift, gain)
                own, last = trace_step(own, last, layer.trace_shift, gain), emitted
                count = window if learning.get("timing") == "every_step" else count + window
                fired = np.minimum(fired + (emitted > 0), (config.learning.budget or 0) + 1)
                expected = {"trace": trace, "surrogate": count, "fired": fired, "own": own, "spike": last}
                for name, values in (await read(ctx)).items():
                    assert values == expected[name].tolist(), name

    simulate(component, bench)
