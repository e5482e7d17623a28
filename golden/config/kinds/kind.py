"""What every kind of layer answers: how its inputs meet its neurons, and where its weights lie."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ..spatial import Shape, pooled_shape


@dataclass(frozen=True, kw_only=True)
class LayerKind(ABC):
    """The geometry of a layer: shapes of input, weights and output, and the order of its weights.

    A kind is a subclass in a file of its own. What depends on how inputs meet neurons asks it, so that the rest of the
    project (memories, weight load, cycles, co-simulation) serves every kind.

    Attributes
    ----------
    size : int
        As in :class:`golden.config.LayerConfig`.
    n_in : int
        Inputs before pooling, without the layer's own neurons.
    input_shape : (channels, height, width) or None
        None for an input without rows and columns.
    pool : int
        Side of the squares over which the input is summed first.
    """

    name: ClassVar[str]
    """What messages and descriptions call the kind."""

    size: int
    n_in: int
    input_shape: Shape | None = None
    pool: int = 1

    @property
    def is_spatial(self) -> bool:
        """Whether rows and columns of the input matter."""
        return self.pool > 1

    @property
    def pooled_shape(self) -> Shape | None:
        """Shape of the input after pooling; None for an input without rows and columns."""
        return None if self.input_shape is None else pooled_shape(self.input_shape, self.pool)

    @property
    def n_fed(self) -> int:
        """Inputs after pooling, each of which has a trace where the network learns."""
        return self.n_in if self.pooled_shape is None else math.prod(self.pooled_shape)

    @property
    def n_traces(self) -> int:
        """Traces of inputs after pooling and of the layer's own neurons."""
        return self.n_fed + self.n_own

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the output; None where it has no rows and columns."""
        return None

    @property
    def n_out(self) -> int:
        """Neurons."""
        return self.size if self.output_shape is None else math.prod(self.output_shape)

    @property
    def n_own(self) -> int:
        """Rows of weights from the layer's own neurons."""
        return 0

    @property
    @abstractmethod
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights, output channels first."""

    @property
    def load_axes(self) -> tuple[int, ...]:
        """Axes of the weights, slowest first, in the order of a weight load: row by row, output channels last."""
        return (*range(1, len(self.weight_shape)), 0)

    @property
    def n_rows(self) -> int:
        """Rows of weights, each with a weight to every output channel."""
        return math.prod(self.weight_shape[1:])

    @property
    def n_weights(self) -> int:
        """Weights of the layer."""
        return math.prod(self.weight_shape)

    @property
    @abstractmethod
    def fan_in(self) -> int:
        """Most input events of one step that can reach one neuron, each input sending at most one; without its own."""

    @property
    @abstractmethod
    def fan_out(self) -> int:
        """Most neurons that one input, after pooling, has weights to."""

    @property
    def shares_weights(self) -> bool:
        """Whether neurons share weights."""
        return False

    @property
    def n_sharing(self) -> int:
        """Neurons that share a weight: those of an output channel."""
        return self.n_out // self.size

    @property
    def term(self) -> str:
        """Part of :attr:`golden.config.NetworkConfig.topology` that stands for the layer."""
        return f"{self.pool}a-" if self.pool > 1 else ""
