"""Words of one's own in SHD's format, as ``intsnn data encode-audio`` writes them."""

from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.data.binning import collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.heidelberg_file import HeidelbergFile, open_heidelberg
from train.data.labels import absent, check_classes, listed, misnumbered
from train.data.speakers import OFFICIAL, in_parts

_TRAIN, _TEST = "_train.h5", "_test.h5"
_SHD_UNITS = 700


def is_own(path: Path) -> bool:
    """Tell whether a path is meant: a file ``*.h5``, or a folder that holds ``*_train.h5``."""
    return path.suffix == ".h5" or (path.is_dir() and any(path.glob(f"*{_TRAIN}")))


def load_own_words(path: Path, options: str = "") -> EventDataset:
    """Load ``NAME_train.h5`` with the ``NAME_test.h5`` beside it, a folder with one such pair, or one file ``NAME.h5``.

    The set is called NAME; it has as many classes as the file has keys, and as many inputs as it has units: what
    ``extra/meta_info/n_units`` says, 700 where it is not there. 100 steps of 10 ms where the options say nothing else.
    One file alone has no test part: ``split=SPEAKER`` chooses one.

    Raises
    ------
    DataError
        Bad options, h5py is not installed, a file is missing or damaged, or the two do not fit each other.
    """
    paths = _pair(path)
    files = [open_heidelberg(file) for file in paths]
    _check_alike(files)
    n_units, names = files[0].n_units or _SHD_UNITS, files[0].speaker_names
    n_classes = max(file.n_classes for file in files)
    _check_labels(paths[0], np.concatenate([file.labels for file in files]), n_classes)
    format_ = EventFormat(
        name=paths[0].name.removesuffix(".h5").removesuffix("_train"), sensor=(n_units,), n_classes=n_classes, bins=100,
        window_us=1_000_000, option="channels", value=n_units, split=OFFICIAL,
    )  # fmt: skip
    chosen = event_options(options, format_)
    recordings = chain.from_iterable(file.recordings() for file in files)
    events, labels, groups = collect(recordings, chosen.grid, chosen.binning, n_classes, str(paths[0]))
    names, groups = _speakers(paths[0], names, groups, all(file.speakers is not None for file in files))
    official = np.arange(len(labels)) >= len(files[0].labels) if len(files) == 2 else None
    return in_parts(chosen, events, labels, groups, names, official, n_classes)


def _check_alike(files: list[HeidelbergFile]) -> None:
    """Raise DataError where two files are of other units, words or speakers; it says which."""
    first, last = files[0], files[-1]
    lists = all(file.lists_words for file in files)
    for what, ours, theirs in (
        ("units", first.n_units or _SHD_UNITS, last.n_units or _SHD_UNITS),
        ("words", first.n_classes if lists else None, last.n_classes if lists else None),
        ("speakers", len(first.speaker_names), len(last.speaker_names)),
        ("names of speakers", first.speaker_names, last.speaker_names),
    ):
        if ours != theirs:
            counts = f"{ours} and {theirs} {what}" if what != "names of speakers" else f"other {what}"
            raise DataError(f"{first.path} and {last.path.name}: have {counts}; encode both in one run")


def _check_labels(path: Path, labels: NDArray[np.int64], n_classes: int) -> None:
    """Raise DataError where the labels of both parts together are no classes 0, 1, .. with a recording each."""
    missing = absent(labels, n_classes)
    if not len(missing) or not len(labels) or labels.min() < 0 or labels.max() >= n_classes:
        return  # what is out of range is said of its recording, an empty file of the file
    check_classes(str(path), labels, labels)
    if len(above := missing[missing > labels.max()]):
        raise DataError(f"{path}: class {listed(above)} has a word and no recording; add one, or leave the word out")
    why = misnumbered(labels, labels, n_classes - len(missing))
    raise DataError(f"{path}: class {listed(missing)} has no recording; {why}")


def _pair(path: Path) -> list[Path]:
    """Return the file of the training part and that of the test part, or the one file there is."""
    if path.is_dir():
        found = sorted(path.glob(f"*{_TRAIN}"))
        if len(found) > 1:
            raise DataError(f"{path}: holds {found[0].name} and {found[1].name}; give one of them")
        path = found[0]
    for ending in (_TRAIN, _TEST):
        if path.name.endswith(ending):
            pair = [path.with_name(path.name.removesuffix(ending) + other) for other in (_TRAIN, _TEST)]
            missing = next((file for file in pair if not file.is_file()), None)
            if missing is not None:
                raise DataError(f"{missing}: is not there, but {path.name} needs it beside it; check the path")
            return pair
    return [path]


def _speakers(
    path: Path, names: tuple[str, ...], groups: NDArray[np.int64], known: bool
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names of all speakers, and the speaker of each sample; numbers are the names where a file has none."""
    if not known:
        return (), groups
    numbers, places = np.unique(groups, return_inverse=True)
    if not names:
        return tuple(str(number) for number in numbers), places
    if not 0 <= numbers[0] <= numbers[-1] < len(names):
        raise DataError(
            f"{path}: speakers {numbers[0]} to {numbers[-1]}, but {len(names)} names of speakers; is it damaged?"
        )
    return names, groups
