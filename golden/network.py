"""The golden network: layers and time steps composed of the pure steps, for inference and for learning."""

from dataclasses import dataclass, field, replace

import numpy as np

from .config import LearningConfig, NetworkConfig, ResolvedLayer
from .fixed import IntArray, Lfsr, shift_floor
from .learning import (
    direct_error,
    direct_matrix,
    feedback_error,
    gradient,
    initial_shadow,
    output_error,
    shadow_update,
    surrogate,
    trace_step,
)
from .neuron import LifStep, lif_step, readout_step
from .seeds import update_lfsr_seed
from .synapse import inference_weight, layer_current


@dataclass(kw_only=True)
class Network:
    """A configuration with its integer weights.

    Attributes
    ----------
    config : NetworkConfig
    weights : list of IntArray
        Inference weights of each layer, shape ``weight_shape``: (n_out, n_in) where it is fully connected.
    shadows : list of IntArray or None
        Shadow weights of each layer, same shapes; None for a network that does not learn.
    lfsr : Lfsr or None
        Source of the draws of stochastic rounding; part of the state of a training run.
    """

    config: NetworkConfig
    weights: list[IntArray]
    shadows: list[IntArray] | None = None
    lfsr: Lfsr | None = None

    @classmethod
    def initial(cls, config: NetworkConfig) -> "Network":
        """Return the untrained network of a configuration with `learning`."""
        learning = config.learning
        if learning is None:
            raise ValueError(f"{config.name}: initial weights need a configuration with learning")
        shadows = [initial_shadow(layer, learning) for layer in config.resolved]
        weights = [
            inference_weight(shadow, learning.shadow_width, layer.weight_width)
            for shadow, layer in zip(shadows, config.resolved, strict=True)
        ]
        return cls(config=config, weights=weights, shadows=shadows, lfsr=Lfsr(update_lfsr_seed(learning.seed)))

    def inference_only(self) -> "Network":
        """Return the same network without its learning rule and shadow weights."""
        return Network(config=replace(self.config, learning=None), weights=self.weights)


@dataclass(kw_only=True)
class Record:
    """What a forward pass did; one entry per layer, arrays of shape (..., n_steps, n_out).

    Attributes
    ----------
    membranes : list of IntArray
        After reset.
    spikes : list of IntArray
        Graded; 0 in a layer that does not fire.
    scores : IntArray
        Shape (..., n_classes): readout membrane after the last step, or summed graded spikes.
    classes : IntArray
        Arg max of the scores, lowest index on ties, shape (...).
    """

    membranes: list[IntArray] = field(default_factory=list)
    spikes: list[IntArray] = field(default_factory=list)
    scores: IntArray
    classes: IntArray


def layer_step(layer: ResolvedLayer, weight: IntArray, membrane: IntArray, spikes: IntArray) -> LifStep:
    """Advance one layer by one time step from input spikes (..., n_in) and membranes (..., n_out)."""
    step = lif_step if layer.fires else readout_step
    return step(membrane, layer_current(spikes, weight, layer), layer.neuron)


def run(network: Network, spikes: IntArray) -> Record:
    """Run inference on input spikes of shape (..., n_steps, n_inputs); every sample starts from membranes 0."""
    membranes, outputs = [], []
    incoming = np.asarray(spikes, np.int64)
    for layer, weight in zip(network.config.resolved, network.weights, strict=True):
        state = np.zeros((*incoming.shape[:-2], layer.n_out), np.int64)
        steps = []
        for t in range(incoming.shape[-2]):
            steps.append(layer_step(layer, weight, state, incoming[..., t, :]))
            state = steps[-1].membrane
        membranes.append(np.stack([step.membrane for step in steps], axis=-2))
        incoming = np.stack([step.spike for step in steps], axis=-2)
        outputs.append(incoming)
    counts = network.config.readout == "spike_count"
    scores = outputs[-1].sum(axis=-2) if counts else membranes[-1][..., -1, :]
    return Record(membranes=membranes, spikes=outputs, scores=scores, classes=np.argmax(scores, axis=-1))


