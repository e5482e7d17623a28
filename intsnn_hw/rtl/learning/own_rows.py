"""The rows of a recurrent layer from its own neurons, which follow those of its inputs."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import row_layout
from ..ports import history_port
from .scan import RowScan


class OwnRows(wiring.Component):
    """Lets the rows of a layer's inputs pass and then, on its own turn, sends those of its neurons.

    Combinational from `i` to `rows`; own rows at the throughput of :class:`RowScan`.

    Parameters
    ----------
    layer : LearningLayer
    below, above : LearningLayer
        The layers next to it; `below` is None for the first one.

    Members
    -------
    start : In          the rows of the inputs are done
    running : In        it is the turn of own rows, from the cycle after `start`
    busy : In           rows are still being updated
    n_entries : In      words of errors; without any there is no own row
    i : In(stream)      rows of the inputs
    rows : Out(stream)  those, then the layer's own
    reader : In         the scan for the layer above, which reads the histories of the same neurons at other times
    history : Out       of the layer, for both, see :func:`history_port`
    done : Out          all own rows have been updated
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None, above: LearningLayer):
        self._layer, self._below, self._above = layer, below, above
        rows, history = stream.Signature(row_layout(layer, below)), history_port(layer, above)
        super().__init__(
            {
                "start": In(1),
                "running": In(1),
                "busy": In(1),
                "n_entries": In(index_shape(layer.n_words + 1)),
                "i": In(rows),
                "rows": Out(rows),
                "reader": In(history),
                "history": Out(history),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = RowScan(self._layer, self._below, self._layer, self._above)
        sending, over, any_error = Signal(), Signal(), self.n_entries != 0
        own, history = scan.rows, scan.history
        m.d.comb += [
            scan.start.eq(self.start & any_error),
            self.done.eq((self.start & ~any_error) | (sending & over & ~self.busy)),
            self.rows.valid.eq(Mux(self.running, own.valid, self.i.valid)),
            self.rows.payload.eq(Mux(self.running, own.payload.as_value(), self.i.payload.as_value())),
            self.i.ready.eq(self.rows.ready & ~self.running),
            own.ready.eq(self.rows.ready & self.running),
            self.history.enable.eq(self.reader.enable | history.enable),
            self.history.address.eq(Mux(history.enable, history.address, self.reader.address)),
            self.reader.data.eq(self.history.data),
            history.data.eq(self.history.data),
        ]
        with m.If(own.valid & own.ready & own.payload.last):
            m.d.sync += over.eq(1)
        with m.If(self.done):
            m.d.sync += sending.eq(0)
        with m.If(scan.start):
            m.d.sync += [sending.eq(1), over.eq(0)]
        return m
