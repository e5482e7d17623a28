"""The walk of a row over the words of errors that were kept."""

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer

from ..arith import index_shape, multiply_constant
from ..layouts import carried_layout, row_layout
from .rounding import draw_width, left_shifts, rounding_of, scaled_width
from .routes import carried_to


def tags(layer: LearningLayer, below: LearningLayer | None) -> dict[str, ShapeLike]:
    """Return what goes along with a word of a row through the update.

    `valid`: there is one; `reads`: its weights are read; `updates`: they are changed; `first`, `last`: of its row;
    `ends`: the row is the last one; `carries`: it is not one of the layer's own neurons; `neuron`, where the layer
    carries an error: what the row's neuron keeps.
    """
    names = ("valid", "reads", "updates", "first", "last", "ends", "carries")
    fields: dict[str, ShapeLike] = dict.fromkeys(names, 1)
    target = carried_to(layer, below)
    return fields if target is None else fields | {"neuron": carried_layout(layer, target)}


class RowWalk(wiring.Component):
    """Takes a row and goes over the kept words of errors with it; a row of no use takes one cycle.

    Such a row has neither a trace nor, where it carries an error, a surrogate, or there is no error at all. Throughput
    1 word per cycle, or one in two cycles where the weight memory has a single port; no latency from a row in work.

    Parameters
    ----------
    layer : LearningLayer
    below : LearningLayer or None
        The layer whose neurons are the rows; None for the first layer.

    Members
    -------
    rows : In(stream)        rows to update
    boost : In               added to the rate shift, ``0..max_boost``
    n_entries : In, entry_address : Out   number of words kept; the one in work
    draw : In, drawn : Out   LFSR draw for a row with a trace, taken in this cycle
    held : Out               a row is in work
    word : Out               what is to be done: :func:`tags`, the address `base` of the row's weights, the trace
                             `scaled` by the rate with all fraction bits kept, and the `draw` so scaled; `fields`
                             has all of them, `factors` the last two
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None):
        self._layer, self._below = layer, below
        self.factors: dict[str, ShapeLike] = {"scaled": scaled_width(layer)}
        if draw_width(layer):
            self.factors["draw"] = draw_width(layer)
        base = index_shape(layer.n_rows * layer.n_words)
        self.fields = tags(layer, below) | {"base": base} | self.factors
        super().__init__(
            {
                "rows": In(stream.Signature(row_layout(layer, below))),
                "boost": In(index_shape(layer.learning.max_boost + 1)),
                "n_entries": In(index_shape(layer.n_words + 1)),
                "entry_address": Out(index_shape(layer.n_words)),
                "draw": In(layer.learning.lfsr_width),
                "drawn": Out(1),
                "held": Out(1),
                "word": Out(wiring.Signature({name: Out(shape) for name, shape in self.fields.items()})),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, incoming, word = self._layer, self.rows.payload, self.word
        row, at, slot = Signal.like(incoming), self.entry_address, Signal()
        updates, reads, issue, taken = Signal(), Signal(), Signal(), Signal()
        will_update = (incoming.trace != 0) & (self.n_entries != 0)
        needed = will_update
        if "neuron" in self.fields:
            needed = self.n_entries != 0
            if "surrogate" in incoming.shape().members:
                needed &= (incoming.trace != 0) | (incoming.surrogate != 0)
            m.d.comb += [getattr(word.neuron, name).eq(getattr(row, name)) for name, _ in word.neuron.shape()]
        if layer.weight_memory == "single_port":
            m.d.sync += slot.eq(~slot)
        if rounding_of(layer).draws:
            m.d.comb += self.drawn.eq(taken & will_update)
        m.d.comb += [
            issue.eq(self.held & ~(reads & slot)),
            self.rows.ready.eq(~self.held | (issue & word.last)),
            taken.eq(self.rows.valid & self.rows.ready),
            word.valid.eq(issue),
            word.reads.eq(issue & reads),
            word.updates.eq(issue & updates),
            word.first.eq(at == 0),
            word.last.eq(~reads | (at + 1 == self.n_entries)),
            word.ends.eq(row.last),
            word.carries.eq(~row.own if layer.learns_own else 1),
        ]
        with m.If(self.rows.ready):
            m.d.sync += [
                self.held.eq(self.rows.valid),
                row.eq(incoming),
                word.base.eq(multiply_constant(incoming.input, layer.n_words)),
                at.eq(0),
                updates.eq(will_update),
                reads.eq(needed),
            ]
            self._scale(m)
        with m.Elif(issue):
            m.d.sync += at.eq(at + 1)
        return m

    def _scale(self, m: Module) -> None:
        """Apply the rate to the trace and the draw of the row that is taken."""
        row, left = self.rows.payload, left_shifts(self._layer)

        def scaled(value: Value, ups: tuple[int, ...]) -> Value:
            """Return the value at the rate of a row of an input, or, if any, of one of the layer's own."""
            values = [value << up for up in ups]
            return values[0] if len(values) == 1 else Mux(row.own, values[1], values[0])

        with m.Switch(self.boost):
            for boost, ups in enumerate(left):
                with m.Case(boost) if boost < len(left) - 1 else m.Default():
                    m.d.sync += self.word.scaled.eq(scaled(row.trace, ups))
                    if draw_width(self._layer):
                        m.d.sync += self.word.draw.eq(scaled(self.draw, ups))
