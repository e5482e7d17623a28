"""From the error carried to hidden neurons to their power-of-two gradients."""

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer
from golden.fixed import signed_range, signed_width

from ..arith import multiply, shift_round
from ..layouts import place_layout
from ..memory import Store
from ..pipeline import stage
from .expressions import power_of_two
from .ports import error_port, neuron_error_port


class Gradient(wiring.Component):
    """``g_j = round_pow2(clip(shift_round(d_j * S_j, error_shift), -127, 127))``; the twin of golden's ``gradient``.

    With a budget the layer's push is added to ``d_j`` first, golden's ``over_budget``.

    Throughput 1 neuron per cycle, latency 2 cycles. :class:`NormalizedGradient` finds its shift itself.

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
        weighed = self._weigh(m)
        assert self._layer.error_shift is not None
        self._round(m, weighed, shift_round(weighed.error, self._layer.error_shift))
        return m

    def _weigh(self, m: Module) -> Any:
        """Return the stage that holds ``d_j * S_j``."""
        layer = self._layer
        carried, neuron = self.i.error, self.i.neuron
        if layer.budget_push:
            pushed = self.i.error + Mux(neuron.over, layer.budget_push, 0)
            carried = Signal(pushed.shape())
            m.d.comb += carried.eq(pushed)
        product = multiply(carried, neuron.surrogate, shift_add=layer.multiplier == "shift_add")
        weighed = stage("weighed", {"valid": 1, "last": 1, "place": place_layout(layer), "error": product.shape()})
        m.d.sync += [
            weighed.valid.eq(self.i.valid),
            weighed.last.eq(self.i.last),
            weighed.place.eq(neuron.place),
            weighed.error.eq(product),
        ]
        return weighed

    def _round(self, m: Module, weighed: Any, rounded: Value) -> None:
        """Send the gradients of what is in a stage, whose error is `rounded` to a shift."""
        shifted = Signal(rounded.shape())
        magnitude = Signal(len(shifted))
        m.d.comb += [shifted.eq(rounded), magnitude.eq(Mux(shifted[-1], -shifted, shifted))]
        active, exponent = power_of_two(magnitude)
        m.d.sync += [
            self.o.valid.eq(weighed.valid),
            self.o.place.eq(weighed.place),
            self.o.error.active.eq(active),
            self.o.error.negative.eq(shifted[-1]),
            self.o.error.exponent.eq(exponent),
            self.done.eq(weighed.valid & weighed.last),
        ]


class NormalizedGradient(Gradient):
    """Gradients of a layer whose largest ``d_j * S_j`` has `error_bits` bits; the twin of golden's ``error_shift``.

    Keeps the products of an update until the last neuron has come, then goes over them again. Throughput 1 neuron per
    cycle; the last gradient follows the last error by as many cycles as there are neurons and 4.
    """

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        assert layer.learning.error_bits is not None
        weighed, layout = self._weigh(m), product_layout(layer, len(self.i.error))
        # No read meets a write: products are read when all of them are there.
        m.submodules.products = products = Store(layout, layer.n_out)
        width = len(products.write.data.error)
        count, at = Signal(range(layer.n_out + 1)), Signal(range(layer.n_out + 1))
        seen, running = Signal(width), Signal()
        magnitude = Signal(width)
        m.d.comb += [
            magnitude.eq(Mux(weighed.error[-1], -weighed.error, weighed.error)),
            products.write.enable.eq(weighed.valid),
            products.write.address.eq(count),
            products.write.data.error.eq(weighed.error),
            products.write.data.place.eq(weighed.place),
        ]
        with m.If(weighed.valid):
            m.d.sync += [count.eq(count + 1), seen.eq(seen | magnitude), running.eq(weighed.last)]
        fetched = stage("fetched", {"valid": 1, "last": 1})
        is_last = at + 1 == count
        m.d.comb += [products.reads[0].enable.eq(running), products.reads[0].address.eq(at)]
        m.d.sync += [fetched.valid.eq(running), fetched.last.eq(is_last)]
        with m.If(running):
            m.d.sync += at.eq(at + 1)
            with m.If(is_last):
                m.d.sync += [running.eq(0), at.eq(0), count.eq(0), seen.eq(0)]
        # The shift stands when the first product has been fetched, and until the last one has.
        bits = layer.learning.error_bits
        shift, found = Signal(range(max(width - bits, 0) + 1)), Value.cast(0)
        for bit in range(bits, width):
            found = Mux(seen[bit], bit + 1 - bits, found)
        with m.If(running):
            m.d.sync += shift.eq(found)
        error = products.reads[0].data.error
        narrow = signed(min(width, bits + 2))
        read = stage("read", {"valid": 1, "last": 1, "place": place_layout(layer), "error": narrow})
        half = Signal(width)
        m.d.comb += half.eq((Const(1, width + 1) << shift) >> 1)
        m.d.sync += [
            read.valid.eq(fetched.valid),
            read.last.eq(fetched.last),
            read.place.eq(products.reads[0].data.place),
            read.error.eq((error + half.as_signed()) >> shift),
        ]
        self._round(m, read, read.error)
        return m


def product_layout(layer: LearningLayer, width: int) -> data.StructLayout:
    """Return ``d_j * S_j`` of a neuron of a layer, ``d_j`` having `width` bits, and its place."""
    most = 1 if layer.learning.every_step else layer.n_steps
    low, high = signed_range(width)
    error = signed(signed_width(low * most, (high + layer.budget_push) * most))
    return data.StructLayout({"error": error, "place": place_layout(layer)})


def gradient_of(layer: LearningLayer, width: int) -> Gradient:
    """Return the gradients of a hidden layer, of errors of `width` bits."""
    return (Gradient if layer.error_shift is not None else NormalizedGradient)(layer, width)
