"""Presynaptic traces of the network's inputs, kept as a list of the inputs that have one."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import input_event_layout, row_layout, trace_entry_layout
from ..memory import Store
from .trace_insert import TraceInsert
from .trace_leak import TraceLeak
from .trace_walk import TraceWalk


class InputTraces(wiring.Component):
    """Traces of the inputs that were active in the present sample, in the order in which they got them.

    One memory holds for each input where it would stand in the list, the other the list of inputs and traces
    (:class:`TraceInsert`). So the rows to update come out one a cycle without searching the silent inputs
    (:class:`TraceWalk`).

    Throughput 1 event per cycle; an event of an input that is still in the pipe (two cycles) waits. With a trace leak
    `i` also stalls for as many cycles as the list is long at the start of each step but the first; inputs whose trace
    ends then leave the list, and the others close up (:class:`TraceLeak`).

    Parameters
    ----------
    layer : LearningLayer
        The first layer.

    Members
    -------
    i : In(stream)      the beats that enter the first layer
    coming : In         a beat is to enter, whatever else keeps it waiting: the leak of a new step may begin
    walk : In           send the list on `rows`
    rows : Out(stream)  rows with a trace, `last` on the last one; nothing where the list is empty
    empty : Out         the list is empty and the pipe too
    settled : Out       no event is in the pipe
    tracing, listing : Out   an entry of the list, and a place in it, is written
    fading : Out        an entry leaves the list
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(input_event_layout(layer))),
                "coming": In(1),
                "walk": In(1),
                "rows": Out(stream.Signature(row_layout(layer, None))),
                "empty": Out(1),
                "settled": Out(1),
                "tracing": Out(1),
                "listing": Out(1),
                "fading": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, incoming = self._layer, self.i.payload
        # A read that meets a write is never believed: the insertion excludes the entry being written, which belongs to
        # another input, since an event of the same input waits. In a leak the entry being read lies behind.
        m.submodules.places = places = Store(data.StructLayout({"place": index_shape(layer.n_in)}), layer.n_in)
        m.submodules.entries = entries = Store(trace_entry_layout(layer), layer.n_in)
        m.submodules.walker = walk = TraceWalk(layer)
        m.submodules.leak = leak = TraceLeak(layer)
        m.submodules.insert = insert = TraceInsert(layer)
        entry, found, count = entries.reads[0].data, places.reads[0].data.place, Signal(range(layer.n_in + 1))
        self._begin(m, count, walk, insert)
        with m.If(insert.append):
            m.d.sync += count.eq(count + 1)
        with m.If(walk.leaks & walk.last):
            m.d.sync += count.eq(leak.place + leak.stays)
        m.d.comb += [
            walk.count.eq(count),
            walk.ready.eq(self.rows.ready),
            leak.start.eq(walk.leak),
            leak.valid.eq(walk.leaks),
            leak.trace.eq(entry.trace),
            insert.address.eq(incoming.address),
            insert.spike.eq(incoming.spike),
            insert.found.eq(found),
            insert.entry.eq(entry),
            insert.count.eq(count),
            self.rows.valid.eq(walk.sent),
            self.rows.payload.input.eq(entry.input),
            self.rows.payload.trace.eq(entry.trace),
            self.rows.payload.last.eq(walk.last),
            self.empty.eq(count == 0),
            self.settled.eq(insert.settled),
            places.reads[0].enable.eq(1),
            places.reads[0].address.eq(incoming.address),
            places.write.enable.eq(insert.append | (leak.stays & (leak.place != walk.place))),
            places.write.address.eq(Mux(walk.leaks, entry.input, insert.grown.input)),
            places.write.data.place.eq(Mux(walk.leaks, leak.place, count)),
            entries.reads[0].enable.eq(Mux(walk.sending | walk.sent, walk.advance, 1)),
            entries.reads[0].address.eq(Mux(walk.sending | walk.leaking, walk.at, found)),
            entries.write.enable.eq(insert.write | leak.stays),
            entries.write.address.eq(Mux(walk.leaks, leak.place, insert.place)),
            entries.write.data.input.eq(Mux(walk.leaks, entry.input, insert.grown.input)),
            entries.write.data.trace.eq(Mux(walk.leaks, leak.leaked, insert.grown.trace)),
            self.tracing.eq(entries.write.enable),
            self.listing.eq(places.write.enable),
            self.fading.eq(leak.fades),
        ]
        return m

    def _begin(self, m: Module, count: Signal, walk: TraceWalk, insert: TraceInsert) -> None:
        """Take events, and begin walks between them; a sample's first event empties the list."""
        incoming, leaks = self.i.payload, self._layer.trace_shift is not None
        fresh, leak_due = Signal(init=1), Signal()
        m.d.comb += [
            walk.send.eq(self.walk & (count != 0) & ~walk.sending & ~walk.sent),
            walk.leak.eq(self.coming & leak_due & insert.settled & (count != 0) & ~walk.leaking & ~walk.leaks),
            self.i.ready.eq(~insert.conflict & ~leak_due & ~walk.leaking & ~walk.leaks & ~(fresh & ~insert.settled)),
            insert.taken.eq(self.i.valid & self.i.ready),
        ]
        with m.If(insert.taken & fresh):
            m.d.sync += [count.eq(0), fresh.eq(0)]
        with m.If(insert.taken & (incoming.end_of_step | incoming.end_of_sample)):
            m.d.sync += fresh.eq(incoming.end_of_sample)
            if leaks:
                m.d.sync += leak_due.eq(~incoming.end_of_sample)
        if leaks:
            with m.If(leak_due & insert.settled & (walk.leak | (count == 0))):
                m.d.sync += leak_due.eq(0)
