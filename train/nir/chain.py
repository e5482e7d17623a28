"""From a NIR graph to a chain of layers; what the arithmetic cannot express ends in a message that names the node."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from golden.errors import NirError
from train.nir import maps
from train.nir.flat import Flat, flatten
from train.nir.layers import READOUTS, Array, Chain, Convolution, Dense, Layer, Pool, Shape
from train.nir.neurons import neuron
from train.nir.order import NEURONS, POOLS, WEIGHTS, order
from train.nir.read import read_graph
from train.nir.values import numbers


def load_chain(path: Path | str) -> Chain:
    """Read a NIR file as a chain of layers; every message starts with the path.

    Raises
    ------
    InputError
        As of :func:`train.nir.read.read_graph` and :func:`read_chain`.
    """
    graph = read_graph(path)
    try:
        return read_chain(graph)
    except NirError as error:
        raise NirError(f"{path}: {error}") from error


def read_chain(graph: Any) -> Chain:
    """Turn a graph into a chain of layers.

    Scale and the factors of average pools go into weights, inner graphs are put in their place, leading axes of the
    input (samples, steps) are dropped, sizes of maps that convolutions leave out are filled in.

    Parameters
    ----------
    graph : nir.NIRGraph

    Raises
    ------
    NirError
        What is not supported, with the name of the node and what to do: see :func:`train.nir.order.order`; two linear
        maps without neurons between, pools that overlap or pad, layers that do not spike in front of others,
        parameters that are not finite, shapes that do not fit.
    """
    flat = flatten(graph)
    path = order(flat)
    layers: list[Layer] = []
    part = _Part(flat=flat, shape=None, is_first=True)
    for name in path.names:
        kind = flat.kind(name)
        if kind == "Input":
            part.shape = _stated(flat, name)
        elif kind == "Output":
            break
        elif kind in NEURONS:
            if layers and not layers[-1].neuron.spikes:
                raise NirError(_not_spiking(flat, layers[-1].name, name))
            part.nodes.append(name)
            layers.append(part.layer(name, path.recurrent.get(name, ""), name in path.recurrent))
            part = _Part(flat=flat, shape=layers[-1].output_shape)
        else:
            part.nodes.append(name)
            part.add(name, kind, behind=layers[-1].name if layers else None, layers=layers)
    if part.nodes and (part.map is not None or part.pool is not None):
        raise NirError(
            f"{flat.call(part.nodes[-1])}: is the last node and has no neurons behind it; add LI, or I for the sum of "
            "all steps"
        )
    if not layers:
        raise NirError("the graph has no neurons; give a spiking network")
    return Chain(layers=tuple(layers))


@dataclass(kw_only=True)
class _Part:
    """A layer in the making: what came since the neurons before.

    Attributes
    ----------
    flat : Flat
    shape : tuple of int or None
        Of the values at this place; of an input, as it is stated, until the first weights say what they take.
    input_shape : tuple of int or None
        Of the layer's input, once known.
    before : array
        Factor of the inputs of the map: one, or an array of the pooled shape.
    """

    flat: Flat
    shape: Shape | None
    is_first: bool = False
    is_flat: bool = False
    nodes: list[str] = field(default_factory=list)
    input_shape: Shape | None = None
    pool: Pool | None = None
    map: Dense | Convolution | None = None
    bias: Array | None = None
    before: Array = field(default_factory=lambda: np.ones(()))

    def add(self, name: str, kind: str, *, behind: str | None, layers: list[Layer]) -> None:
        """Add a node that is no neuron."""
        if layers and not layers[-1].neuron.spikes:
            raise NirError(_not_spiking(self.flat, layers[-1].name, name))
        if self.map is not None and kind in (*WEIGHTS, *POOLS):
            raise NirError(
                f"{self.flat.call(name)}: is a second linear map without neurons between; merge it with "
                f"'{self.nodes[-2]}' into one, or put neurons between"
            )
        if kind in POOLS:
            self._add_pool(name)
        elif kind in ("Conv1d", "Conv2d"):
            self._add_convolution(name, kind)
        elif kind in WEIGHTS:
            self._add_dense(name)
        elif kind == "Scale":
            self._add_scale(name)
        else:
            self._add_flatten(name)

    def _add_pool(self, name: str) -> None:
        if self.pool is not None:
            raise NirError(f"{self.flat.call(name)}: is a second pool in a row; merge it with '{self.nodes[-2]}'")
        shape = self._map_shape(name, 3)
        self.pool, factor = maps.pool(self.flat, name, cast(maps.Map, shape))
        if self.before.size > 1:
            self.before = self._per_channel(name, self.before.reshape(shape)).reshape(-1, 1, 1)
            self.before = np.broadcast_to(self.before, self.pool.output_shape)
        self.before, self.shape = self.before * factor, self.pool.output_shape

    def _add_convolution(self, name: str, kind: str) -> None:
        shape = self._map_shape(name, 2 if kind == "Conv1d" else 3)
        found, self.bias = maps.convolution(self.flat, name, shape)
        channels = self._per_channel(name, np.broadcast_to(self.before.reshape(self.before.shape or 1), shape))
        channels = channels.reshape(found.groups, 1, -1, 1, 1)
        grouped = found.weight.reshape(found.groups, -1, *found.weight.shape[1:])
        self.map = replace(found, weight=(grouped * channels).reshape(found.weight.shape))
        self.shape = self.map.output_shape

    def _add_dense(self, name: str) -> None:
        weight, self.bias = maps.dense(self.flat, name)
        inputs = weight.shape[1]
        self._enter(inputs)
        if self.shape is None or math.prod(self.shape) != inputs:
            raise NirError(f"{self.flat.call(name)}: takes {inputs} inputs, but gets {_of(self.shape)}; repair it")
        self.map = Dense(weight=weight * self.before.reshape(-1))
        self.shape = self.map.output_shape

    def _add_scale(self, name: str) -> None:
        scale = numbers(self.flat, name, "scale")
        if self.map is None:
            if scale.size > 1:
                self._enter(scale.size)
                scale = self._fitting(name, scale)
            self.before = self.before * scale
            return
        scale = self._fitting(name, scale) if scale.size > 1 else scale
        rows = np.broadcast_to(scale.reshape(scale.shape if scale.size > 1 else ()), self.shape or ())
        rows = self._per_channel(name, rows) if isinstance(self.map, Convolution) else rows.reshape(-1)
        axes = (1,) * (self.map.weight.ndim - 1)
        self.map = replace(self.map, weight=self.map.weight * rows.reshape(-1, *axes))
        self.bias = None if self.bias is None else self.bias * rows

    def _add_flatten(self, name: str) -> None:
        node = self.flat.nodes[name]
        stated = node.output_type.get("output") if getattr(node, "output_type", None) else None
        if stated is not None and sum(int(size) > 1 for size in np.reshape(stated, -1)) > 1:
            raise NirError(f"{self.flat.call(name)}: leaves more than one axis; flatten all of them")
        self.is_flat = True

    def _map_shape(self, name: str, axes: int) -> Shape:
        """The map (channels, height, width) at this place; a length is a map of height 1."""
        shape = self.shape
        if self.input_shape is None and self.is_first:
            shape = self._from_size(name) if shape is None else shape[-axes:]
            if axes == 2 and len(shape) == 2:
                shape = (shape[0], 1, shape[1])
        if shape is None or self.is_flat or len(shape) != 3 or (axes == 2 and shape[1] != 1):
            kind = "a map (channels, length)" if axes == 2 else "a map (channels, height, width)"
            raise NirError(f"{self.flat.call(name)}: needs {kind}, but gets {_of(shape)}; repair what is in front")
        self.input_shape = self.input_shape or shape
        return shape

    def _enter(self, n: int) -> None:
        """The first node of a layer takes `n` values: an Input may state axes of samples and steps in front of them."""
        if self.input_shape is None:
            if self.is_first:
                self.shape = _trailing(self.shape or (n,), n)
            self.input_shape = self.shape

    def _from_size(self, name: str) -> Shape:
        """The shape that the first weights state, where the graph has no Input."""
        node = self.flat.nodes[name]
        if getattr(node, "input_shape", None) is None:
            raise NirError(f"{self.flat.call(name)}: the size of its map is not known; put an Input in front")
        size = numbers(self.flat, name, "input_shape").reshape(-1)
        channels = np.shape(node.weight)[1] * int(numbers(self.flat, name, "groups").reshape(-1)[0])
        return (channels, *(int(each) for each in size))

    def _fitting(self, name: str, scale: Array) -> Array:
        shape = self.shape or scale.shape
        if len(shape) == 3 and scale.shape == (shape[0], 1, 1):
            return np.broadcast_to(scale, shape)
        if scale.size != math.prod(shape):
            raise NirError(f"{self.flat.call(name)}: {scale.size} factors, but {_of(shape)} values; repair it")
        return scale.reshape(shape)

    def _per_channel(self, name: str, factors: Array) -> Array:
        """Factors (channels, ...) that are equal within a channel, as (channels,)."""
        rows = factors.reshape(len(factors), -1)
        if (rows != rows[:, :1]).any():
            raise NirError(f"{self.flat.call(name)}: its factors differ within a channel; make them equal")
        return rows[:, 0]

    def layer(self, name: str, recurrent: str | None, is_recurrent: bool) -> Layer:
        """Finish with neurons."""
        if self.map is None and self.pool is not None:
            self.map = maps.per_channel(self.pool)
            channels = self._per_channel(name, np.broadcast_to(self.before, self.pool.output_shape))
            self.map = replace(self.map, weight=self.map.weight * channels.reshape(-1, 1, 1, 1))
            self.bias, self.pool = np.zeros(len(channels)), None
        if self.map is None or self.shape is None:
            raise NirError(f"{self.flat.call(name)}: has no weights in front; put a Linear or Conv2d there")
        found = neuron(self.flat, name, self.shape)
        weight, bias = None, None
        if is_recurrent:
            weight, bias = self._recurrent(name, recurrent, math.prod(self.shape))
            if recurrent is not None:
                self.nodes.append(recurrent)
        return Layer(
            name=name, nodes=tuple(self.nodes), input_shape=self.input_shape or self.shape, output_shape=self.shape,
            pool=self.pool, map=self.map, bias=np.zeros(self.map.n_channels) if self.bias is None else self.bias,
            recurrent=weight, recurrent_bias=bias, neuron=found,
        )  # fmt: skip

    def _recurrent(self, name: str, weights: str | None, n: int) -> tuple[Array, Array]:
        if self.flat.kind(name) in READOUTS:
            raise NirError(f"{self.flat.call(name)}: does not spike and yet feeds back; make it LIF")
        if weights is None:
            return np.eye(n), np.zeros(n)
        if self.flat.kind(weights) not in ("Linear", "Affine"):
            raise NirError(f"{self.flat.call(weights)}: recurrent convolutions are not supported; make it Linear")
        weight, bias = maps.dense(self.flat, weights)
        if weight.shape != (n, n):
            raise NirError(f"{self.flat.call(weights)}: its weight is {weight.shape}, but '{name}' has {n}; repair it")
        return weight, bias


def _stated(flat: Flat, name: str) -> Shape | None:
    """The shape of an Input, if it says one."""
    stated = flat.nodes[name].input_type.get("input")
    if stated is None or not np.size(stated):
        return None
    shape = tuple(int(size) for size in np.reshape(stated, -1))
    if min(shape) < 1:
        raise NirError(f"{flat.call(name)}: its shape is {shape}; all sizes must be 1 or more")
    return shape


def _trailing(shape: Shape, n: int) -> Shape:
    """The last axes that hold `n` values together, without those of samples and steps in front; three are a map."""
    if math.prod(shape[-3:]) == n and len(shape) > 2 and shape[-3:-1] != (1, 1):
        return shape[-3:]
    return (n,) if any(math.prod(shape[-axes:]) == n for axes in range(1, len(shape) + 1)) else shape


def _not_spiking(flat: Flat, name: str, behind: str) -> str:
    if flat.kind(behind) == "Threshold":
        return f"{flat.call(behind)}: fires at the membrane of '{name}', which nothing resets; make both one LIF or IF"
    return f"{flat.call(name)}: does not spike, but '{behind}' is behind it; only the last layer may, use LIF or IF"


def _of(shape: Shape | None) -> str:
    return "values of unknown shape" if shape is None else " x ".join(str(size) for size in shape) + " values"
