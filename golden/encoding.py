"""Input encodings: unsigned values become graded spikes over the time steps. Pure functions of value and config."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .config import EncodingConfig
from .errors import ConfigError
from .fixed import IntArray, Lfsr, saturate_unsigned, shift_floor

CHUNK_SPIKES = 1 << 18
"""Spikes that are encoded at a time: 2 MiB an array, which stays in the cache, whatever the samples and steps."""


def encode(values: IntArray, config: EncodingConfig, n_steps: int) -> IntArray:
    """Return the input spikes of `n_steps` time steps.

    ``single_shot``: the upper bits of the value, at step 0 only. ``every_step``: the same at every step. ``rate``:
    ``(v * (2^n - 1) + r) >> value_width`` with r fresh LFSR bits for each step and input, so that the mean is
    ``v / 2^value_width`` of the highest level; the LFSR restarts for each sample. ``latency``: one spike of the
    highest level at step ``((2^value_width - 1 - v) * n_steps) >> value_width``, none for value 0.

    Parameters
    ----------
    values : IntArray
        Unsigned values of ``value_width`` bits, shape (..., n_inputs).

    Returns
    -------
    IntArray
        Shape (..., n_steps, n_inputs), ``0..2^spike_width - 1``.

    Raises
    ------
    ConfigError
        ``events``: such samples are no values.
    """
    if config.kind == "events":
        raise ConfigError("EncodingConfig.kind: 'events' takes samples that are events already, not values to encode")
    values = np.asarray(values, np.int64)
    spikes = np.zeros((*values.shape[:-1], n_steps, values.shape[-1]), np.int64)
    max_spike = (1 << config.spike_width) - 1
    if config.kind in ("single_shot", "every_step"):
        level = saturate_unsigned(shift_floor(values, config.value_width - config.spike_width), config.spike_width)
        steps = slice(0, 1) if config.kind == "single_shot" else slice(None)
        spikes[..., steps, :] = level[..., None, :]
    elif config.kind == "rate":
        noise = rate_noise(config, n_steps, values.shape[-1])
        spikes[:] = shift_floor(values[..., None, :] * max_spike + noise, config.value_width)
    else:
        step = shift_floor(((1 << config.value_width) - 1 - values) * n_steps, config.value_width)
        hit = (step[..., None, :] == np.arange(n_steps)[:, None]) & (values[..., None, :] > 0)
        spikes[hit] = max_spike
    return spikes


@cache
def rate_noise(config: EncodingConfig, n_steps: int, n_inputs: int) -> IntArray:
    """Return the LFSR bits of the rate encoding, shape (n_steps, n_inputs), ``value_width`` fresh bits each."""
    lfsr = Lfsr(config.seed)
    noise = np.empty(n_steps * n_inputs, np.int64)
    for index in range(noise.size):
        for _ in range(config.value_width):
            lfsr.draw()
        noise[index] = lfsr.state
    return (noise & ((1 << config.value_width) - 1)).reshape(n_steps, n_inputs)


class Events(NamedTuple):
    """Spikes of many samples as a compressed list of events, in order of sample, step and address.

    Attributes
    ----------
    offsets : (n_samples * n_steps + 1,) int64
        Events of sample n, step t are ``offsets[n * n_steps + t] : offsets[n * n_steps + t + 1]``.
    addresses : (n_events,) int32
        Input index of each event.
    levels : (n_events,) uint8
        Graded spike of each event, above 0.
    n_steps, n_inputs : int
    """

    offsets: NDArray[np.int64]
    addresses: NDArray[np.int32]
    levels: NDArray[np.uint8]
    n_steps: int
    n_inputs: int

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return (len(self.offsets) - 1) // self.n_steps

    def take(self, start: int, stop: int) -> "Events":
        """Return the events of samples ``start..stop - 1``."""
        offsets = self.offsets[start * self.n_steps : stop * self.n_steps + 1]
        inside = slice(offsets[0], offsets[-1])
        return Events(offsets - offsets[0], self.addresses[inside], self.levels[inside], self.n_steps, self.n_inputs)

    def select(self, order: IntArray) -> "Events":
        """Return the events of the given samples, in that order; a sample may occur several times."""
        steps = (np.asarray(order, np.int64)[:, None] * self.n_steps + np.arange(self.n_steps)).ravel()
        counts = np.diff(self.offsets)[steps]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        source = np.arange(offsets[-1]) + np.repeat(self.offsets[steps] - offsets[:-1], counts)
        return Events(offsets, self.addresses[source], self.levels[source], self.n_steps, self.n_inputs)


def to_events(spikes: IntArray) -> Events:
    """Compress spikes of shape (n_samples, n_steps, n_inputs) into events."""
    n_inputs = spikes.shape[-1]
    levels = spikes.astype(np.uint8).reshape(-1)
    places = np.flatnonzero(levels != 0)  # of a flat array of booleans, which numpy searches fastest
    rows, addresses = np.divmod(places, n_inputs)
    counts = np.bincount(rows, minlength=levels.size // n_inputs)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Events(offsets, addresses.astype(np.int32), levels[places], *spikes.shape[-2:])


def encode_events(values: IntArray, config: EncodingConfig, n_steps: int) -> Events:
    """Encode values of shape (n_samples, n_inputs) straight into events, a cacheful of spikes at a time."""
    size = max(1, CHUNK_SPIKES // (n_steps * values.shape[-1]))
    chunks = [to_events(encode(values[at : at + size], config, n_steps)) for at in range(0, max(len(values), 1), size)]
    starts = np.cumsum([0, *(len(chunk.levels) for chunk in chunks)])
    return Events(
        np.concatenate([[0], *(chunk.offsets[1:] + start for chunk, start in zip(chunks, starts, strict=False))]),
        np.concatenate([chunk.addresses for chunk in chunks]),
        np.concatenate([chunk.levels for chunk in chunks]),
        n_steps,
        values.shape[-1],
    )
