"""FSDD, the Free Spoken Digit Dataset: 3,000 recordings of ten digits by six people, 8 kHz (Jackson et al., 2018)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.audio.collection import NamePattern
from train.audio.config import FrontEndConfig
from train.audio.encoding import Encoded, Track
from train.audio.kept import encode_once
from train.audio.selection import FSDD_TEST, is_test
from train.data.binning import Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.place import find_folder, get_it_from
from train.data.progress import track
from train.data.reversal import with_reversed
from train.data.speakers import OFFICIAL, in_parts

FRONT_END = FrontEndConfig()
RATE = 8000
N_RECORDINGS = 3000
FORMAT = EventFormat(
    name="fsdd", sensor=(2, FRONT_END.channels), n_classes=10, bins=80, window_us=640_000, option="channels",
    value=FRONT_END.channels, split=OFFICIAL,
)  # fmt: skip
"""Inputs are sustained cells and onset cells, each from low bands to high ones; ``channels`` joins neighbours."""

_NAMES = ("fsdd", "free-spoken-digit-dataset", "")
_RECORDINGS = ("recordings", *(f"recordings.{kind}" for kind in ("tar.xz", "tar.gz", "tar.bz2", "tar", "zip")))
_HOW_TO_GET = get_it_from(
    "https://github.com/Jakobovski/free-spoken-digit-dataset", "its folder recordings (or recordings.tar.xz)", "fsdd"
)


def find_fsdd(data_dir: Path | str | None = None) -> Path:
    """Return ``data_dir``/fsdd/recordings, a folder, or ``recordings.tar.xz`` and other archives in its place.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Not there.
    """

    def is_there(folder: Path) -> bool:
        return bool(_recordings(folder))

    return _recordings(find_folder("FSDD", "its recordings", _NAMES, is_there, _HOW_TO_GET, data_dir))[0]


def _recordings(folder: Path) -> list[Path]:
    return [folder / name for name in _RECORDINGS if (folder / name).exists()]


def load_fsdd(options: str = "", data_dir: Path | str | None = None, *, backwards: bool = False) -> EventDataset:
    """Load the recordings as events of the audio front end, 128 inputs, in order of number, speaker and digit.

    They are encoded once, in less than a minute, and kept in the cache folder; see :mod:`train.audio.kept`.

    Parameters
    ----------
    options : str
        As of :func:`train.data.event_options.event_options`. ``split=official``: recordings 0 to 4 of each digit and
        speaker are test, 300 of 3,000; ``split=NAME``: all of that speaker, whom training does not meet.
    data_dir : path, optional
    backwards : bool
        ``fsdd-reversed``: 20 classes, each recording as it is and reversed in time, the latter as class digit + 10; see
        :func:`train.data.reversal.with_reversed`.

    Raises
    ------
    DataError
        Bad options, not there, damaged, or a speaker or a digit that is not there.
    """
    name = "fsdd-reversed" if backwards else "fsdd"
    chosen = event_options(options, replace(FORMAT, name=name))
    path = find_fsdd(data_dir)
    encoded = encode_once(path, NamePattern(), FRONT_END, rate=RATE, track=_track(path))
    if encoded.keys != tuple("0123456789"):
        raise DataError(f"{path}: holds recordings of {', '.join(encoded.keys[:20])}; the digits 0 to 9 are needed")
    found, labels, speakers = collect(_samples(encoded, path), chosen.grid, chosen.binning, FORMAT.n_classes, str(path))
    dataset = in_parts(
        chosen, found, labels, speakers, encoded.speaker_names, _official(encoded, path), FORMAT.n_classes
    )
    return with_reversed(dataset) if backwards else dataset


def _official(encoded: Encoded, path: Path) -> NDArray[np.bool_]:
    try:
        return is_test(FSDD_TEST, encoded.words)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _samples(encoded: Encoded, path: Path) -> Iterator[Recording]:
    for index, word in enumerate(encoded.words):
        events = slice(encoded.offsets[index], encoded.offsets[index + 1])
        places = np.divmod(encoded.units[events].astype(np.int64), FRONT_END.channels)
        label, speaker = int(encoded.labels[index]), int(encoded.speakers[index])
        yield Recording(encoded.times[events].astype(np.int64), places, label, speaker, f"{path}: {word.path}")


def _track(path: Path) -> Track:
    return lambda words: track(words, f"encoding {path}")
