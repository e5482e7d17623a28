"""Convolution and pooling of the simulation against sums written out, and its edges."""

import itertools

import numpy as np
import pytest

from tests.train.nir.graphs import affine, chain, lif, random
from train.nir.dialects import DIALECTS
from train.nir.dynamics import discretize
from train.nir.layers import Convolution, Pool
from train.nir.simulate import convolved, current, pooled, run, simulate

CONVOLUTIONS = [
    {"shape": (1, 4, 5), "kernel": (2, 1, 3, 2)},
    {"shape": (2, 6, 5), "kernel": (3, 2, 3, 3), "stride": (2, 1), "padding": (1, 2)},
    {"shape": (2, 7, 8), "kernel": (2, 2, 2, 3), "dilation": (2, 3), "padding": (0, 4)},
    {"shape": (4, 5, 5), "kernel": (6, 2, 2, 2), "groups": 2, "stride": (3, 2)},
    {"shape": (3, 1, 9), "kernel": (3, 1, 1, 4), "groups": 3, "padding": (0, 5)},
]


@pytest.mark.parametrize("given", CONVOLUTIONS)
def test_a_convolution_is_its_sum(given):
    conv = Convolution(
        weight=random(*given["kernel"]), shape=given["shape"],
        **{key: value for key, value in given.items() if key not in ("shape", "kernel")},
    )  # fmt: skip
    x = random(3, *conv.shape, seed=1)
    outputs, channels, rows, columns = conv.weight.shape
    expected = np.zeros((3, *conv.output_shape))
    for o, p, q in itertools.product(*map(range, conv.output_shape)):
        first = o // (outputs // conv.groups) * channels
        for c, i, j in itertools.product(range(channels), range(rows), range(columns)):
            y = p * conv.stride[0] + i * conv.dilation[0] - conv.padding[0]
            z = q * conv.stride[1] + j * conv.dilation[1] - conv.padding[1]
            if 0 <= y < conv.shape[1] and 0 <= z < conv.shape[2]:
                expected[:, o, p, q] += conv.weight[o, c, i, j] * x[:, first + c, y, z]
    np.testing.assert_allclose(convolved(conv, x.reshape(3, -1)), expected.reshape(3, -1), atol=1e-12)


def test_a_pool_drops_what_fills_no_window():
    x = np.arange(2 * 5 * 7.0).reshape(1, 2, 5, 7)
    found = pooled(Pool(shape=(2, 5, 7), kernel=(2, 3)), x.reshape(1, -1)).reshape(2, 2, 2)
    assert found[1, 1, 1] == x[0, 1, 2:4, 3:6].sum() and found[0, 0, 0] == x[0, 0, :2, :3].sum()


def test_blocks_of_rows_change_nothing():
    (layer,) = discretize(chain((4,), fc=affine(3, 4), lif=lif(3)), DIALECTS["nir"])
    x = np.random.default_rng(0).integers(0, 2, (300, 1000, 4)).astype(float)
    np.testing.assert_allclose(current(layer, x)[-1, -5:], x[-1, -5:] @ layer.map.weight.T + layer.bias)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_are_in_the_type_that_is_asked_for(dtype):
    layers = discretize(chain((4,), fc=affine(3, 4), lif=lif(3), fc2=affine(2, 3), lif2=lif(2)), DIALECTS["snntorch"])
    traces = simulate(layers, np.ones((5, 2, 2, 2), np.uint8), dtype)
    assert {each.membranes.dtype for each in traces} | {each.spikes.dtype for each in traces} == {np.dtype(dtype)}
    assert [each.spikes.shape for each in traces] == [(5, 2, 3), (5, 2, 2)]


def test_no_samples():
    (layer,) = discretize(chain((4,), fc=affine(3, 4), lif=lif(3)), DIALECTS["nir"])
    assert run(layer, np.zeros((5, 0, 4))).spikes.shape == (5, 0, 3)
