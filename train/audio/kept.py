"""Encoded collections kept in the user's cache folder: the same recordings are encoded once."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import numpy as np
import scipy

from golden.errors import DataError
from golden.files import cache_folder, write_whole
from train.audio.collection import NamePattern, Word, digest_of, open_collection
from train.audio.config import FrontEndConfig
from train.audio.encoding import Encoded, Track, encode_collection, words_of

_ARRAYS = ("offsets", "times", "units", "labels", "speakers")


def encode_once(
    path: Path,
    pattern: NamePattern,
    config: FrontEndConfig,
    *,
    rate: int | None = None,
    labels: Sequence[str] | None = None,
    track: Track = iter,
) -> Encoded:
    """Encode a folder or an archive, or take what an earlier call has made of the same content with the same settings.

    Kept below :func:`golden.files.cache_folder`, under a hash of the recordings, the settings, this package's code and
    the versions of numpy and scipy; a damaged entry is made anew.

    Parameters
    ----------
    path, pattern, config, rate, track
        As of :func:`train.audio.encoding.encode_collection`, which takes what :func:`open_collection` finds at `path`.
    labels : sequence of str, optional
        Recordings of these are encoded, and all other files are left out. None: each file must fit the pattern.

    Raises
    ------
    DataError
        No recording of any of the labels.
    InputError
        As of :func:`train.audio.encoding.encode_collection`, or a cache folder that cannot be written.
    """

    def chosen(name: str) -> bool:
        word = pattern.word(name)
        return labels is None or (word is not None and word.label in labels)

    digest = digest_of(path, chosen)
    question = [digest, pattern.text, labels, asdict(config), rate, _code(), np.__version__, scipy.__version__]
    name = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]
    entry = cache_folder() / "audio" / f"{name}.npz"
    found = _stored(entry)
    if found is None:
        collection = open_collection(path)
        words = words_of(collection, pattern, ignore_others=labels is not None)
        words = tuple(word for word in words if chosen(word.path))
        if not words:
            raise DataError(f"{path}: holds no recording of {', '.join(labels or ())}; check the path")
        found = encode_collection(collection, words, config, rate=rate, track=track)
        entry.parent.mkdir(exist_ok=True)
        write_whole(entry, _packed(found))
    return found


def _code() -> str:
    made = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        made.update(source.read_bytes())
    return made.hexdigest()


def _packed(encoded: Encoded) -> bytes:
    about = {name: value for name, value in vars(encoded).items() if name not in _ARRAYS}
    content = BytesIO()
    np.savez(content, about=json.dumps(about), **{name: getattr(encoded, name) for name in _ARRAYS})
    return content.getvalue()


def _stored(entry: Path) -> Encoded | None:
    try:
        with open(entry, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
            about = json.loads(str(archive["about"]))
        words = tuple(Word(*word) for word in about.pop("words"))
        about |= {name: tuple(about[name]) for name in ("keys", "speaker_names")}
        return Encoded(**arrays, **about, words=words)
    except (OSError, ValueError, KeyError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
