"""The component of each kind of layer."""

from golden.config import Convolution, Dense, LayerKind, Recurrent

from .convolution_layer import ConvolutionLayer
from .layer import Layer
from .recurrent_layer import RecurrentLayer

LAYERS: dict[type[LayerKind], type[Layer]] = {
    Dense: Layer,
    Recurrent: RecurrentLayer,
    Convolution: ConvolutionLayer,
}
"""By the kind in a configuration."""
