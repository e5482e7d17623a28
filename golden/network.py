"""The golden network: layers and time steps composed of the pure steps, for inference and for learning."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from .config import LearningNetworkConfig, NetworkConfig, Parameter, ResolvedLayer, RowGroup, learning_config
from .fixed import IntArray, Lfsr
from .learning import (
    direct_error,
    direct_matrix,
    error_shift,
    gradient,
    initial_shadow,
    leak_trace,
    over_budget,
    shadow_update,
    surrogate,
    trace_step,
)
from .neuron import LifStep, NeuronState, lif_step, readout_step
from .output_error import output_error
from .readout import learning_scores, scores
from .seeds import update_lfsr
from .synapse import carried_error, inference_weight, layer_current, pooled, row_gradient


@dataclass(frozen=True, kw_only=True)
class Network:
    """A configuration with its integer weights.

    Attributes
    ----------
    config : NetworkConfig
    weights : list of IntArray
        Inference weights of each layer, shape ``weight_shape``: (n_out, n_in) where it is fully connected.
    biases : list of IntArray
        Bias of each neuron, or output channel, of each layer, empty arrays for layers without; an empty list where no
        layer has one.
    """

    config: NetworkConfig
    weights: list[IntArray]
    biases: list[IntArray] = field(default_factory=list)

    def arrays(self) -> Iterator[tuple[ResolvedLayer, Parameter, IntArray]]:
        """Yield the inference values of every parameter of every layer, in the order of a weight load."""
        for layer in self.config.resolved:
            for parameter in layer.parameters:
                yield layer, parameter, getattr(self, parameter.field)[layer.index]

    def stored(self) -> Iterator[tuple[ResolvedLayer, Parameter, IntArray]]:
        """Yield what the memories of its core hold: inference values, or shadow values where it learns."""
        yield from self.arrays()

    @property
    def stored_weights(self) -> list[IntArray]:
        """What the weight memories of its core hold: inference weights, shadow weights where it learns."""
        return self.weights

    def inference_only(self) -> "Network":
        """Return the same network without a learning rule and shadow weights."""
        return Network(config=self.config.inference_only(), weights=self.weights, biases=self.biases)


@dataclass(frozen=True, kw_only=True)
class LearningNetwork(Network):
    """A network that learns on line.

    Attributes
    ----------
    shadows : list of IntArray
        Shadow weights of each layer, of the shapes of `weights`.
    shadow_biases : list of IntArray
        Shadow biases of each layer, of the shapes of `biases`.
    lfsr : Lfsr
        Source of the draws of stochastic rounding; part of the state of a training run.
    """

    config: LearningNetworkConfig
    shadows: list[IntArray]
    shadow_biases: list[IntArray] = field(default_factory=list)
    lfsr: Lfsr

    def stored(self) -> Iterator[tuple[ResolvedLayer, Parameter, IntArray]]:
        """Yield the shadow values of every parameter of every layer, in the order of a weight load."""
        for layer in self.config.resolved:
            for parameter in layer.parameters:
                yield layer, parameter, getattr(self, parameter.shadow_field)[layer.index]

    @property
    def stored_weights(self) -> list[IntArray]:
        """Its shadow weights."""
        return self.shadows

    @classmethod
    def initial(cls, config: NetworkConfig) -> "LearningNetwork":
        """Return the untrained network of a configuration that learns.

        Raises
        ------
        ConfigError
            The configuration has no learning rule.
        """
        config = learning_config(config)
        return cls.from_shadows(config, [initial_shadow(layer) for layer in config.resolved])

    @classmethod
    def of(cls, network: Network) -> "LearningNetwork":
        """Return a network that learns: the network itself, or, if it has no shadow weights, its untrained form."""
        return network if isinstance(network, LearningNetwork) else cls.initial(network.config)

    @classmethod
    def from_shadows(
        cls, config: LearningNetworkConfig, shadows: Sequence[IntArray],
        shadow_biases: Sequence[IntArray] | None = None, lfsr: Lfsr | None = None,
    ) -> "LearningNetwork":  # fmt: skip
        """Return the network of shadow weights and biases by layer; biases of 0, the seed's LFSR where left out."""
        layers = config.resolved
        if shadow_biases is None and any(layer.has_bias for layer in layers):
            shadow_biases = [np.zeros(layer.config.size if layer.has_bias else 0, np.int64) for layer in layers]
        shadow_biases = list(shadow_biases or [])
        return cls(
            config=config,
            biases=[
                inference_weight(shadow, layer.bias.stored_width, layer.bias.width)
                for shadow, layer in zip(shadow_biases, layers, strict=False)
            ],
            shadow_biases=shadow_biases,
            weights=[
                inference_weight(shadows[layer.index], layer.stored_width, layer.weight_width) for layer in layers
            ],
            shadows=[shadows[layer.index] for layer in layers],
            lfsr=update_lfsr(config.learning) if lfsr is None else lfsr,
        )


