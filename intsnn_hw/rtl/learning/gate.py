"""The input gate of a core that learns: a sample enters with its label, and waits for the update before it."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningNetworkConfig

from ..layouts import input_event_layout, ticket_layout


class InputGate(wiring.Component):
    """Passes the beats of a sample once its label is there and, after a beat to learn from, waits for `release`.

    Combinational from `i` to `o`, no latency.

    Members
    -------
    i : In(stream)        input events
    labels : In(stream)   one beat for each sample, taken with the sample's first beat
    o : Out(stream)       the same events
    tickets : Out(stream) the labels of the samples that entered
    release : In          the step or sample that was waited for has been learned from
    waiting : Out         one is waited for
    at_rest : Out         no sample is in work and none is waited for
    """

    def __init__(self, config: LearningNetworkConfig):
        self._every_step = config.learning.every_step
        events = stream.Signature(input_event_layout(config.resolved[0]))
        labels = stream.Signature(ticket_layout())
        super().__init__(
            {
                "i": In(events),
                "labels": In(labels),
                "o": Out(events),
                "tickets": Out(labels),
                "release": In(1),
                "waiting": Out(1),
                "at_rest": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inside, waiting, learn, learns = Signal(), self.waiting, Signal(), Signal()
        may_begin, passes, moves = Signal(), Signal(), Signal()
        beat = self.i.payload
        m.d.comb += [
            may_begin.eq(self.labels.valid & self.tickets.ready),
            passes.eq(~waiting & (inside | may_begin)),
            self.o.valid.eq(self.i.valid & passes),
            self.o.payload.eq(beat),
            self.i.ready.eq(self.o.ready & passes),
            moves.eq(self.o.valid & self.o.ready),
            self.labels.ready.eq(moves & ~inside),
            self.tickets.valid.eq(self.i.valid & self.o.ready & ~inside & ~waiting & self.labels.valid),
            self.tickets.payload.eq(self.labels.payload),
            learns.eq(Mux(inside, learn, self.labels.payload.learn)),
            self.at_rest.eq(~inside & ~waiting),
        ]
        with m.If(self.release):
            m.d.sync += waiting.eq(0)
        with m.If(moves):
            m.d.sync += [inside.eq(~beat.end_of_sample), learn.eq(learns)]
            with m.If(learns & beat.end_of_step & (1 if self._every_step else beat.end_of_sample)):
                m.d.sync += waiting.eq(1)
        return m
