"""Walks over the list of input traces: to send it, or to let it leak."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape


class TraceWalk(wiring.Component):
    """Reads the entries of the list from the first to the last, one a cycle; latency 1 cycle to the entry.

    Parameters
    ----------
    layer : LearningLayer
        The first layer.

    Members
    -------
    send : In, leak : In    begin a walk of either kind, while none is in work
    count : In              entries of the list, above 0 then
    ready : In              an entry that is sent is taken
    advance : Out           an entry to send may be read
    sending : Out, leaking : Out   the entry `at` is being read
    at : Out
    sent : Out, leaks : Out        an entry is there; `last` : Out, it is the last one
    place : Out             where it stands in the list, while it leaks
    """

    def __init__(self, layer: LearningLayer):
        place = index_shape(layer.n_in)
        inputs = dict.fromkeys(("send", "leak", "ready"), In(1))
        outputs = dict.fromkeys(("advance", "sending", "leaking", "sent", "leaks", "last"), Out(1))
        super().__init__(inputs | outputs | {"count": In(range(layer.n_in + 1)), "at": Out(place), "place": Out(place)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        is_last = self.at == (self.count - 1)[: len(self.at)]
        m.d.comb += self.advance.eq(~self.sent | self.ready)
        with m.If(self.send):
            m.d.sync += [self.sending.eq(1), self.at.eq(0)]
        with m.If(self.leak):
            m.d.sync += [self.leaking.eq(1), self.at.eq(0)]
        with m.If((self.sending & self.advance) | self.leaking):
            m.d.sync += self.at.eq(self.at + 1)
            with m.If(is_last):
                m.d.sync += [self.sending.eq(0), self.leaking.eq(0)]
        with m.If(self.advance):
            m.d.sync += [self.sent.eq(self.sending), self.last.eq(is_last)]
        m.d.sync += [self.leaks.eq(self.leaking), self.place.eq(self.at)]
        return m
