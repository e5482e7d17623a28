"""MNIST: 70,000 handwritten digits of 28x28 pixels, 8 bits each (LeCun, Cortes and Burges)."""

import gzip
import hashlib
import os
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from golden.errors import DataError
from train.data.dataset import Dataset
from train.data.idx import IDX_SET, idx_files, load_idx_set
from train.data.place import find_folder

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"

# Of the uncompressed content: mirrors have compressed the same files with different settings.
_SHA256: dict[str, str] = dict(
    zip(
        IDX_SET,
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        strict=True,
    )
)
_HOW_TO_GET = (
    "fetch it with `download` to a folder, give that as `data_dir`, or set INTSNN_DATA=DIR where DIR/mnist holds it"
)


def find_mnist(data_dir: Path | str | None = None) -> Path:
    """Return the folder that holds the four files: ``data_dir``/mnist or ``data_dir`` itself.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out. Nothing is downloaded.

    Raises
    ------
    DataError
        Not there; the message says where it was looked for and how to get it.
    """
    return find_folder("MNIST", "its four files", ("mnist", ""), _is_there, _HOW_TO_GET, data_dir)


def load_mnist(data_dir: Path | str | None = None) -> Dataset:
    """Load MNIST as :func:`find_mnist` finds it: 784 features of 8 bits, 60,000 training and 10,000 test samples."""
    return load_idx_set(find_mnist(data_dir), "mnist")


def download_mnist(data_dir: Path | str, mirror: str = MIRROR) -> Path:
    """Download what is missing or damaged of MNIST (11 MB) into ``data_dir``/mnist and return that folder.

    A file takes its name only once it is whole and its SHA-256 is right, so an interrupted call can be repeated.

    Raises
    ------
    DataError
        The folder cannot be written, the mirror does not answer, or it sends something else than MNIST.
    """
    folder = Path(data_dir, "mnist")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        for name in IDX_SET:
            target = folder / f"{name}.gz"
            if not _is_genuine(target):
                _download(f"{mirror}/{target.name}", target, progress)
    return folder


def _is_there(folder: Path) -> bool:
    try:
        idx_files(folder)
    except DataError:
        return False
    return True


def _download(url: str, target: Path, progress: Progress) -> None:
    part = target.with_name(f"part-{os.getpid()}-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file, urllib.request.urlopen(url, timeout=60) as reply:
            length = reply.headers.get("Content-Length")
            task = progress.add_task(target.name, total=int(length) if length else None)
            while chunk := reply.read(1 << 16):
                file.write(chunk)
                progress.update(task, advance=len(chunk))
        if not _is_genuine(part, target.stem):
            raise DataError(f"{url}: came incomplete or is not the file expected (SHA-256 differs); try again later")
        part.replace(target)
    except (OSError, HTTPException) as error:
        raise DataError(f"{url}: cannot be downloaded to {target} ({error}); check network and folder") from error
    finally:
        if part.exists():
            part.unlink()


def _is_genuine(path: Path, name: str | None = None) -> bool:
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):
        return False
    return hashlib.sha256(content).hexdigest() == _SHA256[name or path.stem]
