"""Presynaptic traces of a layer's inputs after pooling, one for each place of the pooled map."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape
from ...layouts import input_row_layout, trace_layout
from ...memory import Store
from ...ports import read_port
from ..expressions import leak_trace


class PlaceTraces(wiring.Component):
    """Adds events to the traces of their places; between steps all traces leak, between samples they end.

    Throughput 1 event per cycle; an event of the place before waits a cycle. A pass over all traces, a cycle each,
    follows reset, the last step of a sample and, where traces leak, every step; events wait for it. It begins when what
    came before has been learned from: when that is not waited for, or the next beat is there, which comes after.

    Parameters
    ----------
    layer : LearningLayer
        It takes its inputs for a map.

    Members
    -------
    i : In(stream)   events after pooling, see :func:`input_row_layout`; of a square there may be several in a step
    hold : In        something is waited for that is to be learned from, that before the next beat or a later one
    read : In        see :func:`read_port`, used while what came before the next beat is learned from
    tracing : Out    a trace is written
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(input_row_layout(layer))),
                "hold": In(1),
                "read": In(read_port(trace_layout(layer), layer.kind.n_fed)),
                "tracing": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, incoming, n_places = self._layer, self.i.payload, self._layer.kind.n_fed
        # No read meets a write: an event of the place that is being written waits; a pass reads the place behind it.
        m.submodules.traces = traces = Store(trace_layout(layer), n_places)
        read, trace, taken = traces.reads[0], traces.reads[0].data.trace, Signal()
        due, fresh, passing, passed = Signal(init=1), Signal(init=1), Signal(), Signal()
        at, found, place = Signal(index_shape(n_places)), Signal(), Signal(index_shape(n_places))
        spike = Signal(layer.input_spike_width)
        m.d.comb += [
            self.i.ready.eq(~due & ~passing & ~passed & ~(found & (place == incoming.address))),
            taken.eq(self.i.valid & self.i.ready),
            read.enable.eq(taken | passing | self.read.enable),
            read.address.eq(Mux(self.read.enable, self.read.address, Mux(passing, at, incoming.address))),
            self.read.data.eq(read.data),
            traces.write.enable.eq(found | passed),
            traces.write.address.eq(place),
            traces.write.data.trace.eq(
                Mux(passed, Mux(fresh, 0, leak_trace(trace, layer.trace_shift)), self._grown(trace, spike))
            ),
            self.tracing.eq(traces.write.enable),
        ]
        m.d.sync += [
            found.eq(taken & (incoming.spike != 0)),
            passed.eq(passing),
            place.eq(Mux(passing, at, incoming.address)),
            spike.eq(incoming.spike),
        ]
        with m.If(due & ~found & (self.i.valid | ~self.hold)):
            m.d.sync += [due.eq(0), passing.eq(1), at.eq(0)]
        with m.If(passing):
            m.d.sync += at.eq(at + 1)
            with m.If(at == n_places - 1):
                m.d.sync += passing.eq(0)
        ends_step = incoming.end_of_step if layer.trace_shift is not None else 0
        with m.If(taken & (incoming.end_of_sample | ends_step)):
            m.d.sync += [due.eq(1), fresh.eq(incoming.end_of_sample)]
        return m

    def _grown(self, trace: Signal, spike: Signal) -> Signal:
        """Return a trace with a spike, which the width of a trace holds."""
        return (trace + (spike << self._layer.learning.trace_gain))[: self._layer.input_trace_width]
