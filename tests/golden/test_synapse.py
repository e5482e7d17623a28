"""Inference weights against exact fractions; the sum of a step against loops, and against PyTorch where it is there."""

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from golden.config import SHADOW_WIDTHS, WEIGHT_WIDTHS, ConvConfig, ResolvedLayer
from golden.fixed import signed_range
from golden.synapse import (
    SYNAPSES,
    carried_error,
    conv_current,
    conv_error,
    conv_gradient,
    inference_weight,
    layer_current,
    pool_sum,
    pooled,
    spread,
    synaptic_current,
)
from sim.verify import stimuli
from tests.strategies import seeds, spatial_configs


@pytest.mark.parametrize("shadow_width", range(SHADOW_WIDTHS[0], SHADOW_WIDTHS[1] + 1))
def test_inference_weight_is_the_rounded_upper_part(shadow_width):
    for weight_width in range(WEIGHT_WIDTHS[0], min(WEIGHT_WIDTHS[1], shadow_width) + 1):
        shadow = stimuli.signed(shadow_width)
        unit = 2 ** (shadow_width - weight_width)
        low, high = signed_range(weight_width)
        rounded = [math.floor(Fraction(value, unit) + Fraction(1, 2)) for value in shadow.tolist()]
        assert max(rounded) > high or unit == 1  # the highest shadow weights need the saturation
        assert min(rounded) == low
        expected = [min(value, high) for value in rounded]
        np.testing.assert_array_equal(inference_weight(shadow, shadow_width, weight_width), expected)


def test_inference_weight_rounds_half_up():
    shadow = np.array([-25, -24, -23, -9, -8, -7, 7, 8, 9, 23, 24, 119, 120, 127])
    assert inference_weight(shadow, 8, 4).tolist() == [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2, 7, 7, 7]


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_synaptic_current(batch):
    rng = np.random.default_rng(1)
    spikes, weight = rng.integers(0, 256, (*batch, 6)), rng.integers(-32768, 32768, (4, 6))
    result = synaptic_current(spikes, weight)
    assert result.shape == (*batch, 4)
    for place in np.ndindex(*batch):
        expected = [sum(int(weight[j, i]) * int(spikes[place][i]) for i in range(6)) for j in range(4)]
        assert result[place].tolist() == expected


def test_current_of_an_empty_step_is_zero():
    assert not synaptic_current(np.zeros((2, 3), np.int64), np.full((4, 3), -128)).any()


def test_narrow_types_do_not_wrap():
    """Weights and spikes as they are stored, at the largest sum a legal layer can have."""
    spikes: Any = np.full(65536, 255, np.uint8)
    for lowest, kind in ((-32768, np.int16), (-128, np.int8)):
        weight: Any = np.full((1, 65536), lowest, kind)
        assert synaptic_current(spikes, weight).tolist() == [lowest * 255 * 65536]


def test_pooling_by_hand():
    """Squares of 2x2 on 3 rows of 4: the last row is dropped."""
    maps = np.array([[[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]], [[0, 0, 0, 1], [0, 0, 1, 0], [9, 9, 9, 9]]])
    assert pool_sum(maps.ravel(), (2, 3, 4), 2).tolist() == [14, 22, 0, 2]


def test_convolution_by_hand():
    """A window of 2x2 on 2 rows of 3, without padding; with padding the first window sees only its lower right."""
    spikes, weight = np.array([1, 2, 3, 4, 5, 6]), np.array([[[[1, 10], [100, 1000]]]])
    assert conv_current(spikes, weight, (1, 2, 3), ConvConfig(kernel=2)).tolist() == [5421, 6532]
    padded = conv_current(spikes, weight, (1, 2, 3), ConvConfig(kernel=2, stride=3, padding=1))
    assert padded.tolist() == [1000, 300]


def test_the_way_back_by_hand():
    """Windows of 2x2, 3 apart, with padding: one sees the first input by its last weight, one the third."""
    conv, shape = ConvConfig(kernel=2, stride=3, padding=1), (1, 2, 3)
    weight, trace = np.array([[[[1, 10], [100, 1000]]]]), np.array([1, 2, 3, 4, 5, 6])
    assert conv_error(np.array([2, -1]), weight, shape, conv).tolist() == [2000, 0, -100, 0, 0, 0]
    assert conv_gradient(np.array([2, -1]), trace, shape, conv).tolist() == [[0, 0, -3, 2]]


def test_the_way_back_through_pools_by_hand():
    """Each input of a square has its error, those outside of all squares none."""
    assert spread(np.array([7, -2]), (1, 3, 5), 2).reshape(3, 5).tolist() == [
        [7, 7, -2, -2, 0], [7, 7, -2, -2, 0], [0, 0, 0, 0, 0]
    ]  # fmt: skip


