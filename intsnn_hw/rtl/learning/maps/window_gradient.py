"""Errors meet traces: they add to the gradient of shared weights and, weighed, go down to the layer below."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer

from ...arith import index_shape
from ...layouts import parameter_depth, parameter_word_layout
from ...pipeline import shift, stage
from ...ports import read_port
from ..carry import CarriedSum, part_width
from ..expressions import inference_value
from ..ports import carried_port
from ..routes import carried_to
from .error_map import errors_layout
from .gradient_sums import GradientSums, gradient_layout
from .gradient_walk import meeting_fields, n_gradient_words


class WindowGradient(wiring.Component):
    """``G = sum of g * x`` and ``d = sum of w * g``, `lanes` channels per cycle.

    The walk of an inference with the memories' roles exchanged: a trace meets a word of errors and adds to the word of
    the gradient that its weights have. Throughput 1 word per cycle. Latency 3 cycles to the gradient, 5 to `carried`.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.
    below : LearningLayer or None
        The map below it; None for the first layer.

    Members
    -------
    at : In          :func:`meeting_fields`
    address : Out, errors : In   a word of errors, one cycle later, see :class:`ErrorMap`
    weights : Out    :func:`read_port` of the weights, before they change; read where an error is carried
    take : In        see :class:`GradientSums`
    carried : Out    of each place, where the layer carries an error: :func:`carried_port`
    busy : Out       a word is in the pipe
    weighing : Out   the weights of the word of errors at hand are being read
    summing, clearing : Out   of :class:`GradientSums`
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None):
        self._layer, self._target = layer, carried_to(layer, below)
        weights = parameter_word_layout(layer, layer.weights), parameter_depth(layer, layer.weights)
        fields = {name: Out(shape) for name, shape in meeting_fields(layer).items()}
        super().__init__(
            {
                "at": In(wiring.Signature(fields)),
                "address": Out(index_shape(layer.n_sum_words)),
                "errors": In(errors_layout(layer)),
                "weights": Out(read_port(*weights)),
                "take": In(read_port(gradient_layout(layer), n_gradient_words(layer))),
                "busy": Out(1),
                "weighing": Out(1),
                "summing": Out(1),
                "clearing": Out(1),
            }
            | ({} if self._target is None else {"carried": Out(carried_port(layer, self._target))})
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, fields = self._layer, meeting_fields(self._layer)
        m.submodules.sums = sums = GradientSums(layer)
        connect(m, flipped(self.take), sums.take)
        # Fetch: the errors are there, the weights are being read. Weigh: the weights are there; weigh them with the
        # errors, these with the trace; the gradient is being read. Add: products and gradient are there; add and write
        # back. Carried: so are the weighed errors' sums.
        fetch, weigh, add, carried = (stage(name, fields) for name in ("fetch", "weigh", "add", "carried"))
        errors, found, any_error, adds = Signal(errors_layout(layer)), Signal(), Signal(), Signal()
        m.d.sync += [*shift(self.at, fetch), *shift(fetch, weigh), *shift(weigh, add), *shift(add, carried)]
        m.d.sync += [errors.eq(self.errors), any_error.eq(found), adds.eq(sums.fetch.enable)]
        m.d.comb += [
            self.address.eq(self.at.errors),
            found.eq(Cat(error.active for error in self.errors).any()),
            self.weighing.eq(fetch.valid & fetch.meets & found & fetch.carries & (self._target is not None)),
            self.weights.enable.eq(self.weighing),
            self.weights.address.eq(fetch.sums),
            sums.fetch.enable.eq(weigh.valid & weigh.meets & (weigh.trace != 0) & any_error),
            sums.fetch.word.eq(weigh.sums),
            sums.add.enable.eq(adds),
            sums.add.word.eq(add.sums),
            self.busy.eq(self.at.valid | fetch.valid | weigh.valid | add.valid | carried.valid),
            self.summing.eq(sums.summing),
            self.clearing.eq(sums.clearing),
        ]
        for error, product in zip(errors, sums.add.products, strict=True):
            m.d.sync += product.eq(self._signed(error, weigh.trace))
        if self._target is not None:
            self._carry(m, errors, weigh, carried, self._target)
        return m

    def _signed(self, error: Any, value: Value) -> Value:
        """Return a value times an error, a sign and a shift; 0 where there is no error."""
        scaled = value if self._layer.ternary_errors else (value << error.exponent)
        return Mux(error.active, Mux(error.negative, -scaled, scaled), 0)

    def _carry(self, m: Module, errors: Any, weigh: Any, carried: Any, target: LearningLayer) -> None:
        """Weigh the errors and sum them place by place."""
        layer = self._layer
        m.submodules.carry = carry = CarriedSum(layer, target)
        connect(m, carry.o, flipped(self.carried))
        for lane, stored in enumerate(self.weights.data):
            weight = inference_value(m, stored, layer.weights, f"weight{lane}")
            weighed = Signal(signed(part_width(layer)), name=f"weighed{lane}")
            m.d.comb += weighed.eq(self._signed(errors[lane], weight))
            m.d.sync += carry.parts[lane].eq(weighed)
        m.d.comb += [
            *shift(carried, carry.word),
            carry.word.reads.eq(carried.meets),
            carry.word.neuron.input.eq(carried.input),
        ]
