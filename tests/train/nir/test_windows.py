"""Convolutions without groups, dilation and long paddings: equal sums for every shape."""

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


def adds_zeros(conv: Convolution) -> bool:
    """Whether weights of 0 are added to a convolution, whose sums stay as they are."""
    found = plain(conv)
    assert all(padding < side for padding, side in zip(found.padding, found.weight.shape[2:], strict=True))
    assert found.stride == conv.stride and found.groups == 1 and found.dilation == (1, 1)
    x = RNG.integers(0, 3, (2, int(np.prod(conv.shape)))).astype(float)
    np.testing.assert_allclose(convolved(found, x), convolved(conv, x), atol=1e-12)
    return found.weight.size > conv.weight.size


def test_most_stay_as_they_are():
    for kernel, padding, stride in itertools.product(((3, 3), (2, 5)), ((0, 0), (1, 0), (1, 2)), ((1, 1), (1, 2))):
        assert not adds_zeros(made(kernel, padding=padding, stride=stride))


@pytest.mark.parametrize(
    "given",
    [
        {"groups": 2},
        {"groups": 2, "padding": (1, 1), "stride": (2, 2)},
        {"groups": 4, "outputs": 4},
        {"dilation": (2, 2)},
        {"dilation": (1, 2), "padding": (1, 2)},
        {"kernel": (1, 1), "padding": (2, 2)},
        {"kernel": (3, 1), "padding": (4, 3)},
        {"kernel": (1, 3), "shape": (4, 1, 9), "padding": (0, 2), "dilation": (1, 2)},
    ],
)
def test_zeros_stand_for_the_others(given):
    assert adds_zeros(made(**given))
