"""One time step of a layer of leaky integrate-and-fire neurons, in the order leak, integrate, fire, reset."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .config import Leak, NeuronConfig
from .fixed import IntArray, saturate, shift_floor


class NeuronState(NamedTuple):
    """What neurons keep from step to step, one array for each field; widths are those of ``state_widths``.

    The synaptic current is 0 in neurons without one.
    """

    membrane: IntArray
    current: IntArray

    @classmethod
    def initial(cls, shape: tuple[int, ...], config: NeuronConfig) -> "NeuronState":
        """Return the state in which every sample begins."""
        return cls(membrane=np.full(shape, config.initial, np.int64), current=np.zeros(shape, np.int64))

    @classmethod
    def stack(cls, states: Iterable["NeuronState"], axis: int = 0) -> "NeuronState":
        """Join states along a new axis, as that of the steps."""
        return cls(*(np.stack(field, axis=axis) for field in zip(*states, strict=True)))


class LifStep(NamedTuple):
    """Result of a step: `state` after reset, graded `spike`, `integrated` membrane before reset; of one shape."""

    state: NeuronState
    spike: IntArray
    integrated: IntArray


def leak(value: IntArray, config: Leak) -> IntArray:
    """Leak membranes or currents by shift or by fixed-point factor, rounding down; LSBs in and out."""
    if config.leak_shift is not None:
        return value - shift_floor(value, config.leak_shift)
    if config.leak_factor is not None and config.leak_frac is not None:
        return shift_floor(value * config.leak_factor, config.leak_frac)
    return value


def current_step(kept: IntArray, current: IntArray, config: NeuronConfig) -> tuple[IntArray, IntArray]:
    """Return the synaptic current after a step and what the membrane gets: it, or the exact input sum itself."""
    if config.synaptic is None:
        return kept, current
    after = saturate(leak(kept, config.synaptic) + current, config.synaptic.width)
    return after, after


def integrate(membrane: IntArray, current: IntArray, config: NeuronConfig) -> IntArray:
    """Leak, add a sum or synaptic current without its guard bits, and saturate once to ``membrane_width``."""
    return saturate(leak(membrane, config) + shift_floor(current, config.current_shift), config.membrane_width)


def fire(integrated: IntArray, config: NeuronConfig) -> IntArray:
    """Return the graded spike ``clip(U >> threshold_shift, 0, 2^n - 1)`` (ETH 2025, eq. 3.1), or ``U >= threshold``."""
    if config.threshold is not None:
        return (integrated >= config.threshold).astype(np.int64)
    return np.clip(shift_floor(integrated, config.threshold_shift), 0, config.max_spike)


def reset(integrated: IntArray, spike: IntArray, config: NeuronConfig) -> IntArray:
    """Reset after a spike: soft subtracts its level, or a constant, hard clears, none keeps."""
    if config.reset == "soft":
        return integrated - spike * config.amount
    if config.reset == "hard":
        return np.where(spike > 0, 0, integrated)
    return integrated


def lif_step(state: NeuronState, current: IntArray, config: NeuronConfig) -> LifStep:
    """Advance firing neurons by one time step; arrays of any one shape, membrane LSBs."""
    kept, arriving = current_step(state.current, current, config)
    integrated = integrate(state.membrane, arriving, config)
    spike = fire(integrated, config)
    return LifStep(NeuronState(reset(integrated, spike, config), kept), spike, integrated)


def readout_step(state: NeuronState, current: IntArray, config: NeuronConfig) -> LifStep:
    """Advance neurons that never fire: leak and integrate only; the spike is 0."""
    kept, arriving = current_step(state.current, current, config)
    integrated = integrate(state.membrane, arriving, config)
    return LifStep(NeuronState(integrated, kept), np.zeros_like(integrated), integrated)
