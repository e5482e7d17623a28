"""Spikes that a framework recorded: what goes in, and what each layer made of it."""

import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.nir.layers import Chain, Layer

OTHERS = ("labels", "dialect")
"""Arrays beside spikes: classes (B,) of the samples, and what the framework computes, for the reader alone."""

_FORMAT = "write input (steps, samples, ...) and spikes of layers under the names of their neurons, by numpy.savez"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Recorded spikes of a chain.

    Attributes
    ----------
    where : str
        The file, for messages.
    input : (steps, samples, inputs)
    layers : dict of str to (steps, samples, n)
        By the name of the layer; of a readout the membranes. At least one.
    labels : (samples,) or None
        Classes.
    """

    where: str
    input: NDArray[Any]
    layers: Mapping[str, NDArray[Any]]
    labels: NDArray[Any] | None = None

    @property
    def n_samples(self) -> int:
        """Samples."""
        return self.input.shape[1]

    def samples(self, start: int, stop: int) -> "Recording":
        """The recording of some samples."""
        layers = {name: each[:, start:stop] for name, each in self.layers.items()}
        labels = None if self.labels is None else self.labels[start:stop]
        return Recording(where=self.where, input=self.input[:, start:stop], layers=layers, labels=labels)


def read_recording(path: Path | str, chain: Chain) -> Recording:
    """Read a recording of a chain from an ``.npz``.

    It holds ``input`` (steps, samples, ...), and of any layers what they sent out, (steps, samples, ...), each under
    the name of its neurons' node, or ``output`` for the last layer; ``labels`` and ``dialect`` may stand beside them.

    Raises
    ------
    DataError
        Missing or damaged; arrays that are no spikes, do not fit the chain, or belong to no layer.
    """
    return recording(read_arrays(path), chain, str(path))


def read_arrays(path: Path | str) -> dict[str, NDArray[Any]]:
    """Read all arrays of an ``.npz``.

    Raises
    ------
    DataError
        Missing or damaged.
    """
    try:
        # Opened here, because np.load leaves a damaged file open.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; check the path") from error
    except (OSError, ValueError, EOFError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not a readable .npz file of plain arrays; {_FORMAT}") from error


def recording(arrays: Mapping[str, Any], chain: Chain, where: str = "the recording") -> Recording:
    """Take a recording of a chain from arrays: see :func:`read_recording`.

    Raises
    ------
    DataError
    """
    x = input_spikes(arrays, chain, where)
    names = {layer.name: layer for layer in chain.layers}
    found = {}
    for name in arrays:
        if name in ("input", *OTHERS):
            continue
        layer = chain.layers[-1] if name == "output" and name not in names else names.get(name)
        if layer is None:
            known = ", ".join([*names, "output"])
            raise DataError(f"{where}: '{name}' is no layer; name arrays after {known}, or leave it out")
        found[layer.name] = _of_layer(_values(arrays, name, where), name, layer, x, where)
    if not found:
        raise DataError(f"{where}: holds no spikes of a layer; {_FORMAT}")
    return Recording(where=where, input=x, layers=found, labels=_labels(arrays, x.shape[1], where))


def input_spikes(arrays: Mapping[str, Any], chain: Chain, where: str) -> NDArray[Any]:
    """Return the input of a recording as (steps, samples, inputs).

    Raises
    ------
    DataError
        None, of another shape, or no spikes.
    """
    if "input" not in arrays:
        raise DataError(f"{where}: holds no array 'input'; {_FORMAT}")
    x = _values(arrays, "input", where)
    if x.ndim < 3 or not x.size or math.prod(x.shape[2:]) != chain.n_inputs:
        raise DataError(f"{where}: input is {x.shape}, but must be (steps, samples, {chain.n_inputs}); {_FORMAT}")
    if (x < 0).any() or (x != np.round(x)).any():
        raise DataError(f"{where}: input holds {x[(x < 0) | (x != np.round(x))][0]:g}; spikes are whole numbers from 0")
    return x.reshape(*x.shape[:2], -1)


def _labels(arrays: Mapping[str, Any], samples: int, where: str) -> NDArray[Any] | None:
    """Classes of the samples, where they are there."""
    if "labels" not in arrays:
        return None
    labels = _values(arrays, "labels", where)
    if labels.shape != (samples,) or (labels != np.round(labels)).any():
        raise DataError(f"{where}: labels are {labels.shape}, but must be {samples} whole numbers; leave them out")
    return labels.astype(np.int64)


def _values(arrays: Mapping[str, Any], name: str, where: str) -> NDArray[Any]:
    values = np.asarray(arrays[name])
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise DataError(f"{where}: '{name}' does not hold finite numbers; record it again")
    return values.astype(np.uint8) if values.dtype.kind == "b" else values


def _of_layer(values: NDArray[Any], name: str, layer: Layer, x: NDArray[Any], where: str) -> NDArray[Any]:
    shape = (*x.shape[:2], layer.n_neurons)
    if values.shape[:2] != shape[:2] or math.prod(values.shape[2:]) != layer.n_neurons:
        raise DataError(f"{where}: '{name}' is {values.shape}, but must be {shape} by input and graph; record it again")
    return values.reshape(shape)
