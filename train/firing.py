"""How the neurons of a network fire, layer by layer, and what is wrong where they do not."""

from dataclasses import dataclass

import numpy as np

from golden.kernels import Kernel
from golden.network import Network
from train.data import AnyDataset

SAMPLES = 200
"""Of the training part, the first: enough to see a layer that is silent or always the same."""
_RECORD_VALUES = 1 << 24
"""Spikes that are recorded at a time."""
_MORE = "a lower `threshold_shift` or larger `init_shifts` there, or more neurons"
_LESS = "smaller `init_shifts` or a higher `threshold_shift` there"


@dataclass(frozen=True, kw_only=True)
class LayerFiring:
    """Firing of a layer that fires, over some samples.

    Attributes
    ----------
    layer : int
        Counted from 0, the input side first.
    neurons : int
    firing : float
        Share of the neurons that fire in a sample, on the mean, 0..1.
    silent : float
        Share of the neurons that fire in no sample, 0..1.
    varies : bool
        Whether samples differ in the neurons that fire, or, where all do in every sample, in their spikes.
    """

    layer: int
    neurons: int
    firing: float
    silent: float
    varies: bool


@dataclass(frozen=True, kw_only=True)
class Firing:
    """Firing of every layer that fires, and the number of classes that the network finds, over some samples."""

    samples: int
    layers: tuple[LayerFiring, ...]
    classes: int

    @property
    def faults(self) -> list[str]:
        """What is wrong and what to change, a line: the first layer that keeps others from learning, or the output."""
        if self.samples < 2:
            return []
        fault = next(filter(None, map(_fault_of, self.layers)), None)
        if fault is None and self.classes == 1:
            quietest = max(self.layers, key=lambda layer: layer.silent, default=None)
            fault = "the output names one class for every sample; try larger `rate_shifts`"
            if quietest is not None and quietest.silent > 0:
                fault += f", or, as in layer {quietest.layer} {quietest.silent:.0%} of the neurons never fire, {_MORE}"
        return [] if fault is None else [f"of the first {self.samples} training samples: {fault}"]


def _fault_of(layer: LayerFiring) -> str | None:
    if not layer.firing:
        return f"layer {layer.layer} never fires, so layers behind it learn nothing; try {_MORE}"
    if not layer.varies:
        remedy = _MORE if layer.firing < 1 / 2 else _LESS
        return f"in layer {layer.layer} the same neurons fire for every sample; try {remedy}"
    return None


def firing_of(network: Network, dataset: AnyDataset, samples: int = SAMPLES) -> Firing:
    """Run the first samples of the training part through a network and see how its layers fire."""
    config = network.config
    neurons = sum(layer.n_out for layer in config.resolved)
    samples = min(samples, len(dataset.train_y), max(2, _RECORD_VALUES // (neurons * config.n_steps)))
    events = dataset.events("train", config.encoding, config.n_steps, np.arange(samples))
    found = Kernel(network).infer(events, record=True)
    assert found.spikes is not None
    layers, start = [], 0
    for layer in config.resolved:
        spikes = found.spikes[:, :, start : start + layer.n_out]
        start += layer.n_out
        if layer.fires:
            fired = np.any(spikes > 0, axis=1)
            shown = spikes if fired.all() else fired
            layers.append(
                LayerFiring(
                    layer=layer.index,
                    neurons=layer.n_out,
                    firing=float(fired.mean()) if samples else 0.0,
                    silent=float((~fired.any(axis=0)).mean()) if samples else 0.0,
                    varies=bool((shown != shown[:1]).any()),
                )
            )
    return Firing(samples=samples, layers=tuple(layers), classes=len(np.unique(found.classes)))
