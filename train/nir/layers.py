"""The canonical chain that a NIR graph becomes: each layer a linear map and the neurons behind it; float64."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = tuple[int, ...]
Pair = tuple[int, int]
Kind = Literal["LIF", "IF", "CubaLIF", "LI", "I", "CubaLI", "Threshold"]

READOUTS = ("LI", "I", "CubaLI")
"""Neurons that do not spike."""

CUBA = ("CubaLIF", "CubaLI")
"""Neurons with a synaptic current of their own."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Sums over windows that lie side by side; what fills no window is dropped. Averages become a factor of weights.

    Attributes
    ----------
    shape : (channels, height, width)
        Of the map that is pooled.
    kernel : (rows, columns)
        Of a window, and the distance of the next.
    """

    shape: tuple[int, int, int]
    kernel: Pair

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Shape of the sums."""
        channels, height, width = self.shape
        return channels, height // self.kernel[0], width // self.kernel[1]


@dataclass(frozen=True, kw_only=True)
class Dense:
    """``y = weight @ x``, of a map its elements in C order.

    Attributes
    ----------
    weight : (outputs, inputs)
    """

    weight: Array

    @property
    def output_shape(self) -> Shape:
        """One axis."""
        return (len(self.weight),)

    @property
    def n_channels(self) -> int:
        """Rows of weights: as many as outputs."""
        return len(self.weight)


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """``y[o, p, q] = sum_cij weight[o, c, i, j] x[g + c, p sy + i dy - py, q sx + j dx - px]``, zeros around the map.

    ``g`` is the first channel of the group of ``o``. In one dimension the map has a height of 1, and so has the kernel.

    Attributes
    ----------
    weight : (outputs, channels / groups, rows, columns)
    shape : (channels, height, width)
        Of the map that the windows see, behind the pool.
    stride, padding, dilation : (rows, columns)
    groups : int
    """

    weight: Array
    shape: tuple[int, int, int]
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Shape of the map of outputs."""
        return len(self.weight), self._n_windows(0), self._n_windows(1)

    def _n_windows(self, axis: int) -> int:
        reach = self.dilation[axis] * (self.weight.shape[2 + axis] - 1) + 1
        return max(0, (self.shape[1 + axis] + 2 * self.padding[axis] - reach) // self.stride[axis] + 1)

    @property
    def n_channels(self) -> int:
        """Rows of weights: as many as channels of the outputs."""
        return len(self.weight)


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """Neurons as NIR has them, all arrays of shape (n,), the elements of a map in C order.

    The equations of NIR are ``tau dv/dt = v_leak - v + r i``, or ``dv/dt = r i`` of I and IF; with a synaptic current
    ``tau_syn ds/dt = w_in i - s`` and ``s`` for ``i``. A spike where ``v > v_threshold``; then ``v = v_reset``.

    Attributes
    ----------
    kind : str
        The type of the node.
    r, tau, v_leak, tau_syn, w_in, v_threshold, v_reset : (n,) or None
        None for what the type does not have.
    """

    kind: Kind
    r: Array | None = None
    tau: Array | None = None
    v_leak: Array | None = None
    tau_syn: Array | None = None
    w_in: Array | None = None
    v_threshold: Array | None = None
    v_reset: Array | None = None

    @property
    def spikes(self) -> bool:
        """Whether they spike: else they are a readout."""
        return self.kind not in READOUTS


@dataclass(frozen=True, kw_only=True)
class Layer:
    """``i[t] = map(pool(x[t])) + recurrent z[t - 1] + bias`` into neurons.

    Attributes
    ----------
    name : str
        Of the node of the neurons; parts of a path are joined by dots.
    nodes : tuple of str
        All nodes that went into the layer.
    input_shape : tuple of int
        Of the spikes x of a step, before the pool; (n,) where they are no map.
    output_shape : tuple of int
        Of its neurons: (n,), or (channels, height, width).
    pool : Pool or None
    map : Dense or Convolution
        With the factors of Scale and of average pooling.
    bias : (n_channels,)
        Of an output, or of a channel of a convolution; the bias of the recurrent map stands in `recurrent_bias`.
    recurrent : (n, n) or None
        Of the layer's own spikes of the step before, as ``weight[to, from]``.
    recurrent_bias : (n,) or None
        Added in every step, the first included.
    neuron : Neuron
    """

    name: str
    nodes: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape
    pool: Pool | None
    map: Dense | Convolution
    bias: Array
    recurrent: Array | None
    recurrent_bias: Array | None
    neuron: Neuron

    @property
    def n_inputs(self) -> int:
        """Elements of the input."""
        return math.prod(self.input_shape)

    @property
    def n_neurons(self) -> int:
        """Elements of the output."""
        return math.prod(self.output_shape)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Layers in a row; all but the last spike.

    Attributes
    ----------
    layers : tuple of Layer
        At least one.
    """

    layers: tuple[Layer, ...]

    @property
    def input_shape(self) -> Shape:
        """Of the spikes of a step."""
        return self.layers[0].input_shape

    @property
    def n_inputs(self) -> int:
        """Elements of the input."""
        return self.layers[0].n_inputs
