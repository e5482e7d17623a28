"""Layers of graded-spike neurons as PyTorch modules over whole sequences, shape (T, batch, ...).

Spikes travel normalised, level / (2^n - 1), so that 1 is the highest whatever n. Unquantised, weights are ordinary ones
in units of theta. A layer with a :class:`Quantisation` computes in whole numbers, exactly as :mod:`golden` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from golden.config import Leak, Parameter, SynapticConfig
from golden.fixed import signed_range

from .lif import RESETS, Dynamics, Reset, Synaptic, lif_sequence
from .quantise import fitting_shift, quantise_weight, round_half_up, shadow_weight, straight_through
from .surrogate import CENTRES, SLOPES, SURROGATES, Centre, Kind, centre_of


@dataclass(frozen=True, kw_only=True)
class Quantisation:
    """The integers of one layer.

    Attributes
    ----------
    parameters : tuple of Parameter
        What the layer stores, with the bits of each.
    membrane_width : int
        Bits.
    threshold_shift : int
        log2 of the first firing level, in LSBs of the membrane; it fixes the scale of weights and membrane.
    threshold : int or None
        The level itself where it is no power of two; it stays as it is.
    highest_shift : int
        Highest threshold shift that the membrane has room for.
    input_levels : int
        Level of an input that is 1: ``2^n - 1`` of the layer below, times the inputs of an averaging pool.
    leak_shift : int or None
    leak_frac : int or None
        Fraction bits of a leak factor, where the leak is none by shift.
    current_shift : int
        Guard bits of the sum of a step.
    synaptic : SynapticConfig or None
    """

    parameters: tuple[Parameter, ...]
    membrane_width: int
    threshold_shift: int
    highest_shift: int
    input_levels: int
    leak_shift: int | None = None
    leak_frac: int | None = None
    threshold: int | None = None
    current_shift: int = 0
    synaptic: SynapticConfig | None = None

    @property
    def level(self) -> int:
        """First firing level, in LSBs of the membrane."""
        return 1 << self.threshold_shift if self.threshold is None else self.threshold

    @property
    def weights(self) -> Parameter:
        """The first of the parameters."""
        return self.parameters[0]


def decay_of(config: Leak) -> float:
    """Return the share of a membrane or a current that a step keeps."""
    if config.leak_shift is not None:
        return 1 - 2.0**-config.leak_shift
    if config.leak_factor is not None and config.leak_frac is not None:
        return config.leak_factor / 2**config.leak_frac
    return 1.0


class LIF(nn.Module):
    """Leaky integrate-and-fire neurons with graded spikes (ETH 2025, eq. 3.1), over a sequence of summed inputs.

    Parameters
    ----------
    spike_bits : int
        n, 1..8; 0 for readout neurons, which do not fire.
    threshold : float
        theta, at which the highest level fires; of a readout, the unit.
    decay : float
        Share of the membrane that a step keeps, 0..1; 1: no leak.
    learn_decay : bool
        Make the decay a parameter, kept in 0..1 by a sigmoid.
    reset : {"soft", "hard", "none"}
    surrogate : str
        ``sigmoid``, ``arctan``, ``boxcar`` or ``triangular``.
    slope : float, optional
        Of the surrogate; that of :data:`train.bptt.surrogate.SLOPES` where left out.
    centre : {"staircase", "theta", "zero"}
        Where it peaks (ETH 2025, eq. 3.2; :func:`train.bptt.surrogate.centre_of`).
    detach_reset : bool
        Pass no gradient through the reset.
    reset_amount : float, optional
        What a soft reset subtracts after a spike of one bit, in place of theta.
    initial : float
        Membrane in front of the first step.
    synaptic_decay : float, optional
        Share of a synaptic current that a step keeps; where left out, there is none.

    Shapes
    ------
    forward(current, own=None) : (T, ...) -> (T, ...)
        Spikes 0..1, or the membranes of neurons that do not fire, after each step. With `own`, weights (n, n) of the
        neurons' own spikes of the step before, row j those that reach neuron j, (T, batch, n) -> (T, batch, n).
    """

    def __init__(
        self,
        spike_bits: int = 1,
        *,
        threshold: float = 1.0,
        decay: float = 1.0,
        learn_decay: bool = False,
        reset: Reset = "soft",
        surrogate: Kind = "sigmoid",
        slope: float | None = None,
        centre: Centre = "staircase",
        detach_reset: bool = False,
        reset_amount: float | None = None,
        initial: float = 0.0,
        synaptic_decay: float | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= spike_bits <= 8:
            raise ValueError(f"LIF.spike_bits: must be 0..8, got {spike_bits}")
        if not threshold > 0:
            raise ValueError(f"LIF.threshold: must be above 0, got {threshold}")
        if not 0 <= decay <= 1 or (learn_decay and decay in (0, 1)):
            raise ValueError(f"LIF.decay: must be 0..1, to be learned neither 0 nor 1, got {decay}")
        for name, value, known in (
            ("reset", reset, RESETS), ("surrogate", surrogate, SURROGATES), ("centre", centre, CENTRES)
        ):  # fmt: skip
            if value not in known:
                raise ValueError(f"LIF.{name}: must be one of {', '.join(known)}, got {value!r}")
        if slope is not None and not slope > 0:
            raise ValueError(f"LIF.slope: must be above 0, got {slope}")
        self.spike_bits, self.threshold = spike_bits, threshold
        self.max_spike = max(1, (1 << spike_bits) - 1)
        self.decay = decay
        self.decay_logit = nn.Parameter(torch.logit(torch.tensor(decay))) if learn_decay else None
        self.dynamics = Dynamics(
            spike_bits=spike_bits,
            level=threshold / self.max_spike,
            reset=reset,
            detach_reset=detach_reset,
            surrogate=surrogate,
            slope=SLOPES[surrogate] if slope is None else slope,
            centre=centre_of(centre, spike_bits) if spike_bits else 0.0,
            amount=reset_amount,
            initial=initial,
            synaptic=None if synaptic_decay is None else Synaptic(decay=synaptic_decay),
        )

    def forward(self, current: Tensor, own: Tensor | None = None) -> Tensor:
        """Run a sequence from the initial membrane."""
        level_weight = own if own is None or self.max_spike == 1 else own / self.max_spike
        spikes, membranes = lif_sequence(current, self._decay(current), self.dynamics, level_weight)
        return spikes / self.max_spike if self.spike_bits else membranes

    def forward_integer(self, current: Tensor, quantisation: Quantisation, own: Tensor | None = None) -> Tensor:
        """Run a sequence of whole-numbered inputs in LSBs; spikes 0..1 or membranes in units of theta, as `forward`.

        `own` are whole numbers as well.
        """
        level = float(quantisation.level)
        low, high = signed_range(quantisation.membrane_width)
        dynamics = self.dynamics._replace(
            level=level,
            whole=True,
            leak_shift=quantisation.leak_shift,
            bounds=(low, high),
            amount=self.integer_amount(quantisation),
            initial=self.integer_initial(quantisation),
            current_shift=quantisation.current_shift,
            synaptic=self._integer_synaptic(quantisation),
        )
        spikes, membranes = lif_sequence(current, self._integer_decay(current, quantisation), dynamics, own)
        return spikes / self.max_spike if self.spike_bits else membranes * (self.dynamics.level / level)

    def integer_amount(self, quantisation: Quantisation) -> int | None:
        """Return what a soft reset subtracts, in LSBs; None: the level."""
        return None if self.dynamics.amount is None else self._integer(self.dynamics.amount, quantisation)

    def integer_initial(self, quantisation: Quantisation) -> int:
        """Return the membrane in front of the first step, in LSBs."""
        return self._integer(self.dynamics.initial, quantisation)

    def _integer_synaptic(self, quantisation: Quantisation) -> Synaptic | None:
        config = quantisation.synaptic
        if config is None:
            return None
        low, high = signed_range(config.width)
        return Synaptic(decay=decay_of(config), leak_shift=config.leak_shift, bounds=(low, high))

    def _integer(self, membrane: float, quantisation: Quantisation) -> int:
        return math.floor(membrane * quantisation.level / self.dynamics.level + 0.5)

    def leak_factor(self, leak_frac: int) -> int:
        """Return the decay as a fixed-point number of `leak_frac` fraction bits."""
        value = self.decay if self.decay_logit is None else float(torch.sigmoid(self.decay_logit.detach()))
        return math.floor(value * 2**leak_frac + 0.5)

    @property
    def leaks(self) -> bool:
        """Tell whether a step keeps less than all of the membrane."""
        return self.decay_logit is not None or self.decay < 1

    def extra_repr(self) -> str:
        """Tell what matters in a print of the model."""
        d = self.dynamics
        return f"spike_bits={self.spike_bits}, threshold={self.threshold}, decay={self.decay}, reset={d.reset}"

    def _decay(self, like: Tensor) -> Tensor | None:
        if self.decay_logit is not None:
            return torch.sigmoid(self.decay_logit).to(like.dtype)
        return None if self.decay == 1 else torch.tensor(self.decay, dtype=like.dtype, device=like.device)

    def _integer_decay(self, like: Tensor, quantisation: Quantisation) -> Tensor | None:
        if quantisation.leak_shift is not None:
            return torch.tensor(1 - 2.0**-quantisation.leak_shift, dtype=like.dtype, device=like.device)
        decay = self._decay(like)
        if decay is None or quantisation.leak_frac is None:
            return None
        return straight_through(decay, round_half_up(decay * 2**quantisation.leak_frac) / 2**quantisation.leak_frac)


_SHIFT = "threshold_shift"


class Spiking(nn.Module):
    """A layer: a synapse (``nn.Linear``, ``nn.Conv2d``), then neurons; recurrent with `own`.

    Parameters
    ----------
    synapse : nn.Module
        With a `weight`, and a `bias` where the configuration has one; takes (batch, ...).
    neuron : LIF
    own : nn.Linear, optional
        Synapse of the neurons' own spikes of the step before, as many inputs as outputs, no bias; `synapse` is an
        ``nn.Linear`` then, and the neurons fire. With ``own.requires_grad_(False)`` its weights stay as they are.

    Attributes
    ----------
    quantisation : Quantisation or None
        None: ordinary floating point. A state dict then has a `threshold_shift`, which a quantised layer takes over.

    Shapes
    ------
    forward(spikes) : (T, batch, ...) -> (T, batch, ...)
    """

    def __init__(self, synapse: nn.Module, neuron: LIF, own: nn.Linear | None = None) -> None:
        super().__init__()
        if getattr(own, "bias", None) is not None:
            raise ValueError("Spiking.own: has a bias, of which the synapse has the only one; give bias=False")
        if own is not None:
            _check_own(own, synapse, neuron)
        self.synapse, self.neuron, self.own = synapse, neuron, own
        self.quantisation: Quantisation | None = None

    @property
    def weight(self) -> Tensor:
        """Floating-point weights, in units of theta; of a recurrent layer (n_out, n_in + n_out), inputs first."""
        return self._input_weight if self.own is None else torch.cat([self._input_weight, self.own.weight], dim=1)

    @property
    def _input_weight(self) -> Tensor:
        return self.synapse.weight  # pyright: ignore[reportReturnType]

    def forward(self, spikes: Tensor) -> Tensor:
        """Run a sequence."""
        if self.quantisation is None:
            # Membranes keep the format of the weights, whatever an automatic cast makes of the sums.
            current = self._current(spikes, self.synapse).to(self._input_weight.dtype)
            return self.neuron(current, None if self.own is None else _cast(self.own.weight))
        # Whole numbers must stay whole: no automatic cast to a shorter format here.
        with torch.autocast(spikes.device.type, enabled=False):
            weight, own = self.integer_weight(), None
            if self.own is not None:
                weight, own = weight.split([self._input_weight.shape[1], self.own.in_features], dim=1)
            current = self._current(spikes.to(weight.dtype), self._integer_synapse(weight))
            return self.neuron.forward_integer(current, self.quantisation, own)

    def integer_weight(self) -> Tensor:
        """Return the quantised weights as whole numbers."""
        weights = self._quantised().weights
        return quantise_weight(self.weight, self.scale, weights.width, weights.stored_width)

    def integers(self, name: str) -> Tensor:
        """Return a quantised parameter as whole numbers, by the names of :class:`golden.config.Parameter`."""
        return {"weight": self.integer_weight, "bias": self.integer_bias}[name]()

    def shadows(self, name: str) -> Tensor:
        """Return the shadow values of a quantised parameter of a network that is to learn on line."""
        return {"weight": self.shadow_weight, "bias": self._shadow_bias}[name]()

    def integer_bias(self) -> Tensor:
        """Return the quantised biases as whole numbers, gradients as of the weights."""
        bias, scale, parameter = self._wide_bias()
        exact = quantise_weight(bias, scale, parameter.width, parameter.stored_width)
        return exact.to(self._input_weight.dtype)

    def _shadow_bias(self) -> Tensor:
        bias, scale, parameter = self._wide_bias()
        return shadow_weight(bias, scale, parameter.width, parameter.stored_width)

    def _wide_bias(self) -> tuple[Tensor, float, Parameter]:
        """Return the biases in 64 bits, as their integers are wide; LSBs of the membrane for one of 1; their widths."""
        quantisation = self._quantised()
        parameter = next((parameter for parameter in quantisation.parameters if parameter.name == "bias"), None)
        if parameter is None or not isinstance(self.synapse.bias, Tensor):
            raise ValueError("Spiking.synapse: has a bias, and its configuration has none; give bias=False")
        unit = self.neuron.max_spike / self.neuron.threshold
        return self.synapse.bias.double(), unit * _sum_level(quantisation), parameter

    def shadow_weight(self) -> Tensor:
        """Return the shadow weights that the quantised weights are rounded from."""
        weights = self._quantised().weights
        return shadow_weight(self.weight, self.scale, weights.width, weights.stored_width)

    @property
    def scale(self) -> float | Tensor:
        """LSBs of the sum for a weight of 1 and a spike of one level; of a recurrent layer for each column."""
        quantisation = self._quantised()
        return self._scale_at_0(quantisation) * _sum_level(quantisation)

    @property
    def output_unit(self) -> float:
        """Whole numbers for an output of 1: levels of a spike, or LSBs of the membrane of neurons that do not fire."""
        if self.neuron.spike_bits:
            return float(self.neuron.max_spike)
        return self._quantised().level / self.neuron.threshold

    def fit_threshold_shift(self) -> None:
        """Choose the threshold shift that suits the present weights best; a threshold of any integer stays."""
        quantisation = self._quantised()
        if quantisation.threshold is not None:
            return
        scale = self._scale_at_0(quantisation) * 2.0**quantisation.current_shift
        highest = quantisation.highest_shift
        self.set_threshold_shift(fitting_shift(self.weight, scale, quantisation.weights.width, highest))

    def set_threshold_shift(self, shift: int) -> None:
        """Set the threshold shift of a quantised layer."""
        self.quantisation = replace(self._quantised(), threshold_shift=shift)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self.quantisation is not None:
            destination[prefix + _SHIFT] = torch.tensor(self.quantisation.threshold_shift)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any, **named: Any) -> None:
        shift = state_dict.pop(prefix + _SHIFT, None)
        if shift is not None and self.quantisation is not None:
            self.set_threshold_shift(int(shift))
        super()._load_from_state_dict(state_dict, prefix, *rest, **named)

    def _scale_at_0(self, quantisation: Quantisation) -> float | Tensor:
        inputs = self.neuron.max_spike / (self.neuron.threshold * quantisation.input_levels)
        if self.own is None:
            return inputs
        # In 64 bits, in which weights are rounded; an own spike of 1 has as many levels as the neurons themselves.
        wide = self._input_weight.double()
        return torch.cat([torch.full_like(wide[0], inputs), wide.new_full((len(wide),), 1 / self.neuron.threshold)])

    def _quantised(self) -> Quantisation:
        if self.quantisation is None:
            raise ValueError("Spiking: is not quantised")
        return self.quantisation

    def _current(self, spikes: Tensor, synapse: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the summed inputs of all steps; those of an input that never changes are summed once."""
        if len(spikes) > 1 and spikes.stride(0) == 0:
            return synapse(spikes[0]).expand(len(spikes), *(-1,) * (spikes.dim() - 1))
        return synapse(spikes.flatten(0, 1)).unflatten(0, spikes.shape[:2])

    def _integer_synapse(self, weight: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the synapse from normalised spikes to sums of whole numbers, with whole-numbered weights."""
        input_levels = self._quantised().input_levels
        biases = {} if getattr(self.synapse, "bias", None) is None else {"bias": self.integer_bias()}

        def synapse(spikes: Tensor) -> Tensor:
            levels = spikes * input_levels
            levels = straight_through(levels, round_half_up(levels.detach()))
            return torch.func.functional_call(self.synapse, {"weight": weight, **biases}, (levels,))

        return synapse

    def extra_repr(self) -> str:
        """Tell what matters in a print of the model."""
        return f"quantisation={self.quantisation}"


def _sum_level(quantisation: Quantisation) -> float:
    """Return the first firing level in LSBs of the sum of a step."""
    return quantisation.level * 2.0**quantisation.current_shift


def _check_own(own: nn.Linear, synapse: nn.Module, neuron: LIF) -> None:
    if not neuron.spike_bits:
        raise ValueError("Spiking.own: goes with neurons that fire, got LIF of spike_bits 0")
    if not isinstance(synapse, nn.Linear):
        raise ValueError(f"Spiking.own: goes with an nn.Linear as synapse, got {type(synapse).__name__}")
    if not own.in_features == own.out_features == synapse.out_features:
        raise ValueError(
            f"Spiking.own: must have {synapse.out_features} inputs and outputs, as the synapse has outputs, "
            f"got {own.in_features} and {own.out_features}"
        )


def _cast(weight: Tensor) -> Tensor:
    """Return weights in the format of an automatic cast, where there is one."""
    kind = weight.device.type
    return weight.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else weight


class Pool(nn.Module):
    """Pool squares of ``size`` by ``size`` inputs, their sum or their average; rows that fill no square are dropped.

    Shapes
    ------
    forward(spikes) : (T, batch, channels, height, width) -> the same with height and width divided
    """

    def __init__(self, size: int, *, average: bool = True) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"Pool.size: must be at least 1, got {size}")
        self.size, self.average = size, average

    def forward(self, spikes: Tensor) -> Tensor:
        """Pool each step by itself."""
        pooled = nn.functional.avg_pool2d(spikes.flatten(0, 1), self.size).unflatten(0, spikes.shape[:2])
        return pooled if self.average else pooled * self.size**2

    def extra_repr(self) -> str:
        """Tell what matters in a print of the model."""
        return f"{self.size}, average={self.average}"


class Reshape(nn.Module):
    """Give each sample of a step another shape: (T, batch, ...) -> (T, batch, *shape)."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, spikes: Tensor) -> Tensor:
        """Reshape all but steps and batch; steps that share their memory still do."""
        if len(spikes) > 1 and spikes.stride(0) == 0:
            return spikes[0].reshape(-1, *self.shape).expand(len(spikes), -1, *self.shape)
        return spikes.reshape(*spikes.shape[:2], *self.shape)

    def extra_repr(self) -> str:
        """Tell what matters in a print of the model."""
        return str(self.shape)


class Dropout(nn.Module):
    """While training, silence inputs with probability `p`, each for a whole sequence; scale the others up."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"Dropout.p: must be at least 0 and below 1, got {p}")
        self.p = p

    def forward(self, spikes: Tensor) -> Tensor:
        """Drop, the same inputs at all steps."""
        if not self.training or self.p == 0:
            return spikes
        return spikes * nn.functional.dropout(torch.ones_like(spikes[0]), self.p)

    def extra_repr(self) -> str:
        """Tell what matters in a print of the model."""
        return f"p={self.p}"


@contextmanager
def recorded(model: nn.Module) -> Iterator[list[Tensor]]:
    """Give a list to which each layer of neurons adds what it returns, while the context lasts."""
    found: list[Tensor] = []

    def hook(module: nn.Module, given: object, output: Tensor) -> None:
        found.append(output)

    hooks = [layer.register_forward_hook(hook) for layer in spiking_layers(model)]
    try:
        yield found
    finally:
        for handle in hooks:
            handle.remove()


def spiking_layers(model: nn.Module) -> list[Spiking]:
    """Return all layers of neurons of a model, in order."""
    return [module for module in model.modules() if isinstance(module, Spiking)]
