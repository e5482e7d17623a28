"""Neurons of NIR nodes."""

from typing import cast

import numpy as np

from golden.errors import NirError
from train.nir.flat import Flat
from train.nir.layers import Array, Kind, Neuron, Shape
from train.nir.values import per_neuron

_FIELDS = {
    "LIF": {"tau": "tau", "r": "r", "v_leak": "v_leak", "v_threshold": "v_threshold", "v_reset": "v_reset"},
    "IF": {"r": "r", "v_threshold": "v_threshold", "v_reset": "v_reset"},
    "CubaLIF": {
        "tau": "tau_mem", "tau_syn": "tau_syn", "r": "r", "w_in": "w_in", "v_leak": "v_leak",
        "v_threshold": "v_threshold", "v_reset": "v_reset",
    },
    "LI": {"tau": "tau", "r": "r", "v_leak": "v_leak"},
    "I": {"r": "r"},
    "CubaLI": {"tau": "tau_mem", "tau_syn": "tau_syn", "r": "r", "w_in": "w_in", "v_leak": "v_leak"},
    "Threshold": {"v_threshold": "threshold"},
}  # fmt: skip
"""Fields of a :class:`Neuron` by the type of node, and what the node calls them."""


def neuron(flat: Flat, name: str, shape: Shape) -> Neuron:
    """Return the neurons of a node, of which there are as many as `shape` says.

    Raises
    ------
    NirError
        Values that are not finite or of another number; a time constant that is not above 0, a threshold that is not
        above the reset.
    """
    kind = cast(Kind, flat.kind(name))
    found: dict[str, Array] = {field: per_neuron(flat, name, theirs, shape) for field, theirs in _FIELDS[kind].items()}
    for field in ("tau", "tau_syn"):
        if field in found and found[field].min() <= 0:
            theirs = _FIELDS[kind][field]
            raise NirError(f"{flat.call(name)}: its {theirs} is {found[field].min():g}; it must be above 0")
    if "v_threshold" in found:
        lowest = found.get("v_reset", np.zeros_like(found["v_threshold"]))
        below = found["v_threshold"] <= lowest
        if below.any():
            raise NirError(
                f"{flat.call(name)}: its threshold {found['v_threshold'][below][0]:g} is not above the reset "
                f"{lowest[below][0]:g}, it would fire without end; raise it"
            )
    return Neuron(kind=kind, **found)
