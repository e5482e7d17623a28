"""What can be seen of a model's weights before they become integers, and of what they became."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from golden.errors import ConfigError

from .layers import Spiking, spiking_layers
from .model import SpikingNetwork

LOWEST_SQNR_DB = 15.0
"""Power of the weights over that of their rounding errors from which on nothing is said."""


def check_finite(model: SpikingNetwork) -> None:
    """Raise ConfigError where a weight is no finite number: no integer stands for it."""
    for index, layer in enumerate(spiking_layers(model)):
        bad = int((~torch.isfinite(layer.weight.detach())).sum())
        if bad:
            raise ConfigError(
                f"{model.config.name}: in layer {index} {bad} of {layer.weight.numel()} weights are infinite or no "
                "numbers; train again with a lower learning rate"
            )


def remarks(model: SpikingNetwork) -> Iterator[str]:
    """Yield what a quantised model loses by its integers, layer by layer, where that is much.

    Of each layer the share of its weights that become 0 though they were none, and the SQNR: the power of the weights
    over that of their rounding errors, in dB.
    """
    for index, layer in enumerate(spiking_layers(model)):
        assert layer.quantisation is not None
        weights, integers = layer.weight.detach().double(), layer.integer_weight().detach().double()
        given = weights != 0
        lost = int((given & (integers == 0)).sum())
        sqnr = sqnr_db(layer)
        mostly = lost > int(given.sum()) / 2
        if mostly or (sqnr is not None and sqnr < LOWEST_SQNR_DB):
            loses = f"{lost} of {int(given.sum())} weights become 0, " if mostly else ""
            quality = "without an error" if sqnr is None else f"SQNR {sqnr:.1f} dB"
            yield (
                f"layer {index} of {model.config.name} in {layer.quantisation.weights.width} bits: {loses}{quality}; "
                f"its largest weight is {_ratio(weights):,.0f} times the usual one; take more bits or train in integers"
            )


def sqnr_db(layer: Spiking) -> float | None:
    """Return the power of a quantised layer's weights over that of their rounding errors, in dB; None without."""
    weights = layer.weight.detach()
    noise = float((layer.integer_weight().detach() / layer.scale - weights).square().sum())
    power = float(weights.square().sum())
    return 10 * math.log10(power / noise) if noise and power else None


def _ratio(weights: torch.Tensor) -> float:
    """Return the largest weight over the median of those that are not 0."""
    sizes = weights.abs()
    return float(sizes.max() / sizes[sizes > 0].median()) if bool((sizes > 0).any()) else 0.0
