"""Files that are written whole or not at all, and the folder for those that can be made again."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import ToolError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name beside its place, and move it there when all of it is on the disk.

    Raises
    ------
    OSError
        It cannot be written; what was there before stays as it was.
    """
    write_all({path: data})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write several files, each whole; none takes its place before all are on the disk.

    Raises
    ------
    OSError
        One cannot be written; what was there before stays as it was, unless it is the last step, the renaming, that
        fails.
    """
    with contextlib.ExitStack() as left_over:
        temporaries = []
        for path, data in files.items():
            temporary = path.parent / f".intsnn-{secrets.token_hex(8)}.tmp"
            left_over.callback(temporary.unlink, missing_ok=True)
            temporaries.append(temporary)
            try:
                with open(temporary, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                error.filename = str(path)  # a full disk names none, and the other name says nothing to a user
                raise
        for temporary, path in zip(temporaries, files, strict=True):
            os.replace(temporary, path)


def cache_folder(cache_dir: str | os.PathLike | None = None) -> Path:
    """``cache_dir``, else ``$INTSNN_CACHE``, else ``$XDG_CACHE_HOME/intsnn``, else ``~/.cache/intsnn``; made if absent.

    Raises
    ------
    ToolError
        When the folder cannot be written.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(cache_dir or os.environ.get("INTSNN_CACHE") or base / "intsnn")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ToolError(f"cache folder {folder} cannot be written ({error.strerror}): set INTSNN_CACHE") from None
    return folder
