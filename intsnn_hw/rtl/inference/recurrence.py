"""Recurrence: a layer's own events come back to it one step later."""

from amaranth.hdl import Module, Signal
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..layouts import input_row_layout, own_event_layout, row_event_layout


class OwnEvents(wiring.Component):
    """Joins the events of a layer's inputs with those it sent in the step before.

    Own events go first, once a beat of the next step is there: in a core that learns that is after the update. The
    marker of a step waits until the step before has fired and all its events are back. All neurons' events of a step
    find room, so that the layer never waits for itself. Throughput 1 event per cycle; an input's event passes without
    latency, an own one returns 2 cycles after it left.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In(stream)         events of the inputs
    o : Out(stream)        events of the rows of weights
    sent : In, event : In  an event leaves the layer, not in the last step of a sample
    fired : In             the last of a step's events leaves
    returning : Out        an own event enters
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(input_row_layout(layer))),
                "o": Out(stream.Signature(row_event_layout(layer))),
                "sent": In(1),
                "event": In(own_event_layout(layer)),
                "fired": In(1),
                "returning": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        m.submodules.queue = queue = fifo.SyncFIFOBuffered(width=own_event_layout(layer).size, depth=layer.n_out + 1)
        own, unfired, waits, moves = Signal(own_event_layout(layer)), Signal(), Signal(), Signal()
        incoming, closes = self.i.payload, Signal()
        m.d.comb += [
            queue.w_data.eq(self.event),
            queue.w_en.eq(self.sent),
            own.eq(queue.r_data),
            closes.eq(incoming.end_of_step | incoming.end_of_sample),
            waits.eq(closes & (unfired | (queue.level != 0))),
            self.o.valid.eq(self.i.valid & (queue.r_rdy | ~waits)),
            moves.eq(self.o.valid & self.o.ready),
            self.returning.eq(moves & queue.r_rdy),
            queue.r_en.eq(self.returning),
            self.i.ready.eq(self.o.ready & ~queue.r_rdy & ~waits),
        ]
        with m.If(queue.r_rdy):
            m.d.comb += [self.o.payload.address.eq(own.address + layer.n_in), self.o.payload.spike.eq(own.spike)]
        with m.Else():
            m.d.comb += [getattr(self.o.payload, name).eq(getattr(incoming, name)) for name, _ in incoming.shape()]
        with m.If(self.fired):
            m.d.sync += unfired.eq(0)
        with m.If(self.i.valid & self.i.ready & incoming.end_of_step):
            m.d.sync += unfired.eq(1)
        return m
