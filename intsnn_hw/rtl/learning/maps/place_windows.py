"""Places after pooling find the windows of a convolution that see them."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...layouts import place_trace_layout, place_windows_layout
from ...window_tables import axis_table, locate_windows, window_tables
from ...windows import pooled_by_axis


class PlaceWindows(wiring.Component):
    """Looks up row and column of a place after pooling, each in a table. Latency 1 cycle, throughput 1 place per cycle.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.

    Members
    -------
    i : In(stream)    see :func:`place_trace_layout`
    o : Out(stream)   see :func:`place_windows_layout`
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(place_trace_layout(layer))),
                "o": Out(stream.Signature(place_windows_layout(layer))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        incoming, outgoing, taken = self.i.payload, self.o.payload, Signal()
        channel, axes = Signal.like(incoming.at.channel), pooled_by_axis(self._layer.kind)
        found = []
        for name, seen, words, index in zip(
            ("rows", "columns"),
            axes,
            window_tables(self._layer, axes),
            (incoming.at.row, incoming.at.column),
            strict=True,
        ):
            m.submodules[name] = table = axis_table(seen, words)
            m.d.comb += [table.read.enable.eq(taken), table.read.address.eq(index)]
            found.append(table.read.data)
        row, column = found
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            taken.eq(self.i.valid & self.i.ready),
            outgoing.seen.eq(row.seen & column.seen),
            *locate_windows(self._layer, outgoing, channel, row, column),
        ]
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        with m.If(taken):
            m.d.sync += [channel.eq(incoming.at.channel)]
            m.d.sync += [outgoing[name].eq(incoming[name]) for name in ("input", "trace", "last")]
        return m
