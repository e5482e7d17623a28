"""From the error carried to hidden neurons to their power-of-two gradients."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import multiply, shift_round
from ..layouts import error_layout, place_layout
from .expressions import power_of_two


class Gradient(wiring.Component):
    """``g_j = round_pow2(clip(shift_round(d_j * S_j, error_shift), -127, 127))``; the twin of golden's ``gradient``.

    With a budget the layer's push is added to ``d_j`` first, golden's ``over_budget``.

    Throughput 1 neuron per cycle, latency 2 cycles.

    Members
    -------
    valid : In, carried : In(signed), surrogate : In, over : In, place : In, last : In   of one neuron after the other;
                              `over` its budget it is where its layer has one
    push : Out, place_o : Out, error : Out   its gradient
    done : Out                with the last push
    """

    def __init__(self, layer: LearningLayer, width: int):
        self._layer = layer
        budget = {"over": In(1)} if layer.budget_push else {}
        super().__init__(
            budget
            | {
                "valid": In(1),
                "carried": In(signed(width)),
                "surrogate": In(layer.surrogate_width),
                "place": In(place_layout(layer)),
                "last": In(1),
                "push": Out(1),
                "place_o": Out(place_layout(layer)),
                "error": Out(error_layout(layer)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        valid_1, last_1, place_1 = Signal(), Signal(), Signal(place_layout(layer))
        carried = self.carried
        if layer.budget_push:
            pushed = self.carried + Mux(self.over, layer.budget_push, 0)
            carried = Signal(pushed.shape())
            m.d.comb += carried.eq(pushed)
        product = multiply(carried, self.surrogate, shift_add=layer.multiplier == "shift_add")
        product_1 = Signal(product.shape())
        rounded = shift_round(product_1, layer.learning.error_shifts[layer.index])
        shifted = Signal(rounded.shape())
        magnitude = Signal(len(shifted))
        m.d.comb += [shifted.eq(rounded), magnitude.eq(Mux(shifted[-1], -shifted, shifted))]
        active, exponent = power_of_two(magnitude)
        m.d.sync += [
            valid_1.eq(self.valid),
            last_1.eq(self.last),
            place_1.eq(self.place),
            self.place_o.eq(place_1),
            product_1.eq(product),
            self.push.eq(valid_1),
            self.done.eq(valid_1 & last_1),
            self.error.active.eq(active),
            self.error.negative.eq(shifted[-1]),
            self.error.exponent.eq(exponent),
        ]
        return m
