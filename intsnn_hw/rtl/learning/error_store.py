"""The errors of a layer's neurons, packed into words of `lanes`, of which only those with an error are kept."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape
from ..layouts import error_layout
from ..memory import Store
from .ports import error_port


def entry_layout(layer: LearningLayer) -> data.StructLayout:
    """A word of errors with its place among the words of a weight row."""
    errors = data.ArrayLayout(error_layout(layer), layer.lanes)
    return data.StructLayout({"word": index_shape(layer.n_words), "errors": errors})


class ErrorStore(wiring.Component):
    """Takes the errors of neurons in ascending order, one per cycle, and keeps the words that hold any.

    Members
    -------
    clear : In                 forget everything
    i : In                     the error of a neuron; those left out have none, see :func:`error_port`
    flush : In                 all have been there
    n_entries : Out            words kept so far, complete one cycle after `flush`
    address : In, entry : Out  a kept word, one cycle later
    keeping : Out              a word is being kept
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        super().__init__(
            {
                "clear": In(1),
                "i": In(error_port(layer)),
                "flush": In(1),
                "n_entries": Out(index_shape(layer.n_words + 1)),
                "address": In(index_shape(layer.n_words)),
                "entry": Out(entry_layout(layer)),
                "keeping": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, pushed = self._layer, self.i
        # Reading begins when all errors have been there.
        m.submodules.entries = entries = Store(entry_layout(layer), layer.n_words)
        takes, begins, found = Signal(), Signal(), Signal()
        word = Signal(index_shape(layer.n_words))
        held = [Signal(error_layout(layer), name=f"held{lane}") for lane in range(layer.lanes)]
        m.d.comb += [
            takes.eq(pushed.valid & pushed.error.active),
            begins.eq(takes & (~found | (pushed.place.word != word))),
            self.keeping.eq(found & (begins | self.flush)),
            entries.write.enable.eq(self.keeping),
            entries.write.address.eq(self.n_entries),
            entries.write.data.word.eq(word),
            entries.write.data.errors.eq(Cat(held)),
            entries.reads[0].enable.eq(1),
            entries.reads[0].address.eq(self.address),
            self.entry.eq(entries.reads[0].data),
        ]
        for lane, error in enumerate(held):
            with m.If(begins):
                m.d.sync += error.active.eq(0)
            with m.If(takes & (pushed.place.lane == lane)):
                m.d.sync += error.eq(pushed.error)
        with m.If(self.keeping):
            m.d.sync += self.n_entries.eq(self.n_entries + 1)
        with m.If(takes):
            m.d.sync += [found.eq(1), word.eq(pushed.place.word)]
        with m.Elif(self.flush):
            m.d.sync += found.eq(0)
        with m.If(self.clear):
            m.d.sync += [found.eq(0), self.n_entries.eq(0)]
        return m
