"""SHD and SSC, the Heidelberg data sets: words through a model of the cochlea, 700 channels (Cramer et al., 2020)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.data.binning import Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.place import find_folder, get_it_from
from train.data.progress import track

SHD = EventFormat(name="shd", sensor=(700,), n_classes=20, bins=100, window_us=1_400_000, option="channels", value=700)
SSC = EventFormat(name="ssc", sensor=(700,), n_classes=35, bins=100, window_us=1_400_000, option="channels", value=700)

_CHUNK = 1000
"""Samples read at a time: one by one, HDF5 takes most of the time for itself."""


def load_heidelberg(format_: EventFormat, options: str = "", data_dir: Path | str | None = None) -> EventDataset:
    """Load ``shd_train.h5`` and ``shd_test.h5`` (``ssc_*``) from ``data_dir``/shd (/ssc) or ``data_dir``.

    Digits in German and English, 20 classes, 8,156 training and 2,264 test samples (SHD), or 35 words, 75,466 and
    20,382 (SSC). Groups are the speakers, where the file tells them. ``data_dir`` is the environment variable
    INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Bad options, h5py is not installed, not there, or a damaged file.
    """
    chosen, name = event_options(options, format_), format_.name
    title, files = name.upper(), (f"{name}_train.h5", f"{name}_test.h5")
    how_to_get = get_it_from("https://zenkelab.org/datasets/", " and ".join(files) + ", extracted,", name)

    def is_there(folder: Path) -> bool:
        return any((folder / file).is_file() for file in files)

    folder = find_folder(title, "its files", (name, title, ""), is_there, how_to_get, data_dir)
    parts = []
    for file in files:
        path = folder / file
        recordings, knows_speakers = _recordings(path)
        parts.append((*collect(recordings, chosen.grid, chosen.binning, format_.n_classes, str(path)), knows_speakers))
    (train, train_y, groups, known), (test, test_y, _, _) = parts
    return EventDataset(
        name=chosen.name, train=train, train_y=train_y, test=test, test_y=test_y,
        n_classes=format_.n_classes, shape=chosen.grid.shape, groups=groups if known else None,
    )  # fmt: skip


def _recordings(path: Path) -> tuple[Iterator[Recording], bool]:
    """Return what yields the samples of a file, and whether it tells their speakers."""
    try:
        import h5py  # a package of the extra `data`
    except ImportError as error:
        raise DataError(f"{path}: h5py, which reads it, is not installed: pip install 'intsnn-hw[data]'") from error
    try:
        with h5py.File(path, "r") as file:
            labels, speakers = _numbers(file, "labels", path), None
            if "extra/speaker" in file:
                speakers = _numbers(file, "extra/speaker", path)
            lengths = [len(labels), *(len(_lists(file, name, path)) for name in ("spikes/times", "spikes/units"))]
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(path, error) from error
    if len(set(lengths)) > 1 or (speakers is not None and len(speakers) != len(labels)):
        raise DataError(f"{path}: labels, times and units of {lengths} samples; all must be of one number")
    groups = np.zeros_like(labels) if speakers is None else speakers
    return _samples(path, labels, groups), speakers is not None


def _samples(path: Path, labels: NDArray[np.int64], groups: NDArray[np.int64]) -> Iterator[Recording]:
    import h5py

    for start in track(range(0, len(labels), _CHUNK), f"reading {path}"):
        try:
            with h5py.File(path, "r") as file:
                times, units = (file[name][start : start + _CHUNK] for name in ("spikes/times", "spikes/units"))
        except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
            raise _unreadable(path, error) from error
        for index, (time, unit) in enumerate(zip(times, units, strict=True), start):
            where = f"{path}: sample {index}"
            seconds = np.asarray(time, np.float64)
            # Also false for what is no number. An hour is far beyond any word, and fits microseconds.
            if not (np.abs(seconds) < 3600).all():
                raise DataError(f"{where}: a time that is no number of seconds of a word; is the file damaged?")
            if not np.issubdtype(unit.dtype, np.integer):
                raise DataError(f"{where}: units are {unit.dtype}; integers are needed: is the file damaged?")
            microseconds = np.rint(seconds * 1e6).astype(np.int64)
            yield Recording(microseconds, (unit.astype(np.int64),), int(labels[index]), int(groups[index]), where)


def _numbers(file: Any, name: str, path: Path) -> NDArray[np.int64]:
    found = _entry(file, name, path)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise DataError(f"{path}: {name} is {found.dtype} {found.shape}; whole numbers, one a sample, are needed")
    return found[:].astype(np.int64)


def _lists(file: Any, name: str, path: Path) -> Any:
    import h5py

    found = _entry(file, name, path)
    if found.ndim != 1 or h5py.check_vlen_dtype(found.dtype) is None:
        raise DataError(f"{path}: {name} is {found.dtype} {found.shape}; a list of numbers a sample is needed")
    return found


def _entry(file: Any, name: str, path: Path) -> Any:
    import h5py

    if not isinstance(file.get(name), h5py.Dataset):
        raise DataError(f"{path}: lacks {name}; is it a file of SHD or SSC?")
    return file[name]


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: not a readable HDF5 file ({' '.join(str(error).split())}); fetch it again")
