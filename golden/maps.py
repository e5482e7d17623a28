"""The order of a map's neurons in memory: position by position, the channels of each side by side."""

import numpy as np

from .config import LayerKind
from .fixed import IntArray


def neuron_places(kind: LayerKind) -> IntArray:
    """Return where in memory each neuron of a layer lies, shape (n_out,); without a map in the order of addresses."""
    if kind.output_shape is None:
        return np.arange(kind.n_out)
    channels, height, width = kind.output_shape
    return np.arange(kind.n_out).reshape(height, width, channels).transpose(2, 0, 1).ravel()
