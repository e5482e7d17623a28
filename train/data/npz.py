"""A user's own data set in one ``.npz`` file."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from golden.errors import DataError
from train.data.dataset import Dataset

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_npz(path: Path | str) -> Dataset:
    """Load integer arrays x_train, y_train, x_test, y_test; the set is named after the file.

    Raises
    ------
    DataError
        Unreadable, damaged, an array missing or holding objects, or arrays that :class:`Dataset` refuses.
    """
    try:
        # Opened here, because np.load leaves a damaged file open.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            missing = [name for name in ARRAYS if name not in archive]
            arrays = [] if missing else [archive[name] for name in ARRAYS]
    except (OSError, ValueError, EOFError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        # numpy takes for a pickle what is no archive, and says how to load that.
        reason = "no archive" if "pickle" in str(error) else " ".join(str(error).split())
        raise DataError(f"{path}: not a readable .npz file of plain arrays ({reason}); write it again") from error
    if missing:
        raise DataError(f"{path}: lacks {', '.join(missing)}; the arrays {', '.join(ARRAYS)} are needed")
    return Dataset.from_arrays(Path(path).stem, *arrays, source=path)
