"""The update of a whole small convolution against golden: gradient, carried error, weights and bias; its cycles."""

import numpy as np
import pytest

from golden.learning import shadow_update
from golden.synapse import conv_error, conv_gradient, inference_weight, row_gradient
from intsnn_hw.rtl.learning.maps.window_update import WindowUpdate
from tests.intsnn_hw.rtl.learning.benches import MAX_CYCLES
from tests.intsnn_hw.rtl.learning.maps.map_benches import (
    addressed,
    conv,
    learning_maps,
    memory,
    packed_word,
    parameter_memory,
    random_errors,
    simulate,
    values_of,
    windows_at,
    words_of,
)


def second(fields, shape=(1, 6, 5), lanes=2, ports="dual_port", readout=False, **learning):
    """Return the layers of a map and of a convolution above it."""
    depth = 2 if readout else 3
    hardware = {"lanes": (2, lanes, 1)[:depth], "weight_memory": ("dual_port", ports, "dual_port")[:depth]}
    layers = (conv(2, kernel=1), fields, {"size": 2})[:depth]
    return learning_maps(*layers, shape=shape, hardware=hardware, **learning)[:2]


CASES = {
    "first": lambda: (None, learning_maps(conv(3, padding=1, bias="learned"), {"size": 2}, shape=(2, 3, 4))[0]),
    "carries": lambda: second(conv(5, kernel=2, stride=2, padding=1, bias="learned"), lanes=3),
    "single port": lambda: second(conv(3, kernel=2, bias="learned"), shape=(1, 4, 3), ports="single_port"),
    "gaps, pooled": lambda: second(conv(3, kernel=1, stride=2, pool=2), shape=(1, 9, 8), rounding="nearest"),
    "direct": lambda: second(conv(3, bias="learned"), shape=(1, 5, 4), route="direct", rounding="toward_zero"),
    "readout": lambda: second(conv(3, bias="learned"), shape=(1, 3, 3), readout=True, rate_shifts=(1, 0)),
}


COUNTED = ("meeting", "summing", "carries", "changes", "weighed", "changed")


class Watch:
    """What is seen of an update while it runs."""

    def __init__(self, update, rng):
        self._update, self._rng = update, rng
        self.clear()

    def clear(self):
        self.draws, self.carried = [], []
        self.counts: dict[str, int] = dict.fromkeys(COUNTED, 0)

    async def bench(self, ctx):
        update, counts = self._update, self.counts
        sampled = [update.drawn, update.draw, update.meeting, update.summing, update.carries, update.changes]
        sampled += [update.errors_at_hand]
        if "carried" in update.signature.members:
            port = update.carried
            sampled += [port.valid, port.last, port.neuron.input, port.error]
        async for _, _, drawn, draw, meeting, summing, carries, changes, lanes, *rest in ctx.tick().sample(*sampled):
            counts = self.counts
            for name, value in (("meeting", meeting), ("summing", summing), ("carries", carries), ("changes", changes)):
                counts[name] += value
            assert not (carries and changes)
            counts["weighed"] += lanes.bit_count() if carries else 0
            counts["changed"] += lanes.bit_count() if changes else 0
            assert carries or changes or not lanes
            if drawn:
                self.draws.append(draw)
            if rest and rest[0]:
                self.carried.append(tuple(int(value) for value in rest[1:]))
            ctx.set(update.draw, int(self._rng.integers(1, 1 << 16)))


async def turn(ctx, start, done, *, at_once):
    """Take a turn; return its cycles."""
    ctx.set(start, 1)
    assert ctx.get(done) == at_once
    await ctx.tick()
    ctx.set(start, 0)
    if at_once:
        return 0
    for cycles in range(1, MAX_CYCLES):
        if ctx.get(done):
            return cycles
        await ctx.tick()
    raise AssertionError("not done")


