"""Rows of a layer above the first: the neurons below in ascending order, with what they keep of the sample."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from .arith import index_shape
from .events import row_layout
from .ports import history_port


class RowScan(wiring.Component):
    """Reads the history of a layer's neurons and sends a row for each that has a trace or a surrogate.

    The last neuron has a row in any case, with `last`. Throughput 1 row per cycle; a group of `fire_lanes` neurons
    without any row takes one cycle.

    Parameters
    ----------
    layer : ResolvedLayer
        Whose rows they are.
    below : ResolvedLayer
        Whose neurons they are.
    every_row : bool
        Send a row for each neuron.

    Members
    -------
    start : In            begin with neuron 0
    rows : Out(stream)    rows in ascending order
    history : Out         see :func:`history_port`
    """

    def __init__(self, layer: ResolvedLayer, below: ResolvedLayer, *, every_row: bool):
        self._layer, self._below, self._every_row = layer, below, every_row
        super().__init__(
            {
                "start": In(1),
                "rows": Out(stream.Signature(row_layout(layer, below))),
                "history": Out(history_port(below, layer)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below, row = self._below, self.rows.payload
        width = below.fire_lanes
        last_lane = (below.n_out - 1) % width
        running, valid, group_ends = Signal(), Signal(), Signal()

        # The group in work: its neurons from `first` on, which begin at lane `at` of a word.
        group, first = Signal(index_shape(below.n_fire_words)), Signal(index_shape(below.n_fire_words * width))
        word, at = Signal(index_shape(below.n_words)), Signal(index_shape(below.lanes))
        is_last_group = Signal()
        m.d.comb += is_last_group.eq(group == below.n_fire_words - 1)
        done, wanted, lowest = Signal(width), Signal(width), Signal(width)
        for lane in range(width):
            history = self.history.read_data[lane]
            has_row = 1 if self._every_row else history.trace.any() | history.surrogate.any()
            in_last = 0 if lane > last_lane else 1 if lane == last_lane else has_row
            m.d.comb += wanted[lane].eq(Mux(is_last_group, in_last, has_row) & ~done[lane])
            with m.If(lowest[lane]):
                m.d.comb += [
                    row.trace.eq(history.trace),
                    row.surrogate.eq(history.surrogate),
                    row.input.eq(first + lane),
                    row.place.lane.eq(at + lane),
                    row.last.eq(is_last_group & (lane == last_lane)),
                ]
        m.d.comb += [
            lowest.eq(wanted & (-wanted)[:width]),
            self.rows.valid.eq(valid & wanted.any()),
            row.place.word.eq(word),
            group_ends.eq(~wanted.any() | (self.rows.ready & ~(wanted & ~lowest).any())),
            self.history.read_enable.eq(running & (~valid | group_ends)),
        ]
        with m.If(~valid | group_ends):
            m.d.sync += valid.eq(running)
        with m.If(self.history.read_enable):
            m.d.sync += self.history.read_address.eq(self.history.read_address + 1)
            with m.If(self.history.read_address == below.n_fire_words - 1):
                m.d.sync += running.eq(0)
        with m.If(self.rows.valid & self.rows.ready):
            m.d.sync += done.eq(done | lowest)
        with m.If(valid & group_ends):
            m.d.sync += [done.eq(0), group.eq(group + 1), first.eq(first + width), at.eq(at + width)]
            with m.If(at == below.lanes - width):
                m.d.sync += [at.eq(0), word.eq(word + 1)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), valid.eq(0), done.eq(0), self.history.read_address.eq(0)]
            m.d.sync += [group.eq(0), first.eq(0), word.eq(0), at.eq(0)]
        return m
