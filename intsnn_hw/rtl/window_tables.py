"""Tables of the windows that see each row and each column of a map: nothing is divided where they are looked up."""

from typing import Any

from amaranth.hdl import Value
from amaranth.lib import data

from golden.config import Convolution, ResolvedLayer
from golden.fixed import unsigned_width

from .arith import multiply_constant
from .table import Table
from .windows import Seen


def axis_table(seen: list[Seen], words: list[dict[str, int]]) -> Table:
    """Return the table of an axis: `words` by row or column, and whether any window has it, `seen`."""
    fields = {field: unsigned_width(max(word[field] for word in words)) for field in words[0]}
    entries = [{"seen": int(place.n_windows > 0)} | word for place, word in zip(seen, words, strict=True)]
    return Table(data.StructLayout({"seen": 1} | fields), entries)


def window_tables(
    layer: ResolvedLayer, seen: tuple[list[Seen], list[Seen]]
) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
    """Return what :func:`locate_windows` takes of each row and each column, of the windows that see them."""
    kind, n_words = layer.kind, layer.n_words
    assert isinstance(kind, Convolution)
    _, _, width = kind.output_shape

    def words(axis: list[Seen], positions: int, weights: int) -> list[dict[str, int]]:
        return [
            {
                "position": seen.first * positions,
                "address": seen.inside * weights * n_words,
                "further": max(seen.n_windows - 1, 0),
            }
            for seen in axis
        ]

    rows, columns = seen
    return words(rows, width, kind.conv.columns.kernel), words(columns, 1, 1)


def locate_windows(layer: ResolvedLayer, windows: Any, channel: Value, row: Any, column: Any) -> list[Any]:
    """Return the assignments of a rectangle of windows, a :func:`window_event_layout`, from its row and column."""
    assert isinstance(layer.kind, Convolution)
    weights = layer.kind.conv.rows.kernel * layer.kind.conv.columns.kernel * layer.n_words
    return [
        windows.position.eq(row.position + column.position),
        windows.address.eq(multiply_constant(channel, weights) + (row.address + column.address)),
        windows.rows.eq(row.further),
        windows.columns.eq(column.further),
    ]
