"""The rows of the first layer, which are those of the network's inputs with a trace."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import row_layout


class InputRows(wiring.Component):
    """Asks for the list of traces and passes its rows on.

    Combinational from `i` to `rows`; `done` comes with `start` where there is nothing to update.

    Parameters
    ----------
    layer : LearningLayer
        The first layer.

    Members
    -------
    start : In           the turn of the rows begins
    running : In         it goes on, from the cycle after `start`
    busy : In            rows are still being updated
    n_entries : In       words of errors; without any there is nothing to update
    empty : In           no input has a trace
    walk : Out           the list is asked for
    i : In(stream)       its rows
    rows : Out(stream)   the same
    done : Out           all rows have been updated
    """

    def __init__(self, layer: LearningLayer):
        rows = stream.Signature(row_layout(layer, None))
        super().__init__(
            {
                "start": In(1),
                "running": In(1),
                "busy": In(1),
                "n_entries": In(index_shape(layer.n_words + 1)),
                "empty": In(1),
                "walk": Out(1),
                "i": In(rows),
                "rows": Out(rows),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        none, over = Signal(), Signal()
        connect(m, flipped(self.i), flipped(self.rows))
        m.d.comb += [
            none.eq((self.n_entries == 0) | self.empty),
            self.walk.eq(self.start & ~none),
            self.done.eq((self.start & none) | (self.running & over & ~self.busy)),
        ]
        with m.If(self.start):
            m.d.sync += over.eq(0)
        with m.If(self.i.valid & self.i.ready & self.i.payload.last):
            m.d.sync += over.eq(1)
        return m
