"""The spikes of a group of neurons become events, one by one."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..layouts import output_event_layout, spikes_group_layout


class EventSerializer(wiring.Component):
    """Sends an event for each neuron of a group that fired, lowest index first.

    Throughput 1 event per cycle; a group without a spike that is not the last sends nothing and can always be taken.
    Latency 1 cycle. `end_of_step` rides on the last event of the last group, or stands alone where that has none.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    group : In         see :func:`spikes_group_layout`
    free : Out         it can be taken: no other has more to send than the event that leaves in this cycle
    take : In          it is taken, while `free`
    o : Out(stream)    events
    final : Out        `o` is of the last step of a sample
    discard : In       the sample is given up; while no group is on its way
    discarding : Out   that has not been sent yet
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            {
                "group": In(spikes_group_layout(layer)),
                "free": Out(1),
                "take": In(1),
                "o": Out(stream.Signature(output_event_layout(layer))),
                "final": Out(1),
                "discard": In(1),
                "discarding": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        silent, more = Signal(), Signal()
        busy, held, lowest = Signal(), Signal(spikes_group_layout(self._layer)), Signal(self._layer.fire_lanes)
        m.d.comb += [
            silent.eq(~self.group.spikes.as_value().any() & ~self.group.last),
            self.free.eq(silent | ~busy | (self.o.ready & ~more)),
        ]
        self._send(m, held, lowest, busy, more)
        with m.If(self.take & ~silent):
            m.d.sync += [busy.eq(1), held.eq(self.group)]
        return m

    def _send(self, m: Module, held: Signal, lowest: Signal, busy: Signal, more: Signal) -> None:
        """Send the lowest neuron's event that is left, or, where none is, that the sample is given up."""
        pending, event = Signal.like(lowest), self.o.payload
        m.d.comb += [
            pending.eq(Cat(spike.any() for spike in held.spikes)),
            lowest.eq(pending & (-pending)[: len(pending)]),
            more.eq((pending & ~lowest).any()),
            self.o.valid.eq(busy | self.discarding),
            event.end_of_step.eq(busy & held.last & ~more),
            event.end_of_sample.eq(Mux(busy, held.last & ~more & held.end_of_sample, 1)),
            self.final.eq(held.end_of_sample),
        ]
        for lane, spike in enumerate(held.spikes):
            with m.If(lowest[lane]):
                m.d.comb += [event.address.eq(held.first + lane), event.spike.eq(spike)]
        with m.If(busy & self.o.ready):
            m.d.sync += busy.eq(more)
            for lane, spike in enumerate(held.spikes):
                with m.If(lowest[lane]):
                    m.d.sync += spike.eq(0)
        with m.If(self.discard):
            m.d.sync += self.discarding.eq(1)
        with m.If(self.discarding & ~busy & self.o.ready):
            m.d.sync += self.discarding.eq(0)
