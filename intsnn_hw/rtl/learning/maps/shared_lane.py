"""One weight's share of the update of weights that neurons share."""

from amaranth.hdl import Const, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape, saturate
from ..rounding import draw_width, fraction_bits, left_shifts, rounding_of


class SharedLane(wiring.Component):
    """``W <- saturate(W + round((-G) >> rate))``; the twin of :func:`golden.learning.shadow_update`.

    The rate is that of the boost. Throughput 1 weight per cycle, latency 2 cycles.

    Parameters
    ----------
    layer : LearningLayer
    width : int
        Bits of a shadow value.
    gradient_width : int
        Bits of its gradient.

    Members
    -------
    boost : In              added to the rate shift, ``0..max_boost``
    gradient, shadow : In   of the weight, in the same cycle
    draw : In               of its row, where the rounding takes one
    changed : Out           the shadow weight after the update
    """

    def __init__(self, layer: LearningLayer, width: int, gradient_width: int):
        self._layer, self._width = layer, width
        members = {
            "boost": In(index_shape(layer.learning.max_boost + 1)),
            "gradient": In(signed(gradient_width)),
            "shadow": In(signed(width)),
            "changed": Out(signed(width)),
        }
        if draw_width(layer):
            members["draw"] = In(layer.learning.lfsr_width)
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, shifts = self._layer, left_shifts(self._layer)
        wanted = Signal(signed(len(self.gradient) + 1 + max(up for up, *_ in shifts)))
        draw: Value = Signal(draw_width(layer)) if draw_width(layer) else Const(0)
        with m.Switch(self.boost):
            for boost, (up, *_) in enumerate(shifts):
                with m.Case(boost) if boost < len(shifts) - 1 else m.Default():
                    m.d.comb += wanted.eq(-self.gradient << up)
                    if draw_width(layer):
                        m.d.comb += draw.eq(self.draw << up)
        fraction = fraction_bits(layer)
        step: Value = wanted
        if fraction:
            grows = self.gradient[-1]
            step = (wanted + rounding_of(layer).bias(grows, fraction, draw)).shift_right(fraction)
        taken, before = Signal(step.shape()), Signal.like(self.shadow)
        total = Signal((before + taken).shape())
        m.d.sync += [taken.eq(step), before.eq(self.shadow), self.changed.eq(saturate(total, self._width))]
        m.d.comb += total.eq(before + taken)
        return m
