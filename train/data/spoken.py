"""Recordings of words in a folder or an archive, as events of the audio front end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.audio.collection import NamePattern, Word
from train.audio.config import FrontEndConfig
from train.audio.encoding import Encoded
from train.audio.kept import encode_once
from train.data.binning import Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, EventOptions
from train.data.progress import track
from train.data.speakers import OFFICIAL, in_parts

FRONT_END = FrontEndConfig()
_ARCHIVES = ("tar.xz", "tar.gz", "tar.bz2", "tar", "zip")


@dataclass(frozen=True, kw_only=True)
class SpokenSet:
    """What is fixed of a set of spoken words.

    Parameters
    ----------
    pattern : str
        As of :class:`train.audio.collection.NamePattern`.
    rate : int
        Samples a second that all recordings are brought to.
    keys : tuple of str
        Its words in the order of the classes; all are needed.
    keys_in_words : str
        For messages.
    takes_others : bool
        Whether there may be other words and files, which are left out.
    official : callable
        Of the recordings: which are test where ``split=official``, bool (n,); DataError where the names do not show it.
    """

    pattern: str
    rate: int
    keys: tuple[str, ...]
    keys_in_words: str
    takes_others: bool
    official: Callable[[Sequence[Word]], NDArray[np.bool_]]


def spoken_format(name: str, n_classes: int, *, bins: int, window_us: int) -> EventFormat:
    """Return the format of a spoken set.

    Inputs are sustained cells and onset cells, each from low bands to high ones; ``channels`` joins neighbours.
    """
    return EventFormat(
        name=name, sensor=(2, FRONT_END.channels), n_classes=n_classes, bins=bins, window_us=window_us,
        option="channels", value=FRONT_END.channels, split=OFFICIAL,
    )  # fmt: skip


def archives(folder: Path, name: str) -> list[Path]:
    """Return the archives NAME.tar.xz, NAME.tar.gz, .. that a folder holds."""
    return [path for path in (folder / f"{name}.{kind}" for kind in _ARCHIVES) if path.exists()]


def load_spoken(path: Path, spoken: SpokenSet, chosen: EventOptions) -> EventDataset:
    """Load the recordings of a folder or an archive, in order of number, speaker and word.

    They are encoded once and kept in the cache folder; see :mod:`train.audio.kept`.

    Parameters
    ----------
    path : Path
    spoken : SpokenSet
    chosen : EventOptions
        Of a :func:`spoken_format`.

    Raises
    ------
    DataError
        Damaged, or a word or a speaker that is not there.
    """
    encoded = encode_once(
        path, NamePattern(spoken.pattern), FRONT_END, rate=spoken.rate,
        labels=spoken.keys if spoken.takes_others else None, track=lambda words: track(words, f"encoding {path}"),
    )  # fmt: skip
    if encoded.keys != spoken.keys:
        raise DataError(
            f"{path}: holds recordings of {', '.join(encoded.keys[:20])}; {spoken.keys_in_words} are needed"
        )
    n_classes = len(spoken.keys)
    found, labels, speakers = collect(_samples(encoded, path), chosen.grid, chosen.binning, n_classes, str(path))
    try:
        official = spoken.official(encoded.words)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return in_parts(chosen, found, labels, speakers, encoded.speaker_names, official, n_classes)


def _samples(encoded: Encoded, path: Path) -> Iterator[Recording]:
    for index, word in enumerate(encoded.words):
        events = slice(encoded.offsets[index], encoded.offsets[index + 1])
        places = np.divmod(encoded.units[events].astype(np.int64), FRONT_END.channels)
        label, speaker = int(encoded.labels[index]), int(encoded.speakers[index])
        yield Recording(encoded.times[events].astype(np.int64), places, label, speaker, f"{path}: {word.path}")
