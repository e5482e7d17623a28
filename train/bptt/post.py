"""Post-training quantisation: integers for a network trained in floating point, and what each layer loses by them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from .inputs import Inputs
from .layers import recorded, spiking_layers
from .loop import accuracy
from .model import SpikingNetwork
from .quality import sqnr_db


@dataclass(frozen=True, kw_only=True)
class LayerLoss:
    """What a layer loses by its integers.

    Attributes
    ----------
    layer, weight_width, threshold_shift : int
    weight_sqnr_db : float or None
        Power of the weights over that of their rounding errors, in dB; None without an error.
    spikes_changed : float or None
        Share of the layer's spikes that change their level where this layer alone is quantised, 0..1; None of a
        readout that does not fire.
    accuracy : float
        Where this layer alone is quantised, 0..1.
    """

    layer: int
    weight_width: int
    threshold_shift: int
    weight_sqnr_db: float | None
    spikes_changed: float | None
    accuracy: float


def quantised(model: SpikingNetwork) -> SpikingNetwork:
    """Return a quantised copy of a model, its threshold shifts fitted to its weights."""
    return copy.deepcopy(model).quantise(fit=True)


def losses_by_layer(model: SpikingNetwork, inputs: Inputs) -> Iterator[LayerLoss]:
    """Quantise each layer alone and give what is lost.

    Parameters
    ----------
    model : SpikingNetwork
        Not quantised.
    inputs : Inputs
        Samples to measure on.
    """
    plain = _spikes(model, inputs)
    whole = spiking_layers(quantised(model))
    for index, layer in enumerate(whole):
        assert layer.quantisation is not None
        alone = copy.deepcopy(model)
        spiking_layers(alone)[index].quantisation = layer.quantisation
        yield LayerLoss(
            layer=index,
            weight_width=layer.quantisation.weights.width,
            threshold_shift=layer.quantisation.threshold_shift,
            weight_sqnr_db=sqnr_db(layer),
            spikes_changed=_changed(plain[index], _spikes(alone, inputs)[index]) if layer.neuron.spike_bits else None,
            accuracy=accuracy(alone, inputs),
        )


_PROBED = 500
"""Samples on which spikes are compared."""


@torch.no_grad()
def _spikes(model: SpikingNetwork, inputs: Inputs) -> list[torch.Tensor]:
    training = model.training
    with recorded(model) as found:
        model.eval()(inputs.spikes(torch.arange(min(_PROBED, len(inputs)), device=inputs.device)))
    model.train(training)
    return found


def _changed(before: torch.Tensor, after: torch.Tensor) -> float:
    return float(((before - after).abs() > 1e-6).float().mean())
