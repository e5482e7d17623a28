"""A convolution: the same weights in every window of a map."""

from dataclasses import dataclass
from typing import ClassVar

from ..limits import WINDOW_SIDES
from ..rules import require_range
from ..spatial import Shape, n_windows, window_overlap, window_reach
from .kind import LayerKind


@dataclass(frozen=True, kw_only=True)
class ConvConfig:
    """Square windows over a map, in whose every position a convolutional layer has the same weights.

    Parameters
    ----------
    kernel : int
        Side of a window, 1..64.
    stride : int
        Positions from one window to the next, 1..64.
    padding : int
        Zeros on each side of the map, 0..kernel - 1; ``(kernel - 1) // 2`` keeps the size where the kernel is odd and
        the stride 1.
    """

    kernel: int
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        require_range(self, "kernel", *WINDOW_SIDES)
        require_range(self, "stride", *WINDOW_SIDES)
        require_range(self, "padding", 0, self.kernel - 1)

    def output_side(self, side: int) -> int:
        """Return the windows along a side of the map."""
        return n_windows(side, self.kernel, self.stride, self.padding)

    def reach(self, side: int) -> int:
        """Return the most positions along a side of the map that one window sees."""
        return window_reach(side, self.kernel, self.stride, self.padding)

    def overlap(self, side: int) -> int:
        """Return the most windows along a side of the map that see one position."""
        return window_overlap(side, self.kernel, self.stride, self.padding)


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
        return self.size, self.conv.output_side(height), self.conv.output_side(width)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(output channels, input channels, kernel, kernel)."""
        return self.size, self.pooled_shape[0], self.conv.kernel, self.conv.kernel

    @property
    def fan_in(self) -> int:
        """Positions of all channels that lie in the window that sees most."""
        channels, height, width = self.pooled_shape
        return channels * self.conv.reach(height) * self.conv.reach(width) * self.pool**2

    @property
    def fan_out(self) -> int:
        """All channels of the windows that see the position that most windows see."""
        _, height, width = self.pooled_shape
        return self.size * self.conv.overlap(height) * self.conv.overlap(width)

    @property
    def shares_weights(self) -> bool:
        """All windows have the same."""
        return True

    @property
    def term(self) -> str:
        """As in ``8c5`` and ``2a-16c5s2p1``."""
        stride = f"s{self.conv.stride}" if self.conv.stride > 1 else ""
        padding = f"p{self.conv.padding}" if self.conv.padding > 0 else ""
        return f"{super().term}{self.size}c{self.conv.kernel}{stride}{padding}"
