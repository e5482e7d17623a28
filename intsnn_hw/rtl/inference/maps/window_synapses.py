"""The synapse array of a convolution."""

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out, connect, flipped

from ...layouts import window_event_layout
from ...ports import touched_port
from ..event_walk import EventWalk
from ..synapse import SynapseArray
from .map_sums import MapSums
from .window_walk import WindowWalk


class WindowSynapses(SynapseArray):
    """Adds a weight word to the sums of each window that sees an event; as :class:`SynapseArray` in all else.

    Throughput: an event takes ``n_words`` cycles for each window. After reset events wait ``n_sum_words`` cycles.

    Members
    -------
    i : In(stream)   see :func:`window_event_layout`
    listed : In      see :func:`touched_port`, where touched positions are listed
    touching : Out   a position is reached for the first time in its step
    """

    def _event_layout(self) -> data.StructLayout:
        return window_event_layout(self._layer)

    def _further_members(self) -> dict[str, Any]:
        members: dict[str, Any] = {"touching": Out(1)}
        return members | ({"listed": In(touched_port(self._layer))} if self._layer.lists_touched else {})

    def _walk(self) -> EventWalk:
        return WindowWalk(self._layer)

    def _accumulators(self) -> MapSums:
        return MapSums(self._layer)

    def _held_back(self, m: Module, accumulators: MapSums) -> Value:
        if self._layer.lists_touched:
            connect(m, flipped(self.listed), accumulators.listed)
        m.d.comb += self.touching.eq(accumulators.touching)
        return self.loading | accumulators.clearing
