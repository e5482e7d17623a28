"""Whose the weight memories of a core that learns are: a weight load's, or the core's own."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningNetworkConfig

from ..layouts import weight_layout


class WeightLock(wiring.Component):
    """Lets a weight load and the core's own use of the weights follow each other, each from its beginning to its end.

    The core uses them while it updates, reads them out or draws initial ones. A load that has begun is taken to its
    last weight and the core waits; while the core uses them `i` is not taken. Where both begin in one cycle, the load
    goes first. The core waits in no cycle when nobody loads; after a load it begins two cycles after the last weight.

    Members
    -------
    i : In(stream)       weights from the host, from `first` to the last one a load
    drawn : In(stream)   initial weights, while `granted`
    o : Out(stream)      whichever it is, for :class:`WeightLoad`
    loading : In         of :class:`WeightLoad`
    asked : In           the core is about to use the weights, or uses them
    granted : Out        it may
    """

    def __init__(self, config: LearningNetworkConfig):
        weights = stream.Signature(weight_layout(config))
        super().__init__(
            {
                "i": In(weights),
                "drawn": In(weights),
                "o": Out(weights),
                "loading": In(1),
                "asked": In(1),
                "granted": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        in_progress = Signal()  # a load; for one cycle more than the last word's writing
        m.d.comb += [
            self.granted.eq(self.asked & ~in_progress),
            self.i.ready.eq(self.o.ready & ~self.granted),
            self.drawn.ready.eq(self.o.ready & self.granted),
            self.o.valid.eq(Mux(self.granted, self.drawn.valid, self.i.valid)),
            self.o.payload.eq(Mux(self.granted, self.drawn.payload.as_value(), self.i.payload.as_value())),
        ]
        with m.If(self.i.valid & self.i.ready & (self.i.payload.first | self.loading)):
            m.d.sync += in_progress.eq(1)
        with m.Elif(~self.loading):
            m.d.sync += in_progress.eq(0)
        return m