def by_field(config: NetworkConfig, values: Iterable[tuple[int, str, IntArray]]) -> dict[str, list[IntArray]]:
    """Return the fields of a network, each a list by layer, of (layer, field, array); empty arrays for layers without.

    The fields are those that :class:`golden.config.Parameter` names.
    """
    fields: dict[str, list[IntArray]] = {}
    for index, name, array in values:
        fields.setdefault(name, [np.zeros(0, np.int64)] * len(config.layers))[index] = array
    return fields


@dataclass(kw_only=True)
class Record:
    """What a forward pass did; one entry per layer, arrays of shape (..., n_steps, n_out).

    Attributes
    ----------
    states : list of NeuronState
        After reset.
    spikes : list of IntArray
        Graded; 0 in a layer that does not fire.
    scores : IntArray
        Shape (..., n_classes): readout membrane after the last step, or summed over all, or summed graded spikes.
    classes : IntArray
        Arg max of the scores, lowest index on ties, shape (...).
    """

    states: list[NeuronState]
    spikes: list[IntArray]
    scores: IntArray
    classes: IntArray

    @property
    def membranes(self) -> list[IntArray]:
        """Membranes of each layer."""
        return [state.membrane for state in self.states]


def layer_step(network: Network, layer: ResolvedLayer, state: NeuronState, spikes: IntArray) -> LifStep:
    """Advance one layer by one time step from the spikes of its rows and a state of shape (..., n_out).

    `spikes` has shape (..., n_in), and in a recurrent layer (..., n_in + n_out): the inputs' spikes of the step, and
    then the layer's own of the step before.
    """
    step = lif_step if layer.fires else readout_step
    current = layer_current(spikes, network.weights[layer.index], layer)
    if layer.has_bias:
        current = current + np.repeat(network.biases[layer.index], layer.kind.n_sharing)
    return step(state, current, layer.neuron)


def run(network: Network, spikes: IntArray) -> Record:
    """Run inference on input spikes of shape (..., n_steps, n_inputs); every sample starts from the initial state."""
    states, outputs = [], []
    incoming = np.asarray(spikes, np.int64)
    for layer in network.config.resolved:
        shape = (*incoming.shape[:-2], layer.n_out)
        state, own, steps = NeuronState.initial(shape, layer.neuron), np.zeros(shape, np.int64), []
        for t in range(incoming.shape[-2]):
            steps.append(layer_step(network, layer, state, row_spikes(layer, incoming[..., t, :], own)))
            state, own = steps[-1].state, steps[-1].spike
        states.append(NeuronState.stack((step.state for step in steps), axis=-2))
        incoming = np.stack([step.spike for step in steps], axis=-2)
        outputs.append(incoming)
    found = scores(network.config, states[-1].membrane, outputs[-1])
    return Record(states=states, spikes=outputs, scores=found, classes=np.argmax(found, axis=-1))


def row_spikes(layer: ResolvedLayer, incoming: IntArray, own: IntArray) -> IntArray:
    """Return the spikes of all rows of a layer: those of its inputs and, if it is recurrent, its own of a step ago."""
    return np.concatenate([incoming, own], axis=-1) if layer.n_own else incoming


