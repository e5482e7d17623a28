"""Events in the format of SHD, made of wav files."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from golden.errors import ConfigError, InputWarning
from golden.places import writable_file, write_files

from .progress import Display, display
from .report import Facts, Result, Shown
from .source import check_known

if TYPE_CHECKING:
    from train.audio.collection import Word
    from train.audio.config import FrontEndConfig

FRONT_END = ("channels", "low_hz", "high_hz", "threshold", "onset_threshold")
"""Fields of :class:`train.audio.config.FrontEndConfig`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class EncodedAudio(Result):
    """Files of events.

    Attributes
    ----------
    source : str
    files : tuple of str
    recordings : tuple of int
        In each file.
    ignored : int
        Wav files whose names do not fit the pattern.
    classes, speakers : tuple of str
    rate : int
        Samples a second.
    units : int
    events : float
        Mean of a recording.
    without_events : int
    longest_s : float
        Last event.
    front_end : FrontEndConfig
    """

    source: str
    files: tuple[str, ...]
    recordings: tuple[int, ...]
    ignored: int
    classes: tuple[str, ...]
    speakers: tuple[str, ...]
    rate: int
    units: int
    events: float
    without_events: int
    longest_s: float
    front_end: FrontEndConfig

    def shown(self) -> list[Shown]:
        """Return facts."""
        from train.audio.selection import shown

        written = zip(self.files, self.recordings, strict=True)
        speakers = f"{len(self.speakers):,}: {shown(list(self.speakers))}" if self.speakers else "not known"
        rows = (
            *((path, f"{number:,} recordings") for path, number in written),
            ("classes", f"{len(self.classes):,}: {shown(list(self.classes))}"),
            ("speakers", speakers),
            ("samples a second", self.rate),
            ("units", self.units),
            ("events a recording", self.events),
            ("recordings without an event", self.without_events),
            ("last event", f"at {self.longest_s:.2f} s"),
        )
        return [Facts(rows, self.source)]


def encode_audio(
    source: Path | str,
    out: Path | str,
    *,
    pattern: str | None = None,
    test: str | None = None,
    ignore_others: bool = False,
    rate: int | None = None,
    progress: bool = True,
    **front_end: Any,
) -> EncodedAudio:
    """Make events of all wav files in a folder or an archive; docs/data.md says what a unit is.

    Parameters
    ----------
    source : path
        Folder, tar or zip.
    out : path
        File to write (.h5); with `test` two, ``OUT_train.h5`` and ``OUT_test.h5``.
    pattern : str, optional
        What the names of files say, as ``"{label}_{speaker}_{index}.wav"``.
    test : str, optional
        Which are of the test part: ``"index=0-4"``, ``"speaker=NAME,.."`` or ``"list=FILE"``.
    ignore_others : bool
        Leave out files that do not fit the pattern.
    rate : int, optional
        Resample all to this rate; all must have that of the first where left out.
    progress : bool
        Show work under way.
    front_end
        ``channels``, ``low_hz``, ``high_hz``, ``threshold``, ``onset_threshold``.

    Raises
    ------
    InputError
        Files or rules that do not fit each other, or `out` cannot be written.
    """
    from train.audio.collection import FSDD_PATTERN, NamePattern, open_collection
    from train.audio.config import FrontEndConfig
    from train.audio.encoding import encode_collection, words_of
    from train.audio.selection import is_test
    from train.audio.wav import MAX_RATE, MIN_RATE
    from train.data.heidelberg_file import heidelberg_bytes, import_h5py

    import_h5py(str(out))
    check_known(front_end, dict.fromkeys(FRONT_END), "the front end")
    config, names = FrontEndConfig(**front_end), NamePattern(pattern or FSDD_PATTERN)
    if rate is not None and (type(rate) is not int or not MIN_RATE <= rate <= MAX_RATE):
        raise ConfigError(f"`rate`: must be {MIN_RATE} to {MAX_RATE} samples a second, not {rate}")
    out = Path(out)
    if out.suffix != ".h5":
        raise ConfigError(f"`out`: {out} must end in .h5")
    targets = [out] if test is None else [out.with_name(f"{out.stem}_{part}.h5") for part in ("train", "test")]
    collection = open_collection(str(source))
    words = words_of(collection, names, ignore_others=ignore_others)
    if test is not None:
        is_test(test, words)  # a bad rule is said before hours are spent
    for target in targets:
        writable_file(target, make_folder=False)
    if ignored := len(collection.paths) - len(words):
        text = f"{ignored} of {len(collection.paths)} wav files do not fit the pattern and are left out"
        warnings.warn(text, InputWarning, stacklevel=2)
    show = display(progress)
    encoded = encode_collection(collection, words, config, rate=rate, track=lambda words: _bar(show, words))
    parts = [encoded]
    if test is not None:
        chosen = is_test(test, encoded.words)
        parts = [encoded.select(np.flatnonzero(part)) for part in (~chosen, chosen)]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_files({target: heidelberg_bytes(part, config) for target, part in zip(targets, parts, strict=True)})
    return EncodedAudio(
        source=str(source),
        files=tuple(str(target) for target in targets),
        recordings=tuple(len(part.labels) for part in parts),
        ignored=ignored,
        classes=tuple(encoded.keys),
        speakers=tuple(encoded.speaker_names),
        rate=encoded.rate,
        units=encoded.n_units,
        events=len(encoded.times) / len(encoded.labels),
        without_events=int((np.diff(encoded.offsets) == 0).sum()),
        longest_s=int(encoded.times.max(initial=0)) / 1e6,
        front_end=config,
    )


def _bar(show: Display, words: Sequence[Word]) -> Iterator[Word]:
    with show.progress("encoding", len(words), "recordings") as advance:
        for word in words:
            yield word
            advance(1)
