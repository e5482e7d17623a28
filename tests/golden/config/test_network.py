"""Layers of a network feed each other, and what it calls itself."""

from itertools import pairwise

import pytest
from hypothesis import given

from golden.config import (
    ConvConfig,
    LayerConfig,
    NetworkConfig,
    require_learning_hardware,
)
from golden.errors import ConfigError
from tests.golden.config.builders import CONV, SPATIAL_FIELDS, learning, maps, network
from tests.strategies import network_configs


@given(network_configs())
def test_layers_feed_each_other(config):
    sizes = [config.n_inputs, *(layer.size for layer in config.layers)]
    widths = [config.encoding.spike_width, *(layer.neuron.spike_width for layer in config.layers)]
    resolved = config.resolved
    assert [(layer.n_in, layer.n_out) for layer in resolved] == list(pairwise(sizes))
    assert [layer.input_spike_width for layer in resolved] == widths[:-1]
    assert [layer.index for layer in resolved] == list(range(len(sizes) - 1))
    assert all(layer.fires for layer in resolved[:-1])
    assert resolved[-1].fires == (config.readout == "spike_count")
    assert config.n_classes == sizes[-1]
    assert config.topology == "-".join(map(str, sizes))
    for layer in resolved:
        assert 1 <= layer.fire_lanes <= layer.lanes <= layer.n_out
        assert layer.lanes % layer.fire_lanes == 0
        assert layer.lanes * (layer.n_words - 1) < layer.n_out <= layer.lanes * layer.n_words
        assert 0 <= layer.n_fire_words * layer.fire_lanes - layer.n_out < layer.fire_lanes
        row_width = layer.n_in * layer.weight_width + layer.has_bias * layer.bias.width
        assert layer.weight_memory_bits == row_width * layer.n_words * layer.lanes
        assert 2 ** (layer.input_address_width - 1) < max(layer.n_in, 2) <= 2**layer.input_address_width
        assert 2 ** (layer.output_address_width - 1) < max(layer.n_out, 2) <= 2**layer.output_address_width


def test_maps_feed_each_other():
    """28x28 pixels: windows of 5 leave 24, squares of 2 leave 12, windows of 5 leave 8, squares of 2 leave 4."""
    layers = (
        LayerConfig(size=8, conv=ConvConfig(kernel=5)),
        LayerConfig(size=16, conv=ConvConfig(kernel=5), pool=2),
        LayerConfig(size=10, pool=2),
    )
    config = NetworkConfig(n_inputs=784, n_steps=1, input_shape=(1, 28, 28), layers=layers)
    assert [kind.input_shape for kind in config.kinds] == [(1, 28, 28), (8, 24, 24), (16, 8, 8)]
    assert [kind.pooled_shape for kind in config.kinds] == [(1, 28, 28), (8, 12, 12), (16, 4, 4)]
    assert [kind.output_shape for kind in config.kinds] == [(8, 24, 24), (16, 8, 8), None]
    assert [layer.weight_shape for layer in config.resolved] == [(8, 1, 5, 5), (16, 8, 5, 5), (10, 256)]
    assert [(layer.n_in, layer.n_out) for layer in config.resolved] == [(784, 4608), (4608, 1024), (1024, 10)]
    assert [kind.fan_in for kind in config.kinds] == [25, 8 * 100, 1024]
    assert [layer.weight_memory_bits for layer in config.resolved] == [200 * 8, 3200 * 8, 2560 * 8]
    assert config.n_classes == 10 and config.is_spatial
    assert config.topology == "28x28-8c5-2a-16c5-2a-10"


def test_topologies_of_maps():
    assert maps({}).topology == "60-3"
    assert maps({"pool": 2}).topology == "6x5x2-2a-3"
    assert maps({"conv": ConvConfig(kernel=3, stride=2, padding=1)}, {}).topology == "6x5x2-3c3s2p1-3"
    wide = ConvConfig(kernel=1, kernel_x=5, stride_x=2, padding_x=1)
    assert maps({"conv": wide}, {}).topology == "6x5x2-3c1x5s1x2p0x1-3"
    assert maps({"conv": CONV, "pool": 1}, {"pool": 3}).topology == "6x5x2-3c3-3a-3"


def test_padding_does_not_reach_a_neuron():
    """Windows of 3 on a side of 5 and 6, all round: the most inside is 9; on a map of 1x2, it is 2."""
    padded = ConvConfig(kernel=3, padding=2)
    assert maps({"conv": padded}).kinds[0].fan_in == 2 * 9
    assert maps({"conv": padded}, n_inputs=2, input_shape=(1, 1, 2)).kinds[0].fan_in == 2


def test_classes_of_a_convolution_are_all_its_neurons():
    assert maps({"size": 10, "conv": ConvConfig(kernel=5)}).n_classes == 20


def test_hardware_learns_all_but_classes_that_are_places_of_a_map():
    for config in (network(), network(learning=learning(rate_shifts=(16, 24))), maps({}, {})):
        require_learning_hardware(config)
    for _, _, fields in SPATIAL_FIELDS:
        require_learning_hardware(maps(fields, {}, learning=learning()))
    whole = {"size": 4, "conv": ConvConfig(kernel=5)}
    one = {"rate_shifts": (1,), "error_shifts": (), "init_shifts": (5,)}
    require_learning_hardware(maps(whole, n_inputs=50, input_shape=(2, 5, 5), learning=learning(**one)))
    with pytest.raises(ConfigError, match=r"^layer 0 of network has 2 windows, each with classes of its own"):
        require_learning_hardware(maps(whole, learning=learning(**one)))