def learn(network: LearningNetwork, spikes: IntArray, label: int, boost: int = 0) -> Record:
    """Run one sample of shape (n_steps, n_inputs) forward and learn from it; weights and LFSR change in place.

    Parameters
    ----------
    network : LearningNetwork
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
    layers = config.resolved
    states = [NeuronState.initial((layer.n_out,), layer.neuron) for layer in layers]
    outgoing = [np.zeros(layer.n_out, np.int64) for layer in layers]
    traces = [np.zeros(layer.kind.n_traces + layer.has_bias, np.int64) for layer in layers]
    surrogates = [np.zeros(layer.n_out, np.int64) for layer in layers]
    fired = [np.zeros(layer.n_out, np.int64) for layer in layers]
    counts = np.zeros(config.n_classes, np.int64)
    history: list[list[LifStep]] = [[] for _ in layers]
    arrived: list[int] = []
    for t in range(config.n_steps):
        incoming = spikes[t]
        kept = leak_trace(traces[0], layers[0].trace_shift)
        for index, layer in enumerate(layers):
            rows = row_spikes(layer, incoming, outgoing[index])
            feed = pooled(rows, layer.kind)
            feed = np.append(feed, 1) if layer.has_bias else feed
            traces[index] = trace_step(traces[index], feed, layer.trace_shift, learning.trace_gain)
            step = layer_step(network, layer, states[index], rows)
            history[index].append(step)
            states[index], outgoing[index], incoming = step.state, step.spike, step.spike
            window = surrogate(step.integrated, layer)
            surrogates[index] = window if learning.every_step else surrogates[index] + window
            fired[index] += step.spike > 0
        inputs = slice(layers[0].kind.n_fed)
        arrived = [row for row in arrived if kept[row] > 0]
        arrived += np.flatnonzero((traces[0][inputs] > 0) & (kept[inputs] == 0)).tolist()
        counts += incoming
        if learning.every_step or t == config.n_steps - 1:
            error = output_error(learning_scores(config, states[-1].membrane, counts), label, learning)
            if error.any():
                update(network, error, traces, surrogates, fired, arrived, boost)
    stacked = [NeuronState.stack(step.state for step in steps) for steps in history]
    emitted = [np.stack([step.spike for step in steps]) for steps in history]
    found = scores(config, stacked[-1].membrane, emitted[-1])
    return Record(states=stacked, spikes=emitted, scores=found, classes=np.asarray(np.argmax(found)))


def update(
    network: LearningNetwork,
    error: IntArray,
    traces: list[IntArray],
    surrogates: list[IntArray],
    fired: list[IntArray],
    arrived: list[int],
    boost: int,
) -> None:
    """Apply one update to all layers, output first; every error is made of the weights before the update.

    Draws: one for each row with a trace above 0, of a convolution one for each row, layers from the output down. The
    network's inputs take their turns in the order in which they `arrived` at their trace (by step, then by address), so
    that hardware can keep a list, unless the first layer convolves or pools; all other rows in ascending order, a
    layer's own after those of its inputs, its bias last. A layer whose errors are all zero draws nothing, nor do rows
    and biases that are fixed.
    """
    layers, learning = network.config.resolved, network.config.learning
    errors = [error]
    for index in range(len(layers) - 2, -1, -1):
        if learning.feeds_back:
            carried = carried_error(errors[0], network.weights[index + 1], layers[index + 1])
        else:
            matrix = direct_matrix(layers[index], network.config.n_classes, learning.seed)
            carried = direct_error(error, matrix, learning.direct_shift)
        carried = over_budget(carried, fired[index], layers[index])
        shift = error_shift(carried, surrogates[index], layers[index])
        errors.insert(0, gradient(carried, surrogates[index], shift))
    for index in range(len(layers) - 1, -1, -1):
        if not errors[index].any():
            continue
        layer = layers[index]
        for parameter in layer.parameters:
            shadow = getattr(network, parameter.shadow_field)[index].copy()
            for group in (group for group in layer.row_groups if group.parameter == parameter):
                trace, draws = traces[index][group.feed], np.zeros(group.n_rows, np.int64)
                if learning.draws:
                    for row in drawing_rows(group, trace, arrived):
                        draws[row] = network.lfsr.draw()
                wanted = row_gradient(errors[index], trace, layer, group)
                rows = parameter.as_rows(shadow)[:, group.rows]
                rows[:] = shadow_update(
                    rows, wanted, group.rate_at(boost), draws, learning.rounding, parameter.stored_width
                )
            getattr(network, parameter.shadow_field)[index] = shadow
            weight = inference_weight(shadow, parameter.stored_width, parameter.width)
            getattr(network, parameter.field)[index] = weight


def drawing_rows(group: RowGroup, trace: IntArray, arrived: list[int]) -> Iterable[int]:
    """Return the rows of a group that take a draw, in the order of their turns; `arrived` as in :func:`update`."""
    if group.shared:
        return range(group.n_rows)
    return arrived if group.by_arrival else np.flatnonzero(trace)
