"""N-MNIST: MNIST's digits before an event camera that moves in three saccades, 34x34 pixels (Orchard et al., 2015)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from golden.errors import DataError
from train.data.binning import Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.place import find_folder, get_it_from
from train.data.progress import track

FORMAT = EventFormat(
    name="nmnist", sensor=(2, 34, 34), n_classes=10, bins=30, window_us=300_000, option="downsample", value=1
)

_PARTS = ("Train", "Test")
_HOW_TO_GET = get_it_from("https://www.garrickorchard.com/datasets/n-mnist", "its folders Train and Test", "nmnist")
_OVERFLOW_ROW, _OVERFLOW_US = 240, 1 << 13


def read_nmnist(path: Path | str, label: int) -> Recording:
    """Read one file: 40 bits an event, big-endian; places are (polarity, row, column).

    8 bits column, 8 bits row, 1 bit polarity (1: brighter), 23 bits microseconds. Row 240 is no event: the clock
    overflowed, and times go on 2^13 microseconds later, as in the authors' own reader.

    Raises
    ------
    DataError
        Unreadable, empty, or cut short.
    """
    try:
        data = np.frombuffer(Path(path).read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not len(data) or len(data) % 5:
        raise DataError(f"{path}: {len(data)} bytes are no whole number of events of 5 bytes; fetch the file again")
    x, y, upper, middle, lower = data.reshape(-1, 5).T.astype(np.int64)
    overflow = y == _OVERFLOW_ROW
    times = ((upper & 0x7F) << 16 | middle << 8 | lower) + _OVERFLOW_US * np.cumsum(overflow)
    real = ~overflow
    return Recording(times[real], (upper[real] >> 7, y[real], x[real]), label, 0, str(path))


def find_nmnist(data_dir: Path | str | None = None) -> Path:
    """Return the folder with Train and Test: ``data_dir``/nmnist, ``data_dir``/N-MNIST or ``data_dir``.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Not there.
    """
    return find_folder("N-MNIST", "its folders", ("nmnist", "N-MNIST", ""), _is_there, _HOW_TO_GET, data_dir)


def load_nmnist(options: str = "", data_dir: Path | str | None = None) -> EventDataset:
    """Load folders Train and Test, each with 0..9, as :func:`find_nmnist` finds them.

    Samples are in the order of their file names, which is MNIST's. 60,000 training and 10,000 test samples, shape
    (2, 34, 34) before ``downsample``.

    Raises
    ------
    DataError
        Bad options, not there, a class without a file, or a damaged file.
    """
    chosen = event_options(options, FORMAT)
    folder = find_nmnist(data_dir)
    parts = []
    for part in _PARTS:
        recordings = _recordings(folder / part)
        parts.append(collect(recordings, chosen.grid, chosen.binning, FORMAT.n_classes, str(folder / part)))
    (train, train_y, _), (test, test_y, _) = parts
    return EventDataset(
        name=chosen.name, train=train, train_y=train_y, test=test, test_y=test_y,
        n_classes=FORMAT.n_classes, shape=chosen.grid.shape,
    )  # fmt: skip


def _is_there(folder: Path) -> bool:
    return any((folder / part).is_dir() for part in _PARTS)


def _recordings(folder: Path) -> Iterator[Recording]:
    files: list[tuple[str, int, Path]] = []
    for label in range(FORMAT.n_classes):
        found = sorted((folder / str(label)).glob("*.bin"))
        if not found:
            raise DataError(
                f"{folder / str(label)}: holds no .bin file; each class 0..9 needs some: fetch the set again"
            )
        files += [(path.name, label, path) for path in found]
    for _, label, path in track(sorted(files), f"reading {folder}"):
        yield read_nmnist(path, label)
