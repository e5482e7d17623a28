"""The errors of a map's neurons, a word of `lanes` channels for each place in it."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape
from ...layouts import error_layout
from ...memory import Store
from ..ports import error_port


def errors_layout(layer: LearningLayer) -> data.ArrayLayout:
    """The errors of the `lanes` channels of a word."""
    return data.ArrayLayout(error_layout(layer), layer.lanes)


class ErrorMap(wiring.Component):
    """Takes the errors of all neurons, in the order of memory, one per cycle.

    Members
    -------
    clear : In                  forget whether there was any error
    i : In                      the error of a neuron, see :func:`error_port`
    any : Out                   there is an error, from the cycle after it came
    address : In, errors : Out  a word, one cycle later; not while errors come
    keeping : Out               a word is written
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        super().__init__(
            {
                "clear": In(1),
                "i": In(error_port(layer)),
                "any": Out(1),
                "address": In(index_shape(layer.n_sum_words)),
                "errors": Out(errors_layout(layer)),
                "keeping": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, pushed = self._layer, self.i
        # Reading begins when all errors have been there. Each neuron writes its word with all those before it.
        m.submodules.words = words = Store(errors_layout(layer), layer.n_sum_words)
        held = [Signal(error_layout(layer), name=f"held{lane}") for lane in range(layer.lanes - 1)]
        parts = []
        for lane in range(layer.lanes):
            before = held[lane].as_value() if lane < layer.lanes - 1 else 0
            is_own, is_before = pushed.place.lane == lane, pushed.place.lane > lane
            parts.append(Mux(is_own, pushed.error.as_value(), Mux(is_before, before, 0)))
            if lane < layer.lanes - 1:
                with m.If(pushed.valid & is_own):
                    m.d.sync += held[lane].eq(pushed.error)
        width = error_layout(layer).size
        m.d.comb += [
            self.keeping.eq(pushed.valid),
            words.write.enable.eq(pushed.valid),
            words.write.address.eq(pushed.place.word),
            words.write.data.eq(Cat(part[:width] for part in parts)),
            words.reads[0].enable.eq(~pushed.valid),
            words.reads[0].address.eq(self.address),
            self.errors.eq(words.reads[0].data),
        ]
        with m.If(pushed.valid & pushed.error.active):
            m.d.sync += self.any.eq(1)
        with m.If(self.clear):
            m.d.sync += self.any.eq(0)
        return m
