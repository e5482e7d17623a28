"""The inputs of a layer after pooling, one after the other, with their traces."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...layouts import map_address_layout, place_trace_layout, trace_layout
from ...ports import read_port


class PlaceScan(wiring.Component):
    """Reads the traces in the order of the inputs and sends those that count; the last one in any case.

    Throughput 1 input per cycle, also of those that do not count; latency 2 cycles.

    Parameters
    ----------
    layer : LearningLayer
        It takes its inputs for a map.
    every_place : bool
        Send all inputs; else those with a trace.

    Members
    -------
    start : In        begin with the first input
    o : Out(stream)   see :func:`place_trace_layout`
    read : Out        of :class:`PlaceTraces`
    """

    def __init__(self, layer: LearningLayer, *, every_place: bool):
        self._layer, self._every_place = layer, every_place
        super().__init__(
            {
                "start": In(1),
                "o": Out(stream.Signature(place_trace_layout(layer))),
                "read": Out(read_port(trace_layout(layer), layer.kind.n_fed)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self._layer.kind.pooled_shape
        assert shape is not None
        _, height, width = shape
        running, valid, is_last, moves, wanted = (Signal() for _ in range(5))
        place, there = (Signal(map_address_layout(shape), name=name) for name in ("place", "there"))
        index, last = Signal.like(self.o.payload.input), Signal()
        m.d.comb += [
            is_last.eq(self.read.address == self._layer.kind.n_fed - 1),
            wanted.eq(1 if self._every_place else (self.read.data.trace != 0) | last),
            moves.eq(~valid | ~wanted | self.o.ready),
            self.read.enable.eq(running & moves),
            self.o.valid.eq(valid & wanted),
            self.o.payload.input.eq(index),
            self.o.payload.at.eq(there),
            self.o.payload.trace.eq(self.read.data.trace),
            self.o.payload.last.eq(last),
        ]
        with m.If(moves):
            m.d.sync += valid.eq(running)
        with m.If(self.read.enable):
            m.d.sync += [index.eq(self.read.address), there.eq(place), last.eq(is_last), running.eq(~is_last)]
            m.d.sync += self.read.address.eq(self.read.address + 1)
            self._advance(m, place, height, width)
        with m.If(self.start):
            m.d.sync += [running.eq(1), valid.eq(0), self.read.address.eq(0), place.eq(0)]
        return m

    def _advance(self, m: Module, place: data.View, height: int, width: int) -> None:
        """Go to the next column, row or channel."""
        m.d.sync += place.column.eq(place.column + 1)
        with m.If(place.column == width - 1):
            m.d.sync += [place.column.eq(0), place.row.eq(place.row + 1)]
            with m.If(place.row == height - 1):
                m.d.sync += [place.row.eq(0), place.channel.eq(place.channel + 1)]
