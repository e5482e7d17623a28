"""The HDF5 format of SHD and SSC, in which encoded recordings of one's own are written as well (Cramer et al., 2020).

``spikes/times`` (seconds) and ``spikes/units`` hold a list for each sample, ``labels`` its class; ``extra/speaker`` is
who speaks, ``extra/keys`` the word of each class. Files of our own also tell, in ``extra/meta_info``, the number of
units, ``n_units``, and the names of the speakers, ``speaker``.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.audio.config import FrontEndConfig
from train.audio.encoding import Encoded
from train.data.binning import Recording
from train.data.progress import track

_CHUNK = 1000
"""Samples read at a time: one by one, HDF5 takes most of the time for itself."""
_MAX_UNITS = 1 << 16
_FAILURES = (OSError, RuntimeError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, eq=False, kw_only=True)
class HeidelbergFile:
    """A file without its events, which :meth:`recordings` reads.

    Members
    -------
    path : Path
    labels : int64 (n,)
    speakers : int64 (n,) or None
        None where the file does not tell them.
    n_units : int or None
        Units that events may come from; None where the file does not tell, as SHD's and SSC's.
    n_classes : int
        Words of the file, whether it has samples of them or not; without a list of words, up to the highest label.
    lists_words : bool
    speaker_names : tuple of str
        Of speakers 0, 1, ..; () where the file does not tell.
    """

    path: Path
    labels: NDArray[np.int64]
    speakers: NDArray[np.int64] | None
    n_units: int | None
    n_classes: int
    lists_words: bool
    speaker_names: tuple[str, ...]

    def recordings(self) -> Iterator[Recording]:
        """Yield the samples in their order.

        Raises
        ------
        DataError
            Damaged, or times that are no seconds of a word.
        """
        h5py = import_h5py(self.path)
        groups = np.zeros_like(self.labels) if self.speakers is None else self.speakers
        for start in track(range(0, len(self.labels), _CHUNK), f"reading {self.path}"):
            try:
                with h5py.File(self.path, "r") as file:
                    times, units = (file[name][start : start + _CHUNK] for name in ("spikes/times", "spikes/units"))
            except _FAILURES as error:
                raise _unreadable(self.path, error) from error
            for index, (time, unit) in enumerate(zip(times, units, strict=True), start):
                where = f"{self.path}: sample {index}"
                seconds = np.asarray(time, np.float64)
                # Also false for what is no number. An hour is far beyond any word, and fits microseconds.
                if not (np.abs(seconds) < 3600).all():
                    raise DataError(f"{where}: a time that is no number of seconds of a word; is the file damaged?")
                if not np.issubdtype(unit.dtype, np.integer):
                    raise DataError(f"{where}: units are {unit.dtype}; integers are needed: is the file damaged?")
                microseconds = np.rint(seconds * 1e6).astype(np.int64)
                label, group = int(self.labels[index]), int(groups[index])
                yield Recording(microseconds, (unit.astype(np.int64),), label, group, where)


def open_heidelberg(path: Path) -> HeidelbergFile:
    """Read what a file tells of its samples.

    Raises
    ------
    DataError
        h5py is not installed; unreadable, damaged, or not of this format.
    """
    h5py = import_h5py(path)
    try:
        with h5py.File(path, "r") as file:
            labels, speakers, n_units = _numbers(file, "labels", path), None, None
            if "extra/speaker" in file:
                speakers = _numbers(file, "extra/speaker", path)
            if "extra/meta_info/n_units" in file:
                n_units = int(file["extra/meta_info/n_units"][()])
            names = _texts(file, "extra/meta_info/speaker")
            n_keys = len(_texts(file, "extra/keys"))
            lengths = [len(labels), *(len(_lists(file, name, path)) for name in ("spikes/times", "spikes/units"))]
    except _FAILURES as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(path, error) from error
    if n_units is not None and not 1 <= n_units <= _MAX_UNITS:
        raise DataError(f"{path}: tells of {n_units} units, 1 to {_MAX_UNITS} allowed; is it damaged?")
    if len(set(lengths)) > 1 or (speakers is not None and len(speakers) != len(labels)):
        raise DataError(f"{path}: labels, times and units of {lengths} samples; all must be of one number")
    return HeidelbergFile(
        path=path, labels=labels, speakers=speakers, n_units=n_units, speaker_names=names,
        n_classes=n_keys or 1 + int(labels.max(initial=-1)), lists_words=n_keys > 0,
    )  # fmt: skip


def heidelberg_bytes(encoded: Encoded, config: FrontEndConfig) -> bytes:
    """Return a file of encoded recordings; equal recordings make equal bytes.

    Times are float32, which hold microseconds up to 16 s.
    """
    h5py = import_h5py("the file")
    content = BytesIO()
    with h5py.File(content, "w") as file:
        columns = (("times", encoded.times / 1e6, np.float32), ("units", encoded.units, np.uint16))
        for name, values, dtype in columns:
            lists = file.create_dataset(f"spikes/{name}", (len(encoded.labels),), h5py.vlen_dtype(dtype))
            for index, (start, stop) in enumerate(zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)):
                lists[index] = values[start:stop].astype(dtype)
        file["labels"] = encoded.labels.astype(np.uint16)
        file["extra/speaker"] = encoded.speakers.astype(np.uint16)
        file["extra/keys"] = _utf8(encoded.keys)
        file["extra/meta_info/speaker"] = _utf8(encoded.speaker_names or ("unknown",))
        file["extra/meta_info/n_units"] = encoded.n_units
        file["extra/meta_info/rate"] = encoded.rate
        file["extra/meta_info/front_end"] = json.dumps(asdict(config))
        file["extra/meta_info/recording"] = _utf8([word.path for word in encoded.words])
    return content.getvalue()


def import_h5py(needed_for: object) -> Any:
    """Return h5py, a package of the extra ``data``; DataError where it is not installed."""
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            f"{needed_for}: h5py, which reads and writes it, is not installed: pip install 'intsnn-hw[data]'"
        ) from error
    return h5py


def _utf8(texts: Any) -> NDArray[np.bytes_]:
    return np.array([text.encode() for text in texts], np.bytes_)


def _texts(file: Any, name: str) -> tuple[str, ...]:
    """Return a list of texts; () where there is none."""
    if name not in file:
        return ()
    return tuple(text.decode() if isinstance(text, bytes) else str(text) for text in file[name][:])


def _numbers(file: Any, name: str, path: Path) -> NDArray[np.int64]:
    found = _entry(file, name, path)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise DataError(f"{path}: {name} is {found.dtype} {found.shape}; whole numbers, one a sample, are needed")
    return found[:].astype(np.int64)


def _lists(file: Any, name: str, path: Path) -> Any:
    found = _entry(file, name, path)
    if found.ndim != 1 or import_h5py(path).check_vlen_dtype(found.dtype) is None:
        raise DataError(f"{path}: {name} is {found.dtype} {found.shape}; a list of numbers a sample is needed")
    return found


def _entry(file: Any, name: str, path: Path) -> Any:
    if not isinstance(file.get(name), import_h5py(path).Dataset):
        raise DataError(f"{path}: lacks {name}; is it a file of SHD or SSC, or of `intsnn_hw.encode_audio`?")
    return file[name]


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: not a readable HDF5 file ({' '.join(str(error).split())}); fetch it again")
