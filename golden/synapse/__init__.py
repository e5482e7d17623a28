"""Weights: how a layer's inputs meet its neurons, forward, for its error downward, and for its gradient.

Each kind of layer says so in a file of its own, in three functions: `current`, `carried`, `gradient`.
"""

from typing import Protocol

import numpy as np

from ..config import Convolution, Dense, LayerKind, Recurrent, ResolvedLayer, RowGroup
from ..fixed import IntArray
from . import convolution, dense
from .convolution import conv_current, conv_error, conv_gradient, windows_of
from .dense import feedback_error, outer_gradient, synaptic_current
from .pooling import pool_sum, pooled, spread, unpooled
from .weight import inference_weight

__all__ = [
    "SYNAPSES",
    "carried_error",
    "conv_current",
    "conv_error",
    "conv_gradient",
    "feedback_error",
    "inference_weight",
    "layer_current",
    "outer_gradient",
    "pool_sum",
    "pooled",
    "row_gradient",
    "spread",
    "synaptic_current",
    "unpooled",
    "windows_of",
]


class Synapse(Protocol):
    """What the module of a kind of layer holds; all exact."""

    def current(self, spikes: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
        """Return the sum of a step, (..., n_out), of the spikes of all rows, pooled (..., n_traces)."""
        ...

    def carried(self, error: IntArray, weight: IntArray, kind: LayerKind) -> IntArray:
        """Return the error of each input after pooling, (n_fed,), of that of the neurons, (n_out,)."""
        ...

    def gradient(self, error: IntArray, trace: IntArray, kind: LayerKind) -> IntArray:
        """Return the gradient (size, rows) of neurons' error (n_out,) and the traces that feed the rows."""
        ...


SYNAPSES: dict[type[LayerKind], Synapse] = {Dense: dense, Recurrent: dense, Convolution: convolution}
"""By kind of layer."""


def layer_current(spikes: IntArray, weight: IntArray, layer: ResolvedLayer) -> IntArray:
    """Return the exact sum of one step of any layer: pooled input spikes times weights; (..., n_in) to (..., n_out)."""
    kind = layer.kind
    return SYNAPSES[type(kind)].current(pooled(spikes, kind), weight, kind)


def carried_error(error: IntArray, weight: IntArray, layer: ResolvedLayer) -> IntArray:
    """Return the exact error that a layer carries down to each of its inputs, (n_out,) to (n_in,).

    All inputs of a pooled square get that of the square, those outside of all squares 0.
    """
    kind = layer.kind
    return unpooled(SYNAPSES[type(kind)].carried(error, weight, kind), kind)


def row_gradient(error: IntArray, trace: IntArray, layer: ResolvedLayer, group: RowGroup) -> IntArray:
    """Return ``G``, the exact sum of error times trace over all neurons that share a weight.

    Parameters
    ----------
    error : IntArray
        Of the layer's neurons, shape (n_out,).
    trace : IntArray
        Of what feeds the group, see ``RowGroup.feed``.

    Returns
    -------
    IntArray
        Shape (output channels, rows of the group).
    """
    kind = layer.kind
    if group.parameter == layer.weights:
        return SYNAPSES[type(kind)].gradient(error, trace, kind)
    return outer_gradient(np.sum(error.reshape(-1, kind.n_sharing), axis=1), trace)
