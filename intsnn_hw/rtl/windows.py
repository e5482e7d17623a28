"""Which windows see the places along a side of a map: whole numbers, made once, for tables and costs."""

from typing import NamedTuple

from golden.config import Convolution, LayerKind
from golden.config.kinds.convolution import Windows
from golden.config.spatial import Shape


class Seen(NamedTuple):
    """The windows along a side that see a place: `n_windows` from `first` on; in that one it is place `inside`.

    Each further window sees it a stride nearer to its beginning.
    """

    first: int
    inside: int
    n_windows: int


def seen_along(side: int, pool: int, windows: Windows | None) -> list[Seen]:
    """Return what sees each place along a side before pooling; with `windows` None one window sees all.

    No window sees what fills no square, nor what lies between windows or behind the last.
    """
    return [_seen(place // pool, side // pool, windows) for place in range(side)]


def _seen(place: int, side: int, windows: Windows | None) -> Seen:
    if place >= side:
        return Seen(0, 0, 0)
    if windows is None:
        return Seen(0, place, 1)
    padded = place + windows.padding
    first = max(0, -((windows.kernel - 1 - padded) // windows.stride))
    last = min(padded // windows.stride, windows.count(side) - 1)
    return Seen(first, padded - first * windows.stride, last - first + 1) if first <= last else Seen(0, 0, 0)


def seen_by_axis(kind: LayerKind) -> tuple[list[Seen], list[Seen]]:
    """Return what sees each row and each column of a layer's input, which has rows and columns."""
    _, height, width = input_map(kind)
    rows, columns = kind.conv.sides if isinstance(kind, Convolution) else (None, None)
    return seen_along(height, kind.pool, rows), seen_along(width, kind.pool, columns)


def pooled_by_axis(kind: LayerKind) -> tuple[list[Seen], list[Seen]]:
    """Return which windows see each row and each column of a layer's input after pooling."""
    assert isinstance(kind, Convolution)
    _, height, width = kind.pooled_shape
    return seen_along(height, 1, kind.conv.rows), seen_along(width, 1, kind.conv.columns)


def squares_by_axis(kind: LayerKind) -> tuple[list[Seen], list[Seen]]:
    """Return in which square, as the place inside, each row and each column of a layer's input lies."""
    _, height, width = input_map(kind)
    return seen_along(height, kind.pool, None), seen_along(width, kind.pool, None)


def input_map(kind: LayerKind) -> Shape:
    """Return the shape of a layer's input, which has rows and columns."""
    assert kind.input_shape is not None
    return kind.input_shape
