"""Presynaptic traces of the network's inputs, kept as a list of the inputs that have one."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import input_event_layout, row_layout
from ..memory import Store
from .expressions import leak_trace


class InputTraces(wiring.Component):
    """Traces of the inputs that were active in the present sample, in the order in which they got them.

    A sparse set: `place` holds for each input where it would stand in the list, the list holds input and trace, and a
    place is believed only if it lies within the list and the list names that input. So nothing needs clearing, and
    the rows to update come out one a cycle without searching the silent inputs.

    Throughput 1 event per cycle; an event of an input that is still in the pipe (two cycles) waits. With a trace leak
    `i` also stalls for as many cycles as the list is long at the start of each step but the first; inputs whose trace
    ends then leave the list, and the others close up.

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
        layer = self._layer
        trace_shift, gain = layer.trace_shift, layer.learning.trace_gain
        place_shape = index_shape(layer.n_in)
        # A read that meets a write is never believed: `within_2` excludes the entry being written, which belongs to
        # another input, since an event of the same input waits.
        m.submodules.places = places = Store(data.StructLayout({"place": place_shape}), layer.n_in)
        entry_layout = data.StructLayout({"input": layer.input_address_width, "trace": layer.input_trace_width})
        m.submodules.entries = entries = Store(entry_layout, layer.n_in)

        count = Signal(range(layer.n_in + 1))
        fresh, leak_due = Signal(init=1), Signal()

        # Walks over the list: to send it, or to let it leak.
        walking, leaking = Signal(), Signal()
        at, at_1 = Signal(place_shape), Signal(place_shape)
        walk_1, leak_1, last_1 = Signal(), Signal(), Signal()
        advance = Signal()
        is_last = at == (count - 1)[: len(at)]
        m.d.comb += advance.eq(~walk_1 | self.rows.ready)
        start_walk, start_leak = Signal(), Signal()
        with m.If(start_walk):
            m.d.sync += [walking.eq(1), at.eq(0)]
        with m.If(start_leak):
            m.d.sync += [leaking.eq(1), at.eq(0)]
        with m.If((walking & advance) | leaking):
            m.d.sync += at.eq(at + 1)
            with m.If(is_last):
                m.d.sync += [walking.eq(0), leaking.eq(0)]
        with m.If(advance):
            m.d.sync += [walk_1.eq(walking), last_1.eq(is_last)]
        m.d.sync += [leak_1.eq(leaking), at_1.eq(at)]
        # An entry moves up by as many as have left before it: the one being read lies behind.
        kept, stays = Signal(place_shape), Signal()
        m.d.comb += [
            start_walk.eq(self.walk & (count != 0) & ~walking & ~walk_1),
            self.rows.valid.eq(walk_1),
            self.rows.payload.input.eq(entries.reads[0].data.input),
            self.rows.payload.trace.eq(entries.reads[0].data.trace),
            self.rows.payload.last.eq(last_1),
            self.empty.eq(count == 0),
        ]

        known, place, grown = Signal(), Signal(place_shape), Signal(layer.input_trace_width)
        entry = entries.reads[0].data

        # Stage 0: an event is taken and its place is read; stages 1 and 2: place and entry are there.
        event_1, event_2 = Signal(), Signal()
        address_1, address_2 = Signal(layer.input_address_width), Signal(layer.input_address_width)
        spike_1, spike_2 = Signal(layer.input_spike_width), Signal(layer.input_spike_width)
        place_2, within_2 = Signal(place_shape), Signal()
        incoming = self.i.payload
        conflict = (event_1 & (address_1 == incoming.address)) | (event_2 & (address_2 == incoming.address))
        m.d.comb += [
            start_leak.eq(self.coming & leak_due & self.settled & (count != 0) & ~leaking & ~leak_1),
            self.settled.eq(~event_1 & ~event_2),
            self.i.ready.eq(~conflict & ~leak_due & ~leaking & ~leak_1 & ~(fresh & ~self.settled)),
        ]
        if trace_shift is None:
            m.d.comb += leak_due.eq(0)
        taken = Signal()
        m.d.comb += taken.eq(self.i.valid & self.i.ready)
        appended = Signal()
        with m.If(taken & fresh):
            m.d.sync += [count.eq(0), fresh.eq(0)]
        with m.If(taken & (incoming.end_of_step | incoming.end_of_sample)):
            m.d.sync += fresh.eq(incoming.end_of_sample)
            if trace_shift is not None:
                m.d.sync += leak_due.eq(~incoming.end_of_sample)
        if trace_shift is not None:
            with m.If(leak_due & self.settled & (start_leak | (count == 0))):
                m.d.sync += leak_due.eq(0)
        m.d.sync += [
            event_1.eq(taken & (incoming.spike != 0)),
            address_1.eq(incoming.address),
            spike_1.eq(incoming.spike),
            event_2.eq(event_1),
            address_2.eq(address_1),
            spike_2.eq(spike_1),
            place_2.eq(places.reads[0].data.place),
            within_2.eq((places.reads[0].data.place < count) & ~(event_2 & (places.reads[0].data.place == place))),
        ]
        m.d.comb += [
            known.eq(within_2 & (entry.input == address_2)),
            appended.eq(event_2 & ~known),
            place.eq(Mux(known, place_2, count)),
            grown.eq(Mux(known, entry.trace, 0) + (spike_2 << gain)),
        ]
        with m.If(appended):
            m.d.sync += count.eq(count + 1)
        leaked = leak_trace(entry.trace, trace_shift)
        m.d.comb += [stays.eq(leak_1 & (leaked != 0)), self.fading.eq(leak_1 & ~stays)]
        with m.If(start_leak):
            m.d.sync += kept.eq(0)
        with m.If(stays):
            m.d.sync += kept.eq(kept + 1)
        with m.If(leak_1 & last_1):
            m.d.sync += count.eq(kept + stays)
        m.d.comb += [
            places.reads[0].enable.eq(1),
            places.reads[0].address.eq(incoming.address),
            places.write.enable.eq(appended | (stays & (kept != at_1))),
            places.write.address.eq(Mux(leak_1, entry.input, address_2)),
            places.write.data.place.eq(Mux(leak_1, kept, count)),
            entries.reads[0].enable.eq(Mux(walking | walk_1, advance, 1)),
            entries.reads[0].address.eq(Mux(walking | leaking, at, places.reads[0].data.place)),
            entries.write.enable.eq(event_2 | stays),
            entries.write.address.eq(Mux(leak_1, kept, place)),
            entries.write.data.input.eq(Mux(leak_1, entry.input, address_2)),
            entries.write.data.trace.eq(Mux(leak_1, leaked, grown)),
            self.tracing.eq(entries.write.enable),
            self.listing.eq(places.write.enable),
        ]
        return m
