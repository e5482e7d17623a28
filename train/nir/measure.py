"""Equality of a converted network with recorded spikes, or simulated ones: each layer alone, and all in cascade."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.config import Convolution
from golden.encoding import to_events
from golden.fixed import IntArray
from golden.kernels import Inference, Kernel
from train.nir.calibration import Calibration, blocks
from train.nir.convert import Converted
from train.nir.dynamics import Discrete
from train.nir.recording import Recording
from train.nir.replay import Replay, replay
from train.nir.report import LayerReport, losses, zero_weights
from train.nir.simulate import Trace, run
from train.nir.verify import ROUNDING, First, distances

_NEAR = 0.05
"""Distance from the threshold, in thresholds, within which the density of membranes is taken."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured.

    Attributes
    ----------
    layers : tuple of LayerReport
    samples : int
    agreement : float
        Share of samples with the class of the reference.
    float_accuracy, accuracy : float or None
        Of reference and integers, where labels are known.
    """

    layers: tuple[LayerReport, ...]
    samples: int
    agreement: float
    float_accuracy: float | None
    accuracy: float | None

    @property
    def is_exact(self) -> bool:
        """Whether every spike of every layer and every class is that of the reference."""
        return all(layer.is_exact for layer in self.layers) and self.agreement == 1


class _Reference(NamedTuple):
    """A layer on a block of samples: in float, as the reference has it, and in integers, alone and in cascade."""

    trace: Trace
    output: NDArray[Any]
    alone: Replay
    cascade: IntArray


@dataclass(kw_only=True)
class _Sums:
    """What is gathered of a layer, block by block."""

    decisions: int = 0
    alone: int = 0
    cascade: int = 0
    first: First | None = None
    first_in_cascade: First | None = None
    near: int = 0
    close: int = 0
    errors: float = 0.0
    n_errors: int = 0
    saturated: int = 0
    clipped: int = 0
    largest: float = 0.0
    worst: list[float] = field(default_factory=lambda: [0.0, 0.0])


def measure(
    converted: Converted,
    layers: Sequence[Discrete],
    seen: Calibration,
    recorded: Recording,
    advance: Callable[[int], None] = lambda samples: None,
) -> Measured:
    """Run a converted network on the inputs of a recording; layers that are not recorded are simulated in float64."""
    kernel = Kernel(converted.network)
    sums = [_Sums() for _ in layers]
    theirs, ours = [], []
    for block in blocks(layers, recorded.input.shape[0], recorded.n_samples):
        part = recorded.samples(block.start, block.stop)
        found = kernel.infer(to_events(part.input.transpose(1, 0, 2)), record=True)
        outputs = _by_layer(converted, layers, found)
        x = output = part.input
        for index, layer in enumerate(layers):
            trace = run(layer, x)
            output = part.layers.get(layer.name)
            output = trace.output(layer) if output is None else output
            alone = replay(converted.network, index, layer, x)
            _add(sums[index], layer, converted, index, _Reference(trace, output, alone, outputs[index]), block.start)
            x = output
        theirs.append((output[-1] if layers[-1].is_readout else output.sum(axis=0)).argmax(axis=-1))
        ours.append(found.classes)
        advance(part.n_samples)
    expected, classes = np.concatenate(theirs), np.concatenate(ours)
    labels = recorded.labels
    return Measured(
        layers=tuple(
            _report(converted, index, layer, seen, each)
            for index, (layer, each) in enumerate(zip(layers, sums, strict=True))
        ),
        samples=recorded.n_samples,
        agreement=float((expected == classes).mean()),
        float_accuracy=None if labels is None else float((expected == labels).mean()),
        accuracy=None if labels is None else float((classes == labels).mean()),
    )


def _by_layer(converted: Converted, layers: Sequence[Discrete], found: Inference) -> list[IntArray]:
    """Spikes of each layer, of a readout its membranes, (steps, samples, n)."""
    assert found.spikes is not None and found.state is not None
    ends = np.cumsum([layer.n_neurons for layer in layers])[:-1]
    spikes, membranes = (np.split(each.transpose(1, 0, 2), ends, axis=-1) for each in (found.spikes, found.state[0]))
    return [membranes[at] if layer.is_readout else spikes[at] for at, layer in enumerate(layers)]


def _add(sums: _Sums, layer: Discrete, converted: Converted, index: int, found: _Reference, start: int) -> None:
    sums.saturated += found.alone.saturated
    sums.largest = max(sums.largest, float(np.abs(found.trace.membranes).max()))
    if layer.is_readout:
        lsb = converted.scales[index].lsb
        for at, integers in enumerate((found.alone.membranes, found.cascade)):
            sums.worst[at] = max(sums.worst[at], float(np.abs(integers / lsb - found.output).max()))
        return
    assert layer.threshold is not None
    off, in_cascade = found.alone.spikes != found.output, found.cascade != found.output
    away = distances(layer, found.trace.membranes)
    sums.decisions += off.size
    sums.alone += int(off.sum())
    sums.cascade += int(in_cascade.sum())
    sums.first = sums.first or _first(off, away, start)
    sums.first_in_cascade = sums.first_in_cascade or _first(in_cascade, away, start)
    sums.near += int((np.abs(away) < _NEAR).sum())
    sums.close += int((np.abs(away) <= ROUNDING).sum())
    sums.clipped += int((found.output > converted.network.config.layers[index].neuron.max_spike).sum())
    # Up to the first mismatch: behind it the membranes differ by resets as well.
    alike = np.cumsum(off.any(axis=-1, keepdims=True) if layer.recurrent is not None else off, axis=0) == 0
    errors = np.abs(found.alone.membranes / converted.scales[index].lsb - found.trace.membranes) / layer.threshold
    alike = np.broadcast_to(alike, errors.shape)
    sums.errors += float(errors[alike].sum())
    sums.n_errors += int(alike.sum())


def _first(off: NDArray[np.bool_], away: NDArray[Any], start: int) -> First | None:
    samples = np.flatnonzero(off.any(axis=(0, 2)))
    if not len(samples):
        return None
    sample = int(samples[0])
    step = int(np.flatnonzero(off[:, sample].any(axis=1))[0])
    neuron = int(np.flatnonzero(off[step, sample])[0])
    return First(sample=start + sample, step=step, neuron=neuron, distance=float(away[step, sample, neuron]))


def _report(converted: Converted, index: int, layer: Discrete, seen: Calibration, sums: _Sums) -> LayerReport:
    resolved, scale = converted.network.config.resolved[index], converted.scales[index]
    neuron, lost = resolved.neuron, losses(converted, index, layer, sums.largest)
    theta = None if layer.threshold is None else float(layer.threshold[0])
    predicted = None
    if theta is not None:
        # 2: a spike that comes a step too early or too late is wrong in two steps.
        predicted = 2 * sums.near / (2 * _NEAR) * sums.errors / max(1, sums.n_errors)
    worst = [each / sums.largest if sums.largest else 0.0 for each in sums.worst]
    return LayerReport(
        name=layer.name, kind=_kind(resolved.kind), neurons=layer.n_neurons, weight_width=resolved.weight_width,
        membrane_width=neuron.membrane_width, spike_width=neuron.spike_width,
        current_width=None if neuron.synaptic is None else neuron.synaptic.width,
        level=None if theta is None else neuron.level, threshold_shift=scale.shift, guard_bits=scale.guard,
        lsb=scale.lsb, headroom=None if theta is None else seen.largest[index] / theta,
        zero_weights=zero_weights(resolved, layer), weight_sqnr_db=lost.weight_sqnr_db, bias_error=lost.bias_error,
        leak_error=lost.leak_error, predicted=predicted, decisions=sums.decisions, alone=sums.alone,
        cascade=sums.cascade, readout_error=worst[0] if layer.is_readout else None,
        cascade_error=worst[1] if layer.is_readout else None, first=sums.first,
        first_in_cascade=sums.first_in_cascade, close=sums.close, saturated=sums.saturated, clipped=sums.clipped,
    )  # fmt: skip


def _kind(kind: Any) -> str:
    pooled = " behind sums" if kind.pool > 1 else ""
    return ("convolution" if isinstance(kind, Convolution) else kind.name) + pooled
