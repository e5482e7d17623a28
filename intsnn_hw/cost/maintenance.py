"""Cycles of loading weights, reading them out and drawing initial ones, where nobody stalls."""

from golden.config import LearningNetworkConfig, NetworkConfig


def load_cycles(config: NetworkConfig) -> int:
    """Return the cycles of a weight load, one a weight; :class:`.rtl.inference.load.WeightLoad`."""
    return sum(layer.n_rows * layer.n_out for layer in config.resolved)


def read_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles of READ_WEIGHTS; :class:`.rtl.learning.maintenance.Maintenance`."""
    return sum(layer.n_rows * (layer.n_out + 2 * layer.n_words) for layer in config.resolved)


def initialise_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles of INITIALISE; :class:`.rtl.learning.maintenance.Maintenance`."""
    return sum(layer.n_rows * layer.n_out * layer.init_words for layer in config.resolved)
