"""The order in which the weights of a network are loaded into its core, and read from it."""

from collections.abc import Iterator

import numpy as np

from .config import LearningNetworkConfig, NetworkConfig
from .fixed import IntArray, Lfsr
from .network import LearningNetwork, Network, by_field


def n_loaded(config: NetworkConfig) -> int:
    """Return the beats of a whole load."""
    return sum(parameter.size for layer in config.resolved for parameter in layer.parameters)


def flat_weights(network: Network) -> IntArray:
    """Return what the core of a network stores, in the order of the load.

    Layer by layer; in each its weights row by row, output by output. Shadow weights of a network that learns.
    """
    return np.concatenate([parameter.to_load(values) for _, parameter, values in network.stored()])


def learned_network(config: LearningNetworkConfig, flat: IntArray, lfsr: Lfsr) -> LearningNetwork:
    """Return the network of the shadow weights that a core has sent, in the order of the load."""

    def parts() -> Iterator[tuple[int, str, IntArray]]:
        at = 0
        for layer in config.resolved:
            for parameter in layer.parameters:
                yield layer.index, parameter.shadow_field, parameter.from_load(flat[at : at + parameter.size])
                at += parameter.size

    return LearningNetwork.from_shadows(config, lfsr=lfsr, **by_field(config, parts()))
