"""The row of a layer's bias, which is updated after all rows of weights."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import row_layout


class BiasRow(wiring.Component):
    """Sends one row, on its turn, where the layer has an error.

    Members
    -------
    start : In          the rows of weights are done
    running : In        it is the turn of the bias, from the cycle after `start`
    busy : In           the row is still being updated
    n_entries : In      words of errors; without any there is nothing to update
    trace : In          of an input that is 1 in every step
    rows : Out(stream)  the row
    done : Out          it has been updated
    """

    def __init__(self, layer: LearningLayer):
        super().__init__(
            {
                "start": In(1),
                "running": In(1),
                "busy": In(1),
                "n_entries": In(index_shape(layer.n_words + 1)),
                "trace": In(layer.bias.trace_width),
                "rows": Out(stream.Signature(row_layout(layer, None))),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        any_error = self.n_entries != 0
        waiting, sent = Signal(), Signal()
        m.d.comb += [
            self.rows.valid.eq(waiting),
            self.rows.payload.trace.eq(self.trace),
            self.rows.payload.last.eq(1),
            self.done.eq((self.start & ~any_error) | (self.running & sent & ~self.busy)),
        ]
        with m.If(self.start):
            m.d.sync += [waiting.eq(any_error), sent.eq(0)]
        with m.If(self.rows.valid & self.rows.ready):
            m.d.sync += [waiting.eq(0), sent.eq(1)]
        return m
