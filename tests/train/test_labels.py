"""Labels that are no classes 0, 1, .., and what is said of them."""

import numpy as np
import pytest

from golden.errors import DataError
from train.data.labels import absent, check_classes, check_numbers, listed, misnumbered


def labels(*values):
    return np.array(values)


@pytest.mark.parametrize("values", [["cat", "dog"], [b"cat"], np.array(["cat", 3], object)])
def test_text(values):
    with pytest.raises(
        DataError, match=r"^x: training labels are text \('.*cat'.*\); classes are numbers 0, 1, \.\.: number"
    ):
        check_numbers(np.array(values), "x: training labels")
    check_numbers(labels(0, 1), "x")


def test_one_class():
    with pytest.raises(DataError, match="x: all labels are 3; at least two classes are needed"):
        check_classes("x", labels(3, 3), labels(3))
    check_classes("x", labels(3, 3), labels(2))


@pytest.mark.parametrize(
    "train, test, n_classes, words",
    [
        ((1, 2, 3), (3, 1), 3, "labels run from 1 to 3, and classes count from 0; subtract 1"),
        ((5, 6, 7), (5,), 3, "labels run from 5 to 7, and classes count from 0; subtract 5"),
        ((0, 1, 3), (0,), 3, "labels go up to 3, but only 3 different ones occur, none is 2; number them 0..2"),
        ((0, 9), (0,), 3, "none is 1, 2, 3, 4, 5 and 3 more; number them 0..1 without a gap"),
        ((1, 2, 9), (1,), 3, "labels go up to 9, but only 3 different ones occur, none is 3, 4, 5, 6, 7 and 1 more"),
    ],
)
def test_labels_too_high_though_they_are_few(train, test, n_classes, words):
    assert words in str(misnumbered(labels(*train), labels(*test), n_classes))


def test_labels_that_are_many():
    assert misnumbered(labels(0, 1, 2), labels(3), 3) is None


def test_classes_without_a_sample():
    assert absent(labels(0, 2), 4).tolist() == [1, 3] and absent(labels(1, 0), 2).tolist() == []
    assert listed(labels(1, 2)) == "1, 2" and listed(np.arange(7)) == "0, 1, 2, 3, 4 and 2 more"
