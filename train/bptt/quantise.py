"""Quantisation with a straight-through gradient: the integers of :mod:`golden` in the forward pass."""

from typing import Any

import torch
from torch import Tensor

from golden.fixed import signed_range


class _Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, rounded: Tensor) -> Tensor:
        return rounded

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        return gradients[0], None


def straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """Return `rounded`, with the gradient passed to `value` as it is."""
    return _Straight.apply(value, rounded)  # pyright: ignore[reportReturnType]


def round_half_up(value: Tensor) -> Tensor:
    """Round to whole numbers, halves up, as :func:`golden.fixed.shift_round` does."""
    return torch.floor(value + 0.5)


def shadow_weight(weight: Tensor, scale: float | Tensor, weight_width: int, shadow_width: int) -> Tensor:
    """Return shadow weights as whole numbers: `weight` in units of ``2^-(shadow_width - weight_width) / scale``.

    Rounded in 64 bits, so that a model has the same integers in any format.
    """
    low, high = signed_range(shadow_width)
    wide = weight.double() * (scale * 2.0 ** (shadow_width - weight_width))
    return round_half_up(wide).clamp(low, high).to(weight.dtype)


def inference_weight(shadow: Tensor, weight_width: int, shadow_width: int) -> Tensor:
    """Return the rounded upper bits of shadow weights; the twin of :func:`golden.synapse.inference_weight`."""
    low, high = signed_range(weight_width)
    return round_half_up(shadow * 2.0 ** (weight_width - shadow_width)).clamp(low, high)


def quantise_weight(
    weight: Tensor, scale: float | Tensor, weight_width: int, shadow_width: int | None = None
) -> Tensor:
    """Return inference weights as whole numbers, gradients as of ``weight * scale`` where that is in range.

    Parameters
    ----------
    weight : Tensor
    scale : float or Tensor
        LSBs of the sum of a step for a weight of 1 and a spike of one level, in 64 bits; a tensor is broadcast.
    weight_width : int
        Bits Bw, 2..24.
    shadow_width : int, optional
        Bits Bs of the shadow weights of a network that learns on line: its inference weights are rounded twice.
    """
    stored = weight_width if shadow_width is None else shadow_width
    shadow = shadow_weight(weight.detach(), scale, weight_width, stored)
    rounded = inference_weight(shadow, weight_width, stored)
    scaled = (weight * scale).to(weight.dtype)
    low, high = signed_range(weight_width)
    return straight_through(scaled.clamp(low - 0.5, high + 0.5), rounded)


def fitting_shift(weight: Tensor, scale: float | Tensor, weight_width: int, highest: int) -> int:
    """Return the shift ``k`` in ``0..highest`` at which ``weight * scale * 2^k`` loses least as integers.

    The loss is the mean square error of the weights; the lowest shift wins a tie.
    """
    weight = weight.detach().double()
    errors = []
    for shift in range(highest + 1):
        unit = scale * 2.0**shift
        errors.append(float((quantise_weight(weight, unit, weight_width) / unit - weight).square().mean()))
    return errors.index(min(errors))
