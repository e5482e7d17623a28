"""A layer as it is configured: its size, its weights' width, its neurons, its connections."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from .kinds import ConvConfig, Convolution, Dense, LayerKind, Recurrent
from .limits import LEFT_OUT, MAX_NEURONS, WEIGHT_WIDTHS, WINDOW_SIDES
from .neuron import NeuronConfig
from .rules import FieldError, require, require_choice, require_range
from .spatial import Shape

Bias = Literal["none", "learned", "fixed"]


@dataclass(frozen=True, kw_only=True)
class LayerConfig:
    """LIF neurons, fully connected or a convolution, with signed inference weights.

    Parameters
    ----------
    size : int
        Neurons; output channels of a convolution, which has as many neurons for each of its windows.
    weight_width : int
        Bits of an inference weight, 2..24.
    neuron : NeuronConfig
    conv : ConvConfig or None
        None: fully connected.
    pool : int
        Side of the squares, 1..64, over which the layer's input is summed before its weights; 1: none. Rows and columns
        that fill no square are dropped.
    bias : {"none", "learned", "fixed"}
        A word for each neuron, for each output channel of a convolution, that is added once a step, after the leak, in
        the unit of the weights. Where the network learns on line, "learned": like the weight of an input that is 1 in
        every step; "fixed": it stays as it is.
    recurrent : bool
        The layer's own spikes of the previous step are further inputs, the last columns of its weights; only of a fully
        connected hidden layer.
    """

    size: int
    weight_width: int = 8
    neuron: NeuronConfig = field(default_factory=NeuronConfig)
    conv: ConvConfig | None = None
    pool: int = field(default=1, metadata={LEFT_OUT: 1})
    bias: Bias = field(default="none", metadata={LEFT_OUT: "none"})
    recurrent: bool = field(default=False, metadata={LEFT_OUT: False})

    def __post_init__(self) -> None:
        require_range(self, "size", 1, MAX_NEURONS)
        require_range(self, "weight_width", *WEIGHT_WIDTHS)
        require_range(self, "pool", *WINDOW_SIDES)
        require_choice(self, "bias", get_args(Bias))
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

    def kind(self, n_in: int, input_shape: Shape | None, index: int = 0) -> LayerKind:
        """Return the geometry of the layer on an input.

        Parameters
        ----------
        n_in : int
        input_shape : (channels, height, width) or None
        index : int
            Of the layer, for messages.

        Raises
        ------
        FieldError
            The input does not go with the layer.
        """
        if self.recurrent:
            return Recurrent(size=self.size, n_in=n_in, input_shape=input_shape)
        shape = self._spatial_input(input_shape, index) if self.is_spatial else input_shape
        if self.conv is None:
            return Dense(size=self.size, n_in=n_in, input_shape=shape, pool=self.pool)
        assert shape is not None
        kind = Convolution(size=self.size, n_in=n_in, input_shape=shape, pool=self.pool, conv=self.conv)
        fed = f"{shape[1]}x{shape[2]} input of layer {index}, pooled by {self.pool}, and its padding"
        require(min(kind.output_shape) > 0, self.conv, "kernel", f"must fit into the {fed}")
        _, height, width = kind.output_shape
        most = f"must make at most {MAX_NEURONS} neurons, with {height}x{width} windows in layer {index}"
        require(kind.n_out <= MAX_NEURONS, self, "size", most)
        return kind

    def _spatial_input(self, input_shape: Shape | None, index: int) -> Shape:
        """Return the shape of an input with rows and columns that the layer's squares fit into."""
        if input_shape is None:
            rule = f"needs rows and columns, of an input_shape or of a convolution just in front of layer {index}"
            raise FieldError(self, "pool", rule) if self.conv is None else FieldError(self.conv, "kernel", rule)
        _, height, width = input_shape
        fed = f"{height}x{width} input of layer {index}"
        require(self.pool <= min(height, width), self, "pool", f"must fit into the {fed}")
        return input_shape
