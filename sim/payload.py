"""Stream payloads as numpy arrays: Amaranth layouts to packed words and back.

The packed *word form* of n payloads of ``width`` bits is a uint64 array of shape (n,) where width <= 64, else a
uint32 array of shape (n, ceil(width / 32)), least significant word first. The *field form* follows the layout: a
struct is a dict by field name, an array layout appends one axis, anything else is an integer array of shape (n,):
int64, or uint64 for unsigned fields of 64 bits, or Python integers (dtype object) for fields above 64 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from amaranth.hdl import Shape
from amaranth.lib import data

from golden.errors import InputError

__all__ = ["as_words", "check_words", "from_ints", "n_words", "pack", "to_ints", "unpack"]


def n_words(width: int) -> int:
    """Number of 32-bit words that one payload of ``width`` bits takes in memory: 2 up to 64 bits, else the fewest."""
    return max(2, -(-width // 32))


def as_words(chunks: np.ndarray, width: int) -> np.ndarray:
    """uint32 chunks of shape (n, n_words(width)) to the word form."""
    chunks = np.ascontiguousarray(chunks, dtype="<u4")
    return chunks.view("<u8")[:, 0] if width <= 64 else chunks


def check_words(name: str, words: np.ndarray, width: int) -> np.ndarray:
    """Word form, given by a caller, to contiguous uint32 chunks of shape (n, n_words(width)).

    Raises
    ------
    InputError
        When the shape does not fit ``width`` or an item does not fit into ``width`` bits.
    """
    words = _integers(words)
    if not words.size:
        return np.zeros((0, n_words(width)), dtype="<u4")
    expected = "(n,)" if width <= 64 else f"(n, {n_words(width)})"
    if words.dtype.kind not in "iuO" or words.min() < 0:
        raise InputError(f"stream {name}: packed payloads must be integers >= 0; sim.payload.pack makes them")
    if words.ndim != (1 if width <= 64 else 2) or (width > 64 and words.shape[1] != n_words(width)):
        raise InputError(f"stream {name}: a payload of {width} bits needs words of shape {expected}, not {words.shape}")
    chunk_width = 64 if width <= 64 else 32
    top, spare = (words if width <= 64 else words[:, -1]), -width % chunk_width
    if int(words.max()) >> chunk_width or int(top.max()) >> (chunk_width - spare):
        raise InputError(f"stream {name}: a packed payload exceeds {width} bits")
    if width <= 64:
        return np.ascontiguousarray(words, dtype="<u8").view("<u4").reshape(-1, 2)
    return np.ascontiguousarray(words, dtype="<u4")


def to_ints(words: np.ndarray) -> list[int]:
    """Word form to a list of Python integers."""
    if words.ndim == 1:
        return words.tolist()
    raw, step = np.ascontiguousarray(words, dtype="<u4").tobytes(), 4 * words.shape[1]
    return [int.from_bytes(raw[at : at + step], "little") for at in range(0, len(raw), step)]


def from_ints(values: list[int], width: int) -> np.ndarray:
    """Python integers >= 0 to the word form."""
    step = 4 * n_words(width)
    raw = b"".join(value.to_bytes(step, "little") for value in values)
    return as_words(np.frombuffer(raw, dtype="<u4").reshape(-1, n_words(width)), width)


def pack(shape: Any, fields: Any) -> np.ndarray:
    """Field form to word form.

    ``shape`` is any Amaranth shape; a scalar field stands for n equal values. Nothing is ever truncated.

    Raises
    ------
    InputError
        When a field is missing or unknown, lengths differ, or a value lies outside its field's range.
    """
    leaves = [(offset, leaf, _values(path, leaf, fields, at)) for path, at, offset, leaf in _leaves(shape, fields)]
    lengths = {len(values) for _, _, values in leaves if values.ndim}
    if len(lengths) > 1:
        raise InputError(f"payload: the fields differ in length: {sorted(lengths)}")
    n, width = (lengths or {1}).pop(), Shape.cast(shape).width
    chunks = np.zeros((n, n_words(width) + 2), dtype=np.uint64)
    for offset, leaf, values in leaves:
        _insert(chunks, offset, leaf.width, values)
    return as_words(chunks[:, :-2], width)


def unpack(shape: Any, words: np.ndarray) -> Any:
    """Word form to field form; signed fields are sign-extended."""
    words = np.asarray(words)
    chunks = words.astype("<u8").view("<u4").reshape(-1, 2) if words.ndim == 1 else words.astype("<u4")
    padded = np.zeros((len(chunks), chunks.shape[1] + 2), dtype=np.uint64)
    padded[:, : chunks.shape[1]] = chunks
    return _unpack(shape, padded, 0)


def _layout(shape: Any) -> data.Layout | None:
    try:
        return data.Layout.cast(shape)
    except TypeError:
        return None


def _unpack(shape: Any, chunks: np.ndarray, offset: int) -> Any:
    layout = _layout(shape)
    if layout is None:
        return _extract(chunks, offset, Shape.cast(shape))
    parts = [(key, _unpack(place.shape, chunks, offset + place.offset)) for key, place in layout]
    return _stack([part for _, part in parts]) if isinstance(layout, data.ArrayLayout) else dict(parts)


def _stack(parts: list[Any]) -> Any:
    """Elements of an array layout, one axis added behind the first; an array of structs is a struct of arrays."""
    if isinstance(parts[0], dict):
        return {key: _stack([part[key] for part in parts]) for key in parts[0]}
    return np.stack(parts, axis=1)


def _leaves(shape: Any, fields: Any, path: str = "payload", at: tuple = (), offset: int = 0) -> list[tuple]:
    """(path, array indices, bit offset, Shape) of every integer field, ``fields`` being the struct's dict."""
    layout = _layout(shape)
    if layout is None:
        return [(path, (fields, at), offset, Shape.cast(shape))]
    if isinstance(layout, data.UnionLayout):
        raise InputError(f"{path}: a union cannot be packed")
    if isinstance(layout, data.ArrayLayout):
        parts = [(fields, f"{path}[{key}]", (*at, (key, layout.length)), place) for key, place in layout]
    else:
        names = [key for key, _ in layout]
        if not isinstance(fields, Mapping) or set(fields) != set(names):
            given = sorted(fields) if isinstance(fields, Mapping) else type(fields).__name__
            raise InputError(f"{path}: needs the fields {names}, got {given}")
        parts = [(fields[key], f"{path}.{key}", at, place) for key, place in layout]
    leaves = []
    for sub, name, index, place in parts:
        leaves += _leaves(place.shape, sub, name, index, offset + place.offset)
    return leaves


