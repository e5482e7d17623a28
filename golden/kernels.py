"""The semantics of :mod:`golden.network` compiled with numba: event-driven, one sample at a time, one thread.

Proven equal to the numpy steps, for every spike, membrane, weight and LFSR state, by ``tests/golden/test_kernels.py``.
All layers live in flat arrays; row `i` of a layer holds the weights of input `i` to all its neurons.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .config import GRADIENT_WIDTH, NetworkConfig
from .encoding import Events
from .fixed import LFSR_TAPS, ROUNDINGS, IntArray, Lfsr
from .learning import direct_matrix
from .network import Network

# Columns of the plan, one row a layer.
(
    N_IN, N_OUT, FIRES, MEMBRANE_WIDTH, MAX_SPIKE, THRESHOLD_SHIFT, SURROGATE_TOP, LEAK, LEAK_SHIFT, LEAK_FACTOR,
    RESET, WEIGHT_WIDTH, WEIGHT_AT, NEURON_AT, INPUT_AT, TRACE_WIDTH, ERROR_SHIFT, RATE_SHIFT, MATRIX_AT, N_COLUMNS,
) = range(20)  # fmt: skip
LEAK_NONE, LEAK_BY_SHIFT, LEAK_BY_FACTOR = range(3)
RESET_SOFT, RESET_HARD, RESET_NONE = range(3)

# Entries of the learning rule.
(
    SHADOW_WIDTH, DIRECT, EVERY_STEP, MARGIN, ROUNDING, TRACE_LEAK, DIRECT_SHIFT, SPIKE_COUNT, N_RULE,
) = range(9)  # fmt: skip
FLOOR, TOWARD_ZERO, NEAREST, STOCHASTIC = range(4)
assert ROUNDINGS == ("floor", "toward_zero", "nearest", "stochastic")


class Activity(NamedTuple):
    """What a run of samples did, summed over the samples.

    Attributes
    ----------
    samples, correct : int
    input_events : int
    hidden_events : int
        Events of all layers that fire.
    synaptic_operations : int
        Spike-times-weight products added to a membrane: events times fan-out.
    updated_samples : int
        Samples with at least one error.
    synaptic_updates : int
        Shadow weights read, changed and written: rows with a trace times neurons with a gradient.
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

    ``membranes`` and ``spikes`` have shape (n, n_steps, all neurons), layers side by side in order; membranes after
    reset.
    """

    classes: IntArray
    scores: IntArray
    activity: Activity
    membranes: IntArray | None
    spikes: IntArray | None


class Kernel:
    """A network in the flat form of the compiled kernels; learns in place.

    Parameters
    ----------
    network : Network
        Copied; :meth:`network` returns the present state.
    """

    def __init__(self, network: Network):
        self.config = config = network.config
        self.plan = _plan(config)
        self.rule = _rule(config)
        narrow = max(layer.weight_width for layer in config.resolved) <= 8
        self.weights = _flat(network.weights, np.int8 if narrow else np.int16)
        self.shadows = _flat(network.shadows, np.int32) if network.shadows else np.zeros(0, np.int32)
        self.lfsr = np.array([network.lfsr.state if network.lfsr else 1], np.int64)
        self.matrix = np.zeros(0, np.int64)
        if config.learning is not None and config.learning.route == "direct":
            hidden = config.resolved[:-1]
            matrices = [direct_matrix(layer, config.n_classes, config.learning.seed).ravel() for layer in hidden]
            self.matrix = np.concatenate([self.matrix, *matrices])
        self.accumulator = np.zeros(max(layer.n_out for layer in config.resolved), _accumulator_type(config))

    def network(self) -> Network:
        """Return the present weights, shadow weights and LFSR state as a golden network."""
        learns = self.config.learning is not None
        return Network(
            config=self.config,
            weights=self._unflat(self.weights),
            shadows=self._unflat(self.shadows) if learns else None,
            lfsr=Lfsr(int(self.lfsr[0])) if learns else None,
        )

    def infer(self, events: Events, labels: IntArray | None = None, *, record: bool = False) -> Inference:
        """Run every sample of `events`; `labels` only serve to count the correct ones."""
        count, neurons = events.n_samples, int(self.plan[:, N_OUT].sum())
        shape = (count, self.config.n_steps, neurons) if record else (0, 0, 0)
        membranes, spikes = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        scores = np.zeros((count, self.config.n_classes), np.int64)
        activity = _infer(
            self.plan, self.rule, self.weights, self.accumulator, *events[:3], self.config.n_steps, scores, membranes,
            spikes,
        )  # fmt: skip
        classes = np.argmax(scores, axis=-1)
        correct = 0 if labels is None else int((classes == labels).sum())
        totals = Activity(count, correct, *(int(entry) for entry in activity), 0, 0)
        return Inference(classes, scores, totals, membranes if record else None, spikes if record else None)

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other; `correct` counts before each update."""
        totals = _learn(
            self.plan, self.rule, self.weights, self.shadows, self.lfsr, self.matrix, self.accumulator, *events[:3],
            self.config.n_steps, np.asarray(labels, np.int64), np.asarray(order, np.int64), boost,
        )  # fmt: skip
        return Activity(len(order), *(int(entry) for entry in totals))

    def _unflat(self, flat: NDArray[np.signedinteger]) -> list[IntArray]:
        sizes = [layer.n_in * layer.n_out for layer in self.config.resolved]
        parts = np.split(flat.astype(np.int64), np.cumsum(sizes)[:-1])
        return [
            part.reshape(layer.n_in, layer.n_out).T.copy()
            for part, layer in zip(parts, self.config.resolved, strict=True)
        ]


