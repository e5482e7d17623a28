"""Convolutions as plain ones: equal sums."""

import itertools

import numpy as np
import pytest

from train.nir.layers import Convolution
from train.nir.simulate import convolved
from train.nir.windows import plain

RNG = np.random.default_rng(0)


def made(kernel=(3, 3), shape=(4, 7, 7), outputs=6, **given) -> Convolution:
    channels = shape[0] // given.get("groups", 1)
    return Convolution(weight=RNG.normal(size=(outputs, channels, *kernel)), shape=shape, **given)


def is_equal(conv: Convolution) -> bool:
    found = plain(conv)
    assert all(pad < side for pad, side in zip(found.padding, found.weight.shape[2:], strict=True))
    assert found.stride == conv.stride and found.groups == 1 and found.dilation == (1, 1)
    x = RNG.integers(0, 3, (2, int(np.prod(conv.shape)))).astype(float)
    np.testing.assert_allclose(convolved(found, x), convolved(conv, x), atol=1e-12)
    return found.weight.size == conv.weight.size


def test_plain_ones_stay_as_they_are():
    for kernel, padding, stride in itertools.product((1, 2, 3, 5), (0, 1, 2), (1, 2)):
        if padding < kernel:
            assert is_equal(made((kernel, 5), padding=(padding, 3), stride=(stride, 1)))


@pytest.mark.parametrize(
    "given",
    [
        {"groups": 2},
        {"groups": 2, "padding": (1, 1), "stride": (2, 2)},
        {"dilation": (2, 2)},
        {"dilation": (1, 2), "padding": (1, 2)},
        {"kernel": (1, 1), "padding": (2, 2)},
        {"kernel": (3, 3), "padding": (4, 4)},
        {"kernel": (1, 3), "padding": (0, 2), "dilation": (1, 2), "shape": (4, 1, 9)},
    ],
)
def test_zeros_stand_for_groups_dilation_and_wide_padding(given):
    assert not is_equal(made(**given))