def _values(path: str, shape: Shape, fields: Any, source: tuple) -> np.ndarray:
    """The values of one integer field, checked against its range."""
    fields, at = source
    values = _integers(fields)
    if at and values.ndim:
        axes = tuple(length for _, length in at)
        if values.shape[1:] != axes:
            raise InputError(f"{path}: needs an array of shape (n, {', '.join(map(str, axes))}), not {values.shape}")
        values = values[(slice(None), *(index for index, _ in at))]
    if values.ndim > 1 or (values.size and values.dtype.kind == "f"):
        raise InputError(f"{path}: needs integers of shape (n,), not {values.dtype} of shape {values.shape}")
    low, high = (-(1 << shape.width - 1), (1 << shape.width - 1) - 1) if shape.signed else (0, (1 << shape.width) - 1)
    if values.size and not (low <= int(values.min()) and int(values.max()) <= high):
        bad = int(values.min()) if int(values.min()) < low else int(values.max())
        raise InputError(f"{path}: {bad} lies outside {low} .. {high}")
    return values


def _integers(values: Any) -> np.ndarray:
    """Any integers as an array, of Python integers where int64 and uint64 meet; else an array of floats."""
    array = np.asarray(values)
    if array.dtype.kind in "biu":
        return array
    array = np.asarray(values, dtype=object)
    whole = all(isinstance(value, int | np.integer | np.bool_) for value in array.flat)
    return array if whole else np.full(array.shape, np.nan)


def _insert(chunks: np.ndarray, offset: int, width: int, values: np.ndarray) -> None:
    """ORs ``values`` into bits offset .. offset + width - 1 of ``chunks``, 32 bits of each uint64 being in use."""
    if width > 64:
        low = np.asarray(values.astype(object) & 0xFFFFFFFF)
        _insert(chunks, offset, 32, low)
        _insert(chunks, offset + 32, width - 32, np.asarray(values.astype(object) >> 32))
        return
    if values.dtype.kind == "O":
        values = np.asarray(values & ((1 << width) - 1))
    bits = values.astype(np.uint64) & np.uint64((1 << width) - 1)
    index, shift = divmod(offset, 32)
    low, mask = np.uint64(shift), np.uint64(0xFFFFFFFF)
    chunks[:, index] |= (bits << low) & mask
    chunks[:, index + 1] |= (bits >> np.uint64(32 - shift)) & mask
    if shift:
        chunks[:, index + 2] |= bits >> np.uint64(64 - shift)


def _extract(chunks: np.ndarray, offset: int, shape: Shape) -> np.ndarray:
    """Bits offset .. offset + width - 1 of ``chunks`` as integers."""
    width = shape.width
    if width > 64:
        low = _extract(chunks, offset, Shape(32)).astype(object)
        return low + (_extract(chunks, offset + 32, Shape(width - 32, shape.signed)).astype(object) << 32)
    index, shift = divmod(offset, 32)
    bits = (chunks[:, index] >> np.uint64(shift)) | (chunks[:, index + 1] << np.uint64(32 - shift))
    if shift:
        bits |= chunks[:, index + 2] << np.uint64(64 - shift)
    spare = 64 - width
    if shape.signed:
        return (bits << np.uint64(spare)).view(np.int64) >> np.int64(spare)
    bits &= np.uint64((1 << width) - 1)
    return bits if width == 64 else bits.view(np.int64)
