"""Where neurons of a map lie in memory."""

import numpy as np

from golden.config import LayerConfig, NetworkConfig
from golden.maps import neuron_places
from tests.golden.config.builders import CONV, maps


def test_channels_of_a_position_lie_side_by_side():
    kind = maps({"conv": CONV}).kinds[0]
    assert kind.output_shape == (3, 4, 3)
    for address, (channel, y, x) in enumerate(np.ndindex(3, 4, 3)):
        assert neuron_places(kind)[address] == (y * 3 + x) * 3 + channel


def test_without_a_map_neurons_lie_in_the_order_of_addresses():
    config = NetworkConfig(n_inputs=2, n_steps=1, layers=(LayerConfig(size=5),))
    assert neuron_places(config.kinds[0]).tolist() == [0, 1, 2, 3, 4]
