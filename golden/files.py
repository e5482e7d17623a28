"""Files that are written whole or not at all."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name beside its place, and move it there when all of it is on the disk.

    Raises
    ------
    OSError
        It cannot be written; what was there before stays as it was.
    """
    temporary = path.parent / f".intsnn-{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
