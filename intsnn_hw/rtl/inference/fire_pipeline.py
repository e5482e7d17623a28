"""The states of a layer's neurons and the pipeline that brings them from one step to the next, group by group."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import ResolvedLayer

from ..arith import index_shape
from ..layouts import fired_layout, states_layout, sweep_layout
from ..memory import Store
from ..pipeline import shift, stage
from ..ports import groups_port, sums_port
from .group_fire import GroupFire
from .group_integrate import GroupIntegrate
from .group_walk import GroupWalk, group_fields


class FirePipeline(wiring.Component):
    """Leaks, integrates, fires and resets the neurons of a layer for each finished step; `fire_lanes` per cycle.

    Throughput 1 group per cycle. Latency 3 cycles from a step to its first group on `o`. A step is taken when the last
    group of the one before has left. A discarded sample leaves no state behind.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    sweep : In(stream)   finished steps
    free : In            steps may be taken
    discard : Out        a discarded sample is taken; no group comes of it
    sums : Out           accumulators, see :func:`sums_port`
    o : Out(stream)      groups that fire; their new states are kept as they are taken
    groups : Out         see :func:`groups_port`
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            self._further_members()
            | {
                "sweep": In(stream.Signature(sweep_layout())),
                "free": In(1),
                "discard": Out(1),
                "sums": Out(sums_port(layer)),
                "o": Out(stream.Signature(fired_layout(layer))),
                "groups": Out(groups_port(layer)),
            }
        )

    def _further_members(self) -> dict[str, Any]:
        """Return the members that the pipeline of a kind of layer has beyond those of all."""
        return {}

    def _walk(self) -> GroupWalk:
        """Return the walk over the groups."""
        return GroupWalk(self._layer)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, groups = self._layer, self.groups
        m.submodules.walk = walk = self._walk()
        states = None
        if layer.keeps_state:
            # No read meets a write, as groups_port says.
            m.submodules.states = states = Store(states_layout(layer), layer.n_fire_words)
        connect(m, flipped(self.sweep), walk.sweep)

        # Read: the walk is at a group, whose sums and states are read. Add: they are there. Fire: they are added.
        adds = stage("adds", group_fields(layer) | {"part": index_shape(layer.lanes // layer.fire_lanes)})
        fires = stage("fires", group_fields(layer) | {"end_of_sample": 1, "states": states_layout(layer)})
        add_advances, finishes = Signal(), Signal()
        with m.If(add_advances):
            m.d.sync += [*shift(adds, fires), fires.end_of_sample.eq(walk.work.end_of_sample)]
        with m.If(walk.advance):
            m.d.sync += shift(walk.at, adds)
        m.d.comb += [
            add_advances.eq(~fires.valid | self.o.ready),
            walk.advance.eq(~adds.valid | add_advances),
            walk.free.eq(~adds.valid & ~fires.valid & self.free),
            groups.read.eq(walk.at.valid & walk.advance),
            groups.reading.eq(walk.at.group),
            groups.move.eq(adds.valid & add_advances),
            groups.write.eq(fires.valid & self.o.ready),
            groups.writing.eq(fires.group),
            finishes.eq(groups.move & adds.last),
        ]
        self._follow_samples(m, walk, finishes)
        self._read(m, walk, states, finishes)
        self._add(m, walk, states, adds, fires)
        self._fire(m, walk, states, fires)
        return m

    def _follow_samples(self, m: Module, walk: GroupWalk, finishes: Signal) -> None:
        """Say which step is the first of its sample, and tell of a sample that is discarded."""
        fresh = Signal(init=1)
        m.d.comb += [self.groups.fresh.eq(fresh), self.discard.eq(walk.taken & self.sweep.payload.discard)]
        with m.If(walk.taken), m.If(self.sweep.payload.discard):
            m.d.sync += fresh.eq(1)
        with m.If(finishes):
            m.d.sync += fresh.eq(walk.work.end_of_sample)

    def _read(self, m: Module, walk: GroupWalk, states: Store | None, finishes: Signal) -> None:
        """Read the sums and the states of the group that the walk is at."""
        m.d.comb += [
            self.sums.enable.eq(self.groups.read & ~walk.work.empty),
            self.sums.bank.eq(walk.work.bank),
            *shift(walk.at, self.sums),
        ]
        if states is not None:
            m.d.comb += [
                states.reads[0].enable.eq(self.groups.read),
                states.reads[0].address.eq(self.groups.reading),
            ]
        with m.If(finishes), m.If(~walk.work.empty):
            m.d.comb += self.sums.release.eq(1 << walk.work.bank)

    def _without_sums(self, walk: GroupWalk) -> Value:
        """Return whether the sums that were read count as 0."""
        return walk.work.empty

    def _add(self, m: Module, walk: GroupWalk, states: Store | None, adds: Any, fires: Any) -> None:
        """Leak the states that were read and add the sums."""
        m.submodules.integrate = integrate = GroupIntegrate(self._layer)
        if states is not None:
            m.d.comb += integrate.i.eq(states.reads[0].data)
        m.d.comb += [
            integrate.fresh.eq(self.groups.fresh),
            integrate.sums.eq(self.sums.data),
            integrate.part.eq(adds.part),
            integrate.empty.eq(self._without_sums(walk)),
        ]
        with m.If(~fires.valid | self.o.ready):
            m.d.sync += fires.states.eq(integrate.o)

    def _fire(self, m: Module, walk: GroupWalk, states: Store | None, fires: Any) -> None:
        """Fire and reset, hand over, write back."""
        m.submodules.fire = fire = GroupFire(self._layer)
        group = self.o.payload
        m.d.comb += [
            fire.i.eq(fires.states),
            fire.first.eq(fires.first),
            self.o.valid.eq(fires.valid),
            group.first.eq(fires.first),
            group.last.eq(fires.last),
            group.end_of_sample.eq(fires.end_of_sample),
            group.integrated.eq(fires.states),
            group.states.eq(fire.o),
            group.spikes.eq(fire.spikes),
        ]
        if states is not None:
            m.d.comb += [
                states.write.enable.eq(self.groups.write),
                states.write.address.eq(self.groups.writing),
                states.write.data.eq(fire.o),
            ]
