"""Fashion-MNIST: 70,000 pictures of clothes, 28x28 pixels of 8 bits, in files of MNIST's names and format (Zalando)."""

import os
from pathlib import Path

from train.data.dataset import Dataset
from train.data.idx import IDX_SET, load_idx_set
from train.data.place import find_folder, get_it_from

_URL = "https://github.com/zalandoresearch/fashion-mnist"
_HOW_TO_GET = get_it_from(_URL, "its four files *-ubyte.gz", "fashion-mnist", package="dataset-fashion-mnist")


def find_fashion_mnist(data_dir: Path | str | None = None) -> Path:
    """Return the folder that holds the four files: ``data_dir``/fashion-mnist, else that of Debian's package.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out. ``data_dir`` itself serves only where its
    name is that of the set: MNIST's files have the same names. Debian's package dataset-fashion-mnist puts them into
    ``/usr/share/datasets/fashion-mnist``.

    Raises
    ------
    DataError
        Not there.
    """
    base = data_dir or os.environ.get("INTSNN_DATA") or ""
    names = ["fashion-mnist", "FashionMNIST/raw"]
    if "fashion" in Path(base).resolve().name.lower():
        names.append("")
    return find_folder(
        "Fashion-MNIST", "its four files", names, _is_there, _HOW_TO_GET, data_dir, system="fashion-mnist"
    )


def load_fashion_mnist(data_dir: Path | str | None = None) -> Dataset:
    """Load it as :func:`find_fashion_mnist` finds it: 784 features of 8 bits, shape (1, 28, 28), 10 classes.

    Raises
    ------
    DataError
        Not there, a file is missing or damaged, or the four do not fit each other.
    """
    return load_idx_set(find_fashion_mnist(data_dir), "fashion-mnist")


def _is_there(folder: Path) -> bool:
    return any(Path(folder, name + suffix).is_file() for name in IDX_SET for suffix in ("", ".gz"))
