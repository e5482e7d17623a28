"""FSDD, the Free Spoken Digit Dataset: 3,000 recordings of ten digits by six people, 8 kHz (Jackson et al., 2018)."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from train.audio.collection import FSDD_PATTERN
from train.audio.selection import FSDD_TEST, is_test
from train.data.event_dataset import EventDataset
from train.data.event_options import event_options
from train.data.place import find_folder, get_it_from
from train.data.reversal import with_reversed
from train.data.spoken import SpokenSet, archives, load_spoken, spoken_format

N_RECORDINGS = 3000
FORMAT = spoken_format("fsdd", 10, bins=80, window_us=640_000)

_SPOKEN = SpokenSet(
    pattern=FSDD_PATTERN, rate=8000, keys=tuple("0123456789"), keys_in_words="the digits 0 to 9", takes_others=False,
    official=partial(is_test, FSDD_TEST),
)  # fmt: skip
_NAMES = ("fsdd", "free-spoken-digit-dataset", "")
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
    extracted = folder / "recordings"
    return [extracted] * extracted.exists() + archives(folder, "recordings")


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
    dataset = load_spoken(find_fsdd(data_dir), _SPOKEN, chosen)
    return with_reversed(dataset) if backwards else dataset
