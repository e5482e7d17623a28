"""An input event on its way into the list of traces: a new entry, or more of a trace that stands there."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import trace_entry_layout
from ..pipeline import shift, stage


class TraceInsert(wiring.Component):
    """Looks up where an input stands in the list, and gives the entry to write.

    A sparse set: a place is believed only if it lies within the list and the entry there names that input. So nothing
    needs clearing.

    Throughput 1 event per cycle, but for one of an input that is still in the pipe, which meets a `conflict`; latency 2
    cycles.

    Parameters
    ----------
    layer : LearningLayer
        The first layer.

    Members
    -------
    address : In, spike : In   an event that may come; its place is being read
    conflict : Out             an event of that input is in the pipe
    taken : In                 it comes
    found : In                 the place of the input one cycle later, whether believed or not; its entry is being read
    entry : In                 that entry another cycle later
    count : In                 entries of the list
    settled : Out              no event is in the pipe
    write : Out, place : Out, grown : Out   the entry to write
    append : Out               it is a new one
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        place, entry = index_shape(layer.n_in), trace_entry_layout(layer)
        super().__init__(
            {
                "address": In(layer.input_address_width),
                "spike": In(layer.input_spike_width),
                "conflict": Out(1),
                "taken": In(1),
                "found": In(place),
                "entry": In(entry),
                "count": In(range(layer.n_in + 1)),
                "settled": Out(1),
                "write": Out(1),
                "place": Out(place),
                "grown": Out(entry),
                "append": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        event = {"valid": 1, "address": layer.input_address_width, "spike": layer.input_spike_width}
        # Placed: the place of the input is there. Listed: so is the entry at that place.
        placed = stage("placed", event)
        listed = stage("listed", event | {"place": self.found.shape(), "within": 1})
        known, trace = Signal(), Signal(layer.input_trace_width)
        m.d.sync += [
            placed.valid.eq(self.taken & (self.spike != 0)),
            placed.address.eq(self.address),
            placed.spike.eq(self.spike),
            *shift(placed, listed),
            listed.place.eq(self.found),
            listed.within.eq((self.found < self.count) & ~(listed.valid & (self.found == self.place))),
        ]
        m.d.comb += [
            self.conflict.eq(
                (placed.valid & (placed.address == self.address)) | (listed.valid & (listed.address == self.address))
            ),
            self.settled.eq(~placed.valid & ~listed.valid),
            known.eq(listed.within & (self.entry.input == listed.address)),
            self.append.eq(listed.valid & ~known),
            trace.eq(Mux(known, self.entry.trace, 0) + (listed.spike << layer.learning.trace_gain)),
            self.write.eq(listed.valid),
            self.place.eq(Mux(known, listed.place, self.count)),
            self.grown.input.eq(listed.address),
            self.grown.trace.eq(trace),
        ]
        return m
