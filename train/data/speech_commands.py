"""Ten words of Speech Commands v0.02: one second each at 16 kHz, by hundreds of people (Warden, 2018)."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.audio.collection import Word
from train.data.event_dataset import EventDataset
from train.data.event_options import event_options
from train.data.place import find_folder, get_it_from
from train.data.spoken import SpokenSet, archives, load_spoken, spoken_format

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
N_RECORDINGS = 38_546
"""Of the ten words in the whole published set; its test part alone has 4,074."""
FORMAT = spoken_format("speech-commands", len(WORDS), bins=125, window_us=1_000_000)

_NAMES = ("speech-commands", "SpeechCommands/speech_commands_v0.02", "")
_ARCHIVES = ("speech_commands_v0.02", "words", "speech_commands_test_set_v0.02")
_HOW_TO_GET = get_it_from(
    "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    "the folders of its ten words (or the archive as it is)",
    "speech-commands",
)


def find_speech_commands(data_dir: Path | str | None = None) -> Path:
    """Return ``data_dir``/speech-commands where it holds folders of words, else an archive in it.

    Archives are those published, ``speech_commands_v0.02.tar.gz`` and ``speech_commands_test_set_v0.02.tar.gz``, and
    ``words.tar.xz``, each also packed in another way. ``data_dir`` is the environment variable INTSNN_DATA where it is
    left out.

    Raises
    ------
    DataError
        Not there.
    """

    def is_there(folder: Path) -> bool:
        return bool(_places(folder))

    return _places(find_folder("Speech Commands", "its recordings", _NAMES, is_there, _HOW_TO_GET, data_dir))[0]


def _places(folder: Path) -> list[Path]:
    extracted = any((folder / word).is_dir() for word in WORDS)
    return [folder] * extracted + [path for name in _ARCHIVES for path in archives(folder, name)]


def load_speech_commands(options: str = "", data_dir: Path | str | None = None) -> EventDataset:
    """Load the recordings as events of the audio front end, 128 inputs, in order of number, speaker and word.

    They are encoded once, its published test part in a minute, and kept in the cache folder; see
    :mod:`train.audio.kept`. Other words and noises of the published set are left out. Groups are the speakers, so a
    validation split holds out people whom training does not meet.

    Parameters
    ----------
    options : str
        As of :func:`train.data.event_options.event_options`. ``split=official``: unseen speakers, those that
        :func:`is_test_speaker` names. This split is ours, not the published one, so that it serves also where only the
        published test part is there. ``split=NAME``: all of that speaker, who must have spoken each word.
    data_dir : path, optional

    Raises
    ------
    DataError
        Bad options, not there, damaged, or a word or a speaker that is not there.
    """
    chosen = event_options(options, FORMAT)
    return load_spoken(find_speech_commands(data_dir), _SPOKEN, chosen)


def is_test_speaker(name: str) -> bool:
    """Tell whether a speaker is test: where the SHA-1 of the name, as a number, is a multiple of 6.

    So a person is on the same side on every machine and whatever other recordings there are.
    """
    return int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16) % 6 == 0


def _official(words: Sequence[Word]) -> NDArray[np.bool_]:
    return np.array([is_test_speaker(word.speaker) for word in words])


_SPOKEN = SpokenSet(
    pattern="{label}/{speaker}_nohash_{index}.wav", rate=16_000, keys=WORDS, keys_in_words="all of " + ", ".join(WORDS),
    takes_others=True, official=_official,
)  # fmt: skip
