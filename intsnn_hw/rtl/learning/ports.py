"""What the parts of the learning engine hand to each other, one neuron a cycle; Out as seen by the giver."""

from amaranth.hdl import signed
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from golden.config import LearningLayer

from ..layouts import carried_layout, error_layout, place_layout

COUNTER_WIDTH = 32
"""Bits of what is counted for the host."""


def error_port(layer: LearningLayer) -> wiring.Signature:
    """The error of a neuron of a layer and its place there, in cycles with `valid`; neurons in ascending order."""
    return wiring.Signature({"valid": Out(1), "place": Out(place_layout(layer)), "error": Out(error_layout(layer))})


def carried_port(below: LearningLayer, width: int) -> wiring.Signature:
    """The error ``d_j`` carried to a neuron of a hidden layer, of `width` bits, in cycles with `valid`.

    `neuron` holds what its gradient is made of besides; `last` marks the last neuron.
    """
    return wiring.Signature(
        {"valid": Out(1), "last": Out(1), "error": Out(signed(width)), "neuron": Out(carried_layout(below))}
    )
