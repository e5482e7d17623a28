"""From a NIR file to the graph in it; the package ``nir`` is loaded at the first use."""

import math
from importlib import import_module
from pathlib import Path
from typing import Any

from golden.errors import InputError, NirError

_INSTALL = "install the extra: pip install 'intsnn-hw[nir]'"
_AGAIN = "export or fetch it again"


def read_graph(path: Path | str) -> Any:
    """Read the graph of a NIR file (HDF5), without a check of its types: files of Sinabs would fail it.

    Returns
    -------
    nir.NIRGraph

    Raises
    ------
    NirError
        No such file, no HDF5, cut short, no NIR, a node that is unknown or lacks a field.
    InputError
        The package ``nir`` is missing.
    """
    nir, h5py = _library(path)
    tree = _tree(path, nir, h5py)
    if tree.get("type") != "NIRGraph":
        raise NirError(f"{path}: holds a single {tree.get('type', 'thing')} and no graph; {_AGAIN} as a NIRGraph")
    return _graph(tree, path, nir, "")


def _library(path: Path | str) -> tuple[Any, Any]:
    """The packages ``nir`` and ``h5py``, without which nothing is read."""
    try:
        return import_module("nir"), import_module("h5py")
    except ImportError as error:
        raise InputError(f"{path}: reading NIR needs the package {error.name}; {_INSTALL}") from error


def _tree(path: Path | str, nir: Any, h5py: Any) -> dict[str, Any]:
    """The file's node as dictionaries of arrays."""
    where = Path(path)
    if where.is_dir():
        raise NirError(f"{path}: is a folder; give a NIR file")
    if not where.exists():
        raise NirError(f"{path}: no such file; check the path")
    try:
        if not h5py.is_hdf5(where):
            raise NirError(f"{path}: is no HDF5 file and so no NIR; give what nir.write wrote")
        with h5py.File(where, "r") as file:
            if not isinstance(file.get("node"), h5py.Group) or "type" not in file["node"]:
                raise NirError(f"{path}: is HDF5 but no NIR, it has no node at its top; give what nir.write wrote")
            return nir.serialization.hdf2dict(file["node"])
    except NirError:
        raise
    except (KeyError, MemoryError, OSError, OverflowError, RuntimeError, TypeError, ValueError) as error:
        reason = "it is cut short" if "truncated" in str(error) else " ".join(str(error).split())
        raise NirError(f"{path}: cannot be read ({reason}); {_AGAIN}") from error


def _graph(tree: dict[str, Any], path: Path | str, nir: Any, prefix: str) -> Any:
    """Build a graph node by node, so that a message can say which one fails."""
    nodes = {}
    for name, fields in tree.get("nodes", {}).items():
        where = prefix + name
        kind = fields.get("type") if isinstance(fields, dict) else None
        if kind == "NIRGraph":
            nodes[name] = _graph(fields, path, nir, f"{where}.")
            continue
        if kind not in nir.ir.__all__ or kind == "NIRNode":
            raise NirError(
                f"{path}: node '{where}' is of the unknown type {kind}; replace it by nodes of nir {nir.version}"
            )
        if kind in ("Conv1d", "Conv2d"):
            fields = {"input_shape": None} | fields
        try:
            nodes[name] = nir.dict2NIRNode({key: _plain(value) for key, value in fields.items()})
        except Exception as error:  # nir asserts, indexes and divides before it looks
            reason = " ".join(str(error).split()) or type(error).__name__
            raise NirError(f"{path}: node '{where}' ({kind}) is damaged: {reason}; {_AGAIN}") from error
    try:
        edges = [(_text(source), _text(target)) for source, target in tree.get("edges", [])]
    except (TypeError, ValueError) as error:
        raise NirError(f"{path}: its edges are no pairs of names; {_AGAIN}") from error
    return nir.NIRGraph(nodes=nodes, edges=edges, metadata=tree.get("metadata", {}), type_check=False)


def _plain(value: Any) -> Any:
    """A single number as an array without axes: nir looks at its shape."""
    return value[()] if hasattr(value, "ndim") and value.ndim == 0 and math.prod(value.shape) == 0 else value


def _text(name: Any) -> str:
    return name.decode("utf8") if isinstance(name, bytes) else str(name)
