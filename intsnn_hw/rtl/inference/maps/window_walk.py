"""The walk of an event over the windows of a convolution that see it, and over the weight words of each."""

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data

from golden.config import Convolution, ResolvedLayer

from ...layouts import window_event_layout
from ..event_walk import EventWalk


class WindowWalk(EventWalk):
    """As :class:`EventWalk`, for events that come with the rectangle of windows that see them.

    Windows are taken row by row. From one to the next the position grows, and the event lies a stride nearer to the
    beginning of the window. Throughput: an event takes ``n_words`` cycles for each window. No word of sums comes twice
    in an event. The bank of a discarded sample is handed over as well, to be cleared.

    Parameters
    ----------
    layer : ResolvedLayer
        A convolution.

    Members
    -------
    i : In(stream)   see :func:`window_event_layout`
    """

    def __init__(self, layer: ResolvedLayer):
        super().__init__(layer)
        assert isinstance(layer.kind, Convolution)
        self._kind = layer.kind

    def _event_layout(self) -> data.StructLayout:
        return window_event_layout(self._layer)

    def _ends(self, m: Module, event: Any) -> Value:
        """Return whether the word is the last of the last window, and follow the windows that are left."""
        self._rows, self._columns = (Signal.like(event[name], name=f"{name}_left") for name in ("rows", "columns"))
        self._row_address, self._row_position = Signal.like(self.address), Signal.like(self.at.position)
        self._word_ends, self._row_ends = Signal(), Signal()
        m.d.comb += [
            self._word_ends.eq(self.at.word == self._layer.n_words - 1),
            self._row_ends.eq(self._columns == 0),
        ]
        return self._word_ends & self._row_ends & (self._rows == 0)

    def _begin(self, m: Module) -> None:
        incoming = self.i.payload
        m.d.sync += [
            self.address.eq(incoming.address),
            self._row_address.eq(incoming.address),
            self.at.position.eq(incoming.position),
            self._row_position.eq(incoming.position),
            self._rows.eq(incoming.rows),
            self._columns.eq(incoming.columns),
        ]

    def _advance(self, m: Module, event: Any) -> None:
        layer, conv, at = self._layer, self._kind.conv, self.at
        _, _, width = self._kind.output_shape
        column = layer.n_words * conv.stride
        row = column * conv.kernel
        from_row, change = Signal(), Signal(signed(len(self.address) + 1))
        address, position = Signal.like(self.address), Signal.like(at.position)
        m.d.comb += [
            from_row.eq(self._word_ends & self._row_ends),
            change.eq(Mux(from_row, -row, Mux(self._word_ends, 1 - layer.n_words - column, 1))),
            address.eq(Mux(from_row, self._row_address, self.address) + change),
            position.eq(Mux(from_row, self._row_position, at.position) + Mux(from_row, width, Const(1))),
        ]
        m.d.sync += [self.address.eq(address), at.word.eq(at.word + 1)]
        with m.If(self._word_ends):
            m.d.sync += [at.word.eq(0), at.position.eq(position), self._columns.eq(self._columns - 1)]
        with m.If(from_row):
            m.d.sync += [
                self._row_address.eq(address),
                self._row_position.eq(position),
                self._rows.eq(self._rows - 1),
                self._columns.eq(event.columns),
            ]

    def _hands_over(self) -> Value:
        return ~self.at.sweep.empty
