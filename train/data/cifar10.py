"""CIFAR-10: 60,000 colour pictures of 32x32 pixels, three channels of 8 bits (Krizhevsky)."""

import gzip
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.data.dataset import Dataset
from train.data.pickled import read_pickled
from train.data.place import find_folder, get_it_from

SHAPE = (3, 32, 32)
N_CLASSES = 10
_VALUES = 3072

_URL = "https://www.cs.toronto.edu/~kriz/cifar.html"
_HOW_TO_GET = get_it_from(_URL, "cifar-10-binary.tar.gz or cifar-10-python.tar.gz", "cifar-10")

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]
_Read = Callable[[bytes, str], Batch]


def read_binary(data: bytes, where: str) -> Batch:
    """Return images (n, 3072) and labels (n,) of a batch of the "binary version".

    Each image is a byte with its class, then 1,024 bytes of red, of green, of blue, row by row.

    Raises
    ------
    DataError
        Cut short, empty, or a class out of range.
    """
    if not data or len(data) % (1 + _VALUES):
        raise DataError(f"{where}: {len(data)} bytes are no whole number of images of 3,073 bytes; fetch it again")
    rows = np.frombuffer(data, np.uint8).reshape(-1, 1 + _VALUES)
    return _checked(rows[:, 1:], rows[:, 0].astype(np.int64), where)


def read_python(data: bytes, where: str) -> Batch:
    """Return images (n, 3072) and labels (n,) of a batch of the "python version", a pickle; nothing in it is run.

    Raises
    ------
    DataError
        Damaged, not such a batch, or a class out of range.
    """
    try:
        batch = read_pickled(data)
        images, labels = batch[b"data"], np.asarray(batch[b"labels"])
    except KeyError as error:
        raise DataError(f"{where}: lacks {error.args[0]!r}; is it a batch of CIFAR-10?") from error
    except ValueError as error:
        raise DataError(f"{where}: not a readable batch of CIFAR-10 ({error}); fetch it again") from error
    if not isinstance(images, np.ndarray) or images.ndim != 2 or images.shape[1] != _VALUES or not len(images):
        raise DataError(f"{where}: 'data' is no array of images of 3,072 bytes; is it a batch of CIFAR-10?")
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != images.shape[:1]:
        raise DataError(f"{where}: {len(images)} images, but labels of shape {labels.shape}; each image needs one")
    return _checked(images, labels.astype(np.int64), where)


_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
_VERSIONS: tuple[tuple[str, tuple[str, ...], str, _Read], ...] = (
    ("cifar-10-batches-bin", tuple(f"{name}.bin" for name in (*_BATCHES, "test_batch")), "binary", read_binary),
    ("cifar-10-batches-py", (*_BATCHES, "test_batch"), "python", read_python),
)


def find_cifar10(data_dir: Path | str | None = None) -> Path:
    """Return the folder with its files or archives: ``data_dir``/cifar-10 or ``data_dir``.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Not there.
    """
    return find_folder("CIFAR-10", "its files", ("cifar-10", ""), lambda path: bool(_find(path)), _HOW_TO_GET, data_dir)


def load_cifar10(data_dir: Path | str | None = None) -> Dataset:
    """Load it as :func:`find_cifar10` finds it: 3,072 features of 8 bits in order of channel, row, column.

    Binary or python version, extracted or as the archive it comes in; extracted files win, binary ones first.

    Raises
    ------
    DataError
        Not there, a file is missing or damaged, or a class has no sample.
    """
    place, names, read = _find(find_cifar10(data_dir))[0]
    contents = {name: _content(place / name) for name in names} if place.is_dir() else _members(place, names)
    images, labels = zip(*(read(contents[name], f"{place}: {name}") for name in names), strict=True)
    parts = (np.concatenate(images[:-1]), np.concatenate(labels[:-1]), images[-1], labels[-1])
    for part, y in (("training", parts[1]), ("test", parts[3])):
        empty = np.flatnonzero(np.bincount(y, minlength=N_CLASSES) == 0)
        if len(empty):
            raise DataError(f"{place}: class {empty[0]} has no {part} image; fetch the files again")
    train_x, train_y, test_x, test_y = parts
    return Dataset.from_arrays(
        "cifar-10", train_x.reshape(-1, *SHAPE), train_y, test_x.reshape(-1, *SHAPE), test_y, source=place
    )


def _find(folder: Path) -> list[tuple[Path, tuple[str, ...], _Read]]:
    """Return the versions that are there: folder or archive, names of its batches, and what reads them."""
    found: list[tuple[Path, tuple[str, ...], _Read]] = []
    for inner, names, _, read in _VERSIONS:
        found += [
            (place, names, read)
            for place in (folder / inner, folder)
            if any((place / name).is_file() for name in names)
        ]
    for _, names, version, read in _VERSIONS:
        archive = folder / f"cifar-10-{version}.tar.gz"
        found += [(archive, names, read)] if archive.is_file() else []
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); the six batches of CIFAR-10 are needed") from error


def _members(archive: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with gzip.open(archive) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    name = member.name.rpartition("/")[2]
                    file = tar.extractfile(member) if name in names and member.isfile() else None
                    if file is not None:
                        found[name] = file.read()
            while packed.read(1 << 20):  # to its end, where the checksum is
                pass
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{archive}: damaged or cut-short archive ({error}); fetch the file again") from error
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"{archive}: lacks {', '.join(missing)}; fetch the file again")
    return found


def _checked(images: NDArray[np.uint8], labels: NDArray[np.int64], where: str) -> Batch:
    if labels.min() < 0 or labels.max() >= N_CLASSES:
        raise DataError(f"{where}: classes {labels.min()} to {labels.max()}, 0 to 9 allowed; is it of CIFAR-10?")
    return images, labels
