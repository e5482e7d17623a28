"""Arrays that users give, and what is said of those that hold no whole numbers."""

import numpy as np
import pytest

from golden.errors import DataError
from train.data.arrays import array_of, whole_numbers


@pytest.mark.parametrize(
    "values",
    [np.array([0, 5], np.int8), np.array([0.0, 5.0]), np.array([False, True]), [0, 5], np.array([0, 5], object)],
)
def test_whole_numbers(values):
    found = whole_numbers(array_of(values, "x"), "x")
    assert found.dtype.kind in "iu"
    np.testing.assert_array_equal(found, np.asarray(values).astype(int))


@pytest.mark.parametrize(
    "values, words",
    [
        ([1.0, 0.5], "x: 0.5 (of type float64) is no whole number; scale and round first"),
        ([1.0, np.nan], "nan (of type float64)"),
        ([np.inf], "inf (of type float64)"),
        ([-np.inf], "-inf (of type float64)"),
        ([1e300], "1e+300 (of type float64)"),
        ([1j], "1j (of type complex128)"),
        (["a\nb" + 50 * "c"], f"x: a b{27 * 'c'} (of type <U53)"),
        ([None, 1], "None (of type object)"),
        (np.array([], complex), "an empty array (of type complex128)"),
    ],
)
def test_values_that_are_no_whole_numbers(values, words):
    with pytest.raises(DataError) as caught:
        whole_numbers(array_of(values, "x"), "x")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_rows_of_unequal_length():
    with pytest.raises(DataError, match="x: has rows of different lengths"):
        array_of([[1, 2], [3]], "x")


def test_a_tensor_that_numpy_cannot_see():
    torch = pytest.importorskip("torch")
    with pytest.raises(DataError, match=r"x: Parameter is no array of numpy \(.*\); give one"):
        array_of(torch.nn.Parameter(torch.ones(2)), "x")