def _flat(matrices: list[IntArray], dtype: type) -> NDArray[np.signedinteger]:
    return np.concatenate([matrix.T.ravel() for matrix in matrices]).astype(dtype)


def _accumulator_type(config: NetworkConfig) -> type:
    widest = max(max(layer.current_width, layer.neuron.membrane_width) + 1 for layer in config.resolved)
    return np.int32 if widest <= 32 else np.int64


def _plan(config: NetworkConfig) -> IntArray:
    plan = np.zeros((len(config.layers), N_COLUMNS), np.int64)
    weight_at = neuron_at = input_at = matrix_at = 0
    for layer, row in zip(config.resolved, plan, strict=True):
        neuron = layer.neuron
        row[N_IN], row[N_OUT], row[FIRES] = layer.n_in, layer.n_out, layer.fires
        row[MEMBRANE_WIDTH], row[MAX_SPIKE] = neuron.membrane_width, neuron.max_spike
        row[THRESHOLD_SHIFT] = neuron.threshold_shift
        row[SURROGATE_TOP] = 1 << (neuron.threshold_shift + neuron.spike_width)
        if neuron.leak_shift is not None:
            row[LEAK], row[LEAK_SHIFT] = LEAK_BY_SHIFT, neuron.leak_shift
        elif neuron.leak_factor is not None:
            row[LEAK], row[LEAK_SHIFT], row[LEAK_FACTOR] = LEAK_BY_FACTOR, neuron.leak_frac, neuron.leak_factor
        row[RESET] = {"soft": RESET_SOFT, "hard": RESET_HARD, "none": RESET_NONE}[neuron.reset]
        row[WEIGHT_WIDTH], row[TRACE_WIDTH] = layer.weight_width, layer.input_trace_width
        row[WEIGHT_AT], row[NEURON_AT], row[INPUT_AT], row[MATRIX_AT] = weight_at, neuron_at, input_at, matrix_at
        if config.learning is not None:
            row[RATE_SHIFT] = config.learning.rate_shifts[layer.index]
            if layer.index < len(config.layers) - 1:
                row[ERROR_SHIFT] = config.learning.error_shifts[layer.index]
        weight_at += layer.n_in * layer.n_out
        neuron_at += layer.n_out
        input_at += layer.n_in
        matrix_at += layer.n_out * config.n_classes
    return plan


def _rule(config: NetworkConfig) -> IntArray:
    rule = np.zeros(N_RULE, np.int64)
    rule[SPIKE_COUNT] = config.readout == "spike_count"
    learning = config.learning
    if learning is not None:
        rule[SHADOW_WIDTH], rule[MARGIN] = learning.shadow_width, learning.margin
        rule[DIRECT], rule[EVERY_STEP] = learning.route == "direct", learning.timing == "every_step"
        rule[ROUNDING] = ROUNDINGS.index(learning.rounding)
        rule[TRACE_LEAK], rule[DIRECT_SHIFT] = learning.trace_shift or 0, learning.direct_shift
    return rule


@njit(cache=True)
def _accumulate(p, weights, accumulator, addresses, levels):  # pragma: no cover
    """Add the weight rows of the given events; the whole cost of a forward pass lies here."""
    n_out = p[N_OUT]
    total = accumulator[:n_out]
    total[:] = 0
    for event in range(len(addresses)):
        level = levels[event]
        start = p[WEIGHT_AT] + addresses[event] * n_out
        row = weights[start : start + n_out]
        for j in range(n_out):
            total[j] += level * row[j]


