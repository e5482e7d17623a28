"""From a PyTorch model to a golden network, and the proof that nothing is lost on the way."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from golden.config import LayerConfig, LearningNetworkConfig, NetworkConfig, NeuronConfig
from golden.errors import ConfigError
from golden.fixed import IntArray
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network, by_field
from golden.seeds import update_lfsr

from .inputs import Inputs
from .layers import Quantisation, Spiking, recorded, spiking_layers
from .model import SpikingNetwork


def to_network(model: SpikingNetwork) -> Network:
    """Return a quantised model as a golden network; with shadow weights where its configuration learns on line.

    The outputs of the network equal those of the model, spike for spike (:func:`compare`).

    Raises
    ------
    ConfigError
        The model is not quantised, or no :class:`train.bptt.model.SpikingNetwork`, which alone has a configuration.
    """
    if not isinstance(model, SpikingNetwork):
        raise ConfigError(f"to_network: takes a SpikingNetwork of a configuration, got type {type(model).__name__}")
    layers: list[LayerConfig] = []
    for layer, module in zip(model.config.layers, spiking_layers(model), strict=True):
        quantisation = module.quantisation
        if quantisation is None:
            raise ConfigError(f"{model.config.name}: is not quantised; only integers can be exported")
        layers.append(replace(layer, neuron=_neuron(layer.neuron, module, quantisation)))
    config = replace(model.config, layers=tuple(layers))
    made: dict[str, Any] = {"config": config, **by_field(config, _arrays(config, spiking_layers(model)))}
    if not isinstance(config, LearningNetworkConfig):
        return Network(**made)
    return LearningNetwork(**made, lfsr=update_lfsr(config.learning))


def _arrays(config: NetworkConfig, modules: list[Spiking]) -> Iterator[tuple[int, str, IntArray]]:
    """Yield the integers of each parameter: layer, field of a network, array."""
    for layer, module in zip(config.resolved, modules, strict=True):
        for parameter in layer.parameters:
            yield layer.index, parameter.field, _integers(module.integers(parameter.name))
            if config.learns:
                yield layer.index, parameter.shadow_field, _integers(module.shadows(parameter.name))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A model beside its export.

    Attributes
    ----------
    samples : int
    n_compared, n_mismatches : int
        Spikes of all layers at all steps, and scores.
    accuracy : float
        Of the export, 0..1.
    """

    samples: int
    n_compared: int
    n_mismatches: int
    accuracy: float


@torch.no_grad()
def compare(model: SpikingNetwork, network: Network, inputs: Inputs, batch_size: int = 200) -> Comparison:
    """Run samples through a quantised model and its export, and count spikes and scores that differ.

    The model is computed in a format in which all its sums are exact.
    """
    exact = exact_model(model)
    dtype = next(exact.parameters()).dtype
    kernel = Kernel(network.inference_only())
    unit = spiking_layers(exact)[-1].output_unit
    compared = mismatches = right = 0
    for samples in torch.arange(len(inputs), device=inputs.device).split(batch_size):
        with recorded(exact) as record:
            outputs = exact(inputs.spikes(samples, dtype))
        inference = kernel.infer(inputs.events(samples), record=True)
        assert inference.spikes is not None
        found = [_levels(spikes, layer) for spikes, layer in zip(record, spiking_layers(exact), strict=True)]
        scores = torch.round(exact.scores(outputs) * unit).cpu().numpy()
        mismatches += int((np.concatenate(found, axis=-1) != inference.spikes).sum())
        mismatches += int((scores != inference.scores).sum())
        compared += inference.spikes.size + inference.scores.size
        right += int((inference.classes == inputs.labels[samples].cpu().numpy()).sum())
    return Comparison(samples=len(inputs), n_compared=compared, n_mismatches=mismatches, accuracy=right / len(inputs))


def _levels(outputs: torch.Tensor, layer: Spiking) -> np.ndarray:
    """Return the spikes of a layer as the kernels record them, shape (batch, T, neurons); 0 where it does not fire."""
    flat = outputs.flatten(2).transpose(0, 1).cpu().numpy()
    return np.rint(flat * layer.neuron.max_spike) if layer.neuron.spike_bits else np.zeros_like(flat)


def exact_model(model: SpikingNetwork) -> SpikingNetwork:
    """Return a copy for inference in a format in which all sums of the quantised model are exact."""
    dtype = model.exact_dtype()
    if next(model.parameters()).device.type != "cpu":
        dtype = torch.float64  # other devices may multiply 32-bit numbers in a shorter format
    return copy.deepcopy(model).to(dtype).eval()


def _neuron(config: NeuronConfig, module: Spiking, quantisation: Quantisation) -> NeuronConfig:
    changes: dict[str, int | None] = {
        "threshold_shift": quantisation.threshold_shift,
        "reset_amount": module.neuron.integer_amount(quantisation),
        "initial": module.neuron.integer_initial(quantisation),
    }
    if module.neuron.decay_logit is not None:
        assert quantisation.leak_frac is not None
        factor = module.neuron.leak_factor(quantisation.leak_frac)
        changes |= {"leak_shift": None, "leak_factor": factor, "leak_frac": quantisation.leak_frac}
    return replace(config, **changes)


def _integers(values: torch.Tensor) -> np.ndarray:
    return values.detach().to("cpu", torch.float64).numpy().astype(np.int64)
