"""DVS Gesture: 11 gestures of 29 people before an event camera of 128x128 pixels (Amir et al., 2017)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from golden.errors import DataError
from train.data.aedat import Polarities, read_aedat
from train.data.binning import Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.place import find_folder, get_it_from
from train.data.progress import track

FORMAT = EventFormat(
    name="dvs-gesture", sensor=(2, 128, 128), n_classes=11, bins=60, window_us=1_500_000, option="downsample", value=4
)

_LISTS = ("trials_to_train.txt", "trials_to_test.txt")
_NUMPY_FOLDERS = ("ibmGestureTrain", "ibmGestureTest")
_FOLDERS = ("dvs-gesture", "DvsGesture", "DVSGesture", "dvs-gesture/DvsGesture", "")
_MAX_US = 1 << 50
"""Far beyond any recording; times the steps it still fits 64 bits."""
_HOW_TO_GET = get_it_from(
    "https://research.ibm.com/interactive/dvsgesture/", "DvsGesture.tar.gz, extracted,", "dvs-gesture"
)


def find_dvs_gesture(data_dir: Path | str | None = None) -> Path:
    """Return the folder with its files: ``data_dir``/dvs-gesture or ``data_dir``.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Not there.
    """
    return find_folder("DVS Gesture", "its files", _FOLDERS, _is_there, _HOW_TO_GET, data_dir)


def load_dvs_gesture(options: str = "", data_dir: Path | str | None = None) -> EventDataset:
    """Load it as published, or as the library tonic converts it; :func:`find_dvs_gesture` finds it.

    As published: ``trials_to_train.txt`` and ``trials_to_test.txt`` name recordings ``user*.aedat``, each with a file
    ``*_labels.csv`` of gestures, begin and end. Converted: ``ibmGestureTrain/user*/CLASS.npy`` with columns x, y,
    polarity, milliseconds. Groups are the people.

    Raises
    ------
    DataError
        Bad options, not there, a missing or damaged file, or a class without a sample.
    """
    chosen = event_options(options, FORMAT)
    folder = find_dvs_gesture(data_dir)
    as_published = any((folder / name).is_file() for name in _LISTS)
    parts, people = [], _People()
    for name in _LISTS if as_published else _NUMPY_FOLDERS:
        read = _published if as_published else _converted
        recordings = read(folder / name, people)
        parts.append(collect(recordings, chosen.grid, chosen.binning, FORMAT.n_classes, str(folder / name)))
    (train, train_y, groups), (test, test_y, _) = parts
    return EventDataset(
        name=chosen.name, train=train, train_y=train_y, test=test, test_y=test_y,
        n_classes=FORMAT.n_classes, shape=chosen.grid.shape, groups=groups,
    )  # fmt: skip


class _People:
    """Numbers people in the order they are met; files and folders are named ``user01_led``."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name.partition("_")[0], len(self._numbers))


def _is_there(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*_LISTS, *_NUMPY_FOLDERS))


def _published(listing: Path, people: _People) -> Iterator[Recording]:
    names = [line.strip() for line in _text(listing).splitlines() if line.strip()]
    for name in track(names, f"reading {listing.parent}"):
        path = listing.parent / name
        gestures = read_labels(path.with_name(f"{path.stem}_labels.csv"))
        events = read_aedat(path)
        for label, begin, end in gestures:
            yield _cut(events, label, begin, end, people.number(path.stem), str(path))


def _cut(events: Polarities, label: int, begin: int, end: int, group: int, where: str) -> Recording:
    inside = slice(*np.searchsorted(events.times, (begin, end)))
    if not len(events.times[inside]):
        raise DataError(f"{where}: no event in its gesture from {begin} to {end} us; is the file cut short?")
    places = (events.polarities[inside], events.y[inside], events.x[inside])
    return Recording(events.times[inside] - begin, places, label, group, where)


def read_labels(path: Path | str) -> list[tuple[int, int, int]]:
    """Read lines of class, first microsecond and the one past the last; classes from 0 on, in the file from 1 on.

    Raises
    ------
    DataError
        Unreadable, no gesture, or a line that is no such thing.
    """
    found = []
    for number, line in enumerate(_text(Path(path)).splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        fields = line.split(",")
        if len(fields) != 3 or not all(field.strip().isdecimal() for field in fields) or len(line) > 80:
            raise DataError(f"{path}: line {number} is {line!r}; class, begin and end are needed")
        label, begin, end = (int(field) for field in fields)
        if not 1 <= label <= FORMAT.n_classes or not begin < end < _MAX_US:
            raise DataError(f"{path}: line {number} is {line!r}; a class 1 to 11 and a begin before its end are needed")
        found.append((label - 1, begin, end))
    if not found:
        raise DataError(f"{path}: holds no gesture; fetch the file again")
    return found


def _converted(folder: Path, people: _People) -> Iterator[Recording]:
    files = sorted((path.parent.name, int(path.stem), path) for path in folder.glob("*/*.npy") if path.stem.isdecimal())
    for user, label, path in track(files, f"reading {folder}"):
        try:
            events = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            reason = " ".join(str(error).split())
            raise DataError(f"{path}: not a readable .npy file ({reason}); fetch it again") from error
        if events.ndim != 2 or events.shape[1] != 4 or not len(events) or events.dtype.kind not in "iuf":
            raise DataError(f"{path}: an array of {events.dtype} {events.shape}; x, y, polarity and time are needed")
        if events.dtype.kind == "f" and not np.isfinite(events).all():
            raise DataError(f"{path}: holds values that are no numbers; fetch the file again")
        x, y, polarity = events[:, :3].T.astype(np.int64)
        times = np.rint(events[:, 3].astype(np.float64) * 1000).astype(np.int64)
        yield Recording(times - times[0], (polarity, y, x), label, people.number(user), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); it is needed") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a text file; fetch it again") from error
