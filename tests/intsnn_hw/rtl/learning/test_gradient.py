"""The gradient of a hidden neuron against golden.learning, for every carried error and surrogate count."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Module, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import HardwareConfig, LayerConfig, LearningConfig, NetworkConfig
from golden.learning import gradient
from intsnn_hw.rtl.layouts import error_layout, place_layout
from intsnn_hw.rtl.learning.gradient import Gradient
from sim import payload
from sim.verilog import build_component

WIDTH = 10
N_STEPS = 5


class Bench(wiring.Component):
    """A gradient fed from a stream, what it pushes as a probe."""

    def __init__(self, layer):
        self._gradient = Gradient(layer, WIDTH)
        place = place_layout(layer)
        self.neuron = data.StructLayout({"carried": signed(WIDTH), "surrogate": layer.surrogate_width, "last": 1})
        fields = {"valid": 1, "done": 1, "place": place, "error": error_layout(layer)}
        super().__init__({"i": In(stream.Signature(self.neuron)), "pushed": Out(data.StructLayout(fields))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.gradient = gradient = self._gradient
        m.d.comb += [
            self.i.ready.eq(1),
            gradient.i.valid.eq(self.i.valid),
            gradient.i.error.eq(self.i.payload.carried),
            gradient.i.neuron.surrogate.eq(self.i.payload.surrogate),
            gradient.i.last.eq(self.i.payload.last),
            self.pushed.valid.eq(gradient.o.valid),
            self.pushed.done.eq(gradient.done),
            self.pushed.error.eq(gradient.o.error),
        ]
        return m


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
    inputs = {"i": payload.pack(bench.neuron, {"carried": carried, "surrogate": surrogate, "last": last.astype(int)})}
    result = build_component(bench).run(inputs, expected={}, cycle_budget=2 * len(carried), extra_cycles=4)
    pushed = result.fields("pushed")
    error = {name: values.astype(np.int64) for name, values in pushed["error"].items()}
    found = error["active"] * (1 - 2 * error["negative"]) << error["exponent"]
    expected = gradient(carried, surrogate, error_shift)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(pushed["done"], last)
    assert {0, 1, -1, 64, -64} <= set(expected) or error_shift < 0
    assert {128, -128} <= set(expected) or error_shift > 0
