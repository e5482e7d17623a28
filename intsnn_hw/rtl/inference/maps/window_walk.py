"""The walk of an event over the windows of a convolution that see it, and over the weight words of each."""

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data

from ...layouts import window_event_layout
from ...window_cursor import WindowCursor
from ..event_walk import EventWalk


class WindowWalk(EventWalk):
    """As :class:`EventWalk`, for events that come with the rectangle of windows that see them.

    Windows are taken by a :class:`WindowCursor`. Throughput: an event takes ``n_words`` cycles for each window. No word
    of sums comes twice in an event. The bank of a discarded sample is handed over as well, to be cleared.

    Parameters
    ----------
    layer : ResolvedLayer
        A convolution.

    Members
    -------
    i : In(stream)   see :func:`window_event_layout`
    """

    def _event_layout(self) -> data.StructLayout:
        return window_event_layout(self._layer)

    def _ends(self, m: Module, event: Any) -> Value:
        self._cursor = WindowCursor(m, self._layer, event, self.address, self.at.position, self.at.word)
        return self._cursor.is_last

    def _begin(self, m: Module) -> None:
        self._cursor.begin(self.i.payload)

    def _advance(self, m: Module, event: Any) -> None:
        self._cursor.advance()

    def _hands_over(self) -> Value:
        return ~self.at.sweep.empty
