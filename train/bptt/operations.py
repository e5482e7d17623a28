"""Synaptic operations of a model: what an event-driven machine would do with its spikes."""

from __future__ import annotations

import torch
from torch import Tensor

from .inputs import Inputs
from .layers import Dropout, Pool, Spiking
from .model import SpikingNetwork


@torch.no_grad()
def synaptic_operations(model: SpikingNetwork, spikes: Tensor) -> list[float]:
    """Return the synaptic operations into each layer, a sample, as :class:`golden.kernels.Activity` counts them.

    An operation is the product of one event with one weight, added to one neuron; an event in a pooled square acts by
    itself. Fully connected and convolutional layers alike; for the golden network of the same model the sum is equal.

    Parameters
    ----------
    model : SpikingNetwork
    spikes : Tensor (T, batch, n_inputs)
    """
    found, events = [], (spikes > 0).to(spikes.dtype)
    for module in model.layers:
        if isinstance(module, Spiking):
            counted = {name: torch.full_like(values, name == "weight")
                       for name, values in module.synapse.named_parameters()}  # fmt: skip
            counts = torch.func.functional_call(module.synapse, counted, (events.flatten(0, 1),))
            found.append(float(counts.double().sum()) / spikes.shape[1])
        if isinstance(module, Dropout):
            continue
        spikes = module(spikes)
        if isinstance(module, Spiking):
            events = (spikes > 0).to(spikes.dtype)
            if module.own is not None:  # those of the last step reach no other
                found[-1] += float(events[:-1].double().sum()) * module.own.out_features / spikes.shape[1]
        else:
            events = Pool(module.size, average=False)(events) if isinstance(module, Pool) else module(events)
    return found


def mean_operations(model: SpikingNetwork, inputs: Inputs, batch_size: int = 100) -> list[float]:
    """Return :func:`synaptic_operations` as the mean over all samples."""
    totals: list[float] = []
    for samples in torch.arange(len(inputs), device=inputs.device).split(batch_size):
        counts = synaptic_operations(model, inputs.spikes(samples))
        totals = [a + b * len(samples) for a, b in zip(totals or [0.0] * len(counts), counts, strict=True)]
    return [total / len(inputs) for total in totals]
