"""Wav files in a folder or an archive, and what their names tell of them."""

import hashlib
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from golden.errors import ConfigError, DataError

FSDD_PATTERN = "{label}_{speaker}_{index}.wav"
_FIELDS = {"label": "[^/]+?", "speaker": "[^/]+?", "index": "[0-9]{1,9}"}
_DAMAGE = (
    OSError, EOFError, RuntimeError, ValueError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error,
)  # fmt: skip


class Word(NamedTuple):
    """A recording, by the name of its file.

    Attributes
    ----------
    path : str
        In its collection, parts joined by "/".
    label : str
    speaker : str
        "" where the name does not tell it.
    index : int or None
        Which recording of the label by the speaker; None where the name does not tell it.
    """

    path: str
    label: str
    speaker: str
    index: int | None  # pyright: ignore[reportIncompatibleMethodOverride] # nobody searches in a word as in a tuple


class NamePattern:
    """How label, speaker and index stand in the path of a file.

    ``{label}``, ``{speaker}`` and ``{index}`` (digits) each match a part of a name, ``*`` anything within a name, all
    as short as can be; the pattern's folders are the last ones of the path. ``{label}_{speaker}_{index}.wav`` is
    FSDD's, ``{label}/{speaker}_nohash_{index}.wav`` that of Speech Commands, ``{label}/*.wav`` takes the folder for the
    label.

    Parameters
    ----------
    text : str

    Raises
    ------
    ConfigError
        Unknown or repeated fields, or no label.
    """

    def __init__(self, text: str = FSDD_PATTERN) -> None:
        self.text = text
        pieces = re.split(r"(\{[^}]*\}|\*)", text)
        names = [piece[1:-1] for piece in pieces if piece.startswith("{") and piece.endswith("}")]
        unknown = [name for name in names if name not in _FIELDS]
        if unknown or len(set(names)) < len(names) or "label" not in names:
            raise ConfigError(
                f"pattern {text!r}: needs {{label}} once, and at most one {{speaker}} and {{index}}, "
                f"as in {FSDD_PATTERN}"
            )
        self._regex = re.compile("".join(self._part(piece) for piece in pieces), re.DOTALL)
        self._depth = text.count("/") + 1

    def _part(self, piece: str) -> str:
        if piece == "*":
            return "[^/]*?"
        return f"(?P<{piece[1:-1]}>{_FIELDS[piece[1:-1]]})" if piece.startswith("{") else re.escape(piece)

    @property
    def takes_folders(self) -> bool:
        """Whether the folder of a file is its label."""
        return self.text.split("/")[-2:-1] == ["{label}"]

    def word(self, path: str) -> Word | None:
        """Return what a path tells; None where it does not fit."""
        found = self._regex.fullmatch("/".join(path.split("/")[-self._depth :]))
        if found is None:
            return None
        told = found.groupdict()
        index = told.get("index")
        return Word(path, told["label"], told.get("speaker") or "", None if index is None else int(index))


class Collection:
    """A folder or an archive; made by :func:`open_collection`.

    Members
    -------
    path : Path
    paths : tuple of str
        Of its wav files, in the order in which they are read fastest.
    empty : tuple of str
        Its folders without a wav file in or below them.
    """

    def __init__(self, path: Path, names: Sequence[str], opened: Callable) -> None:
        self.path, self._opened = path, opened
        shown = [name for name in names if not _is_hidden(name)]
        self.paths = tuple(name for name in shown if name.lower().endswith(".wav"))
        filled = {parent for name in self.paths for parent in PurePosixPath(name).parents}
        self.empty = tuple(name for name in shown if name.endswith("/") and PurePosixPath(name) not in filled)

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], bytes]]:
        """Open it; yields what returns the content of one of `paths`.

        Raises
        ------
        DataError
            It cannot be read, or is damaged.
        """
        with ExitStack() as stack:
            with _errors(self.path):
                read = stack.enter_context(self._opened())

            def content(path: str) -> bytes:
                with _errors(f"{self.path}: {path}"):
                    return read(path)

            yield content


def open_collection(path: Path | str) -> Collection:
    """Find the wav files of a folder (and those below it), a tar archive of any compression, or a zip archive.

    Hidden files and what macOS adds to archives are passed over.

    Raises
    ------
    DataError
        Neither of these, unreadable or damaged, or without a wav file.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such folder or archive; check the path")
    with _errors(path):
        found = _find(path)
    if not found.paths:
        raise DataError(f"{path}: holds no wav file; give a folder or an archive with files *.wav")
    return found


def _find(path: Path) -> Collection:
    """List what there is; names of folders end in "/"."""
    if path.is_dir():
        entries = sorted((entry.relative_to(path).as_posix(), entry.is_dir()) for entry in path.rglob("*"))
        return Collection(path, [f"{name}/" if is_dir else name for name, is_dir in entries], lambda: _folder(path))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return Collection(path, archive.namelist(), lambda: _zip(path))
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            members = [item for item in archive if item.isdir() or item.isfile()]
            _check_end(archive)
        names = [f"{item.name}/" if item.isdir() else item.name for item in members]
        return Collection(path, names, lambda: _tar(path, {item.name: item for item in members}))
    raise DataError(f"{path}: neither a folder nor a tar or zip archive; give one with wav files")


def _check_end(archive: tarfile.TarFile) -> None:
    """Raise where an archive that was read does not end there: tarfile takes a damaged header for the end."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"cut short or damaged at byte {archive.offset}")


def digest_of(path: Path | str, chosen: Callable[[str], bool] = lambda name: True) -> str:
    """Return a name for the content of an archive, or for paths and content of the chosen wav files in a folder.

    Raises
    ------
    DataError
        A file cannot be read.
    """
    path = Path(path)
    with _errors(path):
        if path.is_file():
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        made = hashlib.sha256()
        for name in filter(chosen, _find(path).paths):
            content = (path / name).read_bytes()
            made.update(f"{name}\0{len(content)}\0".encode() + content)
    return made.hexdigest()


def _is_hidden(name: str) -> bool:
    return any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


@contextmanager
def _folder(path: Path) -> Iterator[Callable[[str], bytes]]:
    yield lambda name: (path / name).read_bytes()


@contextmanager
def _zip(path: Path) -> Iterator[Callable[[str], bytes]]:
    with zipfile.ZipFile(path) as archive:
        yield archive.read


@contextmanager
def _tar(path: Path, members: Mapping[str, tarfile.TarInfo]) -> Iterator[Callable[[str], bytes]]:
    with tarfile.open(path) as archive:

        def read(name: str) -> bytes:
            file = archive.extractfile(members[name])
            assert file is not None  # they are regular files
            with file:
                return file.read()

        yield read


@contextmanager
def _errors(where: object) -> Iterator[None]:
    """Turn what a damaged archive or an unreadable file raises into one line."""
    try:
        yield
    except DataError:
        raise
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{where}: cannot be read ({reason}); fetch it again, or check the path") from error
