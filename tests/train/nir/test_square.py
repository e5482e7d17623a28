"""Convolutions as those with square windows: equal sums, for every shape for which there is one."""

import itertools

import numpy as np
import pytest

from train.nir.layers import Convolution
from train.nir.simulate import convolved
from train.nir.square import squared

RNG = np.random.default_rng(0)


def made(kernel=(3, 3), shape=(4, 7, 7), outputs=6, **given) -> Convolution:
    channels = shape[0] // given.get("groups", 1)
    return Convolution(weight=RNG.normal(size=(outputs, channels, *kernel)), shape=shape, **given)


def is_equal(conv: Convolution) -> bool:
    found = squared(conv)
    assert found is not None
    rows, columns = found.weight.shape[2:]
    assert rows == columns and found.padding[0] == found.padding[1] < rows
    assert found.stride[0] == found.stride[1] and found.groups == 1 and found.dilation == (1, 1)
    x = RNG.integers(0, 3, (2, int(np.prod(conv.shape)))).astype(float)
    np.testing.assert_allclose(convolved(found, x), convolved(conv, x), atol=1e-12)
    return found.weight.size == conv.weight.size


def test_square_ones_stay_as_they_are():
    for kernel, padding, stride in itertools.product((1, 2, 3, 5), (0, 1, 2), (1, 2)):
        if padding < kernel:
            assert is_equal(made((kernel, kernel), padding=(padding, padding), stride=(stride, stride)))


ROW = {"shape": (4, 1, 9), "padding": (0, 1)}
"""A map of one row, for kernels of one row."""


@pytest.mark.parametrize(
    "given",
    [
        {"groups": 2},
        {"groups": 2, "padding": (1, 1), "stride": (2, 2)},
        {"dilation": (2, 2)},
        {"dilation": (1, 2), "padding": (1, 2)},
        {"kernel": (3, 5), "padding": (1, 2)},
        {"kernel": (1, 3), "padding": (0, 1), "stride": (2, 2)},
        {"kernel": (1, 1), "padding": (2, 2)},
        {"kernel": (3, 3), "padding": (4, 4)},
        {**ROW, "kernel": (1, 3)},
        {**ROW, "kernel": (1, 3), "stride": (1, 2)},
        {**ROW, "kernel": (1, 4), "padding": (0, 2), "stride": (1, 2)},
        {**ROW, "kernel": (1, 3), "padding": (0, 2), "dilation": (1, 2)},
    ],
)
def test_zeros_make_others_square(given):
    assert not is_equal(made(**given))


@pytest.mark.parametrize(
    "given",
    [{"stride": (1, 2)}, {"kernel": (3, 5)}, {"padding": (0, 1)}, {"kernel": (1, 3), "shape": (4, 1, 9)}],
)
def test_for_some_there_is_no_square(given):
    assert squared(made(**given)) is None
