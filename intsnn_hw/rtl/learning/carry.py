"""The error that rows carry to the layer below: weighed lanes, summed over the words of a row."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import GRADIENT_WIDTH, LearningLayer

from ..arith import add_all
from ..layouts import carried_layout
from .ports import carried_port


def part_width(layer: LearningLayer) -> int:
    """Return the bits of an inference weight times an error, of either sign."""
    return layer.weight_width + (1 if layer.ternary_errors else GRADIENT_WIDTH)


class CarriedSum(wiring.Component):
    """``d_j = sum_k g_k w_kj`` over the words of a row; the twin of :func:`golden.synapse.feedback_error`.

    Throughput 1 word per cycle; latency 2 cycles from the parts of a row's last word, 1 from the word itself.

    Parameters
    ----------
    layer : LearningLayer
    below : LearningLayer
        The hidden layer that the rows are from.

    Members
    -------
    parts : In     the weighed lanes of a word, one cycle before the word
    word : In      `valid`: there is one; `reads`: its parts count; `first`, `last`: of its row; `carries`: the row is
                   that of a neuron below, `neuron`; `ends`: of the last one
    o : Out        of each row that carries, see :func:`carried_port`
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer):
        flags = {name: Out(1) for name in ("valid", "reads", "first", "last", "carries", "ends")}
        super().__init__(
            {
                "parts": In(data.ArrayLayout(signed(part_width(layer)), layer.lanes)),
                "word": In(wiring.Signature(flags | {"neuron": Out(carried_layout(layer, below))})),
                "o": Out(carried_port(layer, below)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = self.word
        word_sum, total, so_far = (Signal.like(self.o.error, name=name) for name in ("word_sum", "total", "so_far"))
        m.d.comb += so_far.eq(Mux(word.first, 0, total) + Mux(word.reads, word_sum, 0))
        with m.If(word.valid):
            m.d.sync += total.eq(so_far)
        m.d.sync += [
            word_sum.eq(add_all(list(self.parts))),
            self.o.valid.eq(word.valid & word.last & word.carries),
            self.o.last.eq(word.ends),
            self.o.error.eq(so_far),
            self.o.neuron.eq(word.neuron),
        ]
        return m
