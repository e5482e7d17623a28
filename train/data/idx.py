"""The IDX file format, in which MNIST and its relatives travel."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from golden.errors import DataError
from train.data.dataset import Dataset

IDX_SET = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path | str, n_dims: int | None = None) -> np.ndarray:
    """Read one IDX file, gzip-compressed or not (told by its content), in native byte order.

    Layout: two zero bytes, a byte for the type, a byte for the number of dimensions, each dimension as 32 bits,
    then the values in C order; all big-endian.

    Raises
    ------
    DataError
        Unreadable, a damaged archive, no IDX file, not of ``n_dims`` dimensions, cut short, or bytes too many.
    """
    try:
        data = Path(path).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged or cut-short gzip archive ({error}); fetch the file again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES:
        raise DataError(f"{path}: not an IDX file (it starts with {data[:4].hex(' ') or 'nothing'}); give an IDX file")
    dtype, found_dims = np.dtype(_DTYPES[data[2]]), data[3]
    if found_dims == 0 or found_dims != (n_dims or found_dims):
        raise DataError(f"{path}: holds {found_dims} dimensions, {n_dims or 'at least 1'} needed; is it another file?")
    start = 4 + 4 * found_dims
    if len(data) < start:
        raise DataError(f"{path}: cut short inside its header ({len(data)} of {start} bytes); fetch the file again")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", found_dims, 4))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        problem = "cut short" if len(data) < expected else "followed by foreign bytes"
        raise DataError(
            f"{path}: {problem}: {len(data)} bytes where its shape {shape} makes {expected}; fetch the file again"
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def idx_files(folder: Path | str) -> list[Path]:
    """Find the four files of an MNIST-like set in a folder, each with or without ``.gz``, in the order of IDX_SET.

    Raises
    ------
    DataError
        Names the first file that is missing.
    """
    files = []
    for name in IDX_SET:
        found = [path for path in (Path(folder, f"{name}.gz"), Path(folder, name)) if path.is_file()]
        if not found:
            raise DataError(f"{folder}: {name}[.gz] is missing; the four files {', '.join(IDX_SET)} are needed")
        files.append(found[0])
    return files


def load_idx_set(folder: Path | str, name: str) -> Dataset:
    """Load a folder with the four files of an MNIST-like set.

    Raises
    ------
    DataError
        A file is missing or damaged, or the four do not fit each other.
    """
    train_x, train_y, test_x, test_y = (
        read_idx(path, n_dims) for path, n_dims in zip(idx_files(folder), (3, 1, 3, 1), strict=True)
    )
    return Dataset.from_arrays(name, train_x, train_y, test_x, test_y, source=folder)
