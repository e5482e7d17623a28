"""The scores of a sample, and what errors are made of; see :mod:`golden.config.readouts`."""

from .config import NetworkConfig
from .fixed import IntArray, shift_floor


def scores(config: NetworkConfig, membranes: IntArray, spikes: IntArray) -> IntArray:
    """Return the scores (..., n_classes) of a readout's membranes and spikes (..., n_steps, n_classes)."""
    kind = config.readout_kind
    values = spikes if kind.fires else membranes
    return values.sum(axis=-2) if kind.sums else values[..., -1, :]


def learning_scores(config: NetworkConfig, membrane: IntArray, counts: IntArray) -> IntArray:
    """Return what errors are made of: the readout membrane, for a spiking readout plus all it has emitted.

    Parameters
    ----------
    config : NetworkConfig
    membrane : IntArray
        After reset, shape (n_classes,).
    counts : IntArray
        Graded spikes summed since the sample began, shape (n_classes,).
    """
    if not config.readout_kind.fires:
        return membrane
    return membrane + shift_floor(counts, -config.layers[-1].neuron.threshold_shift)
