"""The inference weight made from the shadow weight."""

from ..fixed import IntArray, saturate, shift_round


def inference_weight(shadow: IntArray, shadow_width: int, weight_width: int) -> IntArray:
    """Return ``saturate(shift_round(W, Bs - Bw), Bw)``: the rounded upper bits of the shadow weight (Maastricht 2025).

    Rounding is half up; the saturation matters only for the highest shadow weights, which would round up to
    ``2^(Bw-1)``.
    """
    return saturate(shift_round(shadow, shadow_width - weight_width), weight_width)
