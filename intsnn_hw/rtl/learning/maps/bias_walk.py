"""The bias of a channel meets the errors of all the channel's neurons, as an input that every window sees."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape
from .gradient_walk import meeting_fields


class BiasWalk(wiring.Component):
    """Goes over all words of errors, one a cycle; latency 1 cycle.

    Parameters
    ----------
    layer : LearningLayer
        A convolution whose bias learns.

    Members
    -------
    start : In
    trace : In    of an input that is 1 in every step
    at : Out      :func:`meeting_fields`
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        fields = {name: Out(shape) for name, shape in meeting_fields(layer).items()}
        super().__init__({"start": In(1), "trace": In(layer.bias.trace_width), "at": Out(wiring.Signature(fields))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, at, word = self._layer, self.at, Signal(index_shape(self._layer.n_words))
        m.d.comb += [
            at.meets.eq(1),
            at.trace.eq(self.trace),
            at.sums.eq(word + layer.n_rows * layer.n_words),
            at.last.eq(1),
            at.ends.eq(at.errors == layer.n_sum_words - 1),
        ]
        with m.If(at.valid):
            m.d.sync += [at.errors.eq(at.errors + 1), word.eq(word + 1)]
            with m.If(word == layer.n_words - 1):
                m.d.sync += word.eq(0)
            with m.If(at.ends):
                m.d.sync += at.valid.eq(0)
        with m.If(self.start):
            m.d.sync += [at.valid.eq(1), at.errors.eq(0), word.eq(0)]
        return m
