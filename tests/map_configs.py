"""Small networks on an input map, that tests learn with."""

import math
from typing import Any

from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NeuronConfig,
)


def map_network(
    layers: list[dict[str, Any]],
    shape: tuple[int, int, int],
    n_steps: int,
    common: dict[str, Any],
    rule: dict[str, Any],
    hardware: dict[str, Any] | None,
) -> LearningNetworkConfig:
    """Return a network of layers by the names of LayerConfig, `common` to all; `rule` says more than defaults do."""
    depth = len(layers)
    defaults: dict[str, Any] = {"error_shifts": (1,) * (depth - 1), "schedule": (5, 7)}
    given: dict[str, Any] = {"lanes": (2,)} | (hardware or {})
    return LearningNetworkConfig(
        name="maps",
        n_inputs=math.prod(shape),
        input_shape=shape,
        n_steps=n_steps,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(LayerConfig(**(common | fields)) for fields in layers),
        learning=LearningConfig(**(defaults | rule)),
        hardware=HardwareConfig(**given),
    )


def neurons(weight_width: int, membrane_width: int, spike_width: int) -> dict[str, Any]:
    """Return what layers have in common: weights of so many bits, and neurons that fire from 4 on."""
    neuron = NeuronConfig(membrane_width=membrane_width, spike_width=spike_width, threshold_shift=2)
    return {"weight_width": weight_width, "neuron": neuron}
