"""Steps from one weight word to the next in the windows that see a place."""

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed

from golden.config import Convolution, ResolvedLayer


class WindowCursor:
    """Goes over the words of each window of a rectangle, row by row.

    From one window to the next the position grows, and the place lies a stride nearer to the beginning of the window.

    Parameters
    ----------
    m : Module
    layer : ResolvedLayer
        A convolution.
    window : view
        The rectangle in hand: `position`, `address`, `rows`, `columns` of a :func:`window_event_layout`.
    address, position, word : Signal
        The weight word, the window, and the word of its sums, all of them registers that the cursor drives.
    """

    def __init__(self, m: Module, layer: ResolvedLayer, window: Any, address: Signal, position: Signal, word: Signal):
        assert isinstance(layer.kind, Convolution)
        self._m, self._layer, self._kind, self._window = m, layer, layer.kind, window
        self._address, self._position, self._word = address, position, word
        self._rows, self._columns = (Signal.like(window[name], name=f"{name}_left") for name in ("rows", "columns"))
        self._row_address, self._row_position = Signal.like(address), Signal.like(position)
        self._word_ends, self._row_ends = Signal(), Signal()
        m.d.comb += [self._word_ends.eq(word == layer.n_words - 1), self._row_ends.eq(self._columns == 0)]

    @property
    def is_last(self) -> Value:
        """Whether the word is the last of the last window."""
        return self._word_ends & self._row_ends & (self._rows == 0)

    def begin(self, window: Any) -> None:
        """Go to the first word of a rectangle that comes."""
        self._m.d.sync += [
            self._address.eq(window.address),
            self._row_address.eq(window.address),
            self._position.eq(window.position),
            self._row_position.eq(window.position),
            self._rows.eq(window.rows),
            self._columns.eq(window.columns),
            self._word.eq(0),
        ]

    def advance(self) -> None:
        """Go to the next word."""
        m, layer, conv = self._m, self._layer, self._kind.conv
        _, _, width = self._kind.output_shape
        column = layer.n_words * conv.columns.stride
        row = layer.n_words * conv.columns.kernel * conv.rows.stride
        from_row, change = Signal(), Signal(signed(len(self._address) + 1))
        address, position = Signal.like(self._address), Signal.like(self._position)
        m.d.comb += [
            from_row.eq(self._word_ends & self._row_ends),
            change.eq(Mux(from_row, -row, Mux(self._word_ends, 1 - layer.n_words - column, 1))),
            address.eq(Mux(from_row, self._row_address, self._address) + change),
            position.eq(Mux(from_row, self._row_position, self._position) + Mux(from_row, width, Const(1))),
        ]
        m.d.sync += [self._address.eq(address), self._word.eq(self._word + 1)]
        with m.If(self._word_ends):
            m.d.sync += [self._word.eq(0), self._position.eq(position), self._columns.eq(self._columns - 1)]
        with m.If(from_row):
            m.d.sync += [
                self._row_address.eq(address),
                self._row_position.eq(position),
                self._rows.eq(self._rows - 1),
                self._columns.eq(self._window.columns),
            ]
