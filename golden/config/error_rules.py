"""Errors of the readout that learning starts from; the facts that model, kernels and RTL share."""

from dataclasses import dataclass
from typing import Literal

from .limits import GRADED_SHIFT

ErrorKind = Literal["margin", "pair", "graded"]


@dataclass(frozen=True, kw_only=True)
class ErrorRule:
    """The values that the errors of the classes take.

    Attributes
    ----------
    ternary : bool
        Errors are -1, 0 or 1; else 0 or powers of two with a sign.
    largest_sum : int or None
        Most that the magnitudes of all errors add up to, as widths allow for; None: the number of classes.
    most_classes : int or None
        Most classes with an error other than 0; None: all.
    """

    ternary: bool
    largest_sum: int | None = None
    most_classes: int | None = None


ERROR_RULES: dict[ErrorKind, ErrorRule] = {
    "margin": ErrorRule(ternary=True),
    "pair": ErrorRule(ternary=True, most_classes=2),
    # The shares of the other classes, and the true class's error.
    "graded": ErrorRule(ternary=False, largest_sum=2 << GRADED_SHIFT),
}
