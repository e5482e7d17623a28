"""Graded-spike LIF neurons over a whole sequence, with the gradient through time written out."""

from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from .surrogate import SURROGATES

Reset = Literal["soft", "hard", "none"]
RESETS: tuple[str, ...] = get_args(Reset)


class Synaptic(NamedTuple):
    """A synaptic current: what it keeps in a step, and its saturation; the other fields as of :class:`Dynamics`."""

    decay: float
    leak_shift: int | None = None
    bounds: tuple[float, float] | None = None


class Dynamics(NamedTuple):
    """What a neuron does in a step; membranes in any unit, which `level` fixes.

    Attributes
    ----------
    spike_bits : int
        n; 0 for neurons that do not fire.
    level : float
        First firing level: level i fires at ``i * level``, theta is ``(2^n - 1) * level``.
    amount : float or None
        What a soft reset subtracts for each level of a spike; None: `level`.
    initial : float
        Membrane in front of the first step.
    synaptic : Synaptic or None
        A current between the sum and the membrane, in the unit of the sum.
    current_shift : int
        The sum, or the synaptic current, of a step is divided by ``2^current_shift`` and
        rounded down before it is added.
    reset : {"soft", "hard", "none"}
    detach_reset : bool
        Pass no gradient through the reset.
    surrogate : str
        Of :data:`train.bptt.surrogate.SURROGATES`.
    slope, centre : float
        Of the surrogate, at the normalised membrane ``U / theta``.
    whole : bool
        Membranes are whole numbers: one leaked by a fixed-point factor is rounded down.
    leak_shift : int or None
        Leak by ``U - floor(U / 2^leak_shift)``, the decay being ``1 - 2^-leak_shift``.
    bounds : (float, float) or None
        Saturation of the membrane.
    """

    spike_bits: int
    level: float
    reset: Reset
    detach_reset: bool
    surrogate: str
    slope: float
    centre: float
    whole: bool = False
    leak_shift: int | None = None
    bounds: tuple[float, float] | None = None
    amount: float | None = None
    initial: float = 0.0
    synaptic: Synaptic | None = None
    current_shift: int = 0

    @property
    def reset_amount(self) -> float:
        """What a soft reset subtracts for each level of a spike."""
        return self.level if self.amount is None else self.amount

    @property
    def max_spike(self) -> int:
        """Highest level, ``2^n - 1``."""
        return (1 << self.spike_bits) - 1


