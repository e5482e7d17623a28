"""What the parts of the learning engine hand to each other, one neuron a cycle; Out as seen by the giver."""

from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

from golden.config import LearningLayer

from ..layouts import carried_layout, error_layout, neuron_layout, place_layout

COUNTER_WIDTH = 32
"""Bits of what is counted for the host."""


def error_port(layer: LearningLayer) -> wiring.Signature:
    """The error of a neuron of a layer and its place there, in cycles with `valid`; neurons in ascending order."""
    return wiring.Signature({"valid": Out(1), "place": Out(place_layout(layer)), "error": Out(error_layout(layer))})


def carried_port(layer: LearningLayer, below: LearningLayer) -> wiring.Signature:
    """The error ``d`` that a layer carries to the one below, in cycles with `valid`; `last` marks the last one.

    `neuron` says where it belongs, see :func:`carried_layout`.
    """
    return _error_of(layer.carried_width, carried_layout(layer, below))


def neuron_error_port(layer: LearningLayer, width: int) -> wiring.Signature:
    """The error ``d_j`` of a neuron of a hidden layer, of `width` bits, in cycles with `valid`.

    `neuron` holds what its gradient is made of besides; `last` marks the last neuron.
    """
    return _error_of(width, neuron_layout(layer))


def _error_of(width: int, layout: data.StructLayout) -> wiring.Signature:
    return wiring.Signature({"valid": Out(1), "last": Out(1), "error": Out(signed(width)), "neuron": Out(layout)})