@given(spatial_configs(), seeds)
def test_the_way_back_is_the_way_forward(config, seed):
    """The sum of errors times currents is that of inputs times carried errors, and of weights times gradients."""
    rng = np.random.default_rng(seed)
    for layer, weight in zip(config.resolved, stimuli.network(config, seed=seed).weights, strict=True):
        kind = layer.kind
        spikes, error = rng.integers(0, 1 << layer.input_spike_width, layer.n_in), rng.integers(-128, 129, layer.n_out)
        forward = layer_current(spikes, weight, layer) @ error
        carried, gradient = (
            carried_error(error, weight, layer), SYNAPSES[type(kind)].gradient(error, pooled(spikes, kind), kind)
        )  # fmt: skip
        assert carried.shape == (layer.n_in,) and carried @ spikes == forward
        assert (layer.weights.as_rows(weight) * gradient).sum() == forward


def slow_current(spikes: np.ndarray, weight: np.ndarray, layer: ResolvedLayer) -> list[int]:
    """The sum of one sample's step in Python's own integers, event by event as the definition goes."""
    kind = layer.kind
    assert kind.input_shape is not None and kind.pooled_shape is not None
    totals: dict[tuple[int, ...], int] = {}
    conv, (_, height, width), values = layer.config.conv, kind.pooled_shape, spikes.tolist()
    for address, (channel, y, x) in enumerate(product(*map(range, kind.input_shape))):
        y, x = y // kind.pool, x // kind.pool
        if y >= height or x >= width:
            continue
        if conv is None:
            for j in range(layer.n_out):
                product_ = int(weight[j, (channel * height + y) * width + x]) * values[address]
                totals[(j,)] = totals.get((j,), 0) + product_
            continue
        for o, i, j in product(range(layer.weight_shape[0]), range(conv.kernel), range(conv.kernel)):
            row, column = y + conv.padding - i, x + conv.padding - j
            if row % conv.stride == 0 and column % conv.stride == 0:
                at = (o, row // conv.stride, column // conv.stride)
                totals[at] = totals.get(at, 0) + int(weight[o, channel, i, j]) * values[address]
    shape = kind.output_shape or (layer.n_out,)
    return [totals.get(at, 0) for at in np.ndindex(*shape)]


@given(spatial_configs(max_side=5), seeds)
def test_maps_equal_a_slow_loop(config, seed):
    rng = np.random.default_rng(seed)
    for layer, weight in zip(config.resolved, stimuli.network(config, seed=seed).weights, strict=True):
        if layer.kind.input_shape is not None:
            spikes = rng.integers(0, 1 << layer.input_spike_width, (2, layer.n_in))
            result = layer_current(spikes, weight, layer)
            assert result.tolist() == [slow_current(row, weight, layer) for row in spikes]


@given(spatial_configs(), seeds)
def test_maps_equal_torch(config, seed):
    """In 64-bit floats, which hold these sums exactly."""
    torch = pytest.importorskip("torch")
    functional, rng = torch.nn.functional, np.random.default_rng(seed)
    for layer, weight in zip(config.resolved, stimuli.network(config, seed=seed).weights, strict=True):
        if layer.kind.input_shape is None:
            continue
        spikes = rng.integers(0, 1 << layer.input_spike_width, (3, layer.n_in))
        maps = torch.tensor(spikes, dtype=torch.float64).reshape(3, *layer.kind.input_shape)
        maps = functional.avg_pool2d(maps, layer.kind.pool, divisor_override=1)
        kernel = torch.tensor(weight, dtype=torch.float64)
        if layer.config.conv is None:
            expected = maps.flatten(1) @ kernel.T
        else:
            expected = functional.conv2d(
                maps, kernel, stride=layer.config.conv.stride, padding=layer.config.conv.padding
            )
        np.testing.assert_array_equal(
            layer_current(spikes, weight, layer), expected.flatten(1).numpy().astype(np.int64)
        )


@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
def test_batches_of_maps(batch):
    config = stimuli.spatial_corner_config()
    rng = np.random.default_rng(1)
    for layer, weight in zip(config.resolved, stimuli.network(config).weights, strict=True):
        spikes = rng.integers(0, 4, (*batch, layer.n_in))
        result = layer_current(spikes, weight, layer)
        assert result.shape == (*batch, layer.n_out)
        for place in np.ndindex(*batch):
            np.testing.assert_array_equal(result[place], layer_current(spikes[place], weight, layer))


def test_narrow_maps_do_not_wrap():
    spikes: Any = np.full(4 * 64 * 64, 255, np.uint8)
    weight: Any = np.full((1, 4, 64, 64), -128, np.int8)
    assert conv_current(spikes, weight, (4, 64, 64), ConvConfig(kernel=64)).tolist() == [-128 * 255 * 4 * 64 * 64]
    assert pool_sum(spikes, (4, 64, 64), 64).tolist() == [255 * 64 * 64] * 4