def learn(network: Network, spikes: IntArray, label: int, boost: int = 0) -> Record:
    """Run one sample of shape (n_steps, n_inputs) forward and learn from it; weights and LFSR change in place.

    Parameters
    ----------
    network : Network
        With shadow weights.
    spikes : IntArray
        Input spikes, shape (n_steps, n_inputs).
    label : int
        True class.
    boost : int
        What the learning-rate schedule adds to every rate shift.

    Returns
    -------
    Record
        Of the forward pass, made before the last update.
    """
    config, learning = network.config, network.config.learning
    assert learning is not None and network.shadows is not None and network.lfsr is not None
    layers = config.resolved
    membranes = [np.zeros(layer.n_out, np.int64) for layer in layers]
    traces = [np.zeros(layer.n_in, np.int64) for layer in layers]
    surrogates = [np.zeros(layer.n_out, np.int64) for layer in layers]
    counts = np.zeros(config.n_classes, np.int64)
    history: list[list[LifStep]] = [[] for _ in layers]
    arrived: list[int] = []
    for t in range(config.n_steps):
        incoming = spikes[t]
        arrived += np.flatnonzero((incoming > 0) & (traces[0] == 0)).tolist()
        for index, layer in enumerate(layers):
            traces[index] = trace_step(traces[index], incoming, learning.trace_shift, layer.input_trace_width)
            step = layer_step(layer, network.weights[index], membranes[index], incoming)
            history[index].append(step)
            membranes[index], incoming = step.membrane, step.spike
            window = surrogate(step.integrated, layer.neuron)
            surrogates[index] = window if learning.timing == "every_step" else surrogates[index] + window
        counts += incoming
        if learning.timing == "every_step" or t == config.n_steps - 1:
            error = output_error(learning_scores(config, membranes[-1], counts), label, learning.margin)
            if error.any():
                update(network, learning, error, traces, surrogates, arrived, boost)
    scores = counts if config.readout == "spike_count" else membranes[-1]
    return Record(
        membranes=[np.stack([step.membrane for step in steps]) for steps in history],
        spikes=[np.stack([step.spike for step in steps]) for steps in history],
        scores=scores,
        classes=np.asarray(np.argmax(scores)),
    )


def learning_scores(config: NetworkConfig, membrane: IntArray, counts: IntArray) -> IntArray:
    """Return what the margin is compared with: the readout membrane, for a spiking readout plus all it has emitted."""
    if config.readout == "membrane":
        return membrane
    return membrane + shift_floor(counts, -config.layers[-1].neuron.threshold_shift)


def update(
    network: Network,
    learning: LearningConfig,
    error: IntArray,
    traces: list[IntArray],
    surrogates: list[IntArray],
    arrived: list[int],
    boost: int,
) -> None:
    """Apply one update to all layers, output first; every error is made of the weights before the update.

    Draws: one for each row with a trace above 0, layers from the output down. The rows of the first layer take their
    turns in the order in which the inputs `arrived` with their first event of the sample (by step, then by address), so
    that hardware can keep a list; those of other layers in ascending order. A layer whose errors are all zero draws
    nothing.
    """
    assert network.shadows is not None and network.lfsr is not None
    layers = network.config.resolved
    errors = [error]
    for index in range(len(layers) - 2, -1, -1):
        if learning.route == "feedback":
            carried = feedback_error(errors[0], network.weights[index + 1])
        else:
            matrix = direct_matrix(layers[index], network.config.n_classes, learning.seed)
            carried = direct_error(error, matrix, learning.direct_shift)
        errors.insert(0, gradient(carried, surrogates[index], learning.error_shifts[index]))
    for index in range(len(layers) - 1, -1, -1):
        if not errors[index].any():
            continue
        draws = np.zeros(layers[index].n_in, np.int64)
        if learning.rounding == "stochastic":
            for row in arrived if index == 0 else np.flatnonzero(traces[index]):
                draws[row] = network.lfsr.draw()
        network.shadows[index] = shadow_update(
            network.shadows[index], errors[index], traces[index], learning.rate_shifts[index] + boost, draws, learning
        )
        network.weights[index] = inference_weight(
            network.shadows[index], learning.shadow_width, layers[index].weight_width
        )
