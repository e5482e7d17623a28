"""Leak, fire and reset of one neuron as combinational logic; the twins of :mod:`golden.neuron`.

The sum between leak and fire saturates in :class:`intsnn_hw.rtl.inference.fire_sweep.FireSweep`.
"""

from amaranth.hdl import Mux, Value

from golden.config import NeuronConfig

from ..arith import clip_unsigned, multiply_constant, shift_floor


def leak(membrane: Value, config: NeuronConfig) -> Value:
    """Leak a membrane by shift or by fixed-point factor, rounding down."""
    if config.leak_shift is not None:
        return (membrane - shift_floor(membrane, config.leak_shift))[: config.membrane_width].as_signed()
    if config.leak_factor is not None and config.leak_frac is not None:
        return shift_floor(multiply_constant(membrane, config.leak_factor), config.leak_frac)
    return membrane


def fire(integrated: Value, config: NeuronConfig) -> Value:
    """Return the graded spike: the upper bits of the membrane, clipped (ETH 2025, eq. 3.1)."""
    return clip_unsigned(shift_floor(integrated, config.threshold_shift), config.spike_width)


def reset(integrated: Value, spike: Value, config: NeuronConfig) -> Value:
    """Reset after a spike: soft subtracts its level, hard clears, none keeps."""
    if config.reset == "soft":
        return (integrated - shift_floor(spike, -config.threshold_shift))[: config.membrane_width].as_signed()
    if config.reset == "hard":
        return Mux(spike.any(), 0, integrated)
    return integrated
