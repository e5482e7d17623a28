"""The order in which the weights of a network are loaded into its core, and read from it."""

import numpy as np

from .config import NetworkConfig
from .fixed import IntArray


def flat_weights(config: NetworkConfig, weights: list[IntArray]) -> IntArray:
    """Return the weights of all layers in the order of the load: layer by layer, row by row, output by output."""
    return np.concatenate([kind.to_load(weight) for kind, weight in zip(config.kinds, weights, strict=True)])


def layer_weights(config: NetworkConfig, flat: IntArray) -> list[IntArray]:
    """Undo :func:`flat_weights`: the weights of each layer, of its ``weight_shape``."""
    parts = np.split(flat, np.cumsum([kind.n_weights for kind in config.kinds])[:-1])
    return [kind.from_load(part) for kind, part in zip(config.kinds, parts, strict=True)]
