"""A user's own data set in four arrays, or in one ``.npz`` file with them."""

import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from golden.errors import DataError, InputWarning
from train.data.dataset import Dataset

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_npz(path: Path | str) -> Dataset:
    """Load the arrays of :func:`of_arrays`; the set is named after the file.

    Raises
    ------
    DataError
        Unreadable, damaged, an array missing or holding objects, or arrays that :class:`Dataset` refuses.
    """
    try:
        # Opened here, because np.load leaves a damaged file open.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ARRAYS if name in archive}
            others = [name for name in archive.files if name not in ARRAYS]
    except (OSError, ValueError, EOFError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split())
        if reason.startswith("Object arrays"):
            reason = "an array holds objects of Python"
        elif "pickle" in reason:  # numpy takes for a pickle what is no archive, and says how to load that
            reason = "no archive"
        raise DataError(f"{path}: not a readable .npz file of plain arrays ({reason}); write it again") from error
    found = of_arrays(Path(path).stem, arrays, source=path)
    if others:
        warnings.warn(f"{path}: does not use {', '.join(others)}; a set has {', '.join(ARRAYS)}", InputWarning, 2)
    return found


def of_arrays(name: str, arrays: Mapping[str, Any], source: object = None) -> Dataset:
    """Return the set of the arrays x_train, y_train, x_test, y_test, or of a part alone; others are not used.

    Raises
    ------
    DataError
        Arrays that are missing, or that :meth:`Dataset.from_arrays` refuses; it names `source`, else `name`.
    """
    parts = ARRAYS[:2], ARRAYS[2:]
    halves = [part for part in parts if any(each in arrays for each in part)]
    missing = [each for part in halves or parts for each in part if each not in arrays]
    if missing:
        raise DataError(
            f"{source or name}: lacks {', '.join(missing)}; a set has the arrays {', '.join(ARRAYS)}, one to test on "
            "the last two alone"
        )
    return Dataset.from_arrays(name, *(arrays.get(each) for each in ARRAYS), source=source)
