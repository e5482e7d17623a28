"""The semantics of :mod:`golden.network` compiled with numba: event-driven, one sample at a time, one thread.

Traces of the network's inputs are made only when an update needs them, which few samples of a trained network do.

Proven equal to the numpy steps, for every spike, membrane, weight and LFSR state, by
``tests/golden/kernels/test_kernels.py``. All layers live in flat arrays; row `i` of a fully connected layer holds the
weights of input `i` to all its neurons, and the rows after its inputs' those of its own neurons, if it is recurrent.
Maps, and weights of windows, lie in the order of :mod:`golden.kernels.scatter`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..config import LearningNetworkConfig, NetworkConfig, Parameter, ResolvedLayer
from ..encoding import Events
from ..fixed import IntArray, Lfsr
from ..learning import direct_matrix
from ..maps import neuron_places
from ..network import LearningNetwork, Network, by_field
from ..neuron import NeuronState
from .arguments import Found, Lesson, Model, Shown
from .forward import infer_samples
from .learn import learn_samples
from .plan import (
    N_OUT,
    N_STATE,
    NEURON_AT,
    accumulator_type,
    group_table,
    layer_table,
    map_tables,
    rule_table,
    update_type,
)
from .scatter import from_memory, to_memory

N = TypeVar("N", bound=Network)


class Activity(NamedTuple):
    """What a run of samples did, summed over the samples.

    Attributes
    ----------
    samples, correct : int
    input_events : int
    hidden_events : int
        Events of all layers that fire.
    synaptic_operations : int
        Spike-times-weight products added to a membrane: events times fan-out; of a map's event, windows times channels.
    updated_samples : int
        Samples with at least one error.
    synaptic_updates : int
        Shadow weights read, changed and written, because their gradient is not 0: rows with a trace times neurons with
        an error, where neurons do not share weights.
    """

    samples: int
    correct: int
    input_events: int
    hidden_events: int
    synaptic_operations: int
    updated_samples: int
    synaptic_updates: int


class Inference(NamedTuple):
    """Classes (n,), scores (n, n_classes), activity and, when asked for, a trace of every neuron at every step.

    ``state`` and ``spikes`` have shape (n, n_steps, all neurons), layers side by side in order; the state after reset.
    """

    classes: IntArray
    scores: IntArray
    activity: Activity
    state: NeuronState | None
    spikes: IntArray | None


class Kernel(Generic[N]):
    """A network in the flat form of the compiled kernels; learns in place.

    Parameters
    ----------
    network : Network
        Copied; :meth:`network` returns the present state.
    """

    def __init__(self, network: N):
        self.config = config = network.config
        self._kind = type(network)
        stored = [parameter for layer in config.resolved for parameter in layer.parameters]
        learns = isinstance(network, LearningNetwork)
        width = max(32, *(parameter.stored_width for parameter in stored))
        widest = max(layer.n_out for layer in config.resolved)
        shared = max(layer.weights.size * layer.kind.shares_weights for layer in config.resolved)
        fed = max(kind.n_traces for kind in config.kinds)
        places, tables, rows = map_tables(config)
        self.model = Model(
            plan=layer_table(config),
            groups=group_table(config),
            rule=rule_table(config),
            weights=_flat(network.arrays(), _type_of(max(parameter.width for parameter in stored))),
            shadows=_flat(network.stored(), _type_of(width)) if learns else np.zeros(0, np.int32),
            lfsr=np.array([network.lfsr.state if learns else 1], np.int64),
            matrix=_matrix(config),
            classes=neuron_places(config.kinds[-1]),
            places=places,
            tables=tables,
            rows=rows,
            accumulator=np.zeros(widest, accumulator_type(config)),
            scaled=np.zeros(widest, update_type(config)),
            carried=np.zeros(fed, update_type(config)),
            gradient=np.zeros(shared, update_type(config)),
            pooled=np.zeros((3, fed + 1), np.int32),
        )

    def network(self) -> N:
        """Return the present weights, shadow weights and LFSR state as a golden network."""
        state: dict[str, Any] = {"config": self.config, **by_field(self.config, self._arrays())}
        if isinstance(self.config, LearningNetworkConfig):
            state["lfsr"] = Lfsr(int(self.model.lfsr[0]), self.config.learning.lfsr_width)
        return self._kind(**state)

    def _arrays(self) -> Iterator[tuple[int, str, IntArray]]:
        """Yield the present values of each parameter: layer, field of a network, array."""
        at = 0
        for layer in self.config.resolved:
            for parameter in layer.parameters:
                part = slice(at, at + parameter.size)
                yield layer.index, parameter.field, from_memory(layer.kind, parameter, self.model.weights[part])
                if len(self.model.shadows):
                    yield (
                        layer.index,
                        parameter.shadow_field,
                        from_memory(layer.kind, parameter, self.model.shadows[part]),
                    )
                at = part.stop

    def infer(self, events: Events, labels: IntArray | None = None, *, record: bool = False) -> Inference:
        """Run every sample of `events`; `labels` only serve to count the correct ones."""
        self._check(events)
        found = self._room(events.n_samples, record)
        activity = infer_samples(self.model, self._shown(events), found)
        return self._outcome(labels, (*activity, 0, 0), found)

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other; `correct` counts before each update."""
        return self._learn(events, labels, order, boost, record=False).activity

    def learn_recorded(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Inference:
        """Learn like :meth:`learn`, and return the trace of every neuron at every step, samples in the given order."""
        return self._learn(events, labels, order, boost, record=True)

    def _learn(self, events: Events, labels: IntArray, order: IntArray, boost: int, *, record: bool) -> Inference:
        self._check(events)
        if len(self.model.shadows) == 0:
            raise ValueError(f"{self.config.name}: only a network with shadow weights learns")
        _check_range("order", order, len(labels))
        _check_range("order", order, events.n_samples)
        _check_range("labels", labels, self.config.n_classes)
        found = self._room(len(order), record)
        lesson = Lesson(np.asarray(labels, np.int64), np.asarray(order, np.int64), boost)
        totals = learn_samples(self.model, self._shown(events), lesson, found)
        return self._outcome(lesson.labels[lesson.order], totals, found)

    def _shown(self, events: Events) -> Shown:
        return Shown(events.offsets, events.addresses, events.levels, self.config.n_steps)

    def _room(self, count: int, record: bool) -> Found:
        """Return room for the scores of `count` samples and, where recorded, state and spikes of every step."""
        neurons = int(self.model.plan[:, N_OUT].sum()) if record else 0
        steps = (count if record else 0, self.config.n_steps)
        scores = np.zeros((count, self.config.n_classes), np.int64)
        return Found(scores, np.zeros((*steps, N_STATE, neurons), np.int64), np.zeros((*steps, neurons), np.int64))

    def _outcome(self, labels: IntArray | None, counts: Iterable[int], found: Found) -> Inference:
        scores, states, spikes = self._in_order(found)
        classes = np.argmax(scores, axis=-1)
        correct = 0 if labels is None else int((classes == labels).sum())
        activity = Activity(len(scores), correct, *(int(count) for count in counts))
        if spikes.shape[-1] == 0:
            return Inference(classes, scores, activity, None, None)
        return Inference(classes, scores, activity, NeuronState(*np.moveaxis(states, -2, 0)), spikes)

    def _check(self, events: Events) -> None:
        """Refuse events of another shape: the compiled loops index without a check."""
        given, expected = (events.n_inputs, events.n_steps), (self.config.n_inputs, self.config.n_steps)
        if given != expected:
            raise ValueError(f"{self.config.name}: (inputs, steps) of the events must be {expected}, got {given}")

    def _in_order(self, found: Found) -> Found:
        """Bring scores and traces of neurons from their order in memory to that of their addresses."""
        kinds = self.config.kinds
        if all(kind.output_shape is None for kind in kinds):
            return found
        places = [neuron_places(kind) for kind in kinds]
        scores = found.scores[:, places[-1]]
        if found.spikes.shape[-1] == 0:
            return found._replace(scores=scores)
        every = np.concatenate([at + row[NEURON_AT] for at, row in zip(places, self.model.plan, strict=True)])
        return Found(scores, found.states[..., every], found.spikes[..., every])


def _matrix(config: NetworkConfig) -> IntArray:
    """Return the fixed matrices of all hidden layers, flat, neurons as in memory; none on the feedback route."""
    if not isinstance(config, LearningNetworkConfig) or config.learning.feeds_back:
        return np.zeros(0, np.int64)
    hidden = config.resolved[:-1]
    matrices = [
        direct_matrix(layer, config.n_classes, config.learning.seed)[np.argsort(neuron_places(layer.kind))].ravel()
        for layer in hidden
    ]
    return np.concatenate([np.zeros(0, np.int64), *matrices])


def _flat(arrays: Iterator[tuple[ResolvedLayer, Parameter, IntArray]], dtype: type) -> NDArray[np.signedinteger]:
    return np.concatenate([to_memory(layer.kind, parameter, values) for layer, parameter, values in arrays]).astype(
        dtype
    )


def _type_of(width: int) -> type:
    """Return the narrowest type of at least `width` bits; narrow ones leave more of the processor's cache."""
    return next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if width <= 8 * np.dtype(kind).itemsize)


def _check_range(name: str, values: IntArray, count: int) -> None:
    if len(values) and not 0 <= np.min(values) <= np.max(values) < count:
        raise ValueError(f"{name}: must be 0..{count - 1}")
