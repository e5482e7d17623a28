"""The update of weights that neurons share: row by row, once the gradient is whole."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, RowGroup

from ...arith import index_shape
from ...layouts import parameter_depth
from ...pipeline import shift, stage
from ...ports import parameter_port, read_port
from ..rounding import draw_width, rounding_of
from .gradient_sums import gradient_layout
from .gradient_walk import n_gradient_words
from .shared_lane import SharedLane


class SharedUpdate(wiring.Component):
    """Changes all words of a group of rows, in their order; each row takes a draw.

    Throughput 1 word per cycle, or one in two cycles where the weight memory has a single port. A word is written 3
    cycles after it was read; `done` comes with the last one.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.
    group : RowGroup
    first_word : int
        Where its rows begin in the gradient.

    Members
    -------
    start : In             begin with the first row
    boost : In             added to the rate shift, ``0..max_boost``
    draw : In, drawn : Out LFSR draw for a row, taken in this cycle
    sums : Out             gradient, see :class:`GradientSums`
    memory : Out           see :func:`parameter_port`
    changing : Out         lanes whose weights have a gradient, a cycle after their word was read
    done : Out             for a cycle
    """

    def __init__(self, layer: LearningLayer, group: RowGroup, first_word: int):
        self._layer, self._group, self._first_word = layer, group, first_word
        super().__init__(
            {
                "start": In(1),
                "boost": In(index_shape(layer.learning.max_boost + 1)),
                "draw": In(layer.learning.lfsr_width),
                "drawn": Out(1),
                "sums": Out(read_port(gradient_layout(layer), n_gradient_words(layer))),
                "memory": Out(parameter_port(layer, group.parameter)),
                "changing": Out(layer.lanes),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, memory = self._layer, self.memory
        depth = parameter_depth(layer, self._group.parameter)
        running, slot, issue, draw = Signal(), Signal(), Signal(), Signal.like(self.draw)
        address, word = Signal.like(memory.read.address), Signal(index_shape(layer.n_words))
        fields = {"valid": 1, "last": 1, "address": address.shape()}
        weigh, change, store = (stage(name, fields) for name in ("weigh", "change", "store"))
        m.d.sync += [weigh.valid.eq(issue), weigh.last.eq(address == depth - 1), weigh.address.eq(address)]
        m.d.sync += [*shift(weigh, change), *shift(change, store)]
        m.d.comb += [
            issue.eq(running & ~slot),
            memory.read.enable.eq(issue),
            memory.read.address.eq(address),
            self.sums.enable.eq(issue),
            self.sums.address.eq(address + self._first_word),
            memory.write.enable.eq(store.valid),
            memory.write.address.eq(store.address),
            self.changing.eq(Cat(gradient.any() & weigh.valid for gradient in self.sums.data)),
            self.done.eq(store.valid & store.last),
        ]
        if layer.weight_memory == "single_port":
            m.d.sync += slot.eq(issue)
        if rounding_of(layer).draws:
            m.d.comb += self.drawn.eq(issue & (word == 0))
            with m.If(self.drawn):
                m.d.sync += draw.eq(self.draw)
        with m.If(issue):
            m.d.sync += [address.eq(address + 1), word.eq(word + 1), running.eq(address != depth - 1)]
            with m.If(word == layer.n_words - 1):
                m.d.sync += word.eq(0)
        with m.If(self.start):
            m.d.sync += [running.eq(1), address.eq(0), word.eq(0)]
        m.d.comb += memory.write.data.eq(Cat(self._lane(m, index, draw) for index in range(layer.lanes)))
        return m

    def _lane(self, m: Module, index: int, draw: Signal) -> Any:
        """Add the component that changes the weights of lane `index`; return what it makes of them."""
        gradient = self.sums.data[index]
        lane = SharedLane(self._layer, self._group.parameter.stored_width, len(gradient))
        m.submodules[f"lane{index}"] = lane
        m.d.comb += [
            lane.boost.eq(self.boost),
            lane.gradient.eq(gradient),
            lane.shadow.eq(self.memory.read.data[index]),
        ]
        if draw_width(self._layer):
            m.d.comb += lane.draw.eq(draw)
        return lane.changed
