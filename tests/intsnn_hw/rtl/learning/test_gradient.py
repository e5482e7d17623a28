"""The gradient of a hidden neuron against golden.learning, for every carried error and surrogate count."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Module, Shape, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import HardwareConfig, LayerConfig, LearningConfig, NetworkConfig, learning_config
from golden.learning import error_shift, gradient
from intsnn_hw.rtl.layouts import error_layout, place_layout
from intsnn_hw.rtl.learning.gradient import gradient_of
from sim import payload
from sim.verilog import build_component

WIDTH = 10
N_STEPS = 5


class Bench(wiring.Component):
    """A gradient fed from a stream, what it pushes as a probe."""

    def __init__(self, layer):
        self._gradient = gradient_of(layer, WIDTH)
        place = place_layout(layer)
        self.neuron = data.StructLayout(
            {
                "carried": signed(WIDTH),
                "surrogate": layer.surrogate_width,
                "last": 1,
                "word": Shape.cast(place["word"].shape).width,
            }
        )
        fields = {"valid": 1, "done": 1, "place": place, "error": error_layout(layer)}
        super().__init__({"i": In(stream.Signature(self.neuron)), "pushed": Out(data.StructLayout(fields))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.gradient = gradient = self._gradient
        waits = Signal()  # for the last gradient, as an update does
        with m.If(gradient.i.valid & gradient.i.last):
            m.d.sync += waits.eq(1)
        with m.If(gradient.done):
            m.d.sync += waits.eq(0)
        m.d.comb += [
            self.i.ready.eq(~waits),
            gradient.i.valid.eq(self.i.valid & ~waits),
            gradient.i.error.eq(self.i.payload.carried),
            gradient.i.neuron.surrogate.eq(self.i.payload.surrogate),
            gradient.i.last.eq(self.i.payload.last),
            gradient.i.neuron.place.word.eq(self.i.payload.word),
            self.pushed.valid.eq(gradient.o.valid),
            self.pushed.done.eq(gradient.done),
            self.pushed.error.eq(gradient.o.error),
            self.pushed.place.eq(gradient.o.place),
        ]
        return m


def run(bench, inputs, n):
    """Return the gradients that come of the inputs, and all that came."""
    result = build_component(bench).run(inputs, expected={}, cycle_budget=4 * n + 20, extra_cycles=16)
    pushed = result.fields("pushed")
    error = {name: values.astype(np.int64) for name, values in pushed["error"].items()}
    return error["active"] * (1 - 2 * error["negative"]) << error["exponent"], pushed


@pytest.mark.parametrize(
    "error_shift, multiplier", [(-7, "operator"), (0, "shift_add"), (1, "shift_add"), (5, "operator")]
)
def test_every_gradient_is_that_of_the_model(error_shift, multiplier):
    config = NetworkConfig(
        n_inputs=4,
        n_steps=N_STEPS,
        layers=(LayerConfig(size=5), LayerConfig(size=2)),
        learning=LearningConfig(rate_shifts=(1, 1), error_shifts=(error_shift,), init_shifts=(7, 7)),
        hardware=HardwareConfig(multiplier=multiplier),
    )
    bench = Bench(config.resolved[0])
    half = 1 << (WIDTH - 1)
    carried, surrogate = np.array(list(product(range(-half, half), range(N_STEPS + 1)))).T
    last = np.arange(len(carried)) % 7 == 0
    inputs = {
        "i": payload.pack(
            bench.neuron, {"carried": carried, "surrogate": surrogate, "last": last.astype(int), "word": 0 * carried}
        )
    }
    found, pushed = run(bench, inputs, len(carried))
    expected = gradient(carried, surrogate, error_shift)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(pushed["done"], last)
    assert {0, 1, -1, 64, -64} <= set(expected) or error_shift < 0
    assert {128, -128} <= set(expected) or error_shift > 0


@pytest.mark.parametrize("error_bits", [1, 2, 5, 7])
def test_normalized_gradients_are_those_of_the_model(error_bits):
    config = NetworkConfig(
        n_inputs=4,
        n_steps=N_STEPS,
        layers=(LayerConfig(size=5), LayerConfig(size=2)),
        learning=LearningConfig(rate_shifts=(1, 1), error_bits=error_bits, init_shifts=(7, 7)),
        hardware=HardwareConfig(lanes=(1,)),
    )
    (layer, _) = learning_config(config).resolved
    bench, rng = Bench(layer), np.random.default_rng(error_bits)
    # Updates of one to five neurons, of all sizes of error, the ends of the range, and zeros alone among them.
    updates = [(np.array([-512, 511, 0]), np.array([5, 5, 5])), (np.zeros(5, int), np.full(5, 5))]
    for _ in range(300):
        n, width = rng.integers(1, 6), rng.integers(0, WIDTH)
        updates.append((rng.integers(-(1 << width), 1 << width, n), rng.integers(0, N_STEPS + 1, n)))
    carried, surrogate = (np.concatenate(parts) for parts in zip(*updates, strict=True))
    last = np.concatenate([np.arange(len(errors)) == len(errors) - 1 for errors, _ in updates]).astype(int)
    place = np.concatenate([np.arange(len(errors)) for errors, _ in updates])
    fields = {"carried": carried, "surrogate": surrogate, "last": last, "word": place}
    found, pushed = run(bench, {"i": payload.pack(bench.neuron, fields)}, 3 * len(carried))
    shifts = [error_shift(errors, counts, layer) for errors, counts in updates]
    expected = [gradient(errors, counts, at) for (errors, counts), at in zip(updates, shifts, strict=True)]
    np.testing.assert_array_equal(found, np.concatenate(expected))
    np.testing.assert_array_equal(pushed["done"], last)
    np.testing.assert_array_equal(pushed["place"]["word"], place)
    assert set(range(9 - error_bits)) <= set(shifts) and 1 << error_bits in np.abs(found)
