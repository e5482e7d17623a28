"""How many membrane LSBs a unit of the float membrane becomes, and how many guard bits lie below."""

import math
from dataclasses import dataclass

import numpy as np

from golden.config.limits import CURRENT_SHIFTS, CURRENT_WIDTHS
from golden.errors import NirError
from train.nir.dynamics import Discrete, uniform
from train.nir.layers import Array
from train.nir.options import Threshold


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The units of a layer.

    Attributes
    ----------
    lsb : float
        Membrane LSBs in a unit of the float membrane.
    guard : int
        Guard bits: a weight LSB is ``2^-guard`` membrane LSBs.
    shift : int or None
        log2 of the threshold in membrane LSBs, where that is a power of two.
    """

    lsb: float
    guard: int
    shift: int | None = None

    @property
    def weight_lsb(self) -> float:
        """Weight LSBs in a unit."""
        return math.ldexp(self.lsb, self.guard)


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the integers of a layer hold.

    Parameters
    ----------
    weight_width, membrane_width, spike_width : int
        Bits.
    largest : float
        Of the float membranes, with a margin.
    current : float
        Largest synaptic current, with a margin; 0 where there is none.
    bias_top : int
        Of a bias, in weight LSBs.
    """

    weight_width: int
    membrane_width: int
    spike_width: int
    largest: float
    current: float
    bias_top: int

    @property
    def highest(self) -> int:
        """Of a membrane."""
        return (1 << (self.membrane_width - 1)) - 1


def choose_scale(layer: Discrete, room: Room, threshold: Threshold) -> Scale:
    """Return the finest scale that membranes, weights and biases have room for.

    Raises
    ------
    NirError
        Not even a scale of one LSB for the threshold has room.
    """
    theta = None if layer.threshold is None else uniform(layer.threshold)
    amount = None if layer.reset_amount is None else uniform(layer.reset_amount)
    limit = room.highest / max(room.largest, theta or 0.0, amount or 0.0, 1e-300)
    weights = finest(layer, room)
    if theta is None:
        return _free(limit, weights)
    if threshold == "pow2" or layer.compare == "floor":
        limit = min(limit, math.ldexp(1 / theta, room.membrane_width - 1 - room.spike_width))
        found = _power_of_two(limit, weights, theta)
    else:
        found = _exact(layer, limit, weights) or _snapped(_free(limit, weights), layer.reset, theta, amount)
    if found.lsb * theta < 1 - 1e-9:
        raise NirError(
            f"node '{layer.name}': weights up to {_largest_weight(layer):.4g}, membranes up to {room.largest:.4g} and "
            f"a threshold of {theta:.4g} have no room in weights of {room.weight_width} bits and membranes of "
            f"{room.membrane_width}; give larger widths"
        )
    return found


def finest(layer: Discrete, room: Room) -> float:
    """Most weight LSBs in a unit, for which weights, biases and synaptic currents have room."""
    largest = _largest_weight(layer)
    top = (1 << (room.weight_width - 1)) - 1
    found = top / largest if largest else math.inf
    if room.current:
        found = min(found, ((1 << (CURRENT_WIDTHS[1] - 1)) - 1) / room.current)
    bias = float(np.abs(layer.bias).max())
    # 2: what the bias has in addition against the floor of sums and leaks.
    return min(found, (room.bias_top - 2) / bias) if bias else found


def weights_of(layer: Discrete) -> list[Array]:
    """All weights of a layer, those of its own spikes last."""
    return [layer.map.weight, *([] if layer.recurrent is None else [layer.recurrent])]


def _largest_weight(layer: Discrete) -> float:
    return max(float(np.abs(each).max()) for each in weights_of(layer))


def _free(limit: float, weights: float) -> Scale:
    """Weights in their whole range, membranes in theirs up to a factor of two."""
    if math.isinf(weights):
        return Scale(lsb=limit, guard=0)
    guard = min(max(math.ceil(math.log2(weights / limit)), CURRENT_SHIFTS[0]), CURRENT_SHIFTS[1])
    return Scale(lsb=min(math.ldexp(weights, -guard), limit), guard=guard)


def _power_of_two(limit: float, weights: float, theta: float) -> Scale:
    lsb = min(limit, math.ldexp(weights, -CURRENT_SHIFTS[0]))
    shift = math.floor(math.log2(lsb * theta) + 1e-12)
    lsb = math.ldexp(1 / theta, shift)
    guard = CURRENT_SHIFTS[1] if math.isinf(weights) else math.floor(math.log2(weights / lsb) + 1e-12)
    return Scale(lsb=lsb, guard=min(max(guard, CURRENT_SHIFTS[0]), CURRENT_SHIFTS[1]), shift=shift)


def _snapped(scale: Scale, reset: str, theta: float, amount: float | None) -> Scale:
    """A little fewer LSBs, so that what is subtracted is whole, or the threshold lies between two whole numbers."""
    if reset == "subtract" and amount is not None:
        whole = math.floor(scale.lsb * amount)
        return Scale(lsb=whole / amount if whole else scale.lsb, guard=scale.guard)
    half = math.floor(scale.lsb * theta - 0.5) + 0.5
    return Scale(lsb=half / theta if half > 1 else scale.lsb, guard=scale.guard)


def _exact(layer: Discrete, limit: float, weights: float) -> Scale | None:
    """The scale at which every number of a layer without a leak is whole, if there is room for it."""
    if layer.decay[0] not in (0, 1) or (layer.synapse_decay is not None and layer.synapse_decay[0] not in (0, 1)):
        return None
    numbers = [*weights_of(layer), layer.bias, layer.start, layer.threshold, layer.reset_amount]
    bits = max(_binary_places(each) for each in numbers if each is not None)
    lsb = math.ldexp(1.0, bits)
    return Scale(lsb=lsb, guard=0) if lsb <= min(limit, weights) else None


def _binary_places(values: Array, most: int = 32) -> int:
    """Bits behind the point of the value with the most; more than `most` where it has more."""
    bits = 0
    while bits <= most and (np.ldexp(values, bits) % 1).any():
        bits += 1
    return bits
