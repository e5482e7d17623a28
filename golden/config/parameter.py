"""What a layer stores for each of its outputs: arrays with their shapes, widths and places in a weight load."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..fixed import IntArray


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One array of a layer, as checkpoints, weight loads and the memories of a core hold it.

    Attributes
    ----------
    name : str
        In checkpoints, and of the memory in a core.
    field, shadow_field : str
        Of :class:`golden.network.Network`, and, for the values that learn, of its
        :class:`golden.network.LearningNetwork`; both by layer.
    shape : tuple of int
        Output channels first.
    load_axes : tuple of int
        Axes, slowest first, in the order of a weight load.
    width, stored_width : int
        Bits of an inference value, and of what a core stores: the shadow value where the network learns.
    trace_width : int
        Bits of the trace of its only row, where that is fed by no event but in every step; otherwise 0.
    """

    name: str
    field: str
    shadow_field: str
    shape: tuple[int, ...]
    load_axes: tuple[int, ...]
    width: int
    stored_width: int
    trace_width: int = 0

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def n_outputs(self) -> int:
        """Values of a row: one for each output channel."""
        return self.shape[0]

    @property
    def n_rows(self) -> int:
        """Rows of values, in the order of a weight load."""
        return self.size // self.n_outputs

    def as_rows(self, values: IntArray) -> IntArray:
        """Return values of `shape` as a view, shape (n_outputs, n_rows), a column for each row."""
        return values.reshape(self.n_outputs, self.n_rows)

    def to_load(self, values: IntArray) -> IntArray:
        """Return values of `shape` in the order of a weight load, flat."""
        return values.transpose(self.load_axes).ravel()

    def from_load(self, flat: IntArray) -> IntArray:
        """Undo :meth:`to_load`."""
        stored = flat.reshape([self.shape[axis] for axis in self.load_axes])
        return stored.transpose([self.load_axes.index(axis) for axis in range(len(self.load_axes))])