@njit(cache=True)
def _layer_step(p, accumulator, membranes, integrated, spikes):  # pragma: no cover
    """Leak, integrate, fire and reset; return the number of neurons that fired."""
    at, fired = p[NEURON_AT], 0
    high = (1 << (p[MEMBRANE_WIDTH] - 1)) - 1
    for j in range(p[N_OUT]):
        u = membranes[at + j]
        if p[LEAK] == LEAK_BY_SHIFT:
            u -= u >> p[LEAK_SHIFT]
        elif p[LEAK] == LEAK_BY_FACTOR:
            u = (u * p[LEAK_FACTOR]) >> p[LEAK_SHIFT]
        u = min(max(u + np.int64(accumulator[j]), -high - 1), high)
        integrated[at + j] = u
        s = np.int64(0)
        if p[FIRES]:
            s = min(max(u >> p[THRESHOLD_SHIFT], 0), p[MAX_SPIKE])
            if s > 0:
                fired += 1
                if p[RESET] == RESET_SOFT:
                    u -= s << p[THRESHOLD_SHIFT]
                elif p[RESET] == RESET_HARD:
                    u = 0
        spikes[at + j] = s
        membranes[at + j] = u
    return fired


@njit(cache=True)
def _events_of(p, spikes, addresses, levels):  # pragma: no cover
    """List the neurons of a layer that fired; return how many."""
    count = 0
    for j in range(p[N_OUT]):
        s = spikes[p[NEURON_AT] + j]
        if s > 0:
            addresses[count] = j
            levels[count] = s
            count += 1
    return count


@njit(cache=True)
def _infer(plan, rule, weights, accumulator, offsets, addresses, levels, n_steps, scores, membranes, spikes):
    # pragma: no cover
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    u, before, s = np.zeros(neurons, np.int64), np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    last = plan[depth - 1]
    activity = np.zeros(3, np.int64)
    for sample in range(len(scores)):
        u[:] = 0
        for t in range(n_steps):
            at = sample * n_steps + t
            addresses_in, levels_in = addresses[offsets[at] : offsets[at + 1]], levels[offsets[at] : offsets[at + 1]]
            activity[0] += len(levels_in)
            for index in range(depth):
                p = plan[index]
                activity[2] += len(levels_in) * p[N_OUT]
                _accumulate(p, weights, accumulator, addresses_in, levels_in)
                activity[1] += _layer_step(p, accumulator, u, before, s)
                count = _events_of(p, s, own_addresses, own_levels)
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
            if len(membranes):
                membranes[sample, t], spikes[sample, t] = u, s
            if rule[SPIKE_COUNT]:
                scores[sample] += s[last[NEURON_AT] :]
        if not rule[SPIKE_COUNT]:
            scores[sample] = u[last[NEURON_AT] :]
    return activity


@njit(cache=True)
def _round_pow2(value):  # pragma: no cover
    magnitude = abs(value)
    if magnitude == 0:
        return np.int64(0)
    top = np.int64(1)
    while top <= magnitude >> 1:
        top <<= 1
    if magnitude & (top >> 1):
        top <<= 1
    return -top if value < 0 else top


@njit(cache=True)
def _shift_round(value, shift):  # pragma: no cover
    return (value + (np.int64(1) << (shift - 1))) >> shift if shift > 0 else value << -shift


@njit(cache=True)
def _update_layer(p, rule, weights, shadows, lfsr, error, trace, boost):  # pragma: no cover
    """Update the rows of a layer that have a trace; return the number of shadow weights updated."""
    n_out, updates = p[N_OUT], 0
    active = 0
    for j in range(n_out):
        active += error[j] != 0
    if active == 0:
        return 0
    shift = p[RATE_SHIFT] + boost
    down, up = max(shift, 0), max(-shift, 0)
    mask = (np.int64(1) << down) - 1
    high = (np.int64(1) << (rule[SHADOW_WIDTH] - 1)) - 1
    weight_high = (np.int64(1) << (p[WEIGHT_WIDTH] - 1)) - 1
    drop = rule[SHADOW_WIDTH] - p[WEIGHT_WIDTH]
    half = (np.int64(1) << drop) >> 1
    for i in range(p[N_IN]):
        x = trace[i]
        if x == 0:
            continue
        bias = np.int64(0)
        if rule[ROUNDING] == STOCHASTIC:
            state = lfsr[0]
            lfsr[0] = (state >> 1) ^ (LFSR_TAPS if state & 1 else 0)
            bias = lfsr[0] & mask
        elif rule[ROUNDING] == NEAREST:
            bias = (mask + 1) >> 1
        to_zero = mask if rule[ROUNDING] == TOWARD_ZERO else np.int64(0)
        start = p[WEIGHT_AT] + i * n_out
        row, weight_row = shadows[start : start + n_out], weights[start : start + n_out]
        for j in range(n_out):
            wanted = -error[j] * x
            step = ((wanted << up) + bias + (to_zero if wanted < 0 else 0)) >> down
            value = min(max(row[j] + step, -high - 1), high)
            row[j] = value
            weight_row[j] = min((value + half) >> drop, weight_high)
        updates += active
    return updates


