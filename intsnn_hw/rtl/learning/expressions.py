"""Trace, gradient and surrogate as combinational logic; the twins of :mod:`golden.learning`."""

from amaranth.hdl import Module, Mux, Signal, Value, signed

from golden.config import GRADIENT_WIDTH, LearningLayer, Parameter

from ..arith import round_pow2, saturate, shift_ceil, shift_round


def inference_value(m: Module, stored: Value, parameter: Parameter, name: str) -> Signal:
    """Return the inference value of what is stored of a parameter: its upper bits, rounded half up and saturated.

    Intermediate results are signals: an expression used several times would be built as often.
    """
    rounded = shift_round(stored, parameter.stored_width - parameter.width)
    upper, value = Signal(rounded.shape(), name=f"{name}_upper"), Signal(signed(parameter.width), name=name)
    m.d.comb += [upper.eq(rounded), value.eq(saturate(upper, parameter.width))]
    return value


def surrogate(integrated: Value, layer: LearningLayer) -> Value:
    """Return the boxcar surrogate of a membrane before reset."""
    low, high = layer.surrogate_window
    if low == 0:
        return ~integrated[high.bit_length() - 1 :].any()
    return (integrated >= low) & (integrated < high)


def leak_trace(trace: Value, trace_shift: int | None) -> Value:
    """Return ``x - ceil(x / 2^trace_shift)``, the trace itself where `trace_shift` is None."""
    return trace if trace_shift is None else (trace - shift_ceil(trace, trace_shift))[: len(trace)]


def power_of_two(magnitude: Value) -> tuple[Value, Value]:
    """Return ``round_pow2(min(magnitude, 127))`` as whether it is above 0, and its exponent."""
    limit = (1 << (GRADIENT_WIDTH - 1)) - 1
    over = magnitude[GRADIENT_WIDTH - 1 :].any() if len(magnitude) >= GRADIENT_WIDTH else 0
    exponent, active = round_pow2(Mux(over, limit, magnitude[: GRADIENT_WIDTH - 1]))
    return active, exponent
