"""Data sets by name or path; nothing here needs torch."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, overload

from golden.errors import DataError
from train.data import dvs_gesture, heidelberg, nmnist
from train.data.cifar10 import load_cifar10
from train.data.dataset import Dataset
from train.data.digits import load_digits
from train.data.event_dataset import EventDataset
from train.data.fashion_mnist import load_fashion_mnist
from train.data.idx import load_idx_set
from train.data.mnist import download_mnist, find_mnist, load_mnist
from train.data.npz import load_npz

__all__ = ["KNOWN", "AnyDataset", "Dataset", "EventDataset", "download_mnist", "find_mnist", "load"]

AnyDataset = Dataset | EventDataset
"""Values or events; of both, everything that needs spikes asks ``events``."""

_VALUE_SETS: dict[str, Callable[[Path | str | None], Dataset]] = {
    "digits": lambda data_dir: load_digits(),
    "mnist": load_mnist,
    "fashion-mnist": load_fashion_mnist,
    "cifar-10": load_cifar10,
}
_EVENT_SETS: dict[str, Callable[[str, Path | str | None], EventDataset]] = {
    "nmnist": nmnist.load_nmnist,
    "dvs-gesture": dvs_gesture.load_dvs_gesture,
    "shd": partial(heidelberg.load_heidelberg, heidelberg.SHD),
    "ssc": partial(heidelberg.load_heidelberg, heidelberg.SSC),
}
KNOWN = (*_VALUE_SETS, *_EVENT_SETS)


@overload
def load(
    name_or_path: Literal["digits", "mnist", "fashion-mnist", "cifar-10"] | Path, data_dir: Path | str | None = None
) -> Dataset: ...
@overload
def load(name_or_path: str, data_dir: Path | str | None = None) -> AnyDataset: ...
def load(name_or_path: Path | str, data_dir: Path | str | None = None) -> AnyDataset:
    """Load a set of :data:`KNOWN`, an ``.npz`` file, or a folder with the four IDX files of an MNIST-like set.

    Event sets take options behind a colon, ``shd:bins=100,channels=140``; see :mod:`train.data.event_options`. The
    known names win over files of the same name (write ``./mnist`` for a folder). ``data_dir`` says where a known set
    lies, the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Unknown, missing or damaged.
    """
    name, colon, options = str(name_or_path).partition(":") if isinstance(name_or_path, str) else ("", "", "")
    if name in _EVENT_SETS:
        return _EVENT_SETS[name](options, data_dir)
    if name in _VALUE_SETS and colon:
        raise DataError(f"{name}: takes no options, got {options!r}; the event sets {', '.join(_EVENT_SETS)} do")
    if name in _VALUE_SETS:
        return _VALUE_SETS[name](data_dir)
    path = Path(name_or_path)
    if name_or_path != "" and path.is_dir():
        return load_idx_set(path, path.resolve().name)
    if path.suffix == ".npz":
        return load_npz(path)
    raise DataError(
        f"unknown data set '{name_or_path}'; known are {', '.join(KNOWN)}, or give an existing .npz file or a folder "
        "with IDX files"
    )
