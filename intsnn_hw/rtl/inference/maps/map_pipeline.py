"""The fire pipeline and the fire sweep of a map."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import Out, connect, flipped

from ...layouts import map_address_layout
from ...memory import Store
from ...ports import touched_port
from ..fire_pipeline import FirePipeline
from ..fire_sweep import FireSweep
from ..neuron import fire
from .map_walk import MapWalk


class MapPipeline(FirePipeline):
    """Fires the neurons of a map; as :class:`FirePipeline`, but visits only those that may have changed where it can.

    That is where touched positions are listed. A step visits all neurons even so if it is the first of a sample of
    several steps, since the states that memory holds are those of the sample before, or if the step before left a
    neuron at its threshold, which fires again without an event. Where samples have one step, no states are kept.

    Members
    -------
    listed : Out   see :func:`touched_port`, where touched positions are listed
    """

    def _further_members(self) -> dict[str, Any]:
        return {"listed": Out(touched_port(self._layer))} if self._layer.lists_touched else {}

    def _walk(self) -> MapWalk:
        return MapWalk(self._layer)

    def _read(self, m: Module, walk: MapWalk, states: Store | None, finishes: Signal) -> None:
        super()._read(m, walk, states, finishes)
        m.d.comb += self.sums.enable.eq(walk.reading & ~walk.work.empty)
        with m.If(walk.drained):
            m.d.comb += self.sums.release.eq(1 << walk.work.bank)
        if self._layer.lists_touched:
            connect(m, walk.listed, flipped(self.listed))

    def _without_sums(self, walk: MapWalk) -> Value:
        return walk.work.empty | ~self.sums.touched

    def _fire(self, m: Module, walk: MapWalk, states: Store | None, fires: Any) -> None:
        super()._fire(m, walk, states, fires)
        if not self._layer.lists_touched or not self._layer.keeps_state:
            return
        again = Signal()
        m.d.comb += walk.full.eq(self.groups.fresh | again)
        with m.If(walk.taken):
            m.d.sync += again.eq(0)
        if self._layer.fires_again:
            with m.If(self.groups.write & self._at_threshold(fires.first)):
                m.d.sync += again.eq(1)

    def _at_threshold(self, first: Signal) -> Value:
        """Return whether a neuron of the group would fire once more."""
        layer, group = self._layer, self.o.payload
        shape = layer.kind.output_shape
        assert shape is not None
        channel = data.View(map_address_layout(shape), first).channel
        return Cat(
            fire(state.membrane, layer.neuron).any() & (channel + lane < layer.config.size)
            for lane, state in enumerate(group.states)
        ).any()


class MapSweep(FireSweep):
    """Fires the neurons of a map; as :class:`FireSweep`.

    Throughput: a sweep takes two cycles and one for each group that it visits; see :class:`MapPipeline`.

    Members
    -------
    listed : Out   see :func:`touched_port`, where touched positions are listed
    """

    def _further_members(self) -> dict[str, Any]:
        return {"listed": Out(touched_port(self._layer))} if self._layer.lists_touched else {}

    def _pipeline(self) -> MapPipeline:
        return MapPipeline(self._layer)

    def _observe(self, m: Module, pipeline: FirePipeline) -> None:
        super()._observe(m, pipeline)
        if isinstance(pipeline, MapPipeline) and self._layer.lists_touched:
            connect(m, pipeline.listed, flipped(self.listed))
