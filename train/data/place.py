"""Where a data set lies on this machine, and what to say where it does not."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from golden.errors import DataError

SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages put data sets."""


def find_folder(
    title: str,
    what: str,
    names: Sequence[str],
    is_there: Callable[[Path], bool],
    how_to_get: str,
    data_dir: Path | str | None = None,
    *,
    system: str | None = None,
) -> Path:
    """Return the first of some folders below ``data_dir``, or else the system's, that holds a set.

    Nothing is downloaded.

    Parameters
    ----------
    title, what : str
        Of the set and of its files, for messages.
    names : sequence of str
        Folders below the base, in the order they are looked at; "" is the base itself.
    is_there : callable
        Tells whether a folder holds (a part of) the set.
    how_to_get : str
        What to do where it is nowhere.
    data_dir : path, optional
        The base; the environment variable INTSNN_DATA where left out.
    system : str, optional
        Folder below :data:`SYSTEM` into which a package of the operating system puts the set, looked at last and also
        without a base.

    Raises
    ------
    DataError
        The set is in none of the folders.
    """
    base = data_dir or os.environ.get("INTSNN_DATA")
    folders = [Path(base, name) for name in names] if base else []
    if system is not None:
        folders.append(SYSTEM / system)
    for folder in folders:
        if is_there(folder):
            return folder
    if not base:
        also = "" if system is None else f", and {what} are not in {SYSTEM / system}"
        raise DataError(f"{title}: no `data_dir` given and INTSNN_DATA not set{also}; {how_to_get}")
    *others, last = map(str, folders)
    nowhere = f"neither in {', '.join(others)} nor in {last}" if others else f"not in {last}"
    raise DataError(f"{title}: {what} are {nowhere}; {how_to_get}")


def get_it_from(url: str, files: str, folder: str, package: str | None = None) -> str:
    """Return the words that say where to get a set and where to put it, or which package of Debian brings it."""
    packaged = "" if package is None else f"install Debian's package {package}, or "
    return (
        f"{packaged}get {files} from {url}, put them into DIR/{folder}, then pass `data_dir` DIR or set INTSNN_DATA=DIR"
    )
