"""A layer as it is configured: its size, its weights' width, its neurons, its connections."""

import math
from dataclasses import dataclass, field

from ..errors import ConfigError
from .limits import LEFT_OUT, MAX_NEURONS, WEIGHT_WIDTHS, WINDOW_SIDES
from .neuron import NeuronConfig
from .rules import require, require_range
from .spatial import Shape, n_windows, pooled_shape, window_reach


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


@dataclass(frozen=True, kw_only=True)
class LayerConfig:
    """LIF neurons, fully connected or a convolution, with signed inference weights.

    Parameters
    ----------
    size : int
        Neurons; output channels of a convolution, which has as many neurons for each of its windows.
    weight_width : int
        Bits of an inference weight, 2..16.
    neuron : NeuronConfig
    conv : ConvConfig or None
        None: fully connected.
    pool : int
        Side of the squares, 1..64, over which the layer's input is summed before its weights; 1: none. Rows and columns
        that fill no square are dropped.
    recurrent : bool
        The layer's own spikes of the previous step are further inputs, the last columns of its weights; only of a fully
        connected hidden layer.
    """

    size: int
    weight_width: int = 8
    neuron: NeuronConfig = field(default_factory=NeuronConfig)
    conv: ConvConfig | None = None
    pool: int = field(default=1, metadata={LEFT_OUT: 1})
    recurrent: bool = field(default=False, metadata={LEFT_OUT: False})

    def __post_init__(self) -> None:
        require_range(self, "size", 1, MAX_NEURONS)
        require_range(self, "weight_width", *WEIGHT_WIDTHS)
        require_range(self, "pool", *WINDOW_SIDES)
        require(type(self.recurrent) is bool, self, "recurrent", "must be true or false")
        require(
            not (self.recurrent and self.is_spatial),
            self,
            "recurrent",
            "must be false where a layer convolves or pools",
        )

    @property
    def is_spatial(self) -> bool:
        """Whether the layer convolves or pools, for which its input must have rows and columns."""
        return self.conv is not None or self.pool > 1

    def output_shape(self, input_shape: Shape | None, index: int = 0) -> Shape | None:
        """Return the shape of a convolution's output, None of a fully connected layer.

        Parameters
        ----------
        input_shape : (channels, height, width) or None
        index : int
            Of the layer, for messages.

        Raises
        ------
        ConfigError
            The input does not go with the layer.
        """
        if not self.is_spatial:
            return None
        name = "pool" if self.conv is None else "conv"
        if input_shape is None:
            raise ConfigError(
                f"LayerConfig.{name}: needs an input with rows and columns, an input_shape or a convolution before it, "
                f"which layer {index} has not"
            )
        _, height, width = input_shape
        fed = f"{height}x{width} input of layer {index}"
        require(self.pool <= min(height, width), self, "pool", f"must fit into the {fed}")
        if self.conv is None:
            return None
        _, pooled_height, pooled_width = pooled_shape(input_shape, self.pool)
        shape = self.size, self.conv.output_side(pooled_height), self.conv.output_side(pooled_width)
        require(min(shape) > 0, self, "conv", f"must fit into the {fed}, pooled by {self.pool}, and its padding")
        most = f"must make at most {MAX_NEURONS} neurons, with {shape[1]}x{shape[2]} windows in layer {index}"
        require(math.prod(shape) <= MAX_NEURONS, self, "size", most)
        return shape


def term(layer: LayerConfig) -> str:
    """Return the part of a topology that stands for a layer; :attr:`NetworkConfig.topology` explains it."""
    pool = f"{layer.pool}a-" if layer.pool > 1 else ""
    if layer.conv is None:
        return f"{pool}{layer.size}{'r' if layer.recurrent else ''}"
    stride = f"s{layer.conv.stride}" if layer.conv.stride > 1 else ""
    padding = f"p{layer.conv.padding}" if layer.conv.padding > 0 else ""
    return f"{pool}{layer.size}c{layer.conv.kernel}{stride}{padding}"
