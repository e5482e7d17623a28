"""Compiled twins of :mod:`golden.output_error`; each writes the errors and returns whether there is any."""

import numpy as np

from ..config import GRADED_SHIFT
from ..config.error_rules import ERROR_RULES
from .compiled import compiled
from .fixed import round_pow2, shift_round
from .plan import ERROR, ERROR_OCTAVE, MARGIN

BY_MARGIN, BY_PAIR, GRADED = range(len(ERROR_RULES))


@compiled
def output_error(rule, scores, label, error):  # pragma: no cover
    """Write the error of each class by the rule."""
    if rule[ERROR] == BY_MARGIN:
        return margin_error(rule, scores, label, error)
    if rule[ERROR] == BY_PAIR:
        return pair_error(rule, scores, label, error)
    return graded_error(rule, scores, label, error)


@compiled
def margin_error(rule, scores, label, error):  # pragma: no cover
    """Each class for itself."""
    wrong = False
    for c in range(len(scores)):
        below, above = -1 if scores[c] < rule[MARGIN] else 0, 1 if scores[c] > -rule[MARGIN] else 0
        error[c] = below if c == label else above
        wrong |= error[c] != 0
    return wrong


@compiled
def pair_error(rule, scores, label, error):  # pragma: no cover
    """The true class and its strongest rival."""
    error[:] = 0
    rival = -1
    for c in range(len(scores)):
        if c != label and (rival < 0 or scores[c] > scores[rival]):
            rival = c
    if rival >= 0 and scores[rival] > scores[label] - rule[MARGIN]:
        error[rival], error[label] = 1, -1
        return True
    return False


@compiled
def graded_error(rule, scores, label, error):  # pragma: no cover
    """Shares in powers of two."""
    best, total = scores.max(), np.int64(0)
    for c in range(len(scores)):
        below = shift_round(best - scores[c], rule[ERROR_OCTAVE])
        error[c] = 1 << (GRADED_SHIFT - below) if below <= GRADED_SHIFT else 0
        total += error[c]
    down = 0
    while (np.int64(1) << (GRADED_SHIFT + down)) < total:
        down += 1
    others = (total - error[label]) >> down
    for c in range(len(scores)):
        error[c] = error[c] >> down
    error[label] = -round_pow2(others)
    return others > 0
