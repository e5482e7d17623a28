"""Rows of a layer above the first: the neurons below in ascending order, with what they keep of the sample."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from .arith import index_shape
from .events import row_layout
from .ports import history_port


class RowScan(wiring.Component):
    """Reads the history of a layer's neurons and sends one row for each. Throughput 1 row per cycle.

    Parameters
    ----------
    layer : ResolvedLayer
        Whose rows they are.
    below : ResolvedLayer
        Whose neurons they are.

    Members
    -------
    start : In            begin with neuron 0
    rows : Out(stream)    one row for each neuron below
    history : Out         see :func:`history_port`
    """

    def __init__(self, layer: ResolvedLayer, below: ResolvedLayer):
        self._layer, self._below = layer, below
        super().__init__(
            {
                "start": In(1),
                "rows": Out(stream.Signature(row_layout(layer, below))),
                "history": Out(history_port(below, layer)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below, rows = self._below, self.rows
        running, valid, advance = Signal(), Signal(), Signal()
        neuron, lane = Signal(index_shape(below.n_out)), Signal(index_shape(below.fire_lanes))
        is_last, word_ends = Signal(), Signal()
        m.d.comb += [
            is_last.eq(neuron == below.n_out - 1),
            word_ends.eq((lane == below.fire_lanes - 1) | is_last),
            advance.eq(~valid | (rows.ready & word_ends)),
            self.history.read_enable.eq(running & advance),
            rows.valid.eq(valid),
            rows.payload.input.eq(neuron),
            rows.payload.last.eq(is_last),
        ]
        with m.Switch(lane):
            for index in range(below.fire_lanes):
                with m.Case(index):
                    m.d.comb += rows.payload.trace.eq(self.history.read_data[index].trace)
                    m.d.comb += rows.payload.surrogate.eq(self.history.read_data[index].surrogate)
        with m.If(advance):
            m.d.sync += valid.eq(running)
        with m.If(self.history.read_enable):
            m.d.sync += self.history.read_address.eq(self.history.read_address + 1)
            with m.If(self.history.read_address == below.n_fire_words - 1):
                m.d.sync += running.eq(0)
        with m.If(valid & rows.ready):
            m.d.sync += [neuron.eq(neuron + 1), lane.eq(lane + 1)]
            with m.If(word_ends):
                m.d.sync += lane.eq(0)
            with m.If(is_last):
                m.d.sync += [running.eq(0), valid.eq(0)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), valid.eq(0), self.history.read_address.eq(0), neuron.eq(0), lane.eq(0)]
        return m
