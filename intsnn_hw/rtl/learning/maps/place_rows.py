"""The rows of a fully connected layer that takes its inputs for a map."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer

from ...arith import index_shape
from ...layouts import row_layout, trace_layout
from ...ports import read_port
from .place_scan import PlaceScan


class PlaceRows(wiring.Component):
    """Sends a row for each input after pooling: those with a trace, or all, where an error is carried through them.

    Throughput of :class:`PlaceScan`; `done` comes with `start` where there is nothing to update.

    Parameters
    ----------
    layer : LearningLayer
    below : LearningLayer or None
    carries : bool
        Whether an error is carried through the rows.

    Members
    -------
    start : In           the turn of the rows begins
    running : In         it goes on, from the cycle after `start`
    busy : In            rows are still being updated
    n_entries : In       words of errors; without any there is nothing to update
    traces : Out         see :class:`PlaceTraces`
    rows : Out(stream)   rows in ascending order
    done : Out           for a cycle: all rows have been updated
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None, *, carries: bool):
        self._layer, self._carries = layer, carries
        super().__init__(
            {
                "start": In(1),
                "running": In(1),
                "busy": In(1),
                "n_entries": In(index_shape(layer.n_words + 1)),
                "traces": Out(read_port(trace_layout(layer), layer.kind.n_fed)),
                "rows": Out(stream.Signature(row_layout(layer, below))),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = PlaceScan(self._layer, every_place=self._carries)
        connect(m, scan.read, flipped(self.traces))
        none, over, sent = Signal(), Signal(), scan.o.payload
        m.d.comb += [
            none.eq(self.n_entries == 0),
            scan.start.eq(self.start & ~none),
            self.rows.valid.eq(scan.o.valid),
            self.rows.payload.input.eq(sent.input),
            self.rows.payload.trace.eq(sent.trace),
            self.rows.payload.last.eq(sent.last),
            scan.o.ready.eq(self.rows.ready),
            self.done.eq((self.start & none) | (self.running & over & ~self.busy)),
        ]
        with m.If(self.start | self.done):
            m.d.sync += over.eq(0)
        with m.If(scan.o.valid & scan.o.ready & sent.last):
            m.d.sync += over.eq(1)
        return m
