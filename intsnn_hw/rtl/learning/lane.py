"""One lane of an update: the change of a shadow weight, and what the weight carries to the layer below."""

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import saturate
from ..layouts import error_layout
from .carry import part_width
from .expressions import inference_value
from .rounding import draw_width, fraction_bits, rounding_of, scaled_width


class UpdateLane(wiring.Component):
    """``W <- saturate(W + round((-g * x) >> rate))``; the twin of :func:`golden.learning.shadow_update`.

    A gradient is a power of two, so that a lane needs a shifter of 8 settings and adders.

    Throughput 1 weight per cycle; latency 2 cycles to `changed`, 1 to `part`, 1 more from `error` to each.

    Parameters
    ----------
    layer : LearningLayer
    width : int
        Bits of a shadow value.
    carries : bool
        Whether the layer carries an error to one below.

    Members
    -------
    error : In     of the neuron that the weight leads to, one cycle before the weight
    shadow : In, scaled : In   the shadow weight; the trace of its row scaled by the rate, with all fraction bits
    draw : In      of its row, where the rounding takes one
    changed : Out  the shadow weight after the update
    part : Out     the inference weight before it times the error, with `carries`
    """

    def __init__(self, layer: LearningLayer, width: int, *, carries: bool):
        self._layer, self._width, self._carries = layer, width, carries
        members = {
            "error": In(error_layout(layer)),
            "shadow": In(signed(width)),
            "scaled": In(scaled_width(layer)),
            "changed": Out(signed(width)),
        }
        if draw_width(layer):
            members["draw"] = In(draw_width(layer))
        if carries:
            members["part"] = Out(signed(part_width(layer)))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, error = self._layer, Signal.like(self.error)
        shifted = self.scaled if layer.ternary_errors else (self.scaled << error.exponent)
        product = Signal(shifted.shape())
        m.d.comb += product.eq(shifted)
        step = self._rounded(product, error.negative)
        taken, before = Signal(step.shape()), Signal.like(self.shadow)
        exact = before + taken
        total = Signal(exact.shape())
        m.d.comb += total.eq(exact)
        m.d.sync += [
            error.eq(self.error),
            taken.eq(Mux(error.active, step, 0)),
            before.eq(self.shadow),
            self.changed.eq(saturate(total, self._width)),
        ]
        if self._carries:
            weight = inference_value(m, self.shadow, layer.weights, "weight")
            scaled = weight if layer.ternary_errors else (weight << error.exponent)
            weighed = Signal(scaled.shape())
            m.d.comb += weighed.eq(scaled)
            m.d.sync += self.part.eq(Mux(error.active, Mux(error.negative, -weighed, weighed), 0))
        return m

    def _rounded(self, product: Value, negative: Value) -> Value:
        """Return ``-g * x`` shifted right by the fraction bits."""
        layer, fraction = self._layer, fraction_bits(self._layer)
        exact = Mux(negative, product, -product).as_signed()
        if fraction == 0:
            return exact
        draw = self.draw if draw_width(layer) else Const(0)
        return (exact + rounding_of(layer).bias(negative, fraction, draw)).shift_right(fraction)
