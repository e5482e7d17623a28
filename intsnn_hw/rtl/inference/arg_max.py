"""The class of a sample: arg max over the scores of the readout layer."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import NetworkConfig

from ..layouts import class_layout, score_layout


class ArgMax(wiring.Component):
    """Arg max over the scores of a sample, which arrive in the order of the classes; the lowest index on ties.

    Throughput 1 score per cycle, latency 1 cycle after the last; `i` stalls while a class waits to be taken.

    Parameters
    ----------
    config : NetworkConfig

    Members
    -------
    i : In(stream)    scores, `last` on the last class
    o : Out(stream)   class and its score
    """

    def __init__(self, config: NetworkConfig):
        super().__init__(
            {
                "i": In(stream.Signature(score_layout(config))),
                "o": Out(stream.Signature(class_layout(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        index, started = Signal.like(self.o.payload.label), Signal()
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        m.d.comb += self.i.ready.eq(~self.o.valid)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                index.eq(index + 1),
                started.eq(~self.i.payload.last),
                self.o.valid.eq(self.i.payload.last),
            ]
            with m.If(self.i.payload.last):
                m.d.sync += index.eq(0)
            with m.If(~started | (self.i.payload.score > self.o.payload.score)):
                m.d.sync += [self.o.payload.label.eq(index), self.o.payload.score.eq(self.i.payload.score)]
        return m
