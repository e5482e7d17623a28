"""What a layer loses by its integers."""

import math
from dataclasses import dataclass

import numpy as np

from golden.config import Leak, ResolvedLayer
from train.nir.convert import Converted
from train.nir.dynamics import Discrete
from train.nir.scale import weights_of
from train.nir.verify import First


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What follows from the numbers of a layer alone.

    Attributes
    ----------
    weight_sqnr_db : float or None
        Power of the weights to that of their error; None where there is no error.
    bias_error, leak_error : float
        The largest error of a bias, in thresholds, of a readout in its largest membrane; of the decays of a step.
    """

    weight_sqnr_db: float | None
    bias_error: float
    leak_error: float


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """A layer of a converted network.

    Mismatches are spikes that differ from the recorded ones, or from those simulated in float where none are: of the
    layer ``alone``, fed with the spikes that the reference has in front of it, and in ``cascade``, fed with those of
    the integer layers in front. A readout has none; `readout_error` and `cascade_error` stand for them.

    Attributes
    ----------
    name, kind : str
        Of the node; dense, recurrent or convolution.
    neurons, weight_width, membrane_width, spike_width : int
    current_width : int or None
        Bits of the synaptic current; None where there is none.
    level : int or None
        Threshold, membrane LSBs; None for a readout.
    threshold_shift : int or None
        log2 of it, where it is a power of two.
    guard_bits : int
    lsb : float
        Membrane LSBs in a unit of the float membrane.
    headroom : float or None
        The largest membrane that was seen, in thresholds.
    zero_weights : int
        Weights of 0 that stand for groups, dilation and padding beyond a kernel.
    weight_sqnr_db, bias_error, leak_error : as of Losses
    predicted : float or None
        Mismatches alone, by the density of membranes at the threshold and the mean error of a membrane; about half
        to twice of what is measured, less than that in a layer that sees its own spikes.
    decisions : int
        Spikes, or absences of one.
    alone, cascade : int
        Mismatches; of a readout 0.
    readout_error, cascade_error : float or None
        Of a readout: the largest error of its membranes, as a share of the largest of them.
    first, first_in_cascade : First or None
        The first mismatch in the first sample that has one.
    close : int
        Decisions of the float membrane that lie within 1e-5 of the threshold, where float32 may decide otherwise.
    saturated : int
        Membranes, alone, that had no room.
    clipped : int
        Spikes above the highest level.
    """

    name: str
    kind: str
    neurons: int
    weight_width: int
    membrane_width: int
    spike_width: int
    current_width: int | None
    level: int | None
    threshold_shift: int | None
    guard_bits: int
    lsb: float
    headroom: float | None
    zero_weights: int
    weight_sqnr_db: float | None
    bias_error: float
    leak_error: float
    predicted: float | None
    decisions: int
    alone: int
    cascade: int
    readout_error: float | None
    cascade_error: float | None
    first: First | None
    first_in_cascade: First | None
    close: int
    saturated: int
    clipped: int

    @property
    def is_exact(self) -> bool:
        """Whether no spike differs, alone or in cascade."""
        return self.alone == 0 and self.cascade == 0


def losses(converted: Converted, index: int, layer: Discrete, largest: float) -> Losses:
    """Return what a layer loses; `largest` is the largest membrane of a readout."""
    resolved, scale = converted.network.config.resolved[index], converted.scales[index]
    signal, noise = _weight_powers(converted, index, layer)
    unit = largest if layer.threshold is None else float(layer.threshold[0])
    words = np.zeros(layer.n_neurons)
    if resolved.has_bias:
        words = np.repeat(converted.network.biases[index], resolved.kind.n_sharing)
    errors = np.abs(words / scale.weight_lsb - layer.bias)
    neuron = resolved.neuron
    leaks = [abs(_decay(neuron) - float(layer.decay[0]))]
    if neuron.synaptic is not None and layer.synapse_decay is not None:
        leaks.append(abs(_decay(neuron.synaptic) - float(layer.synapse_decay[0])))
    return Losses(
        weight_sqnr_db=None if noise == 0 or signal == 0 else 10 * math.log10(signal / noise),
        bias_error=float(errors.max()) / unit if unit else 0.0,
        leak_error=max(leaks),
    )


def _decay(config: Leak) -> float:
    """What a step leaves."""
    if config.leak_factor is None or config.leak_frac is None:
        return 1.0
    return math.ldexp(config.leak_factor, -config.leak_frac)


def zero_weights(resolved: ResolvedLayer, layer: Discrete) -> int:
    """Return how many weights of 0 a layer has beside those of the graph."""
    return math.prod(resolved.weight_shape) - sum(each.size for each in weights_of(layer))


def _weight_powers(converted: Converted, index: int, layer: Discrete) -> tuple[float, float]:
    """Power of the weights, and of their errors; weights of 0 that are added have neither."""
    floats = converted.weights[index]
    errors = converted.network.weights[index] / converted.scales[index].weight_lsb - floats
    return float((floats**2).sum()), float((errors**2).sum())
