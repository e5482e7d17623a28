"""How large the membranes and spikes of a network become, by float simulation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.nir.dynamics import Discrete
from train.nir.simulate import after, current, run

DENSITY, SAMPLES, SEED = 0.25, 16, 0
"""Of the random spikes that stand for data where there is none."""

MARGIN, RANDOM_MARGIN = 1.25, 2.0
"""Room for membranes above the largest that is seen, on data and on random spikes."""

_ELEMENTS = 1 << 22
"""Membranes that are kept at a time."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was seen.

    Attributes
    ----------
    where : str
        The data, for messages.
    largest : tuple of float
        |membrane| of each layer, before and behind the reset, in the coordinate of :class:`Discrete`.
    currents : tuple of float
        |synaptic current| of each layer; 0 where it has none.
    levels : tuple of int
        Highest spike of each layer.
    input_level : int
        Highest spike of the input.
    margin : float
        By which `largest` and `currents` may be exceeded.
    """

    where: str
    largest: tuple[float, ...]
    currents: tuple[float, ...]
    levels: tuple[int, ...]
    input_level: int
    margin: float = MARGIN


def random_spikes(n_inputs: int, n_steps: int) -> NDArray[np.uint8]:
    """Return spikes (steps, samples, inputs) that come with a probability of :data:`DENSITY`."""
    rng = np.random.default_rng(SEED)
    return (rng.random((n_steps, SAMPLES, n_inputs)) < DENSITY).astype(np.uint8)


def calibrate(
    layers: Sequence[Discrete],
    spikes: NDArray[Any],
    where: str,
    *,
    margin: float = MARGIN,
    advance: Callable[[int], None] = lambda samples: None,
) -> Calibration:
    """Run a network in float64 over spikes (steps, samples, inputs)."""
    largest, currents, levels = [0.0] * len(layers), [0.0] * len(layers), [0] * len(layers)
    for block in blocks(layers, spikes.shape[0], spikes.shape[1]):
        x = spikes[:, block].astype(np.float64)
        for index, layer in enumerate(layers):
            trace = run(layer, x)
            behind = after(layer, trace.membranes, trace.spikes)
            largest[index] = max(largest[index], float(np.abs(trace.membranes).max()), float(np.abs(behind).max()))
            currents[index] = max(currents[index], _largest_current(layer, x, trace.spikes))
            levels[index] = max(levels[index], int(trace.spikes.max()))
            x = trace.spikes
        advance(x.shape[1])
    return Calibration(
        where=where, largest=tuple(largest), currents=tuple(currents), levels=tuple(levels),
        input_level=int(spikes.max()), margin=margin,
    )  # fmt: skip


def _largest_current(layer: Discrete, x: NDArray[Any], spikes: NDArray[Any]) -> float:
    """The largest |synaptic current| of a layer, of the spikes in front of it and of its own."""
    if layer.synapse_decay is None:
        return 0.0
    largest, kept = 0.0, np.zeros(spikes.shape[1:])
    for t, arriving in enumerate(current(layer, x)):
        kept = layer.synapse_decay * kept + arriving
        if layer.recurrent is not None and t:
            kept = kept + spikes[t - 1] @ layer.recurrent.T
        largest = max(largest, float(np.abs(kept).max()))
    return largest


def blocks(layers: Sequence[Discrete], n_steps: int, n_samples: int) -> Iterator[slice]:
    """Samples that fit into memory at a time."""
    widest = max(max(layer.n_neurons, layer.n_inputs) for layer in layers)
    step = max(1, _ELEMENTS // (n_steps * widest))
    yield from (slice(start, min(start + step, n_samples)) for start in range(0, n_samples, step))
