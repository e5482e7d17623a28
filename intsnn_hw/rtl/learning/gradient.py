"""From the error carried to hidden neurons to their power-of-two gradients."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import multiply, shift_round
from ..layouts import place_layout
from ..pipeline import stage
from .expressions import power_of_two
from .ports import error_port, neuron_error_port


class Gradient(wiring.Component):
    """``g_j = round_pow2(clip(shift_round(d_j * S_j, error_shift), -127, 127))``; the twin of golden's ``gradient``.

    With a budget the layer's push is added to ``d_j`` first, golden's ``over_budget``.

    Throughput 1 neuron per cycle, latency 2 cycles.

    Parameters
    ----------
    layer : LearningLayer
        The hidden layer that the neurons are in.
    width : int
        Bits of ``d_j``.

    Members
    -------
    i : In        the errors carried to the neurons, see :func:`neuron_error_port`
    o : Out       their gradients, see :func:`error_port`
    done : Out    with the last one
    """

    def __init__(self, layer: LearningLayer, width: int):
        self._layer = layer
        super().__init__({"i": In(neuron_error_port(layer, width)), "o": Out(error_port(layer)), "done": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        carried, neuron = self.i.error, self.i.neuron
        if layer.budget_push:
            pushed = self.i.error + Mux(neuron.over, layer.budget_push, 0)
            carried = Signal(pushed.shape())
            m.d.comb += carried.eq(pushed)
        product = multiply(carried, neuron.surrogate, shift_add=layer.multiplier == "shift_add")
        weighed = stage("weighed", {"valid": 1, "last": 1, "place": place_layout(layer), "error": product.shape()})
        rounded = shift_round(weighed.error, layer.learning.error_shifts[layer.index])
        shifted = Signal(rounded.shape())
        magnitude = Signal(len(shifted))
        m.d.comb += [shifted.eq(rounded), magnitude.eq(Mux(shifted[-1], -shifted, shifted))]
        active, exponent = power_of_two(magnitude)
        m.d.sync += [
            weighed.valid.eq(self.i.valid),
            weighed.last.eq(self.i.last),
            weighed.place.eq(neuron.place),
            weighed.error.eq(product),
            self.o.valid.eq(weighed.valid),
            self.o.place.eq(weighed.place),
            self.o.error.active.eq(active),
            self.o.error.negative.eq(shifted[-1]),
            self.o.error.exponent.eq(exponent),
            self.done.eq(weighed.valid & weighed.last),
        ]
        return m
