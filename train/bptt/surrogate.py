"""Surrogate derivatives of the graded spike: what a staircase passes back in place of its own slope.

A neuron of ``n`` bits emits ``s = clip(floor(U / level), 0, L)`` with ``L = 2^n - 1`` and ``level = theta / L``
(ETH 2025, eq. 3.1). Membrane and spike are normalised here, ``u = U / theta`` and ``s / L``, so that one function
serves every n.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Kind = Literal["sigmoid", "arctan", "boxcar", "triangular"]
Centre = Literal["staircase", "theta", "zero"]
CENTRES: tuple[str, ...] = ("staircase", "theta", "zero")


def _sigmoid(x: Tensor, slope: float) -> Tensor:
    value = torch.sigmoid(slope * x)
    return slope * value * (1 - value)


def _arctan(x: Tensor, slope: float) -> Tensor:
    return slope / 2 / (1 + (math.pi / 2 * slope * x).square())


def _boxcar(x: Tensor, slope: float) -> Tensor:
    return slope * (x.abs() < 0.5 / slope).to(x.dtype)


def _triangular(x: Tensor, slope: float) -> Tensor:
    return slope * (1 - slope * x.abs()).clamp(min=0)


SURROGATES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "sigmoid": _sigmoid,
    "arctan": _arctan,
    "boxcar": _boxcar,
    "triangular": _triangular,
}
"""By name: the derivative at the distance ``x = u - centre`` of the normalised membrane, of integral 1 at any slope."""

SLOPES: dict[str, float] = {"sigmoid": 4.0, "arctan": 2.0, "boxcar": 1.0, "triangular": 1.0}
"""Slope of each where none is given; a boxcar of slope 1 is the window ``0 <= U < 2 theta 2^(n-1) / L`` of the
integer rule."""


def centre_of(centre: Centre, spike_bits: int) -> float:
    """Return the normalised membrane at which a surrogate peaks.

    ``staircase``: the middle of the levels, ``2^(n-1) / (2^n - 1)``, which is theta less the shift of ETH 2025,
    eq. 3.2, ``(2^(n-1) - 1) / (2^n - 1) * theta``; ``theta``: not shifted; ``zero``: shifted by theta, as the thesis's
    listing has it.
    """
    if centre == "theta":
        return 1.0
    return 0.0 if centre == "zero" else 2 ** (spike_bits - 1) / (2**spike_bits - 1)
