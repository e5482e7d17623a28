"""Data sets by name or path; nothing here needs torch."""

from pathlib import Path

from golden.errors import DataError
from train.data.dataset import Dataset
from train.data.digits import load_digits
from train.data.idx import load_idx_set
from train.data.mnist import download_mnist, find_mnist, load_mnist
from train.data.npz import load_npz

__all__ = ["KNOWN", "Dataset", "download_mnist", "find_mnist", "load"]

KNOWN = ("digits", "mnist")


def load(name_or_path: Path | str, data_dir: Path | str | None = None) -> Dataset:
    """Load ``digits``, ``mnist``, an ``.npz`` file, or a folder with the four IDX files of an MNIST-like set.

    The known names win over files of the same name (write ``./mnist`` for a folder). ``data_dir`` says where MNIST
    lies, the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Unknown, missing or damaged.
    """
    if name_or_path == "digits":
        return load_digits()
    if name_or_path == "mnist":
        return load_mnist(data_dir)
    path = Path(name_or_path)
    if name_or_path != "" and path.is_dir():
        return load_idx_set(path, path.resolve().name)
    if path.suffix == ".npz":
        return load_npz(path)
    raise DataError(
        f"unknown data set '{name_or_path}'; known are {', '.join(KNOWN)}, or give an existing .npz file or a folder "
        "with IDX files"
    )
