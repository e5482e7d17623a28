"""The walk of a fire sweep over the groups of neurons of a layer."""

from amaranth.hdl import Module, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape
from ..layouts import first_neuron_shape, sweep_layout


def group_fields(layer: ResolvedLayer) -> dict[str, ShapeLike]:
    """Return what goes along with a group: is there one, which, its first neuron, is it the last of its step."""
    return {"valid": 1, "group": index_shape(layer.n_fire_words), "first": first_neuron_shape(layer), "last": 1}


class GroupWalk(wiring.Component):
    """Takes a finished step and goes over the groups of `fire_lanes` neurons of its layer.

    Throughput 1 group per cycle; the first one a cycle after the step was taken. A step of a discarded sample is taken
    and has no groups.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    sweep : In(stream)   finished steps
    free : In            the last step has left
    advance : In         the group is taken
    taken : Out          a step is taken in this cycle
    work : Out           the present step
    at : Out             :func:`group_fields` of the group, the `word` of accumulators that has its sums, and the `part`
                         of that word
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        parts = index_shape(layer.lanes // layer.fire_lanes)
        fields = group_fields(layer) | {"word": index_shape(layer.n_words), "part": parts}
        super().__init__(
            {
                "sweep": In(stream.Signature(sweep_layout())),
                "free": In(1),
                "advance": In(1),
                "taken": Out(1),
                "work": Out(sweep_layout()),
                "at": Out(wiring.Signature({name: Out(shape) for name, shape in fields.items()})),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, at = self._layer, self.at
        running = Signal()
        m.d.comb += [
            self.sweep.ready.eq(~running & self.free),
            self.taken.eq(self.sweep.valid & self.sweep.ready),
            at.valid.eq(running),
            at.last.eq(at.group == layer.n_fire_words - 1),
        ]
        with m.If(self.taken):
            m.d.sync += [running.eq(~self.sweep.payload.discard), self.work.eq(self.sweep.payload)]
            m.d.sync += [at.group.eq(0), at.first.eq(0), at.word.eq(0), at.part.eq(0)]
        with m.If(running & self.advance):
            m.d.sync += [at.group.eq(at.group + 1), at.first.eq(at.first + layer.fire_lanes), at.part.eq(at.part + 1)]
            with m.If(at.part == layer.lanes // layer.fire_lanes - 1):
                m.d.sync += [at.part.eq(0), at.word.eq(at.word + 1)]
            with m.If(at.last):
                m.d.sync += running.eq(0)
        return m
