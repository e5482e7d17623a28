"""A row update against golden.learning: every shadow weight, error, trace, draw and boost at narrow widths."""

from itertools import product

import numpy as np
import pytest
from amaranth.hdl import Module, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import EncodingConfig, HardwareConfig, LayerConfig, LearningConfig, NetworkConfig, NeuronConfig
from golden.learning import shadow_update
from golden.synapse import outer_gradient
from intsnn_hw.rtl.arith import index_shape
from intsnn_hw.rtl.learning.error_store import entry_layout
from intsnn_hw.rtl.learning.update import RowUpdate
from sim import payload
from sim.verilog import build_component

MAX_BOOST = 2
TRACES = 8
HIDDEN = np.array([0] + [sign << exponent for sign in (1, -1) for exponent in range(8)])
TERNARY = np.array([0, 1, -1])


class Bench(wiring.Component):
    """A row update whose memory holds in row `a` the shadow weight ``a - 128`` in every lane, and keeps it."""

    def __init__(self, config, *, is_readout):
        layer = config.resolved[1 if is_readout else 0]
        self._update = RowUpdate(layer, config.resolved[0] if is_readout else None)
        self.row = data.StructLayout({"input": 8, "trace": layer.input_trace_width, "draw": 16})
        self.entry_layout = entry_layout(layer)
        self.word = data.ArrayLayout(signed(layer.stored_width), layer.lanes)
        super().__init__(
            {
                "i": In(stream.Signature(self.row)),
                "boost": In(index_shape(MAX_BOOST + 1)),
                "errors": In(unsigned(self.entry_layout.size)),
                "written": Out(data.StructLayout({"valid": 1, "row": 8, "weights": self.word})),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.update = update = self._update
        m.d.comb += [
            update.rows.valid.eq(self.i.valid),
            update.rows.payload.input.eq(self.i.payload.input),
            update.rows.payload.trace.eq(self.i.payload.trace),
            self.i.ready.eq(update.rows.ready),
            update.draw.eq(self.i.payload.draw),
            update.boost.eq(self.boost),
            update.n_entries.eq(1),
            update.entry.eq(self.errors),
            self.written.valid.eq(update.weights.write.enable),
            self.written.row.eq(update.weights.write.address),
            self.written.weights.eq(update.weights.write.data),
        ]
        for shadow in update.weights.read.data:
            m.d.sync += shadow.eq(update.weights.read.address.as_signed() ^ -128)
        return m


def network_config(n_errors, rate_shift, rounding, *, is_readout):
    neuron = NeuronConfig(spike_width=1)
    sizes = (256, n_errors) if is_readout else (n_errors, 2)
    return NetworkConfig(
        n_inputs=2 if is_readout else 256,
        n_steps=TRACES - 1,
        encoding=EncodingConfig(spike_width=1),
        layers=tuple(LayerConfig(size=size, weight_width=5, neuron=neuron) for size in sizes),
        learning=LearningConfig(
            shadow_width=8, rounding=rounding, rate_shifts=(rate_shift,) * 2, error_shifts=(0,), init_shifts=(7, 7),
            schedule=tuple(range(1, MAX_BOOST + 1)),
        ),
        hardware=HardwareConfig(lanes=(n_errors,)),
    )  # fmt: skip


def entry_of(layout, errors):
    """Return a word that holds the error of each lane."""
    fields = [
        {"active": int(e != 0), "negative": int(e < 0)}
        | ({"exponent": abs(int(e)).bit_length() - 1} if len(errors) > 3 and e else {})
        for e in errors
    ]
    return layout.const({"errors": fields}).as_bits()


@pytest.mark.parametrize(
    "rounding, rate_shift, is_readout",
    [
        ("stochastic", 1, False),
        ("floor", 1, False),
        ("toward_zero", 1, False),
        ("nearest", 1, False),
        ("stochastic", -3, False),
        ("stochastic", 1, True),
    ],
)
def test_every_change_is_that_of_the_model(rounding, rate_shift, is_readout):
    errors = TERNARY if is_readout else HIDDEN
    config = network_config(len(errors), rate_shift, rounding, is_readout=is_readout)
    learning, bench = config.learning, Bench(config, is_readout=is_readout)
    assert learning is not None
    core = build_component(bench)
    n_draws = 1 << max(0, rate_shift + MAX_BOOST) if rounding == "stochastic" else 1
    rows, traces, draws = np.array(list(product(range(256), range(TRACES), range(n_draws)))).T
    inputs = {"i": payload.pack(bench.row, {"input": rows, "trace": traces, "draw": draws + (0xA5 << 8)})}
    learned, has_saturated = traces > 0, set()
    for boost in range(MAX_BOOST + 2):
        core.reset()
        settings = {"boost": boost, "errors": entry_of(bench.entry_layout, errors)}
        result = core.run(inputs, expected={}, cycle_budget=4 * len(rows), settings=settings, extra_cycles=8)
        written = result.fields("written")
        np.testing.assert_array_equal(written["row"], rows[learned])
        shadow = np.broadcast_to(rows[learned] - 128, (len(errors), learned.sum()))
        rate = rate_shift + min(boost, MAX_BOOST)  # a boost above the highest counts as the highest
        expected = shadow_update(
            shadow,
            outer_gradient(errors, traces[learned]),
            rate,
            draws[learned],
            learning.rounding,
            learning.shadow_width,
        )
        np.testing.assert_array_equal(written["weights"].T, expected)
        has_saturated |= set(np.unique(expected[:, (rows[learned] - 128) % 255 != 0])) & {-128, 127}
    assert has_saturated == {-128, 127}
