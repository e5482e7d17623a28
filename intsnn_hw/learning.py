"""Error, gradient and surrogate as combinational logic; the twins of :mod:`golden.learning`."""

from amaranth.hdl import Mux, Value

from golden.config import GRADIENT_WIDTH, NeuronConfig, ResolvedLayer

from .arith import round_pow2, saturate, shift_round


def inference_weight(shadow: Value, layer: ResolvedLayer) -> Value:
    """Return the inference weight: the shadow weight's upper bits, rounded half up and saturated."""
    return saturate(shift_round(shadow, layer.stored_width - layer.weight_width), layer.weight_width)


def surrogate(integrated: Value, config: NeuronConfig) -> Value:
    """Return the boxcar surrogate, 1 where ``0 <= U < 2^(k+n)`` before reset."""
    return ~integrated[config.threshold_shift + config.spike_width :].any()


def output_error(score: Value, is_label: Value, margin: int) -> tuple[Value, Value]:
    """Return whether a class has an error, and whether it is negative (it is where the class is the true one)."""
    return Mux(is_label, score < margin, score > -margin), is_label


def gradient(product: Value, error_shift: int) -> tuple[Value, Value, Value]:
    """Return ``round_pow2(clip(shift_round(d * S, error_shift), -127, 127))`` as (active, negative, exponent)."""
    shifted = shift_round(product, error_shift)
    negative = shifted[-1]
    limit = (1 << (GRADIENT_WIDTH - 1)) - 1
    magnitude = Mux(negative, -shifted, shifted)[: len(shifted)]
    over = magnitude[GRADIENT_WIDTH - 1 :].any() if len(magnitude) >= GRADIENT_WIDTH else 0
    exponent, active = round_pow2(Mux(over, limit, magnitude[: GRADIENT_WIDTH - 1]))
    return active, negative, exponent
