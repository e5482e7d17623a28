"""The sum of a step against loops, and against PyTorch where it is there."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from golden.config import ConvConfig, ResolvedLayer
from golden.synapse import (
    conv_current,
    layer_current,
    pool_sum,
    synaptic_current,
)
from sim.verify import stimuli
from tests.strategies import seeds, spatial_configs


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
        for o, i, j in np.ndindex(weight.shape[0], *weight.shape[2:]):
            row, column = y + conv.padding - i, x + conv.columns.padding - j
            if row % conv.stride == 0 and column % conv.columns.stride == 0:
                at = (o, row // conv.stride, column // conv.columns.stride)
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
            _, stride, padding = zip(*layer.config.conv.sides, strict=True)
            expected = functional.conv2d(maps, kernel, stride=stride, padding=padding)
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
