"""Errors that meet traces, in any order, against naive sums of the gradient and of the carried error."""

import numpy as np
import pytest

from golden.synapse import inference_weight
from intsnn_hw.rtl.learning.maps.gradient_walk import n_gradient_words
from intsnn_hw.rtl.learning.maps.window_gradient import WindowGradient
from tests.intsnn_hw.rtl.learning.maps.map_benches import (
    addressed,
    conv,
    learning_maps,
    memory,
    packed_word,
    random_errors,
    simulate,
    words_of,
)


def hidden(lanes):
    return learning_maps(
        conv(2, kernel=1), conv(3, bias="learned"), {"size": 2}, shape=(1, 5, 4), hardware={"lanes": (2, lanes, 1)}
    )[:2]


def readout():
    """Return layers of which the upper one gives the classes: ternary errors."""
    return learning_maps(conv(2, kernel=1), conv(3, bias="learned"), shape=(1, 3, 3), hardware={"lanes": (2, 2)})


def first():
    """Return a first layer, which carries nothing."""
    return None, learning_maps(conv(3, bias="learned"), {"size": 2}, shape=(1, 4, 4))[0]


LAYERS = {"two words": lambda: hidden(2), "one word": lambda: hidden(3), "readout": readout, "first": first}


def random_meetings(layer, rng):
    """Return meetings place by place, None for a cycle without; as many of a word of the gradient as its width holds.

    Between places also those of the bias.
    """
    left = [layer.n_positions] * n_gradient_words(layer)
    n_weight_words, meetings = layer.n_rows * layer.n_words, []
    for _ in range(40):
        place, of_bias = int(rng.integers(layer.kind.n_fed)), rng.integers(5) == 0
        trace = int(rng.integers(0, 1 + (1 if of_bias else 3) * layer.n_steps)) * int(rng.integers(4) > 0)
        many = 1 if of_bias else int(rng.integers(0, layer.kind.fan_out // layer.config.size + 1))
        words = []
        for _ in range(many):
            same = words and rng.integers(2)
            low, high = (n_weight_words, n_gradient_words(layer)) if of_bias else (0, n_weight_words)
            word = words[-1] if same else int(rng.integers(low, high))
            if left[word]:
                left[word] -= 1
                words.append(word)
        beats = [
            {
                "meets": 1, "errors": int(rng.integers(layer.n_positions)) * layer.n_words + word % layer.n_words,
                "sums": word, "trace": trace,
                "carries": int(not of_bias), "first": int(at == 0), "last": int(at == len(words) - 1), "input": place,
            }
            for at, word in enumerate(words)
        ]  # fmt: skip
        if not beats:  # a place that no window sees; its words have no meaning
            alone = {"meets": 0, "errors": 0, "sums": 1, "trace": 3, "carries": 1, "first": 1, "last": 1}
            beats = [alone | {"input": place}]
        for beat in beats:
            meetings += [None] * int(rng.integers(5) == 0) + [beat]
    return meetings


@pytest.mark.parametrize("name", LAYERS)
def test_gradient_and_carried_error_are_exact(name):
    below, layer = LAYERS[name]()
    rng, part = np.random.default_rng(11), WindowGradient(layer, below)
    errors, weights, read, carried, counts = [], [], [], [], {"weighing": 0, "summing": 0}
    carries = "carried" in part.signature.members
    assert carries == (below is not None)

    async def watch(ctx):
        sampled = [part.weighing, part.summing, part.weights.enable, part.weights.address]
        if carries:
            sampled += [part.carried.valid, part.carried.last, part.carried.neuron.input, part.carried.error]
        async for _, _, weighing, summing, enable, address, *rest in ctx.tick().sample(*sampled):
            counts["weighing"] += weighing
            counts["summing"] += summing
            assert weighing == enable
            if enable:
                read.append(address)
            if rest and rest[0]:
                carried.append(tuple(int(value) for value in rest[1:]))

    async def bench(ctx):
        while ctx.get(part.clearing):
            await ctx.tick()
        for density in (0.5, 0.1, 1):
            values = words_of(random_errors(layer, rng, density), layer)
            half = 1 << layer.stored_width - 1
            shadow = rng.integers(-half, half, (3, layer.n_rows))
            weight = words_of(inference_weight(shadow, layer.stored_width, layer.weight_width), layer)
            errors[:] = [packed_word(word, layer) for word in values]
            weights[:] = words_of(shadow, layer, padding=half - 1)
            for held in (read, carried):
                held.clear()
            counts.update(weighing=0, summing=0)
            gradient = np.zeros((n_gradient_words(layer), layer.lanes), np.int64)
            expected, reads, sums, total = [], [], 0, 0
            for at, beat in enumerate(random_meetings(layer, rng)):
                ctx.set(part.at.valid, beat is not None)
                # What stands there without `valid` has no meaning.
                shown = beat or {"meets": 1, "errors": 0, "sums": 0, "trace": 1, "carries": 1, "first": 1, "last": 1}
                for field, value in (shown | {"ends": int(at % 7 == 0)}).items():
                    ctx.set(getattr(part.at, field), value)
                await ctx.tick()
                if beat is None:
                    continue
                word = np.array(values[beat["errors"]])
                if beat["meets"]:
                    gradient[beat["sums"]] += word * beat["trace"]
                    sums += bool(word.any() and beat["trace"])
                if beat["carries"] and carries:
                    total = 0 if beat["first"] else total
                    if beat["meets"]:
                        total += int(word @ np.array(weight[beat["sums"]]))
                        reads += [beat["sums"]] if word.any() else []
                    if beat["last"]:
                        expected.append((int(at % 7 == 0), beat["input"], total))
            ctx.set(part.at.valid, 0)
            for _ in range(4):
                assert ctx.get(part.busy)
                await ctx.tick()
            assert not ctx.get(part.busy)
            await ctx.tick()
            await ctx.tick()
            assert carried == expected and read == reads
            assert counts == {"weighing": len(reads), "summing": sums}
            for word, wanted in enumerate(gradient.tolist()):
                ctx.set(part.take.enable, 1)
                ctx.set(part.take.address, word)
                await ctx.tick()
                assert [int(value) for value in ctx.get(part.take.data)] == wanted
            ctx.set(part.take.enable, 0)
            await ctx.tick()

    simulate(
        part, bench, background=[watch],
        processes=[memory(part.weights, weights), addressed(part.address, part.errors, errors)],
    )  # fmt: skip
