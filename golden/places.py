"""Places that a user names to write to: seen to be writable before long work, and written whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import ConfigError
from .files import write_all


def named_path(path: object) -> Path:
    """Return the path that a user names.

    Raises
    ------
    ConfigError
        Nothing that names a file or folder.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise ConfigError(f"{path!r}: is no path; give one as text")
    if path == "":
        raise ConfigError("the path is empty; give the name of a file or folder")
    if "\n" in str(path):
        raise ConfigError(f"{str(path).splitlines()[0]} ..: is text of several lines, not a path; write it to a file")
    return Path(path)


def writable_file(path: Path | str, *, make_folder: bool = True) -> Path:
    """See that a file can be written, its folder made where absent, before hours are spent on its content."""
    path = named_path(path)
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; give a file")
    _require_writable(path.parent, path, make=make_folder)
    return path


def writable_folder(path: Path | str, *, make: bool = True) -> Path:
    """Make a folder where absent and see that files can be written into it; else see that it could be made."""
    path = named_path(path)
    _require_writable(path, path, make=make)
    return path


def _require_writable(folder: Path, named: Path, *, make: bool) -> None:
    """Raise ConfigError, of the file or folder that the user named, where nothing can be written into a folder."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; give a folder")
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        there = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise ConfigError(f"{named}: cannot be written ({error.strerror}); choose another folder") from error


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all."""
    write_files({path: content})
    return path


def write_files(files: Mapping[Path, str | bytes]) -> None:
    """Write files, each whole, and none where one cannot be written."""
    try:
        write_all({path: text.encode() if isinstance(text, str) else text for path, text in files.items()})
    except OSError as error:
        names = " and ".join(str(path) for path in files)
        raise ConfigError(f"{names}: cannot be written ({error.strerror}); choose another folder") from error


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Give another name to write a file under, which takes its own when it is whole; its folder is made where absent.

    For what writes by itself; :func:`write_file` is for content at hand.
    """
    temporary = Path(f"{path}.part")
    writable_folder(temporary.parent)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
