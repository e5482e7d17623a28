"""The leak of the input traces: entries whose trace ends leave the list, and the others close up."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from .expressions import leak_trace


class TraceLeak(wiring.Component):
    """Leaks the traces of the list, entry by entry; the twin of :func:`golden.learning.leak_trace`.

    Combinational from `trace`; an entry moves up by as many as have left before it.

    Members
    -------
    start : In              a walk begins
    valid : In, trace : In  an entry, in the order of the list
    leaked : Out            its trace after the leak
    stays : Out, place : Out   it keeps one, and stands at `place` from now on
    fades : Out             it leaves
    """

    def __init__(self, layer: LearningLayer):
        self._trace_shift = layer.trace_shift
        super().__init__(
            {
                "start": In(1),
                "valid": In(1),
                "trace": In(layer.input_trace_width),
                "leaked": Out(layer.input_trace_width),
                "stays": Out(1),
                "place": Out(index_shape(layer.n_in)),
                "fades": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.leaked.eq(leak_trace(self.trace, self._trace_shift)),
            self.stays.eq(self.valid & (self.leaked != 0)),
            self.fades.eq(self.valid & ~self.stays),
        ]
        with m.If(self.start):
            m.d.sync += self.place.eq(0)
        with m.If(self.stays):
            m.d.sync += self.place.eq(self.place + 1)
        return m
