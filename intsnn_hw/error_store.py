"""The errors of a layer's neurons, packed into words of `lanes`, of which only those with an error are kept."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from .arith import index_shape
from .events import error_layout
from .store import Store


def entry_layout(layer: ResolvedLayer, *, is_readout: bool) -> data.StructLayout:
    """A word of errors with its place among the words of a weight row."""
    errors = data.ArrayLayout(error_layout(is_readout=is_readout), layer.lanes)
    return data.StructLayout({"word": index_shape(layer.n_words), "errors": errors})


class ErrorStore(wiring.Component):
    """Takes the errors of all neurons in order, one per cycle, and keeps the words that hold any.

    Members
    -------
    clear : In                 forget everything; the next error is that of neuron 0
    push : In, error : In      the error of the next neuron
    n_entries : Out            words kept so far, up to date one cycle after a push
    address : In, entry : Out  a kept word, one cycle later
    keeping : Out              a word is being kept
    """

    def __init__(self, layer: ResolvedLayer, *, is_readout: bool):
        self._layer, self._is_readout = layer, is_readout
        super().__init__(
            {
                "clear": In(1),
                "push": In(1),
                "error": In(error_layout(is_readout=is_readout)),
                "n_entries": Out(index_shape(layer.n_words + 1)),
                "address": In(index_shape(layer.n_words)),
                "entry": Out(entry_layout(layer, is_readout=is_readout)),
                "keeping": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        layout = entry_layout(layer, is_readout=self._is_readout)
        # Reading begins when all errors have been pushed.
        m.submodules.entries = entries = Store(layout, layer.n_words)
        lane, neuron = Signal(index_shape(layer.lanes)), Signal(index_shape(layer.n_out))
        word, found = Signal(index_shape(layer.n_words)), Signal()
        width = self.error.shape().size
        held = [Signal(width, name=f"held{index}") for index in range(layer.lanes)]
        is_last = Signal()
        m.d.comb += [
            is_last.eq((lane == layer.lanes - 1) | (neuron == layer.n_out - 1)),
            entries.write_enable.eq(self.push & is_last & (found | self.error.active)),
            entries.write_address.eq(self.n_entries),
            entries.write_data.word.eq(word),
            entries.read_enable0.eq(1),
            entries.read_address0.eq(self.address),
            self.entry.eq(entries.read_data0),
            self.keeping.eq(entries.write_enable),
        ]
        for index in range(layer.lanes):
            here = Signal(width, name=f"here{index}")
            m.d.comb += [
                here.eq(held[index]),
                entries.write_data.errors[index].eq(here),
            ]
            with m.If(lane == index):
                m.d.comb += here.eq(self.error)
            with m.If(self.push):
                m.d.sync += held[index].eq(here)
            with m.If((self.push & is_last) | self.clear):
                m.d.sync += held[index].eq(0)
        with m.If(self.push):
            m.d.sync += [lane.eq(lane + 1), neuron.eq(neuron + 1), found.eq(found | self.error.active)]
            with m.If(is_last):
                m.d.sync += [lane.eq(0), word.eq(word + 1), found.eq(0)]
        with m.If(entries.write_enable):
            m.d.sync += self.n_entries.eq(self.n_entries + 1)
        with m.If(self.clear):
            m.d.sync += [lane.eq(0), neuron.eq(0), word.eq(0), found.eq(0), self.n_entries.eq(0)]
        return m
