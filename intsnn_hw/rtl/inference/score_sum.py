"""Scores that are sums over the steps of a sample."""

from amaranth.hdl import Module, Shape
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import ResolvedLayer

from ..ports import groups_port
from .sample_memory import SampleMemory


class ScoreSum(wiring.Component):
    """Sums a value of each readout neuron over the steps of a sample, one neuron per cycle.

    `total` is there, with the sum so far, while the neuron is fired; no latency from `term`.

    Parameters
    ----------
    shape : Shape
        Of the sum, which it never exceeds.
    layer : ResolvedLayer
        The readout layer.

    Members
    -------
    groups : In   see :func:`groups_port`
    term : In     value of the neuron that may be fired, in `shape`
    total : Out   its sum with that
    """

    def __init__(self, shape: Shape, layer: ResolvedLayer):
        self._layout, self._layer = data.StructLayout({"total": shape}), layer
        super().__init__({"groups": In(groups_port(layer)), "term": In(shape), "total": Out(shape)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = SampleMemory(self._layout, self._layer)
        connect(m, flipped(self.groups), memory.groups)
        m.d.comb += [self.total.eq(memory.before.total + self.term), memory.after.total.eq(self.total)]
        return m