def lif_sequence(
    current: Tensor, decay: Tensor | None, dynamics: Dynamics, own: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Run neurons over all steps, from the initial membrane.

    In each step, in the order of :mod:`golden.neuron`: ``U <- decay U``, ``U <- saturate(U + current)``, fire, reset.
    Neurons with weights of their `own` spikes add, before saturation, what those of the step before send: one matrix
    product a step, and one a step for its gradient.

    Parameters
    ----------
    current : Tensor (T, ...)
        Summed input of each step, in units of the membrane.
    decay : Tensor of one element, or None
        Share of the membrane that a step keeps; None: all.
    dynamics : Dynamics
    own : Tensor (n, n), optional
        Of neurons that fire, `current` being (T, batch, n): what a level of neuron k adds to neuron j a step later, in
        row j, column k. Its products are made in its own format.

    Returns
    -------
    spikes : Tensor (T, ...)
        Levels 0 .. 2^n - 1; zeros where n is 0.
    membranes : Tensor (T, ...)
        After reset. Gradients flow through both.
    """
    return _LifSequence.apply(current, decay, dynamics, own)  # pyright: ignore[reportReturnType]


class _LifSequence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, current: Tensor, decay: Tensor | None, dynamics: Dynamics, own: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        before, spikes = torch.empty_like(current), torch.zeros_like(current)
        membranes = torch.empty_like(current)
        synaptic = dynamics.synaptic
        currents = torch.zeros_like(current) if synaptic else current
        inside = torch.ones_like(current, dtype=torch.bool) if synaptic else None
        for t in range(len(current)):
            arrived = before[t]
            total = current[t]
            if own is not None and t > 0:
                total = _add_product(total.clone(), spikes[t - 1], own.T)
            if synaptic is not None:
                if t:
                    _leak(currents[t - 1], synaptic.decay, synaptic.leak_shift, dynamics.whole, currents[t])
                total = currents[t].add_(total)
                if synaptic.bounds is not None and inside is not None:
                    inside[t] = (total >= synaptic.bounds[0]) & (total <= synaptic.bounds[1])
                    total.clamp_(*synaptic.bounds)
            if dynamics.current_shift:
                total = torch.floor(total * 2.0**-dynamics.current_shift)
            if t == 0 and not dynamics.initial:
                arrived.copy_(total)
            else:
                kept = membranes[t - 1] if t else torch.full_like(arrived, dynamics.initial)
                if decay is None:
                    torch.add(kept, total, out=arrived)
                else:
                    _leak(kept, decay, dynamics.leak_shift, dynamics.whole, arrived)
                    arrived.add_(total)
            membrane = arrived if dynamics.bounds is None else arrived.clamp(*dynamics.bounds)
            if dynamics.spike_bits:
                spike = _fire(membrane, dynamics, spikes[t])
                if dynamics.reset == "soft":
                    torch.sub(membrane, spike, alpha=dynamics.reset_amount, out=membranes[t])
                    continue
                if dynamics.reset == "hard":
                    torch.mul(membrane, spike == 0, out=membranes[t])
                    continue
            membranes[t].copy_(membrane)
        needed = decay is not None and ctx.needs_input_grad[1]
        ctx.save_for_backward(before, spikes, membranes if needed else None, decay, own, inside)
        ctx.dynamics = dynamics
        return spikes, membranes

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor | None, None, Tensor | None]:
        to_spikes, to_membranes = gradients
        before, spikes, membranes, decay, own, within = ctx.saved_tensors
        dynamics: Dynamics = ctx.dynamics
        to_current = torch.empty_like(before)
        to_decay = None if membranes is None else torch.zeros((), dtype=before.dtype, device=before.device)
        carried, carried_current = torch.zeros_like(before[0]), torch.zeros_like(before[0])
        for t in range(len(before) - 1, -1, -1):
            carried = carried + to_membranes[t]
            arrived = before[t]
            inside = None
            membrane = arrived
            if dynamics.bounds is not None:
                low, high = dynamics.bounds
                membrane = arrived.clamp(low, high)
                inside = membrane == arrived
            if dynamics.spike_bits:
                to_spike = to_spikes[t]
                if own is not None and t + 1 < len(before):
                    to_spike = _add_product(to_spike.clone(), to_current[t + 1], own)
                carried = _through_spike(carried, to_spike, membrane, spikes[t], dynamics)
            if inside is not None:
                carried = carried * inside
            to_current[t] = carried * 2.0**-dynamics.current_shift if dynamics.current_shift else carried
            if dynamics.synaptic is not None:
                to_current[t] = (to_current[t] + carried_current) * within[t]
                carried_current = to_current[t] * dynamics.synaptic.decay
            if decay is not None:
                if to_decay is not None and membranes is not None:
                    to_decay += (carried * (membranes[t - 1] if t else dynamics.initial)).sum()
                carried = carried * decay
        if to_decay is not None:
            to_decay = to_decay.reshape(ctx.saved_tensors[3].shape)
        to_own = None
        if own is not None and ctx.needs_input_grad[3]:
            received, sent = to_current[1:].flatten(0, 1).to(own.dtype), spikes[:-1].flatten(0, 1).to(own.dtype)
            to_own = received.T @ sent
        return to_current, to_decay, None, to_own


def _add_product(total: Tensor, values: Tensor, weight: Tensor) -> Tensor:
    """Add ``values @ weight``, made in the format of the weights, in place."""
    if weight.dtype == total.dtype:
        return total.addmm_(values, weight)
    return total.add_(values.to(weight.dtype) @ weight)


def _fire(membrane: Tensor, dynamics: Dynamics, out: Tensor) -> Tensor:
    """Write the spikes; a single level is compared, since dividing by one that is no power of two would round."""
    if dynamics.max_spike == 1:
        return out.copy_(membrane >= dynamics.level)
    return torch.mul(membrane, 1 / dynamics.level, out=out).floor_().clamp_(0, dynamics.max_spike)


def _leak(value: Tensor, decay: Tensor | float, leak_shift: int | None, whole: bool, out: Tensor) -> None:
    """Write what a step leaves of membranes or currents."""
    if leak_shift is not None:
        torch.mul(value, 2.0**-leak_shift, out=out)
        torch.sub(value, out.floor_(), out=out)
        return
    torch.mul(value, decay, out=out)
    if whole:
        out.floor_()


def _through_spike(carried: Tensor, to_spike: Tensor, membrane: Tensor, spike: Tensor, dynamics: Dynamics) -> Tensor:
    """Return the gradient at the membrane before the spike, from those at spike and membrane after it."""
    theta = dynamics.max_spike * dynamics.level
    # ds/dU: the normalised slope, of a spike of max_spike levels over a membrane of theta.
    slope = SURROGATES[dynamics.surrogate](membrane / theta - dynamics.centre, dynamics.slope) / dynamics.level
    if dynamics.reset == "soft":
        kept = carried
        if not dynamics.detach_reset:
            to_spike = to_spike - carried * dynamics.reset_amount
    elif dynamics.reset == "hard":
        kept = carried * (spike == 0)
        if not dynamics.detach_reset:
            # The cleared membrane is U (1 - fired); fired has the slope of the whole spike, s / max_spike.
            to_spike = to_spike - carried * membrane / dynamics.max_spike
    else:
        kept = carried
    return torch.addcmul(kept, to_spike, slope)
