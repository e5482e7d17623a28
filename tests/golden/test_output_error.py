"""The errors of the classes against exact fractions, by every rule; at their thresholds."""

import math
from fractions import Fraction
from typing import Any, get_args

import numpy as np
import pytest

from golden.config import ERROR_RULES, ErrorKind, LearningConfig
from golden.output_error import ERRORS, output_error


def rule(**fields: Any) -> LearningConfig:
    return LearningConfig(**{"rate_shifts": (4, 4), "error_shifts": (1,), "init_shifts": (12, 12), **fields})


def test_every_choice_has_its_facts_and_its_function():
    assert tuple(ERRORS) == tuple(ERROR_RULES) == get_args(ErrorKind)


@pytest.mark.parametrize("kind", ERROR_RULES)
@pytest.mark.parametrize("n_classes", [1, 2, 3, 9])
def test_errors_keep_the_facts_of_their_rule(kind, n_classes):
    rng, facts, met = np.random.default_rng(5), ERROR_RULES[kind], set()
    for _ in range(200):
        scores = rng.integers(-40, 40, n_classes)
        error = output_error(scores, int(rng.integers(n_classes)), rule(error=kind, margin=9, error_octave=2))
        magnitudes = np.abs(error[error != 0])
        assert (magnitudes & (magnitudes - 1) == 0).all()
        assert not facts.ternary or (magnitudes == 1).all()
        assert magnitudes.sum() <= (facts.largest_sum or n_classes)
        assert facts.most_classes is None or len(magnitudes) <= facts.most_classes
        met |= set(magnitudes.tolist())
    assert facts.ternary or n_classes == 1 or max(met) > 1


@pytest.mark.parametrize("margin", [0, 1, 512, 2**31 - 1])
def test_error_at_the_margin(margin):
    learning = rule(margin=margin)
    true = np.array([margin - 1, margin, margin + 1])
    assert [output_error(np.array([score, -margin]), 0, learning)[0] for score in true] == [-1, 0, 0]
    other = np.array([-margin - 1, -margin, -margin + 1])
    assert [output_error(np.array([margin, score]), 0, learning)[1] for score in other] == [0, 0, 1]


@pytest.mark.parametrize("margin", [0, 1, 512, 2**31 - 1])
def test_a_pair_at_the_margin(margin):
    learning = rule(margin=margin, error="pair")
    for lead, expected in ((margin - 1, [-1, 0, 1]), (margin, [0, 0, 0]), (margin + 1, [0, 0, 0])):
        assert output_error(np.array([lead, -7, 0]), 0, learning).tolist() == expected


def test_the_rival_of_a_pair_is_the_best_other_class_and_the_lowest_of_equals():
    learning = rule(margin=10, error="pair")
    scores = np.array([5, 9, 9, -3, 9])
    assert output_error(scores, 3, learning).tolist() == [0, 1, 0, -1, 0]
    assert output_error(scores, 1, learning).tolist() == [0, -1, 1, 0, 0]
    assert output_error(np.array([4]), 0, learning).tolist() == [0]


@pytest.mark.parametrize("octave", [0, 1, 5])
def test_graded_errors_against_powers_of_two_in_fractions(octave):
    rng = np.random.default_rng(3)
    learning, met = rule(error="graded", error_octave=octave), set()
    for n_classes in (1, 2, 3, 10, 130):
        for _ in range(60):
            scores = rng.integers(-9, 9, n_classes) * rng.choice([1, 2**octave]) + rng.choice([0, 2**30, -(2**30)])
            label = int(rng.integers(n_classes))
            best = int(scores.max())
            octaves = [math.floor(Fraction(best - score, 2**octave) + Fraction(1, 2)) for score in scores.tolist()]
            shares = [Fraction(2**6, 2**below) if below <= 6 else Fraction(0) for below in octaves]
            down = 0
            while sum(shares) > 2**6 * 2**down:
                down += 1
            expected = [math.floor(share / 2**down) for share in shares]
            rest = math.floor((sum(shares) - shares[label]) / 2**down)
            powers = [2**q for q in range(8)]
            expected[label] = -min(powers, key=lambda power: (abs(power - rest), -power)) if rest else 0
            assert output_error(scores, label, learning).tolist() == expected
            met |= {("down", down), ("none", rest == 0), ("true is best", octaves[label] == 0)}
    assert {("down", 0), ("down", 1), ("down", 3), ("down", 5), ("none", True), ("none", False)} < met
    assert {("true is best", True), ("true is best", False)} < met


def test_error_of_each_class():
    scores = np.array([600, -600, 511, -511, 512, -512])
    learning = rule(margin=512)
    assert output_error(scores, 0, learning).tolist() == [0, 0, 1, 1, 1, 0]
    assert output_error(scores, 1, learning).tolist() == [1, -1, 1, 1, 1, 0]
    assert output_error(scores, 2, learning).tolist() == [1, 0, -1, 1, 1, 0]
    assert scores.tolist() == [600, -600, 511, -511, 512, -512]
