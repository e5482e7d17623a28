"""The error of each class at the readout, a function for each rule of :mod:`golden.config.error_rules`."""

from collections.abc import Callable

import numpy as np

from .config import GRADED_SHIFT, ErrorKind, LearningConfig
from .fixed import IntArray, round_pow2, shift_floor, shift_round


def margin_error(scores: IntArray, label: int, learning: LearningConfig) -> IntArray:
    """Return -1 for the true class while its score is below `margin`, 1 for others while above ``-margin``, else 0."""
    error = (scores > -learning.margin).astype(np.int64)
    error[label] = -1 if scores[label] < learning.margin else 0
    return error


def pair_error(scores: IntArray, label: int, learning: LearningConfig) -> IntArray:
    """Return 1 for the best other class and -1 for the true one, while they are less than `margin` apart, else 0.

    The best other class has the lowest index on ties; there is an error while its score is above the true one's less
    `margin`.
    """
    error = np.zeros(len(scores), np.int64)
    others = np.delete(np.arange(len(scores)), label)
    if len(others):
        rival = others[np.argmax(scores[others])]
        if scores[rival] > scores[label] - learning.margin:
            error[rival], error[label] = 1, -1
    return error


def graded_error(scores: IntArray, label: int, learning: LearningConfig) -> IntArray:
    """Return a soft maximum of powers of two.

    The share of class c is ``2^(6 - h_c)``, with ``h_c`` its distance below the best score in octaves of
    ``2^error_octave``, rounded half up; none where ``h_c > 6``. The sum of all shares is brought to at most ``2^6`` by
    the least right shift. The other classes have their shares as errors, so shifted, and the true class the negative
    sum of theirs, so shifted and rounded to a power of two.
    """
    below = shift_round(np.max(scores) - scores, learning.error_octave)
    shares = np.where(below > GRADED_SHIFT, 0, 1 << (GRADED_SHIFT - np.minimum(below, GRADED_SHIFT)))
    down = max(0, int(shares.sum() - 1).bit_length() - GRADED_SHIFT)
    error = shift_floor(shares, down)
    error[label] = -round_pow2(shift_floor(shares.sum() - shares[label], down))
    return error


ERRORS: dict[ErrorKind, Callable[[IntArray, int, LearningConfig], IntArray]] = {
    "margin": margin_error,
    "pair": pair_error,
    "graded": graded_error,
}


def output_error(scores: IntArray, label: int, learning: LearningConfig) -> IntArray:
    """Return the error of each class by the rule of `learning`, shape (n_classes,)."""
    return ERRORS[learning.error](scores, label, learning)
