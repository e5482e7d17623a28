"""Pickled dictionaries with arrays of bytes, read without running anything that the file names.

A pickle is a program: it may call any function of any installed package. Here it can make dictionaries, lists, numbers,
texts and bytes, and says of an array its shape, type and content; the array is made of that afterwards.
"""

import math
import pickle
import pickletools
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Type:
    """Stands for a numpy type: keeps its name."""

    def __init__(self, name: Any = None, *_: Any):
        self.name = name

    def __setstate__(self, state: Any) -> None:
        pass  # byte order and alignment, which bytes have not


class _Array:
    """Stands for a numpy array: keeps what the file says of it."""

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.type, self.is_fortran, self.content = state

    def array(self) -> NDArray[np.uint8]:
        names = ("u1", b"u1", "uint8", b"uint8")
        if not isinstance(self.type, _Type) or self.type.name not in names or not isinstance(self.content, bytes):
            raise ValueError("an array is not of unsigned bytes")
        if len(self.content) != math.prod(self.shape):
            raise ValueError(
                f"an array has {len(self.content)} bytes where its shape {self.shape} makes another number"
            )
        return np.frombuffer(self.content, np.uint8).reshape(self.shape, order="F" if self.is_fortran else "C")


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Return the bytes that Python 3 writes as a text of code points below 256 in pickles that Python 2 can read."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes are written as {encoding!r}")
    return text.encode("latin1")


_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
}


def _check_memo(data: bytes) -> None:
    """Raise where an object is numbered beyond the bytes there are: room for all numbers below would be taken."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= int(argument or 0) <= len(data):
            raise pickle.UnpicklingError(f"it numbers an object {argument}")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which a data file has no use for")
        return _ALLOWED[module, name]


def read_pickled(data: bytes) -> dict[Any, Any]:
    """Return the dictionary of a pickle, its arrays as uint8; texts of Python 2 are bytes.

    Raises
    ------
    ValueError
        Damaged, cut short, no dictionary, an array of another type, or a call of something else than an array.
    """
    try:
        _check_memo(data)
        found = _Unpickler(BytesIO(data), encoding="bytes").load()
        if not isinstance(found, dict):
            raise ValueError(f"it holds a value of type {type(found).__name__}, not a dictionary")
        return {key: value.array() if isinstance(value, _Array) else value for key, value in found.items()}
    except Exception as error:  # a damaged pickle raises anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(reason) from error
