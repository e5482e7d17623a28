"""Data sets by name or path; nothing here needs torch."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, overload

from golden.errors import DataError
from train.data import dvs_gesture, fsdd, heidelberg, nmnist, speech_commands
from train.data.cifar10 import find_cifar10, load_cifar10
from train.data.cues import load_cues
from train.data.dataset import Dataset
from train.data.digits import load_digits
from train.data.event_dataset import EventDataset
from train.data.fashion_mnist import find_fashion_mnist, load_fashion_mnist
from train.data.idx import load_idx_set
from train.data.mnist import download_mnist, find_mnist, load_mnist
from train.data.mnist_rows import load_mnist_rows
from train.data.npz import load_npz
from train.data.own_words import is_own, load_own_words

__all__ = ["KNOWN", "AnyDataset", "Dataset", "EventDataset", "Known", "download_mnist", "find_mnist", "load"]

AnyDataset = Dataset | EventDataset
"""Values or events; of both, everything that needs spikes asks ``events``."""

_Folder = Path | str | None


class Known(NamedTuple):
    """A set that is known by name.

    Attributes
    ----------
    about : str
        In a line.
    load : callable
        Of the options behind the name ("" for none) and of the folder with all sets.
    find : callable or None
        Tells where the set lies in the folder with all sets, DataError where it does not; None: it needs no files.
    takes_options : bool
    n_samples : int or None
        Of the whole set, where a part of its files is a set as well.
    """

    about: str
    load: Callable[[str, _Folder], AnyDataset]
    find: Callable[[_Folder], Path] | None
    takes_options: bool = True
    n_samples: int | None = None


def _values(about: str, load: Callable[[_Folder], AnyDataset], find: Callable[[_Folder], Path] | None) -> Known:
    return Known(about, lambda options, data_dir: load(data_dir), find, takes_options=False)


KNOWN: dict[str, Known] = {
    "digits": _values("handwritten digits, 8x8 pixels", lambda data_dir: load_digits(), None),
    "mnist": _values("handwritten digits, 28x28 pixels", load_mnist, find_mnist),
    "fashion-mnist": _values("clothes, 28x28 pixels", load_fashion_mnist, find_fashion_mnist),
    "cifar-10": _values("pictures in colour, 32x32 pixels", load_cifar10, find_cifar10),
    "nmnist": Known("handwritten digits before an event camera", nmnist.load_nmnist, nmnist.find_nmnist),
    "dvs-gesture": Known("gestures before an event camera", dvs_gesture.load_dvs_gesture, dvs_gesture.find_dvs_gesture),
    "shd": Known(
        "spoken digits in two languages",
        partial(heidelberg.load_heidelberg, heidelberg.SHD),
        partial(heidelberg.find_heidelberg, heidelberg.SHD),
    ),
    "ssc": Known(
        "35 spoken words",
        partial(heidelberg.load_heidelberg, heidelberg.SSC),
        partial(heidelberg.find_heidelberg, heidelberg.SSC),
    ),
    "fsdd": Known("spoken digits", fsdd.load_fsdd, fsdd.find_fsdd, n_samples=fsdd.N_RECORDINGS),
    "fsdd-reversed": Known(
        "the same, and reversed in time",
        partial(fsdd.load_fsdd, backwards=True),
        fsdd.find_fsdd,
        n_samples=2 * fsdd.N_RECORDINGS,
    ),
    "speech-commands": Known(
        "ten spoken words",
        speech_commands.load_speech_commands,
        speech_commands.find_speech_commands,
        n_samples=speech_commands.N_RECORDINGS,
    ),
    "cues": Known("which side had more cues", lambda options, data_dir: load_cues(options), None),
    "mnist-rows": _values("MNIST, a row a time step", load_mnist_rows, find_mnist),
}
"""All sets by name."""


@overload
def load(
    name_or_path: Literal["digits", "mnist", "fashion-mnist", "cifar-10"], data_dir: Path | str | None = None
) -> Dataset: ...
@overload
def load(name_or_path: Path | str, data_dir: Path | str | None = None) -> AnyDataset: ...
def load(name_or_path: Path | str, data_dir: Path | str | None = None) -> AnyDataset:
    """Load a set of :data:`KNOWN`, or one of the user's own.

    Own sets are an ``.npz`` file, a folder with the four IDX files of an MNIST-like set, or words in SHD's format: a
    file ``.h5`` or a folder with ``NAME_train.h5`` and ``NAME_test.h5``.

    Sets of events take options behind a colon, ``shd:bins=100,channels=140``; see :mod:`train.data.event_options`. The
    known names win over files of the same name (write ``./mnist`` for a folder). ``data_dir`` says where a known set
    lies, the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Unknown, missing or damaged.
    """
    name, colon, options = str(name_or_path).partition(":") if isinstance(name_or_path, str) else ("", "", "")
    if name in KNOWN:
        if colon and not options:
            raise DataError(f"{name}:: has no options behind the colon; leave it out")
        if colon and not KNOWN[name].takes_options:
            takers = ", ".join(known for known, entry in KNOWN.items() if entry.takes_options)
            raise DataError(f"{name}: takes no options, got {options!r}; {takers} do")
        return KNOWN[name].load(options, data_dir)
    return _load_own(name_or_path)


def _load_own(name_or_path: Path | str) -> AnyDataset:
    path, options = Path(name_or_path), ""
    if isinstance(name_or_path, str) and ":" in name_or_path and not path.exists():
        head, _, options = name_or_path.rpartition(":")
        path = Path(head)
    if name_or_path != "" and (path.is_file() or path.is_dir()) and is_own(path):
        return load_own_words(path, options)
    if options and path.exists():
        raise DataError(f"{path}: takes no options, got {options!r}; leave them out")
    if options:
        path = Path(name_or_path)
    if name_or_path != "" and path.is_dir():
        return load_idx_set(path, path.resolve().name)
    if path.suffix == ".npz":
        return load_npz(path)
    if path.suffix == ".npy" and path.exists():
        raise DataError(f"{path}: is one array; write x_train, y_train, x_test and y_test to an .npz, by numpy.savez")
    missing = "no such file: " if path.suffix and not path.exists() else ""
    raise DataError(
        f"{missing}unknown data set '{name_or_path}'; known are {', '.join(KNOWN)}, or give an existing .npz or .h5 "
        "file or a folder with IDX files; `intsnn_hw.encode_audio` turns recordings (.wav) into an .h5 file"
    )
