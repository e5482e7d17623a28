"""The only reader and writer of trained networks: one ``.npz`` of integer arrays and JSON strings.

Members, in this order: ``format_version``, ``config`` (JSON of the configuration), ``training`` (JSON of what the run
notes, with the LFSR state), and for each layer ``layer0.weight`` (n_out, n_in), of a convolution (c_out, c_in, kernel,
kernel), and, where the network learns, ``layer0.shadow_weight``, each in the narrowest integer type of its width. Plain
``np.load`` reads them as well.
"""

import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .config import LearningNetworkConfig, NetworkConfig, Parameter
from .errors import CheckpointError, ConfigError
from .files import write_whole
from .fixed import IntArray, Lfsr, signed_range
from .network import LearningNetwork, Network, by_field
from .places import named_path, writable_file
from .synapse import inference_weight

FORMAT_VERSION = 1
LFSR_STATE = "lfsr_state"
"""Key of the training notes under which the file keeps the LFSR state."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip file can hold; a real one would make every save differ
_TRAIN_AGAIN = "train or export the network again"


class _Fault(Exception):
    """What is wrong with the content of a file."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A network as stored: `network` with weights, shadow weights and LFSR, and the `training` notes of its run."""

    network: Network
    training: dict[str, Any]


def save(path: Path | str, network: Network, *, training: dict[str, Any] | None = None) -> None:
    """Write a network; two saves of the same network are byte-identical, and nothing half-written is ever seen.

    Parameters
    ----------
    path : Path or str
        Replaced where it exists.
    network : Network
        With shadow weights and LFSR exactly where its configuration learns.
    training : dict, optional
        Notes of the run (epoch, seed, history ...), as JSON can hold them; the key ``lfsr_state`` is taken.

    Raises
    ------
    CheckpointError
        The file cannot be written.
    ValueError, TypeError
        The network breaks its own configuration, or JSON cannot hold the notes.
    """
    path = Path(path)
    data = _serialise(network, {} if training is None else training)
    try:
        write_whole(path, data)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be written ({_reason(error)}); choose another file or folder") from error


def writable_checkpoint(path: Path | str) -> Path:
    """See that a checkpoint can be written, and that it takes the place of no file that is none.

    Raises
    ------
    ConfigError
        Another ending than ``.npz``, a file of another kind, or a folder that cannot be written.
    """
    path = writable_file(path)
    if path.suffix != ".npz":
        raise ConfigError(f"{path}: the name of a checkpoint ends in .npz; give such a name")
    if path.exists():
        try:
            is_checkpoint = "format_version.npy" in _members(path.read_bytes())
        except (OSError, _Fault):
            is_checkpoint = False
        if not is_checkpoint:
            raise ConfigError(f"{path}: is there and is no checkpoint; give another file, or remove it")
    return path


