"""Configurations that the tests of this folder start from."""

from typing import Any

from golden.config import (
    ConvConfig,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
)


def learning(**changes: Any) -> LearningConfig:
    return LearningConfig(**{"rate_shifts": (4, 4), "error_shifts": (1,), "init_shifts": (12, 12), **changes})


def network(**changes: Any) -> NetworkConfig:
    layers = (LayerConfig(size=6), LayerConfig(size=3))
    return NetworkConfig(**{"n_inputs": 5, "n_steps": 2, "layers": layers, "learning": learning(), **changes})


CONV = ConvConfig(kernel=3)
SPATIAL_FIELDS: list[tuple[str, int, dict[str, Any]]] = [
    ("ConvConfig.kernel", 3, {"conv": CONV}),
    ("LayerConfig.pool", 2, {"pool": 2}),
]
"""Fields of a layer that needs rows and columns, with the field and the value that a message names."""


def maps(*layers: dict[str, Any], **changes: Any) -> NetworkConfig:
    """A network on 2 channels of 6x5, of layers with these fields; size 3 where they do not say."""
    built = tuple(LayerConfig(**{"size": 3, **layer}) for layer in layers)
    return NetworkConfig(**{"n_inputs": 60, "n_steps": 2, "input_shape": (2, 6, 5), "layers": built, **changes})
