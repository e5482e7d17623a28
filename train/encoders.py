"""Spikes as torch tensors, for training with gradients: encoders of values 0..1, and the golden model's own spikes.

All return shape (n_steps, batch, ...). torch is loaded when a function is called, not when this module is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from golden.config import EncodingConfig
from golden.encoding import Events, encode
from golden.fixed import IntArray

if TYPE_CHECKING:
    from torch import Generator, Tensor  # pyright: ignore[reportMissingImports]


def poisson(values: Tensor, n_steps: int, max_level: int = 1, generator: Generator | None = None) -> Tensor:
    """Draw a level at each step, anew and independently, whose mean is ``value * max_level``.

    The level below or the one above, by chance in the measure of the distance: with `max_level` 1 a spike with the
    probability of the value, in general the stochastic rounding of the encoding ``rate``.

    Parameters
    ----------
    values : Tensor
        Floats 0..1, shape (batch, ...).
    n_steps, max_level : int
        `max_level` is ``2^n - 1`` for spikes of n bits.
    generator : torch.Generator, optional
        Of the device of `values`; torch's own where left out.

    Returns
    -------
    Tensor
        Levels 0..max_level in the type of `values`, shape (n_steps, batch, ...).
    """
    import torch  # pyright: ignore[reportMissingImports]

    scaled = values * max_level
    below = scaled.floor()
    shape = (n_steps, *values.shape)
    drawn = torch.rand(shape, generator=generator, dtype=values.dtype, device=values.device)
    return below + (drawn < scaled - below).to(values.dtype)


def direct(values: Tensor, n_steps: int, max_level: int | None = None) -> Tensor:
    """Show the same at every step: the values themselves, or the nearest of the levels 0..max_level, halves up.

    Parameters
    ----------
    values : Tensor
        Floats 0..1, shape (batch, ...).
    n_steps : int
    max_level : int, optional
        ``2^n - 1`` for spikes of n bits.

    Returns
    -------
    Tensor
        In the type of `values`, shape (n_steps, batch, ...); a view that repeats one step.
    """
    shown = values if max_level is None else (values * max_level + 0.5).floor()
    return shown.expand(n_steps, *values.shape)


def latency(values: Tensor, n_steps: int, max_level: int = 1) -> Tensor:
    """Send one spike of `max_level`, the earlier the higher the value: at step ``floor((1 - value) * n_steps)``.

    Value 1 spikes at step 0, the smallest at the last; value 0 never.

    Parameters
    ----------
    values : Tensor
        Floats 0..1, shape (batch, ...).
    n_steps, max_level : int

    Returns
    -------
    Tensor
        0 or max_level in the type of `values`, shape (n_steps, batch, ...).
    """
    import torch  # pyright: ignore[reportMissingImports]

    step = ((1 - values) * n_steps).floor().clamp(max=n_steps - 1)
    steps = torch.arange(n_steps, device=values.device).reshape(-1, *(1 for _ in values.shape))
    return ((step == steps) & (values > 0)).to(values.dtype) * max_level


def golden_spikes(values: np.ndarray | Tensor, encoding: EncodingConfig, n_steps: int) -> Tensor:
    """Return exactly the spikes that the golden model and the hardware see: those of :func:`golden.encoding.encode`.

    Parameters
    ----------
    values : ndarray or Tensor
        Unsigned integers of ``value_width`` bits, shape (batch, ...); inputs are numbered in C order.
    encoding : EncodingConfig
        Of any kind but ``events``; for those see :func:`events_to_dense`.
    n_steps : int

    Returns
    -------
    Tensor
        float32 levels ``0..2^spike_width - 1``, shape (n_steps, batch, ...), on the device of `values`.

    Raises
    ------
    ConfigError
        Kind ``events``.
    """
    import torch  # pyright: ignore[reportMissingImports]

    device = values.device if isinstance(values, torch.Tensor) else None
    array = values.cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    spikes = encode(array.reshape(len(array), -1), encoding, n_steps).swapaxes(0, 1).astype(np.float32)
    return torch.from_numpy(spikes.reshape(n_steps, *array.shape)).to(device)


def events_to_dense(events: Events, samples: IntArray | None = None) -> Tensor:
    """Return the levels of some samples, in that order, or of all: float32 (n_steps, batch, n_inputs)."""
    import torch  # pyright: ignore[reportMissingImports]

    chosen = events if samples is None else events.select(samples)
    rows = np.repeat(np.arange(len(chosen.offsets) - 1), np.diff(chosen.offsets))
    dense = np.zeros((len(chosen.offsets) - 1, chosen.n_inputs), np.float32)
    dense[rows, chosen.addresses] = chosen.levels
    return torch.from_numpy(dense.reshape(-1, chosen.n_steps, chosen.n_inputs)).swapaxes(0, 1)
