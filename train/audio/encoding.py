"""All recordings of a collection as events."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Self

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from golden.fixed import IntArray
from train.audio.collection import Collection, NamePattern, Word
from train.audio.config import FrontEndConfig

_OPTIONS = "see `pattern` and `ignore_others` of `intsnn_hw.encode_audio`"

Track = Callable[[Sequence[Word]], Iterable[Word]]
"""Yields what it is given, and may show how far it has got."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Encoded:
    """Events of recordings, one after the other.

    Members
    -------
    offsets : int64 (n + 1,)
        Events of recording i are ``offsets[i] : offsets[i + 1]``.
    times : int32
        Microseconds from the start of the recording, ascending.
    units : uint16, 0 .. n_units - 1
    labels : int64 (n,), indices of `keys`
    speakers : int64 (n,), indices of `speaker_names`; all 0 where no names are known
    keys, speaker_names : tuple of str
    words : tuple of Word
        What the recordings' names tell, one each.
    n_units : int
    rate : int
        Samples a second of the recordings, after resampling.
    """

    offsets: NDArray[np.int64]
    times: NDArray[np.int32]
    units: NDArray[np.uint16]
    labels: NDArray[np.int64]
    speakers: NDArray[np.int64]
    keys: tuple[str, ...]
    speaker_names: tuple[str, ...]
    words: tuple[Word, ...]
    n_units: int
    rate: int

    def select(self, order: IntArray) -> Self:
        """Return some of the recordings, in that order."""
        counts = np.diff(self.offsets)[order]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        events = np.arange(offsets[-1]) + np.repeat(self.offsets[order] - offsets[:-1], counts)
        return replace(
            self,
            offsets=offsets,
            times=self.times[events],
            units=self.units[events],
            labels=self.labels[order],
            speakers=self.speakers[order],
            words=tuple(self.words[index] for index in order),
        )


def words_of(collection: Collection, pattern: NamePattern, *, ignore_others: bool = False) -> tuple[Word, ...]:
    """Return what the names of a collection tell, in its order.

    Raises
    ------
    DataError
        A name that does not fit the pattern (all of them, where `ignore_others`), or an empty folder where folders are
        labels.
    """
    if pattern.takes_folders and collection.empty and not ignore_others:
        name = PurePosixPath(collection.empty[0]).name
        raise DataError(
            f"{collection.path}: class {name} has no recording, its folder is empty; take it away, or {_OPTIONS}"
        )
    told = {path: pattern.word(path) for path in collection.paths}
    words = tuple(word for word in told.values() if word is not None)
    if len(words) < len(told) and not (ignore_others and words):
        other = next(path for path, word in told.items() if word is None)
        raise DataError(
            f"{collection.path}: {other} does not fit the pattern {pattern.text}; take it away, or {_OPTIONS}"
        )
    return words


def encode_collection(
    collection: Collection,
    words: Sequence[Word],
    config: FrontEndConfig,
    *,
    rate: int | None = None,
    track: Track = iter,
) -> Encoded:
    """Encode recordings of a collection; the result is in order of index, speaker and label.

    In that order the first recordings are of all labels and speakers, so that a part of the set stands for the whole.

    Parameters
    ----------
    collection : Collection
    words : sequence of Word
        Of the collection, in its order, as :func:`words_of` returns them.
    config : FrontEndConfig
    rate : int, optional
        Samples a second that all are brought to; else all must have the rate of the first.
    track : callable, optional
        Wraps `words`, to show progress.

    Raises
    ------
    DataError
        A damaged or empty recording, or one of another rate.
    ConfigError
        Bands that the rate does not hold.
    """
    # They take a second to import, and most data sets need none of it.
    from train.audio.front_end import FrontEnd
    from train.audio.wav import read_wav, resampled

    front_end, first = None if rate is None else FrontEnd(config, rate), ""
    times: dict[Word, NDArray[np.int32]] = {}
    units: dict[Word, NDArray[np.uint16]] = {}
    with collection.reader() as read:
        for word in track(words):
            where = f"{collection.path}: {word.path}"
            sound = read_wav(read(word.path), where)
            if front_end is None:
                front_end, first = FrontEnd(config, sound.rate), word.path
            if rate is None and sound.rate != front_end.rate:
                raise DataError(
                    f"{where}: {sound.rate} samples a second where {first} has {front_end.rate}; give `rate` HZ to "
                    "bring all to one rate"
                )
            times[word], units[word] = front_end.encode(resampled(sound, front_end.rate), where)
    assert front_end is not None  # a collection has a word
    ordered = sorted(words, key=lambda word: (word.index or 0, _natural(word.speaker), _natural(word.label), word.path))
    keys = sorted({word.label for word in words}, key=_natural)
    speakers = sorted({word.speaker for word in words}, key=_natural)
    return Encoded(
        offsets=np.cumsum([0, *(len(times[word]) for word in ordered)], dtype=np.int64),
        times=np.concatenate([times[word] for word in ordered]),
        units=np.concatenate([units[word] for word in ordered]),
        labels=np.array([keys.index(word.label) for word in ordered], np.int64),
        speakers=np.array([speakers.index(word.speaker) for word in ordered], np.int64),
        keys=tuple(keys),
        speaker_names=() if speakers == [""] else tuple(speakers),
        words=tuple(ordered),
        n_units=config.n_units,
        rate=front_end.rate,
    )


def _natural(name: str) -> tuple[int, int, str]:
    """Return what names are sorted by: numbers first, by their value."""
    is_number = name.isdecimal() and name.isascii() and len(name) < 10
    return (0, int(name), name) if is_number else (1, 0, name)
