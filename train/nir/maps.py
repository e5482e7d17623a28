"""Linear maps and pools of NIR nodes."""

import math
from typing import cast

import numpy as np

from golden.errors import NirError
from train.nir.flat import Flat
from train.nir.layers import Array, Convolution, Pair, Pool, Shape
from train.nir.values import numbers, pair

Map = tuple[int, int, int]


def dense(flat: Flat, name: str) -> tuple[Array, Array]:
    """Return weight (outputs, inputs) and bias (outputs,) of Linear or Affine.

    Raises
    ------
    NirError
        Shapes that do not fit.
    """
    weight = numbers(flat, name, "weight")
    if weight.ndim != 2 or not weight.size:
        raise NirError(f"{flat.call(name)}: its weight is of shape {weight.shape}; give (outputs, inputs)")
    return weight, _bias(flat, name, len(weight)) if flat.kind(name) == "Affine" else np.zeros(len(weight))


def convolution(flat: Flat, name: str, shape: Shape) -> tuple[Convolution, Array]:
    """Return a convolution of a map and the bias (outputs,); one dimension becomes a map of height 1.

    Parameters
    ----------
    shape : (channels, height, width), or (channels, 1, length) for Conv1d

    Raises
    ------
    NirError
        Shapes that do not fit the map or each other, padding of unequal sides.
    """
    axes = 1 if flat.kind(name) == "Conv1d" else 2
    weight = numbers(flat, name, "weight")
    if weight.ndim != 2 + axes or not weight.size:
        raise NirError(f"{flat.call(name)}: its weight is of shape {weight.shape}; it must have {2 + axes} axes")
    weight = weight.reshape(*weight.shape[:2], *((1,) if axes == 1 else ()), *weight.shape[2:])
    groups = int(numbers(flat, name, "groups").reshape(-1)[0])
    channels, outputs = shape[0], len(weight)
    if groups < 1 or weight.shape[1] * groups != channels or outputs % groups:
        raise NirError(
            f"{flat.call(name)}: {outputs} outputs of {weight.shape[1]} channels in {groups} groups do not fit "
            f"a map of {channels} channels; repair weight or groups"
        )
    _require_stated_size(flat, name, shape, axes)
    stride, dilation = (pair(flat, name, field, least=1, axes=axes) for field in ("stride", "dilation"))
    weight, padding = _padding(flat, name, weight, stride, dilation, axes)
    found = Convolution(
        weight=weight, shape=cast(Map, shape), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    if not math.prod(found.output_shape):
        kernel = " x ".join(str(size) for size in weight.shape[2:])
        raise NirError(f"{flat.call(name)}: a kernel of {kernel} does not fit a map of {shape[1]} x {shape[2]}; pad it")
    return found, _bias(flat, name, outputs)


def pool(flat: Flat, name: str, shape: Map) -> tuple[Pool, float]:
    """Return a pool of sums, and the factor that makes them the averages of AvgPool2d.

    Raises
    ------
    NirError
        Windows that overlap, leave gaps or reach beyond the map.
    """
    kernel = pair(flat, name, "kernel_size", least=1)
    stride, padding = pair(flat, name, "stride", least=1), pair(flat, name, "padding", least=0)
    if stride != kernel:
        raise NirError(
            f"{flat.call(name)}: windows of {kernel} every {stride} are not side by side; make stride and kernel equal"
        )
    if padding != (0, 0):
        raise NirError(f"{flat.call(name)}: pads by {padding}; make it 0, or pad in the convolution behind it")
    found = Pool(shape=shape, kernel=kernel)
    if not math.prod(found.output_shape):
        raise NirError(f"{flat.call(name)}: windows of {kernel} do not fit a map of {shape[1:]}; make them smaller")
    return found, 1 / math.prod(kernel) if flat.kind(name) == "AvgPool2d" else 1.0


def per_channel(pool: Pool) -> Convolution:
    """A pool as a convolution that keeps channels apart: where no other weights are in front of neurons."""
    channels = pool.shape[0]
    weight = np.ones((channels, 1, *pool.kernel))
    return Convolution(weight=weight, shape=pool.shape, stride=pool.kernel, groups=channels)


def _bias(flat: Flat, name: str, outputs: int) -> Array:
    if getattr(flat.nodes[name], "bias", None) is None:
        return np.zeros(outputs)
    bias = numbers(flat, name, "bias")
    if bias.size not in (1, outputs):
        raise NirError(f"{flat.call(name)}: its bias is {bias.shape}, but it has {outputs} outputs; repair it")
    return np.broadcast_to(bias.reshape(-1), (outputs,)).copy()


def _require_stated_size(flat: Flat, name: str, shape: Shape, axes: int) -> None:
    """The size that a node states must be that of the map; many leave it out."""
    stated = getattr(flat.nodes[name], "input_shape", None)
    if stated is None or np.size(stated) == 0:
        return
    size = tuple(int(each) for each in numbers(flat, name, "input_shape").reshape(-1))
    if size != shape[-axes:]:
        raise NirError(f"{flat.call(name)}: its input_shape is {size}, but it gets {shape[-axes:]}; repair it")


def _padding(flat: Flat, name: str, weight: Array, stride: Pair, dilation: Pair, axes: int) -> tuple[Array, Pair]:
    """The padding in numbers. An even kernel under "same" pads one more behind: it gets a row of zeros in front."""
    stated = getattr(flat.nodes[name], "padding", 0)
    stated = stated.decode() if isinstance(stated, bytes) else stated
    if not isinstance(stated, str):
        rows, columns = pair(flat, name, "padding", least=0, axes=axes)
        return weight, (rows, columns)
    if stated == "valid":
        return weight, (0, 0)
    if stated != "same" or stride != (1, 1):
        raise NirError(f"{flat.call(name)}: padding {stated!r} with stride {stride}; give the padding in numbers")
    for axis in (0, 1):
        if dilation[axis] * (weight.shape[2 + axis] - 1) % 2:
            if dilation[axis] != 1:
                raise NirError(f"{flat.call(name)}: pads unequal sides; use a kernel of odd size or even dilation")
            weight = np.pad(weight, [(1, 0) if each == 2 + axis else (0, 0) for each in range(4)])
    rows, columns = (dilation[axis] * (weight.shape[2 + axis] - 1) // 2 for axis in (0, 1))
    return weight, (rows, columns)
