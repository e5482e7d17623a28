"""The gradient of weights that neurons share: the exact sum of error times trace, before the weights change."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape
from ...memory import Store
from ...ports import read_port
from .gradient_walk import n_gradient_words


def gradient_layout(layer: LearningLayer) -> data.ArrayLayout:
    """A word of the gradient: that of `lanes` weights of a row."""
    return data.ArrayLayout(signed(max(group.gradient_width for group in layer.row_groups)), layer.lanes)


class GradientSums(wiring.Component):
    """Adds products to a word, `lanes` per cycle; what is taken is 0 from then on.

    Throughput 1 word per cycle: it is read in one cycle (`fetch`) and written with the products added in the next
    (`add`). A word that is fetched in the cycle that writes it goes on with the sum at hand.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.

    Members
    -------
    fetch : In     `enable`; `word` that is added to in the next cycle
    add : In       the same of what was fetched, and products
    take : In      see :func:`read_port`; the word becomes 0 a cycle later. Not while products are added
    summing : Out  a word is written for an addition, or when it was taken
    clearing : Out after reset: all words become 0, nothing may be fetched
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        place = {"enable": Out(1), "word": Out(index_shape(n_gradient_words(layer)))}
        super().__init__(
            {
                "fetch": In(wiring.Signature(place)),
                "add": In(wiring.Signature(place | {"products": Out(gradient_layout(layer))})),
                "take": In(read_port(gradient_layout(layer), n_gradient_words(layer))),
                "summing": Out(1),
                "clearing": Out(1, init=1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        fetch, add, take = self.fetch, self.add, self.take
        # No read meets a write whose word counts: an addition that fetches what is being written takes the running
        # total, and a word is taken before the one that becomes 0 meanwhile.
        m.submodules.words = words = Store(gradient_layout(self._layer), n_gradient_words(self._layer))
        read, again = words.reads[0], Signal()
        running, total = (Signal(gradient_layout(self._layer), name=name) for name in ("running", "total"))
        taken, taken_word, cleared = Signal(), Signal.like(take.address), Signal.like(take.address)
        m.d.sync += [
            again.eq(add.enable & (fetch.word == add.word)),
            taken.eq(take.enable),
            taken_word.eq(take.address),
        ]
        for lane in range(self._layer.lanes):
            m.d.comb += total[lane].eq(Mux(again, running[lane], read.data[lane]) + add.products[lane])
        with m.If(add.enable):
            m.d.sync += running.eq(total)
        m.d.comb += [
            read.enable.eq(fetch.enable | take.enable),
            read.address.eq(Mux(take.enable, take.address, fetch.word)),
            take.data.eq(read.data),
            self.summing.eq(add.enable | taken),
            words.write.enable.eq(self.summing | self.clearing),
            words.write.address.eq(Mux(self.clearing, cleared, Mux(taken, taken_word, add.word))),
            words.write.data.eq(Mux(self.clearing | taken, 0, total.as_value())),
        ]
        with m.If(self.clearing):
            m.d.sync += [cleared.eq(cleared + 1), self.clearing.eq(cleared != n_gradient_words(self._layer) - 1)]
        return m
