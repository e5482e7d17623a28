"""What a network makes of samples at hand: classes, or every spike and every state of every layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from golden.errors import DataError

from .report import Facts, Result, Shown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from golden.config import NetworkConfig
    from golden.encoding import Events
    from golden.kernels import Inference

    from .source import Source


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trace(Result):
    """Spikes and states of every neuron at every step; arrays of whole numbers.

    Attributes
    ----------
    network, topology : str
    inputs : (n, T, n_inputs)
        Input spikes.
    spikes : tuple of (n, T, neurons)
        Graded spikes of each layer; 0 in a layer that does not fire.
    states : dict of str to tuple of (n, T, neurons)
        Each field of the neurons' state after reset, by layer: ``membrane``, and ``current`` where one is synaptic.
    scores : (n, n_classes)
    classes : (n,)
    """

    network: str
    topology: str
    inputs: np.ndarray = field(repr=False)
    spikes: tuple[np.ndarray, ...] = field(repr=False)
    states: dict[str, tuple[np.ndarray, ...]] = field(repr=False)
    scores: np.ndarray = field(repr=False)
    classes: np.ndarray

    @property
    def membranes(self) -> tuple[np.ndarray, ...]:
        """Membranes of each layer after reset, (n, T, neurons)."""
        return self.states["membrane"]

    def shown(self) -> list[Shown]:
        """Return shapes, and how often each layer fires."""
        n_samples, n_steps, _ = self.inputs.shape
        fired = ", ".join(f"{(spikes > 0).sum() / n_samples:.1f}" for spikes in self.spikes)
        rows = (
            ("samples", n_samples),
            ("time steps", n_steps),
            ("input events a sample", float((self.inputs > 0).sum() / n_samples)),
            ("events a sample, by layer", fired),
            ("classes", ", ".join(map(str, self.classes[:20])) + ", ..." * (n_samples > 20)),
        )
        return [Facts(rows, f"{self.network}, {self.topology}")]


def predict(source: Source, x: ArrayLike) -> np.ndarray:
    """Return the class of each sample, (n,)."""
    return _infer(source, x)[1].classes


def trace(source: Source, x: ArrayLike) -> Trace:
    """Return all that happens in a network."""
    config = source.config
    events, found = _infer(source, x, record=True)
    assert found.state is not None and found.spikes is not None
    ends = np.cumsum([layer.n_out for layer in config.resolved])[:-1]

    kept = {name for layer in config.layers for name in layer.neuron.state_widths}

    def by_layer(values: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(np.split(values, ends, axis=-1))

    return Trace(
        network=config.name,
        topology=config.topology,
        inputs=_dense(events),
        spikes=by_layer(found.spikes),
        states={name: by_layer(values) for name, values in found.state._asdict().items() if name in kept},
        scores=found.scores,
        classes=found.classes,
    )


def _infer(source: Source, x: ArrayLike, *, record: bool = False) -> tuple[Events, Inference]:
    from golden.kernels import Kernel

    network = source.with_weights().inference_only()
    events = events_of(network.config, x)
    return events, Kernel(network).infer(events, record=record)


def events_of(config: NetworkConfig, x: ArrayLike) -> Events:
    """Return samples as a network sees them.

    Parameters
    ----------
    config : NetworkConfig
    x : array
        Values of shape (n, n_inputs), or (n, ...) with as many in all, of ``value_width`` bits; for a network of events
        spikes of shape (n, T, n_inputs), levels of ``spike_width`` bits. Booleans and floats without a fraction are
        taken as whole numbers.

    Raises
    ------
    DataError
        Another shape, no whole numbers, or out of range.
    """
    from golden.encoding import encode_events, to_events
    from train.data.arrays import array_of, whole_numbers

    takes_events = config.encoding.kind == "events"
    values: Any = whole_numbers(array_of(x, "x"), "x")
    width = config.encoding.spike_width if takes_events else config.encoding.value_width
    shape = (config.n_steps, config.n_inputs) if takes_events else (config.n_inputs,)
    fits = values.shape[1:] == shape if takes_events else values.ndim > 1 and values[0:1].size == config.n_inputs
    if values.ndim > 0 and len(values) == 0:
        raise DataError(f"x: is empty (shape {values.shape}); at least one sample is needed")
    if not fits:
        wanted = ", ".join(("n", *map(str, shape)))
        raise DataError(f"x: has shape {values.shape}; {config.name} takes samples of shape ({wanted})")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= 1 << width:
        raise DataError(f"x: has values {low}..{high}; {config.name} takes 0..{(1 << width) - 1}, {width} bits")
    values = values.astype(np.int64).reshape(len(values), *shape)
    return to_events(values) if takes_events else encode_events(values, config.encoding, config.n_steps)


def _dense(events: Events) -> np.ndarray:
    spikes = np.zeros((events.n_samples * events.n_steps, events.n_inputs), np.int64)
    spikes[np.repeat(np.arange(len(spikes)), np.diff(events.offsets)), events.addresses] = events.levels
    return spikes.reshape(events.n_samples, events.n_steps, events.n_inputs)
