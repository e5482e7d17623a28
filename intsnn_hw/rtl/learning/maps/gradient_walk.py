"""The walk of the places of a map over the windows that see them, once their errors are there."""

from amaranth.hdl import Module, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ...arith import index_shape, multiply_constant
from ...layouts import place_windows_layout
from ...window_cursor import WindowCursor


def n_gradient_words(layer: LearningLayer) -> int:
    """Return the words of the gradient: those of the weights, and of the bias where it learns."""
    return sum(group.n_rows for group in layer.row_groups) * layer.n_words


def meeting_fields(layer: LearningLayer) -> dict[str, ShapeLike]:
    """Return what goes along with a trace that meets a word of errors.

    `valid`: it may; `meets`: it does, as there is a window; `errors`: which word; `sums`: the word of the gradient it
    adds to, also that of the weights; `trace`; `carries`: the errors are carried down to the place, `input`; `first`,
    `last`: of the place; `ends`: it is the last one.
    """
    flags: dict[str, ShapeLike] = dict.fromkeys(("valid", "meets", "carries", "first", "last", "ends"), 1)
    return flags | {
        "errors": index_shape(layer.n_sum_words),
        "sums": index_shape(n_gradient_words(layer)),
        "trace": max(layer.input_trace_width, layer.bias.trace_width),
        "input": index_shape(layer.kind.n_fed),
    }


class GradientWalk(wiring.Component):
    """Takes places and goes over their windows, and over the words of each.

    Throughput 1 word per cycle; a place that no window sees takes one. Latency 1 cycle.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.

    Members
    -------
    i : In(stream)   see :func:`place_windows_layout`
    at : Out         :func:`meeting_fields` of the word
    """

    def __init__(self, layer: LearningLayer):
        self._layer = layer
        fields = {name: Out(shape) for name, shape in meeting_fields(layer).items()}
        super().__init__({"i": In(stream.Signature(place_windows_layout(layer))), "at": Out(wiring.Signature(fields))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, at, place = self._layer, self.at, Signal.like(self.i.payload, name="place")
        address, position = Signal.like(place.address), Signal.like(place.position)
        word = Signal(index_shape(layer.n_words))
        cursor = WindowCursor(m, layer, place, address, position, word)
        m.d.comb += [
            at.meets.eq(place.seen),
            at.carries.eq(1),
            at.last.eq(~place.seen | cursor.is_last),
            at.errors.eq(multiply_constant(position, layer.n_words) + word),
            at.sums.eq(address),
            at.trace.eq(place.trace),
            at.input.eq(place.input),
            at.ends.eq(place.last & at.last),
            self.i.ready.eq(~at.valid | at.last),
        ]
        m.d.sync += at.first.eq(self.i.ready)
        with m.If(self.i.ready):
            m.d.sync += [at.valid.eq(self.i.valid), place.eq(self.i.payload)]
            cursor.begin(self.i.payload)
        with m.Else():
            cursor.advance()
        return m
