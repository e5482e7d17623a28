"""The walk of a fire sweep over the neurons of a map."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ...arith import index_shape, multiply_constant, split
from ...layouts import map_address_layout, sweep_layout
from ...ports import touched_port
from ..group_walk import group_fields


class MapWalk(wiring.Component):
    """Takes a finished step and goes over the groups of `fire_lanes` channels of its layer's positions.

    Either all of them, position by position; or, where touched positions are listed, those of these alone, unless
    `full`. In a readout it goes channel by channel instead, so that scores come in the order of classes. Throughput 1
    group per cycle; the first one a cycle after the step was taken. Of a step without an event whose positions are
    listed it visits the first group, whose sums are 0. The words of a discarded sample are visited but give no groups.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    sweep : In(stream)   finished steps
    free : In            the last step has left
    full : In            all groups of the step that is taken are to be visited
    advance : In         the group is taken
    taken : Out          a step is taken in this cycle
    work : Out           the present step
    reading : Out        sums of the group are to be read in this cycle, also of a discarded sample
    drained : Out        the last of a discarded sample were read in the cycle before
    at : Out             :func:`group_fields` of the group, the place (`word` of `position`) of its sums, its `part` of
                         that word, and `clear` in the last part
    listed : Out         see :func:`touched_port`, where touched positions are listed
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        fields = group_fields(layer) | {
            "word": index_shape(layer.n_words),
            "position": index_shape(layer.n_positions),
            "part": index_shape(layer.lanes // layer.fire_lanes),
            "clear": 1,
        }
        members = {"listed": Out(touched_port(layer))} if layer.lists_touched else {}
        super().__init__(
            members
            | {
                "sweep": In(stream.Signature(sweep_layout())),
                "free": In(1),
                "full": In(1),
                "advance": In(1),
                "taken": Out(1),
                "work": Out(sweep_layout()),
                "reading": Out(1),
                "drained": Out(1),
                "at": Out(wiring.Signature({name: Out(shape) for name, shape in fields.items()})),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, at, step = self._layer, self.at, self.sweep.payload
        running, ends = Signal(), Signal()
        m.d.comb += [
            self.sweep.ready.eq(~running & self.free),
            self.taken.eq(self.sweep.valid & self.sweep.ready),
            self.reading.eq(running & self.advance),
            at.valid.eq(running & ~self.work.discard),
            at.last.eq(ends),
        ]
        with m.If(self.taken):
            m.d.sync += [running.eq(~(step.discard & step.empty)), self.work.eq(step)]
        with m.If(self.reading & ends):
            m.d.sync += running.eq(0)
        m.d.sync += self.drained.eq(self.reading & ends & self.work.discard)
        if layer.is_readout:
            self._by_channel(m, ends)
        else:
            self._by_position(m, ends)
        return m

    def _by_channel(self, m: Module, ends: Signal) -> None:
        """Go over one neuron after the other in their own order, `fire_lanes` being 1."""
        layer, at = self._layer, self.at
        wraps = Signal()
        m.d.comb += [
            wraps.eq(at.position == layer.n_positions - 1),
            at.clear.eq(self._last_part()),
            at.first.eq(at.group),
            ends.eq(at.group == layer.n_fire_words - 1),
        ]
        with m.If(self.taken):
            m.d.sync += [signal.eq(0) for signal in (at.group, at.position, at.part, at.word)]
        with m.If(self.reading):
            m.d.sync += [at.group.eq(at.group + 1), at.position.eq(at.position + 1)]
            with m.If(wraps):
                m.d.sync += [at.position.eq(0), at.part.eq(at.part + 1)]
                with m.If(self._last_part()):
                    m.d.sync += [at.part.eq(0), at.word.eq(at.word + 1)]

    def _by_position(self, m: Module, ends: Signal) -> None:
        """Go over all positions, or those listed, and over the parts of each word of a position."""
        layer, at = self._layer, self.at
        position, last_of_position = Signal.like(at.position, name="counted"), Signal()
        m.d.comb += [
            at.clear.eq(self._last_part()),
            last_of_position.eq(at.clear & (at.word == layer.n_words - 1)),
            at.position.eq(position),
            ends.eq(last_of_position & (position == layer.n_positions - 1)),
        ]
        with m.If(self.taken):
            m.d.sync += [signal.eq(0) for signal in (at.part, at.word, position)]
        with m.If(self.reading):
            m.d.sync += at.part.eq(at.part + 1)
            with m.If(at.clear):
                m.d.sync += [at.part.eq(0), at.word.eq(at.word + 1)]
            with m.If(last_of_position):
                m.d.sync += [at.word.eq(0), position.eq(position + 1)]
        if layer.lists_touched:
            self._by_list(m, ends, last_of_position)
        self._name_group(m)

    def _by_list(self, m: Module, ends: Signal, last_of_position: Signal) -> None:
        """Take the positions from the list instead, one read ahead; or the first group alone where there are none."""
        at, listed, step = self.at, self.listed, self.sweep.payload
        by_list, alone, index = Signal(), Signal(), Signal.like(self.listed.index, name="next_index")
        m.d.comb += [
            listed.enable.eq(self.taken | (self.reading & last_of_position)),
            listed.index.eq(Mux(self.taken, 0, index)),
            listed.bank.eq(Mux(self.taken, step.bank, self.work.bank)),
        ]
        with m.If(listed.enable):
            m.d.sync += index.eq(listed.index + 1)
        with m.If(self.taken):
            m.d.sync += [
                by_list.eq((~self.full | step.discard) & ~step.empty),
                alone.eq(~self.full & step.empty),
            ]
        with m.If(by_list):
            m.d.comb += [
                at.position.eq(listed.position),
                ends.eq(last_of_position & (index == listed.n_entries)),
            ]
        with m.If(alone):
            m.d.comb += ends.eq(1)

    def _last_part(self) -> Value:
        """Return whether no other part of the word has neurons."""
        layer, at = self._layer, self.at
        n_parts = layer.lanes // layer.fire_lanes
        n_last = layer.n_fire_groups - (layer.n_words - 1) * n_parts
        return at.part == Mux(at.word == layer.n_words - 1, n_last - 1, n_parts - 1)

    def _name_group(self, m: Module) -> None:
        """Number the group, and name its first neuron as its events do."""
        layer, at = self._layer, self.at
        of_position, shape = Signal(index_shape(layer.n_fire_groups)), layer.kind.output_shape
        assert shape is not None
        row, column = split(at.position, shape[-1], layer.n_positions)
        place = data.View(map_address_layout(shape), at.first)
        m.d.comb += [
            of_position.eq(multiply_constant(at.word, layer.lanes // layer.fire_lanes) + at.part),
            at.group.eq(multiply_constant(at.position, layer.n_fire_groups) + of_position),
            place.channel.eq(multiply_constant(of_position, layer.fire_lanes)),
            place.row.eq(row),
            place.column.eq(column),
        ]
