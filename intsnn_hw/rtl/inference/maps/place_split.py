"""The index of an input becomes its place in the input map."""

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ...arith import split
from ...layouts import input_event_layout, map_address_layout, map_event_layout
from ...windows import input_map


class PlaceSplit(wiring.Component):
    """Gives the events of a core's inputs, numbered in C order, a channel, row and column.

    Latency 1 cycle, throughput 1 event per cycle. The address of a beat without an event has no meaning.

    Parameters
    ----------
    layer : ResolvedLayer
        The first one.

    Members
    -------
    i : In(stream)    input events
    o : Out(stream)   see :func:`map_event_layout`
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(input_event_layout(layer))),
                "o": Out(stream.Signature(map_event_layout(layer))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        channels, height, width = input_map(self._layer.kind)
        incoming, outgoing = self.i.payload, self.o.payload
        place = data.View(map_address_layout((channels, height, width)), outgoing.address)
        line, column = split(incoming.address, width, channels * height * width)
        channel, row = split(line, height, channels * height)
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                place.channel.eq(channel),
                place.row.eq(row),
                place.column.eq(column),
                outgoing.spike.eq(incoming.spike),
                outgoing.end_of_step.eq(incoming.end_of_step),
                outgoing.end_of_sample.eq(incoming.end_of_sample),
            ]
        return m
