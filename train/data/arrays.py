"""Arrays that users give: which of them hold whole numbers, and what is said of the others."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from golden.errors import DataError

_SHOWN = 30
"""Characters of a value, in messages."""

_SCALE = "scale and round first, as in (255 * x).round().astype(int)"


def array_of(values: ArrayLike | None, what: str) -> NDArray:
    """Return what a user gives as an array, objects in the type that they have together; `what` names it.

    Raises
    ------
    DataError
        Rows of unequal length.
    """
    try:
        found = np.asarray(values)  # of None an object, which is no number
        return np.asarray(found.tolist()) if found.dtype.kind == "O" else found
    except ValueError as error:
        raise DataError(f"{what}: has rows of different lengths; give an array") from error
    except (RuntimeError, TypeError) as error:  # as of a tensor that numpy cannot see
        reason = " ".join(str(error).split())
        raise DataError(f"{what}: {type(values).__name__} is no array of numpy ({reason}); give one") from error


def whole_numbers(values: NDArray, what: str, remedy: str = _SCALE) -> NDArray:
    """Return values as integers: booleans are 0 and 1, and floats without a fraction are whole numbers too.

    Raises
    ------
    DataError
        A value that is no whole number; it names the first one and the `remedy`, and `what` the array.
    """
    if values.dtype.kind in "iu":
        return values
    if values.dtype.kind in "bf":
        with np.errstate(invalid="ignore"):  # what is no number, or too large, becomes another value
            integers = values.astype(np.int64)
        values = values[integers != values]
        if not len(values):
            return integers
    first = " ".join(str(values.flat[0]).split())[:_SHOWN] if values.size else "an empty array"
    raise DataError(f"{what}: {first} (of type {values.dtype}) is no whole number; {remedy}")