@njit(cache=True)
def _update(plan, rule, weights, shadows, lfsr, matrix, error, traces, surrogates, boost):  # pragma: no cover
    """Apply one update to all layers, output first; `error` (all neurons) holds the output error on entry."""
    depth = len(plan)
    last = plan[depth - 1]
    limit = (np.int64(1) << (GRADIENT_WIDTH - 1)) - 1
    for index in range(depth - 2, -1, -1):
        p = plan[index]
        source = last if rule[DIRECT] else plan[index + 1]
        n_source = source[N_OUT]
        error_above = error[source[NEURON_AT] : source[NEURON_AT] + n_source]
        for j in range(p[N_OUT]):
            count, d = surrogates[p[NEURON_AT] + j], np.int64(0)
            if count == 0:
                error[p[NEURON_AT] + j] = 0
                continue
            if rule[DIRECT]:
                row = matrix[p[MATRIX_AT] + j * n_source : p[MATRIX_AT] + (j + 1) * n_source]
                for c in range(n_source):
                    d += error_above[c] * row[c]
                d <<= rule[DIRECT_SHIFT]
            else:
                start = source[WEIGHT_AT] + j * n_source
                weight_row = weights[start : start + n_source]
                for c in range(n_source):
                    d += error_above[c] * weight_row[c]
            clipped = min(max(_shift_round(d * count, p[ERROR_SHIFT]), -limit), limit)
            error[p[NEURON_AT] + j] = _round_pow2(clipped)
    updates = 0
    for index in range(depth - 1, -1, -1):
        p = plan[index]
        own = error[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
        trace = traces[p[INPUT_AT] : p[INPUT_AT] + p[N_IN]]
        updates += _update_layer(p, rule, weights, shadows, lfsr, own, trace, boost)
    return updates


@njit(cache=True)
def _learn(
    plan, rule, weights, shadows, lfsr, matrix, accumulator, offsets, addresses, levels, n_steps, labels, order, boost
):  # fmt: skip
    # pragma: no cover
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    inputs = plan[-1, INPUT_AT] + plan[-1, N_IN]
    u, before, s = np.zeros(neurons, np.int64), np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    traces, surrogates, error = np.zeros(inputs, np.int64), np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
    last = plan[depth - 1]
    n_classes = last[N_OUT]
    counts = np.zeros(n_classes, np.int64)
    activity = np.zeros(6, np.int64)
    for sample in order:
        label = labels[sample]
        u[:] = 0
        traces[:] = 0
        surrogates[:] = 0
        counts[:] = 0
        updated = False
        for t in range(n_steps):
            at = sample * n_steps + t
            addresses_in, levels_in = addresses[offsets[at] : offsets[at + 1]], levels[offsets[at] : offsets[at + 1]]
            activity[1] += len(levels_in)
            if rule[TRACE_LEAK]:
                for i in range(inputs):
                    traces[i] -= traces[i] >> rule[TRACE_LEAK]
            for index in range(depth):
                p = plan[index]
                high = (np.int64(1) << p[TRACE_WIDTH]) - 1
                for event in range(len(levels_in)):
                    i = p[INPUT_AT] + addresses_in[event]
                    traces[i] = min(traces[i] + levels_in[event], high)
                activity[3] += len(levels_in) * p[N_OUT]
                _accumulate(p, weights, accumulator, addresses_in, levels_in)
                activity[2] += _layer_step(p, accumulator, u, before, s)
                count = _events_of(p, s, own_addresses, own_levels)
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
                for j in range(p[NEURON_AT], p[NEURON_AT] + p[N_OUT]):
                    window = np.int64(0 <= before[j] < p[SURROGATE_TOP])
                    surrogates[j] = window if rule[EVERY_STEP] else surrogates[j] + window
            counts += s[last[NEURON_AT] :]
            if rule[EVERY_STEP] or t == n_steps - 1:
                wrong = False
                for c in range(n_classes):
                    score = u[last[NEURON_AT] + c] + (counts[c] << last[THRESHOLD_SHIFT])
                    e = (-1 if score < rule[MARGIN] else 0) if c == label else (1 if score > -rule[MARGIN] else 0)
                    error[last[NEURON_AT] + c] = e
                    wrong |= e != 0
                if wrong:
                    updated = True
                    activity[5] += _update(
                        plan, rule, weights, shadows, lfsr, matrix, error, traces, surrogates, boost
                    )  # fmt: skip
        activity[4] += updated
        best = 0
        for c in range(1, n_classes):
            if rule[SPIKE_COUNT]:
                best = c if counts[c] > counts[best] else best
            else:
                best = c if u[last[NEURON_AT] + c] > u[last[NEURON_AT] + best] else best
        activity[0] += best == label
    return activity
