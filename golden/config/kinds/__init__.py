"""Kinds of layers: each a file with its geometry, and nothing else knows how its inputs meet its neurons."""

from .convolution import ConvConfig, Convolution
from .dense import Dense
from .kind import LayerKind
from .recurrent import Recurrent

__all__ = ["ConvConfig", "Convolution", "Dense", "LayerKind", "Recurrent"]