@pytest.mark.parametrize("name", CASES)
def test_a_convolution_learns_as_in_the_model(name):
    below, layer = CASES[name]()
    update, rng = WindowUpdate(layer, below), np.random.default_rng(13)
    carries, learns_bias = "carried" in update.signature.members, bool(layer.bias.trace_width)
    assert carries == (name not in ("first", "direct")) and learns_bias == (layer.config.bias == "learned")
    traces, errors = [], []
    stored = {parameter.name: [] for parameter in layer.parameters}
    written = {name: [] for name in stored}
    watch = Watch(update, rng)
    kind, channels = layer.kind, layer.config.size
    largest = layer.n_steps * 3 * kind.pool**2
    seen_by = [len(windows_at(layer, place)) for place in range(kind.n_fed)]
    assert (0 in seen_by) == (name == "gaps, pooled")

    async def bench(ctx):
        while ctx.get(update.clearing):
            await ctx.tick()
        for density, traced, boost in ((0.4, 0.5, 0), (0, 0.5, 0), (0.5, 0, 1), (1, 1, 2), (0.1, 0.3, 0)):
            error = random_errors(layer, rng, density)
            if density > 0:
                error[0, -1] = 1
            trace = np.where(rng.random(kind.n_fed) < traced, rng.integers(1, largest + 1, kind.n_fed), 0)
            before = {}
            for parameter in layer.parameters:
                half = 1 << parameter.stored_width - 1
                before[parameter.name] = rng.integers(-half, half, (channels, parameter.n_rows))
                stored[parameter.name][:] = words_of(before[parameter.name], layer, padding=half - 1)
                written[parameter.name].clear()
            traces[:] = [{"trace": int(value)} for value in trace]
            words = words_of(error, layer)
            errors[:] = [packed_word(word, layer) for word in words]
            watch.clear()
            ctx.set(update.any, bool(error.any()))
            ctx.set(update.boost, boost)
            nothing = not error.any()
            cycles = await turn(ctx, update.start, update.done, at_once=nothing)
            n_weights = len(watch.draws)
            bias_trace, bias_cycles = 0, None
            if learns_bias:
                bias_trace = int(rng.integers(1, layer.n_steps + 1))
                ctx.set(update.weights.bias.trace, bias_trace)
                # It begins in the cycle in which the weights are done, or later.
                for _ in range(int(rng.integers(2))):
                    await ctx.tick()
                bias_cycles = await turn(ctx, update.start_bias, update.done_bias, at_once=nothing)
            for _ in range(5):
                await ctx.tick()
                assert not ctx.get(update.done) and not (learns_bias and ctx.get(update.done_bias))
            if nothing:
                assert not watch.draws and not watch.carried and not any(watch.counts.values())
                assert all(not addresses for addresses in written.values())
                continue
            fed = {"inputs": trace, "bias": np.array([bias_trace]) if learns_bias else None}
            draws = {"inputs": watch.draws[: layer.n_rows], "bias": watch.draws[layer.n_rows :]}
            gradients = {}
            for group in layer.row_groups:
                gradient = row_gradient(error.ravel(), fed[group.name], layer, group)
                gradients[group.name] = gradient
                assert len(draws[group.name]) == (group.n_rows if layer.learning.draws else 0)
                expected = shadow_update(
                    before[group.parameter.name], gradient, group.rate_at(boost),
                    np.array(draws[group.name] or [0] * group.n_rows), layer.learning.rounding,
                    group.parameter.stored_width,
                )  # fmt: skip
                np.testing.assert_array_equal(values_of(stored[group.parameter.name], layer), expected)
                assert written[group.parameter.name] == list(range(group.n_rows * layer.n_words))
            assert n_weights in (len(draws["inputs"]), len(watch.draws))
            weighing = conv_gradient(error.ravel(), trace, kind.pooled_shape, kind.conv)
            np.testing.assert_array_equal(gradients["inputs"], weighing)
            if carries:
                weight = inference_weight(before["weight"], layer.stored_width, layer.weight_width)
                weight = weight.reshape(layer.weight_shape)
                down = conv_error(error.ravel(), weight, kind.pooled_shape, kind.conv).tolist()
                assert watch.carried == [(int(at == len(down) - 1), at, value) for at, value in enumerate(down)]
            else:
                assert not watch.carried
            check_counts(words, trace, gradients, cycles, bias_cycles)

    def check_counts(words, trace, gradients, cycles, bias_cycles):
        n_words, last = layer.n_words, kind.n_fed - 1
        filled = np.array(words).any(axis=1).reshape(-1, n_words)  # by position and word
        visited = [at for at in range(kind.n_fed) if carries or trace[at] or at == last]
        walked = sum(max(1, n_words * seen_by[at]) for at in visited)
        met = {at: [position for position in windows_at(layer, at)] for at in visited}
        summed = sum(int(filled[met[at]].sum()) for at in visited if trace[at])
        row_cycles = layer.n_rows * n_words * (2 if layer.weight_memory == "single_port" else 1)
        assert cycles <= walked + kind.n_fed - len(visited) + row_cycles + 14
        expected = {"meeting": walked, "summing": summed + layer.n_rows * n_words}
        if bias_cycles is not None:
            assert bias_cycles <= layer.n_sum_words + n_words * (2 if layer.weight_memory == "single_port" else 1) + 12
            expected["meeting"] += layer.n_sum_words
            expected["summing"] += int(filled.sum()) + n_words
        if carries:
            expected["carries"] = sum(int(filled[met[at]].sum()) for at in visited)
            lanes = (np.array(words) != 0).sum(axis=1).reshape(-1, n_words)
            expected["weighed"] = sum(int(lanes[met[at]].sum()) for at in visited)
        changing = [word for gradient in gradients.values() for word in words_of(gradient, layer)]
        expected["changes"] = sum(any(word) for word in changing)
        expected["changed"] = sum(value != 0 for word in changing for value in word)
        assert watch.counts == {"carries": 0, "weighed": 0} | expected

    memories = [
        parameter_memory(
            getattr(update.weights, name), words, written[name], single_port=layer.weight_memory == "single_port"
        )
        for name, words in stored.items()
    ]
    processes = [memory(update.traces, traces), addressed(update.address, update.errors, errors), *memories]
    simulate(update, bench, background=[watch.bench], processes=processes)
