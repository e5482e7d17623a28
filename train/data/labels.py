"""Labels that are no classes 0, 1, .. as a network has them, and how to say so."""

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError

_SHOWN = 5


def check_numbers(labels: NDArray, what: str) -> None:
    """Raise DataError for labels that are text; `what` names them."""
    if labels.dtype.kind in "USO":
        first = (
            label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label) for label in labels.ravel()[:2]
        )
        shown = ", ".join(map(repr, first))
        raise DataError(
            f"{what} are text ({shown}, ..); classes are numbers 0, 1, ..: number them, as "
            "numpy.unique(labels, return_inverse=True) does for both parts together"
        )


def check_classes(where: str, train_y: NDArray, test_y: NDArray) -> None:
    """Raise DataError where all labels are one: there is nothing to learn."""
    known = np.union1d(train_y, test_y)
    if len(known) == 1:
        raise DataError(f"{where}: all labels are {known[0]}; at least two classes are needed")


def misnumbered(train_y: NDArray, test_y: NDArray, n_classes: int) -> str | None:
    """Return why labels that are too high for a network may be misnumbered, and what to do; None where they are many.

    Parameters
    ----------
    train_y, test_y : int (n,)
    n_classes : int
        Of the network.
    """
    known = np.union1d(train_y, test_y)
    low, high = int(known[0]), int(known[-1])
    if len(known) > n_classes:
        return None
    if low > 0 and high - low < n_classes:
        return f"labels run from {low} to {high}, and classes count from 0; subtract {low} from all labels"
    missing = np.setdiff1d(np.arange(low, high), known)
    return (
        f"labels go up to {high}, but only {len(known)} different ones occur, none is {listed(missing)}; number them "
        f"0..{len(known) - 1} without a gap"
    )


def absent(labels: NDArray, n_classes: int) -> NDArray:
    """Return the classes without a sample."""
    return np.setdiff1d(np.arange(n_classes), labels)


def listed(classes: NDArray) -> str:
    """Return classes in words, the first few of many."""
    more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
    return ", ".join(str(label) for label in classes[:_SHOWN]) + more
