"""A convolution: the same weights in every window of a map."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ..limits import WINDOW_SIDES
from ..rules import require_range
from ..spatial import Shape, n_windows, window_overlap, window_reach
from .kind import LayerKind


class Windows(NamedTuple):
    """The windows along one side of a map: how long they are, how far apart, and how many zeros lie at each end."""

    kernel: int
    stride: int
    padding: int

    def count(self, side: int) -> int:
        """Return how many there are."""
        return n_windows(side, *self)

    def reach(self, side: int) -> int:
        """Return the most positions that one of them sees."""
        return window_reach(side, *self)

    def overlap(self, side: int) -> int:
        """Return the most of them that see one position."""
        return window_overlap(side, *self)


@dataclass(frozen=True, kw_only=True)
class ConvConfig:
    """Windows over a map, in whose every position a convolutional layer has the same weights.

    Parameters
    ----------
    kernel : int
        Side of a window, 1..64.
    stride : int
        Positions from one window to the next, 1..64.
    padding : int
        Zeros on each side of the map, 0..kernel - 1; ``(kernel - 1) // 2`` keeps the size where the kernel is odd and
        the stride 1.
    kernel_x, stride_x, padding_x : int or None
        The same of a row of the map, from left to right, where it differs from a column.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    kernel_x: int | None = None
    stride_x: int | None = None
    padding_x: int | None = None

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "kernel_x", "stride_x"):
            if not (name.endswith("_x") and getattr(self, name) is None):
                require_range(self, name, *WINDOW_SIDES)
        require_range(self, "padding", 0, self.kernel - 1)
        name = "padding" if self.padding_x is None else "padding_x"
        require_range(self, name, 0, self.columns.kernel - 1)

    @property
    def rows(self) -> Windows:
        """The windows from top to bottom."""
        return Windows(self.kernel, self.stride, self.padding)

    @property
    def columns(self) -> Windows:
        """The windows from left to right."""
        across = (self.kernel_x, self.stride_x, self.padding_x)
        return Windows(*(own if x is None else x for x, own in zip(across, self.rows, strict=True)))

    @property
    def sides(self) -> tuple[Windows, Windows]:
        """Both, as the last two axes of a map."""
        return self.rows, self.columns


@dataclass(frozen=True, kw_only=True)
class Convolution(LayerKind):
    """Windows over a map with rows and columns, pooled first where `pool` is above 1; `size` output channels."""

    name: ClassVar[str] = "convolution"

    conv: ConvConfig
    input_shape: Shape  # pyright: ignore[reportGeneralTypeIssues] # by keyword only: a default is not needed

    @property
    def is_spatial(self) -> bool:
        """Windows have rows and columns."""
        return True

    @property
    def pooled_shape(self) -> Shape:
        """Shape (channels, height, width) of the map that the windows see."""
        shape = super().pooled_shape
        assert shape is not None
        return shape

    @property
    def output_shape(self) -> Shape:
        """(output channels, windows down, windows across)."""
        _, height, width = self.pooled_shape
        return self.size, self.conv.rows.count(height), self.conv.columns.count(width)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(output channels, input channels, rows and columns of a window)."""
        return self.size, self.pooled_shape[0], self.conv.rows.kernel, self.conv.columns.kernel

    @property
    def fan_in(self) -> int:
        """Positions of all channels that lie in the window that sees most."""
        channels, height, width = self.pooled_shape
        return channels * self.conv.rows.reach(height) * self.conv.columns.reach(width) * self.pool**2

    @property
    def fan_out(self) -> int:
        """All channels of the windows that see the position that most windows see."""
        _, height, width = self.pooled_shape
        return self.size * self.conv.rows.overlap(height) * self.conv.columns.overlap(width)

    @property
    def shares_weights(self) -> bool:
        """All windows have the same."""
        return True

    @property
    def term(self) -> str:
        """As in ``8c5``, ``2a-16c5s2p1`` and, rows first, ``8c1x5``."""
        kernel, stride, padding = map(_both, zip(*self.conv.sides, strict=True))
        further = (f"s{stride}" if stride != "1" else "") + (f"p{padding}" if padding != "0" else "")
        return f"{super().term}{self.size}c{kernel}{further}"


def _both(values: tuple[int, int]) -> str:
    """Return a value that rows and columns share, or both."""
    return str(values[0]) if values[0] == values[1] else "x".join(map(str, values))
