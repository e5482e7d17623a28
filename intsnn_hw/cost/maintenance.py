"""Cycles of loading weights, reading them out and drawing initial ones, where nobody stalls."""

from golden.config import LearningNetworkConfig, NetworkConfig


def load_cycles(config: NetworkConfig) -> int:
    """Return the cycles of a weight load, one a weight; :class:`.rtl.inference.load.WeightLoad`."""
    return sum(parameter.size for layer in config.resolved for parameter in layer.parameters)


def read_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles of READ_WEIGHTS; :class:`.rtl.learning.maintenance.Maintenance`."""
    parameters = [(layer, parameter) for layer in config.resolved for parameter in layer.parameters]
    return sum(parameter.size + 2 * parameter.n_rows * layer.n_words for layer, parameter in parameters)


def initialise_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles of INITIALISE; :class:`.rtl.learning.maintenance.Maintenance`."""
    drawn = sum(layer.weights.size * (layer.init_words - 1) for layer in config.resolved)
    return load_cycles(config) + drawn
