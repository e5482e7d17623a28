"""Events of a map find what they meet in a layer: their row of weights, or the windows that see them."""

from abc import abstractmethod
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ...arith import multiply_constant
from ...layouts import input_row_layout, map_address_layout, map_event_layout, window_event_layout
from ...window_tables import axis_table, locate_windows, window_tables
from ...windows import Seen, input_map, seen_by_axis, squares_by_axis


class MapEvents(wiring.Component):
    """Looks up row and column of an event, each in a table, before any pooling; an event that no neuron sees vanishes.

    The tables hold all that pooling, stride, padding and the edges of the map make of a row or column, so that nothing
    is divided. Latency 1 cycle, throughput 1 event per cycle. A marker that rides on an event that vanishes goes on
    alone. The spike of a beat that discards a sample is none.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In(stream)    see :func:`map_event_layout`
    o : Out(stream)   what the kind of layer walks over
    held : Out        a beat is held
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(map_event_layout(layer))),
                "o": Out(stream.Signature(self._output_layout())),
                "held": Out(1),
            }
        )

    def _seen(self) -> tuple[list[Seen], list[Seen]]:
        """Return what sees each row and each column."""
        return seen_by_axis(self._layer.kind)

    @abstractmethod
    def _output_layout(self) -> data.StructLayout:
        """Return the layout of what goes out."""

    @abstractmethod
    def _entries(self) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
        """Return the fields to look up by row and by column, besides whether any neuron sees them."""

    @abstractmethod
    def _locate(self, m: Module, channel: Value, row: Any, column: Any) -> None:
        """Assign the place of the event that goes out from the fields of its row and column."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        incoming, outgoing, taken = self.i.payload, self.o.payload, Signal()
        place = data.View(map_address_layout(input_map(self._layer.kind)), incoming.address)
        (by_row, by_column), (rows, columns) = self._seen(), self._entries()
        row = self._look_up(m, "rows", place.row, taken, by_row, rows)
        column = self._look_up(m, "columns", place.column, taken, by_column, columns)
        channel, spike = Signal.like(place.channel), Signal.like(incoming.spike)
        seen, closes = Signal(), Signal()
        m.d.comb += [
            seen.eq(row.seen & column.seen & (spike != 0)),
            closes.eq(outgoing.end_of_step | outgoing.end_of_sample),
            self.o.valid.eq(self.held & (seen | closes)),
            self.i.ready.eq(~self.held | self.o.ready | ~self.o.valid),
            taken.eq(self.i.valid & self.i.ready),
        ]
        with m.If(seen):
            m.d.comb += outgoing.spike.eq(spike)
        with m.If(self.i.ready):
            m.d.sync += self.held.eq(self.i.valid)
        with m.If(taken):
            m.d.sync += [
                channel.eq(place.channel),
                spike.eq(incoming.spike),
                outgoing.end_of_step.eq(incoming.end_of_step),
                outgoing.end_of_sample.eq(incoming.end_of_sample),
            ]
            with m.If(incoming.end_of_sample & ~incoming.end_of_step):
                m.d.sync += spike.eq(0)
        self._locate(m, channel, row, column)
        return m

    def _look_up(
        self, m: Module, name: str, index: Value, taken: Value, seen: list[Seen], words: list[dict[str, int]]
    ) -> Any:
        """Return the fields of the row or column of the event that is held."""
        m.submodules[name] = table = axis_table(seen, words)
        m.d.comb += [table.read.enable.eq(taken), table.read.address.eq(index)]
        return table.read.data


class MapRows(MapEvents):
    """Events of a map find their place after pooling, a row of weights of a fully connected layer; :class:`MapEvents`.

    An event that no square holds vanishes. `o` is an :func:`input_row_layout`.
    """

    def _seen(self) -> tuple[list[Seen], list[Seen]]:
        return squares_by_axis(self._layer.kind)

    def _output_layout(self) -> data.StructLayout:
        return input_row_layout(self._layer)

    def _entries(self) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
        _, _, width = self._pooled
        rows, columns = self._seen()
        return [{"index": seen.inside * width} for seen in rows], [{"index": seen.inside} for seen in columns]

    def _locate(self, m: Module, channel: Value, row: Any, column: Any) -> None:
        _, height, width = self._pooled
        m.d.comb += self.o.payload.address.eq(multiply_constant(channel, height * width) + (row.index + column.index))

    @property
    def _pooled(self) -> tuple[int, int, int]:
        shape = self._layer.kind.pooled_shape
        assert shape is not None
        return shape


class MapWindows(MapEvents):
    """Events of a map for a convolution, see :class:`MapEvents`; `o` is a :func:`window_event_layout`."""

    def _output_layout(self) -> data.StructLayout:
        return window_event_layout(self._layer)

    def _entries(self) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
        return window_tables(self._layer, self._seen())

    def _locate(self, m: Module, channel: Value, row: Any, column: Any) -> None:
        m.d.comb += locate_windows(self._layer, self.o.payload, channel, row, column)