def load(path: Path | str) -> Checkpoint:
    """Read a network; every fault of the file is one :class:`CheckpointError` that names the path."""
    path = named_path(path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read ({_reason(error)}); check the path") from error
    try:
        return _deserialise(_members(data))
    except _Fault as fault:
        raise CheckpointError(f"{path}: {fault}") from fault


def _serialise(network: Network, training: dict[str, Any]) -> bytes:
    if LFSR_STATE in training:
        raise ValueError(f"training notes must not hold {LFSR_STATE!r}")
    if isinstance(network, LearningNetwork):
        training = {**training, LFSR_STATE: network.lfsr.state}
    fault = _fault_of(network)
    if fault is not None:
        raise ValueError(f"network {network.config.name}: {fault}")
    members: list[tuple[str, NDArray[Any]]] = [
        ("format_version", np.array(FORMAT_VERSION, "<i4")),
        ("config", _text(network.config.to_dict())),
        ("training", _text(training)),
    ]
    for (name, parameter, _, is_shadow), matrix in zip(_matrices(network.config), _stored(network), strict=True):
        members.append((name, np.ascontiguousarray(matrix, _type_of(_width(parameter, is_shadow)))))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members:
            content = BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.create_system = 3  # else it would tell the operating system
            info.external_attr = 0o644 << 16
            archive.writestr(info, content.getvalue())
    return buffer.getvalue()


def _text(value: dict[str, Any]) -> NDArray[np.str_]:
    return np.array(json.dumps(value, sort_keys=True, allow_nan=False), "<U")


def _members(data: bytes) -> dict[str, bytes]:
    """Return the content of each member of a zip file."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            stored = [entry for entry in entries if entry.compress_type == zipfile.ZIP_STORED]
            members = {entry.filename: archive.read(entry) for entry in stored}
    except Exception as error:  # whatever the library raises, the file is at fault
        raise _Fault(f"damaged, or no checkpoint ({_reason(error)}); {_TRAIN_AGAIN}") from error
    if len(members) != len(entries):
        raise _Fault(f"damaged, or not written by intsnn (compressed or repeated members); {_TRAIN_AGAIN}")
    return members


def _deserialise(members: dict[str, bytes]) -> Checkpoint:
    version = _array(members, "format_version", "i", ()).item()
    if version != FORMAT_VERSION:
        raise _Fault(
            f"has format version {version}, this intsnn reads {FORMAT_VERSION}; "
            f"use the intsnn that wrote it, or {_TRAIN_AGAIN}"
        )
    try:
        config = NetworkConfig.from_dict(_table(members, "config"))
    except ConfigError as error:
        raise _Fault(f"holds a bad configuration ({_reason(error)}); {_TRAIN_AGAIN}") from error
    training = _table(members, "training")
    expected = list(_matrices(config))
    known = {"format_version.npy", "config.npy", "training.npy", *(f"{name}.npy" for name, *_ in expected)}
    unknown = sorted(set(members) - known)
    if unknown:
        raise _Fault(f"holds an unknown member {unknown[0]!r}; {_TRAIN_AGAIN}")
    values = (
        (index, parameter.shadow_field if is_shadow else parameter.field,
         _array(members, name, "i", parameter.shape).astype(np.int64))
        for name, parameter, index, is_shadow in expected
    )  # fmt: skip
    made = {"config": config, **by_field(config, values)}
    state = training.pop(LFSR_STATE, None)
    if (state is not None) != config.learns:
        raise _Fault(f"the LFSR state must be there exactly where the configuration learns; {_TRAIN_AGAIN}")
    if isinstance(config, LearningNetworkConfig):
        network = LearningNetwork(**made, lfsr=Lfsr(state, config.learning.lfsr_width))
    else:
        network = Network(**made)
    fault = _fault_of(network)
    if fault is not None:
        raise _Fault(f"{fault}; {_TRAIN_AGAIN}")
    return Checkpoint(network=network, training=training)


def _array(members: dict[str, bytes], name: str, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array of the given kind of element and shape; nothing is allocated before the header is believed."""
    if f"{name}.npy" not in members:
        raise _Fault(f"holds no {name!r}, so it is no checkpoint; {_TRAIN_AGAIN}")
    data = members[f"{name}.npy"]
    content = BytesIO(data)
    try:
        if npy.read_magic(content) != (1, 0):
            raise ValueError("another version of the array format")
        found, column_major, dtype = npy.read_array_header_1_0(content)
    except Exception as error:  # whatever the library raises, the file is at fault
        raise _Fault(f"{name} is damaged ({_reason(error)}); {_TRAIN_AGAIN}") from error
    if found != shape:
        raise _Fault(f"{name} has shape {found}, not {shape}; {_TRAIN_AGAIN}")
    if dtype.kind != kind or column_major or dtype.itemsize == 0:
        wanted = {"i": "signed integers", "U": "text"}[kind]
        raise _Fault(f"{name} has elements {dtype}, {wanted} in rows are needed; {_TRAIN_AGAIN}")
    at, size = content.tell(), math.prod(shape) * dtype.itemsize
    if len(data) - at != size:
        raise _Fault(f"{name} is damaged ({len(data) - at} bytes where {size} belong); {_TRAIN_AGAIN}")
    return np.frombuffer(data, dtype, offset=at).reshape(shape)


def _table(members: dict[str, bytes], name: str) -> dict[str, Any]:
    text = _array(members, name, "U", ())
    try:
        table = json.loads(text.item())
    except (ValueError, RecursionError) as error:
        raise _Fault(f"{name} is no JSON ({_reason(error)}); {_TRAIN_AGAIN}") from error
    if not isinstance(table, dict):
        raise _Fault(f"{name} is no JSON object; {_TRAIN_AGAIN}")
    return table


def _matrices(config: NetworkConfig) -> Iterator[tuple[str, Parameter, int, bool]]:
    """Yield name, parameter, layer and whether it is the shadow, of every stored array, in order."""
    for layer in config.resolved:
        for parameter in layer.parameters:
            yield f"layer{layer.index}.{parameter.name}", parameter, layer.index, False
            if config.learns:
                yield f"layer{layer.index}.shadow_{parameter.name}", parameter, layer.index, True


def _stored(network: Network) -> Iterator[IntArray]:
    """Yield the arrays of a valid network in the order of :func:`_matrices`."""
    for _, parameter, index, is_shadow in _matrices(network.config):
        yield getattr(network, parameter.shadow_field if is_shadow else parameter.field)[index]


def _width(parameter: Parameter, is_shadow: bool) -> int:
    return parameter.stored_width if is_shadow else parameter.width


def _type_of(width: int) -> str:
    return next(f"<i{size}" for size in (1, 2, 4, 8) if width <= 8 * size)


def _fault_of(network: Network) -> str | None:
    """Return what contradicts the network's configuration, or None."""
    config = network.config
    learns = isinstance(network, LearningNetwork)
    if learns != isinstance(config, LearningNetworkConfig):
        return "shadow weights and LFSR state must be there exactly where the configuration learns"
    counts = {len(network.weights), len(network.shadows) if learns else len(network.weights)}
    if counts != {len(config.layers)}:
        return f"must hold weights of {len(config.layers)} layers"
    for (name, parameter, _, is_shadow), matrix in zip(_matrices(config), _stored(network), strict=True):
        width = _width(parameter, is_shadow)
        low, high = signed_range(width)
        if matrix.shape != parameter.shape:
            return f"{name} has shape {matrix.shape}, not {parameter.shape}"
        if matrix.min() < low or matrix.max() > high:
            return f"{name} has values outside {low}..{high}, the range of {width} bits"
    if not isinstance(network, LearningNetwork):
        return None
    state, highest = network.lfsr.state, (1 << network.config.learning.lfsr_width) - 1
    if type(state) is not int or not 1 <= state <= highest:
        return f"the LFSR state must be 1..{highest}, not {state!r}"
    for (layer, parameter, values), (*_, shadow) in zip(network.arrays(), network.stored(), strict=True):
        if not np.array_equal(values, inference_weight(shadow, parameter.stored_width, parameter.width)):
            place = f"layer{layer.index}."
            return f"{place}shadow_{parameter.name} does not round to the stored {place}{parameter.name}"
    return None


def _reason(error: Exception) -> str:
    """Return what an exception says, on one line."""
    said = getattr(error, "strerror", None) or str(error)
    return " ".join(said.split()) or type(error).__name__
