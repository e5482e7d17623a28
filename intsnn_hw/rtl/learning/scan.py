"""Rows of a layer that are neurons, those below it or its own: in ascending order, with what they keep."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import row_layout
from ..ports import history_port


class RowScan(wiring.Component):
    """Reads the history of a layer's neurons and sends a row for each that has a trace or a surrogate.

    Of a layer's own neurons the row is that of the weights they have to their own layer, and counts by its trace alone.
    The last neuron has a row in any case, with `last`. Throughput 1 row per cycle; a group of `fire_lanes` neurons
    without any row takes one cycle.

    Parameters
    ----------
    layer, below : LearningLayer
        Whose rows they are, and the layer below it, if any.
    neurons : LearningLayer
        Whose neurons they are: the layer below, or `layer` itself.
    above : LearningLayer
        The layer above the neurons' own.
    every_row : bool
        Send a row for each neuron.

    Members
    -------
    start : In            begin with neuron 0
    rows : Out(stream)    rows in ascending order
    history : Out         see :func:`history_port`
    """

    def __init__(
        self, layer: LearningLayer, below: LearningLayer | None, neurons: LearningLayer, above: LearningLayer, *,
        every_row: bool = False,
    ):  # fmt: skip
        self._layer, self._neurons, self._every_row = layer, neurons, every_row
        super().__init__(
            {
                "start": In(1),
                "rows": Out(stream.Signature(row_layout(layer, below))),
                "history": Out(history_port(neurons, above)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below, row, is_own = self._neurons, self.rows.payload, self._neurons is self._layer
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
            history = self.history.data[lane]
            if is_own:
                has_row = history.own.any()
            else:
                has_row = 1 if self._every_row else history.trace.any() | history.surrogate.any()
            in_last = 0 if lane > last_lane else 1 if lane == last_lane else has_row
            m.d.comb += wanted[lane].eq(Mux(is_last_group, in_last, has_row) & ~done[lane])
            with m.If(lowest[lane]):
                m.d.comb += row.last.eq(is_last_group & (lane == last_lane))
                if is_own:
                    m.d.comb += [row.trace.eq(history.own), row.input.eq(first + (lane + below.n_in)), row.own.eq(1)]
                else:
                    m.d.comb += [
                        row.trace.eq(history.trace),
                        row.surrogate.eq(history.surrogate),
                        row.input.eq(first + lane),
                        row.place.lane.eq(at + lane),
                    ]
                    if below.budget_push:
                        m.d.comb += row.over.eq(history.fired == (below.learning.budget or 0) + 1)
        m.d.comb += [
            lowest.eq(wanted & (-wanted)[:width]),
            self.rows.valid.eq(valid & wanted.any()),
            group_ends.eq(~wanted.any() | (self.rows.ready & ~(wanted & ~lowest).any())),
            self.history.enable.eq(running & (~valid | group_ends)),
        ]
        if not is_own:
            m.d.comb += row.place.word.eq(word)
        with m.If(~valid | group_ends):
            m.d.sync += valid.eq(running)
        with m.If(self.history.enable):
            m.d.sync += self.history.address.eq(self.history.address + 1)
            with m.If(self.history.address == below.n_fire_words - 1):
                m.d.sync += running.eq(0)
        with m.If(self.rows.valid & self.rows.ready):
            m.d.sync += done.eq(done | lowest)
        with m.If(valid & group_ends):
            m.d.sync += [done.eq(0), group.eq(group + 1), first.eq(first + width), at.eq(at + width)]
            with m.If(at == below.lanes - width):
                m.d.sync += [at.eq(0), word.eq(word + 1)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), valid.eq(0), done.eq(0), self.history.address.eq(0)]
            m.d.sync += [group.eq(0), first.eq(0), word.eq(0), at.eq(0)]
        return m
