"""From a configuration to a PyTorch model of the same network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from golden.config import Convolution, Dense, LayerKind, LearningLayer, NetworkConfig, Recurrent, ResolvedLayer
from golden.errors import ConfigError
from golden.learning import initial_shadow

from .layers import LIF, Dropout, Pool, Quantisation, Reshape, Spiking, decay_of, spiking_layers

LEAK_FRAC = 8
"""Fraction bits of a learned leak, where the configuration names none."""


class SpikingNetwork(nn.Module):
    """A configuration as layers of neurons that learn by surrogate gradients.

    Parameters
    ----------
    config : NetworkConfig
        Sizes, spike widths, leaks, resets and, for a quantised model, all widths. Its pooling averages here: the sums
        of the integers, in units of normalised spikes.
    dropout : float
        Of the spikes of hidden layers, while training.
    neuron : mapping
        More arguments of :class:`train.bptt.layers.LIF`: `surrogate`, `slope`, `centre`, `detach_reset`, `learn_decay`
        (of layers that leak).

    Attributes
    ----------
    layers : nn.Sequential
    fits : bool
        Threshold shifts follow the weights: :meth:`quantise` was told to fit them.

    Shapes
    ------
    forward(spikes) : (T, batch, n_inputs) -> (T, batch, n_classes)
        From input spikes 0..1 to the spikes or membranes of the readout.
    """

    def __init__(self, config: NetworkConfig, *, dropout: float = 0.0, **neuron: Any) -> None:
        super().__init__()
        self.config, self.fits = config, False
        modules: list[nn.Module] = []
        shape: tuple[int, ...] = (config.n_inputs,)
        for layer in config.resolved:
            if layer.index and dropout:
                modules.append(Dropout(dropout))
            kind = layer.kind
            if kind.is_spatial and len(shape) == 1 and kind.input_shape is not None:
                shape = kind.input_shape
                modules.append(Reshape(*shape))
            if kind.pool > 1:
                modules.append(Pool(kind.pool))
            if kind.output_shape is None and len(shape) > 1:
                modules.append(Reshape(kind.weight_shape[1]))
            modules.append(_layer(layer, neuron))
            shape = kind.output_shape or (kind.n_out,)
        if len(shape) > 1:
            modules.append(Reshape(config.n_classes))
        self.layers = nn.Sequential(*modules)

    def forward(self, spikes: Tensor) -> Tensor:
        """Run a batch of sequences."""
        return self.layers(spikes)

    def scores(self, outputs: Tensor) -> Tensor:
        """Return the score of each class, as the hardware takes them: (T, batch, n_classes) -> (batch, n_classes).

        Equal counts of spikes are equal scores, in whatever order their fractions were added.
        """
        kind = self.config.readout_kind
        if not kind.fires:
            return outputs.sum(0) if kind.sums else outputs[-1]
        levels = spiking_layers(self)[-1].neuron.max_spike
        return torch.round(outputs.sum(0) * levels) / levels

    def quantise(self, *, fit: bool = True) -> SpikingNetwork:
        """Compute in the integers of the configuration from now on.

        Parameters
        ----------
        fit : bool
            Choose each threshold shift, which is the scale of a layer's weights, by the weights; otherwise those of the
            configuration.
        """
        levels = (1 << self.config.encoding.spike_width) - 1
        for layer, module in zip(self.config.resolved, spiking_layers(self), strict=True):
            module.quantisation = _quantisation(layer, module.neuron, levels * layer.kind.pool**2)
            levels = layer.neuron.max_spike
        self.fits = fit
        if fit:
            self.fit_threshold_shifts()
        return self

    def fit_threshold_shifts(self) -> None:
        """Choose the threshold shift of each layer by its present weights."""
        for module in spiking_layers(self):
            module.fit_threshold_shift()

    def set_threshold_shifts(self, shifts: Sequence[int | None]) -> None:
        """Set the threshold shift of each quantised layer."""
        for module, shift in zip(spiking_layers(self), shifts, strict=True):
            if module.quantisation is not None and shift is not None:
                module.set_threshold_shift(shift)

    def exact_dtype(self) -> torch.dtype:
        """Return the shortest format in which the quantised model computes exactly, whatever the order of its sums.

        Raises
        ------
        ConfigError
            Sums reach beyond 2^53.
        """
        largest = 1
        for layer, module in zip(self.config.resolved, spiking_layers(self), strict=True):
            quantisation = module.quantisation
            assert quantisation is not None
            low, high = layer.current_range
            fraction = quantisation.leak_frac or 0
            largest = max(largest, -low, high, 1 << (quantisation.membrane_width - 1 + fraction))
            if (synaptic := quantisation.synaptic) is not None:
                largest = max(largest, 1 << (synaptic.width + (synaptic.leak_frac or 0)))
        if self.config.readout_kind.sums and not self.config.readout_kind.fires:
            largest = max(largest, 1 << (self.config.score_width - 1))
        if largest > 1 << 53:
            raise ConfigError(f"{self.config.name}: sums of up to {largest} are not exact in 64-bit floating point")
        return torch.float32 if largest <= 1 << 24 else torch.float64


def _linear(kind: LayerKind, bias: bool) -> nn.Module:
    return nn.Linear(kind.weight_shape[1] - kind.n_own, kind.n_out, bias=bias)


def _convolution(kind: LayerKind, bias: bool) -> nn.Module:
    assert isinstance(kind, Convolution)
    n_out, n_in, *_ = kind.weight_shape
    kernel, stride, padding = zip(*kind.conv.sides, strict=True)
    made: Any = nn.Conv2d(n_in, n_out, kernel, stride, padding, bias=bias)
    # On a CPU convolutions and pools are faster with channels last: a seventh of a training step of `mnist-cnn`.
    return made.to(memory_format=torch.channels_last)


SYNAPSES: dict[type[LayerKind], Callable[[LayerKind, bool], nn.Module]] = {
    Dense: _linear,
    Recurrent: _linear,
    Convolution: _convolution,
}
"""The synapse of the inputs by kind of layer, with a bias where it is to have one."""


def _layer(layer: ResolvedLayer, neuron: dict[str, Any]) -> Spiking:
    config = layer.neuron
    decay = decay_of(config)
    arguments = dict(neuron)
    learn_decay = arguments.pop("learn_decay", False) and 0 < decay < 1
    theta = arguments.get("threshold", 1.0)
    has_bias = any(parameter.name == "bias" for parameter in layer.parameters)
    synapse = SYNAPSES[type(layer.kind)](layer.kind, has_bias)
    lif = LIF(
        config.spike_width if layer.fires else 0,
        decay=decay,
        learn_decay=learn_decay,
        reset=config.reset,
        reset_amount=None if config.reset_amount is None else theta * config.reset_amount / config.level,
        initial=theta * config.initial / (config.level * (config.max_spike if layer.fires else 1)),
        synaptic_decay=None if config.synaptic is None else decay_of(config.synaptic),
        **arguments,
    )
    return Spiking(synapse, lif, _own(layer, lif) if layer.n_own else None)


def _own(layer: ResolvedLayer, neuron: LIF) -> nn.Linear:
    """Return the synapse of a layer's own spikes; weights that are fixed are those which the rule on line draws."""
    own = nn.Linear(layer.n_out, layer.n_out, bias=False)
    if isinstance(layer, LearningLayer) and not layer.learns_own:
        shadow = torch.from_numpy(initial_shadow(layer)[:, layer.n_in :])
        sum_level = layer.neuron.level << layer.neuron.current_shift
        unit = 2.0 ** (layer.weight_width - layer.stored_width) / sum_level
        own.weight = nn.Parameter((shadow * unit * neuron.threshold).to(own.weight.dtype), requires_grad=False)
    return own


def _quantisation(layer: ResolvedLayer, neuron: LIF, input_levels: int) -> Quantisation:
    config = layer.neuron
    # Neurons that fire keep a bit of membrane above theta.
    highest_shift = config.membrane_width - 1 - config.spike_width - layer.fires
    leak_frac = None
    if neuron.decay_logit is not None:
        leak_frac = config.leak_frac or LEAK_FRAC
    elif config.leak_shift is None:
        leak_frac = config.leak_frac
    return Quantisation(
        parameters=layer.parameters,
        membrane_width=config.membrane_width,
        threshold_shift=config.threshold_shift,
        threshold=config.threshold,
        current_shift=config.current_shift,
        synaptic=config.synaptic,
        highest_shift=max(0, highest_shift),
        input_levels=input_levels,
        leak_shift=config.leak_shift if neuron.decay_logit is None else None,
        leak_frac=leak_frac,
    )
