"""Numbers of NIR nodes: finite, of the right shape, float64."""

import math
from typing import Any

import numpy as np

from golden.errors import NirError
from train.nir.flat import Flat
from train.nir.layers import Array, Pair, Shape


def numbers(flat: Flat, name: str, field: str) -> Array:
    """Return a field of a node as float64.

    Raises
    ------
    NirError
        No numbers, NaN or infinite.
    """
    value = getattr(flat.nodes[name], field)
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise NirError(f"{flat.call(name)}: its {field} is {value!r:.60} and no array of numbers; repair it") from error
    if not np.isfinite(found).all():
        worst = found[~np.isfinite(found)].flat[0]
        raise NirError(f"{flat.call(name)}: its {field} holds {worst}; train or export it again")
    return found


def per_neuron(flat: Flat, name: str, field: str, shape: Shape) -> Array:
    """Return a parameter of neurons of some shape as an array (n,): one number for all, a channel or a neuron.

    Raises
    ------
    NirError
        Not finite, or for another number of neurons.
    """
    found = numbers(flat, name, field)
    if found.size == 1:
        return np.full(math.prod(shape), found.item())
    per_channel = len(shape) == 3 and found.shape == (shape[0], 1, 1)
    if per_channel or found.size == math.prod(shape):
        return np.broadcast_to(found if per_channel else found.reshape(shape), shape).reshape(-1).copy()
    raise NirError(
        f"{flat.call(name)}: its {field} is of shape {found.shape}, but {_of(shape)} neurons stand in front of the "
        "next layer; give a number for each, or one for all"
    )


def pair(flat: Flat, name: str, field: str, *, least: int, axes: int = 2) -> Pair:
    """Return a field of one or two whole numbers as (rows, columns); with one axis, rows are `least`.

    Raises
    ------
    NirError
        Something else, or below `least`.
    """
    value: Any = getattr(flat.nodes[name], field)
    found = numbers(flat, name, field).reshape(-1)
    whole = found.size in (1, axes) and (found == np.round(found)).all() and (found >= least).all()
    if not whole:
        raise NirError(f"{flat.call(name)}: its {field} is {value!r:.60}; it must be {least} or a larger whole number")
    if axes == 1:
        return least, int(found[0])
    return int(found[0]), int(found[-1])


def _of(shape: Shape) -> str:
    return " x ".join(str(size) for size in shape)
