"""The list of input traces against golden.learning.trace_step, the order of arrival included."""

import numpy as np
import pytest

from golden.learning import leak_trace, trace_step
from intsnn_hw.rtl.learning.traces import InputTraces

from .benches import feed, network_config, simulate, take

N_INPUTS, N_STEPS = 5, 4


class Model:
    """Traces of a sample, and the inputs that have one in the order in which they got it."""

    def __init__(self):
        self.trace, self.order = np.zeros(N_INPUTS, int), []

    def step(self, events, layer):
        """Take up the events (input, spike) of a step."""
        gain = layer.learning.trace_gain
        leaked = leak_trace(self.trace, layer.trace_shift)
        self.order = [i for i in self.order if leaked[i]]
        spikes = np.zeros(N_INPUTS, int)
        for i, spike in events:
            spikes[i] = spike
            if spike and i not in self.order:
                self.order.append(i)
        self.trace = trace_step(self.trace, spikes, layer.trace_shift, gain)

    def rows(self):
        """Return the list."""
        return [(i, int(self.trace[i])) for i in self.order]


def beats_of(events, *, last):
    """Return the beats of a step; its marker rides on the last event or stands alone."""
    beats = [{"address": i, "spike": s, "end_of_step": 0, "end_of_sample": 0} for i, s in events]
    if not beats or events[0][0] % 2:
        beats.append({"address": 0, "spike": 0, "end_of_step": 0, "end_of_sample": 0})
    beats[-1] |= {"end_of_step": 1, "end_of_sample": int(last)}
    return beats


@pytest.mark.parametrize("trace_shift, gain", [(None, 0), (None, 2), (1, 0), (2, 1)])
@pytest.mark.parametrize("gap", [0, 0.4])
def test_the_list_is_that_of_the_model(trace_shift, gain, gap):
    shifts = () if trace_shift is None else (trace_shift,) * 2
    config = network_config((4, 3), n_inputs=N_INPUTS, trace_shifts=shifts, trace_gain=gain)
    layer, rng = config.resolved[0], np.random.default_rng(3)
    traces, seen = InputTraces(layer), {"faded": 0, "reordered": 0, "empty": 0, "repeated": 0}
    counts = {"tracing": 0, "fading": 0}

    async def watch(ctx):
        async for _, _, tracing, fading in ctx.tick().sample(traces.tracing, traces.fading):
            counts["tracing"] += tracing
            counts["fading"] += fading

    async def bench(ctx):
        for sample in range(25):
            model = Model()
            for step in range(N_STEPS):
                active = rng.permutation(N_INPUTS)[: rng.choice([0, 1, 1, 2, N_INPUTS])].tolist()
                events = [(i, int(rng.integers(0, 4))) for i in active]
                before = model.order
                model.step(events, layer)
                seen["faded"] += any(i not in model.order for i in before)
                seen["reordered"] += model.order != sorted(model.order)
                seen["repeated"] += any(i in before for i, _ in events)
                beats = beats_of(events, last=step == N_STEPS - 1)
                ctx.set(traces.coming, 1)
                await feed(traces.i, beats, rng, gap)(ctx)
                ctx.set(traces.coming, 0)
                while not ctx.get(traces.settled):
                    await ctx.tick()
                if sample % 2 and step < N_STEPS - 1:
                    continue  # the next step follows at once
                rows = model.rows()
                assert ctx.get(traces.empty) == (not rows)
                seen["empty"] += not rows
                ctx.set(traces.walk, 1)
                await ctx.tick()
                ctx.set(traces.walk, 0)
                found = []
                await take(traces.rows, len(rows), found, rng, stall=gap)(ctx)
                ctx.set(traces.rows.ready, 0)
                assert [(row["input"], row["trace"]) for row in found] == rows
                assert [row["last"] for row in found] == [0] * (len(rows) - 1) + [1] * bool(rows)
                for _ in range(2):
                    await ctx.tick()
                    assert not ctx.get(traces.rows.valid)

    simulate(traces, bench, background=[watch])
    assert seen["reordered"] and seen["empty"] and seen["repeated"] and counts["tracing"]
    assert bool(seen["faded"]) == bool(counts["fading"]) == (trace_shift is not None)


@pytest.mark.parametrize(
    "addresses, waits", [((0, 1, 2, 3, 4), 0), ((0, 0), 2), ((0, 1, 0), 1), ((0, 1, 2, 0), 0), ((0, 0, 0), 4)]
)
def test_an_event_waits_only_for_one_of_its_input_in_the_pipe(addresses, waits):
    traces, waited = InputTraces(network_config((4, 3), n_inputs=N_INPUTS).resolved[0]), []

    async def bench(ctx):
        ctx.set(traces.i.valid, 1)
        for address in addresses:
            ctx.set(traces.i.payload, {"address": address, "spike": 1})
            while not ctx.get(traces.i.ready):
                waited.append(address)
                await ctx.tick()
            await ctx.tick()

    simulate(traces, bench)
    assert len(waited) == waits
