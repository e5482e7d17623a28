"""The semantics of :mod:`golden.network` compiled with numba: event-driven, one sample at a time, one thread.

Traces of the network's inputs are made only when an update needs them, which few samples of a trained network do.

Proven equal to the numpy steps, for every spike, membrane, weight and LFSR state, by ``tests/golden/test_kernels.py``.
All layers live in flat arrays; row `i` of a fully connected layer holds the weights of input `i` to all its neurons,
and the rows after its inputs' those of its own neurons, if it is recurrent.
Maps, and weights of windows, lie in the order of :mod:`golden.scatter`.
"""

import math
from typing import Any, NamedTuple, get_args

import numpy as np
from numba import njit
from numba.extending import intrinsic
from numpy.typing import NDArray

from .config import GRADED_SHIFT, GRADIENT_WIDTH, ErrorKind, NetworkConfig, Readout
from .encoding import Events
from .fixed import LFSR_TAPS, LFSR_WIDTH, ROUNDINGS, IntArray, Lfsr
from .learning import direct_matrix
from .network import Network
from .scatter import (
    LENGTH,
    N_ENTRIES,
    N_RUNS,
    SOURCE,
    TARGET,
    event_table,
    from_memory,
    neuron_places,
    runs_step,
    to_memory,
)

# Columns of the plan, one row a layer.
(
    N_IN, N_OWN, N_OUT, FIRES, MEMBRANE_WIDTH, MAX_SPIKE, THRESHOLD_SHIFT, SURROGATE_LOW, SURROGATE_HIGH, LEAK,
    LEAK_SHIFT, LEAK_FACTOR, RESET, WEIGHT_WIDTH, WEIGHT_AT, NEURON_AT, ROW_AT, TRACE_LEAK, TRACE_GAIN, ERROR_SHIFT,
    RATE_SHIFT, OWN_RATE_SHIFT, OWN_LEARNS, BUDGET, BUDGET_PUSH, MATRIX_AT, BY_TABLE, TABLE_AT, TARGET_STEP,
    SOURCE_STEP, N_COLUMNS,
) = range(31)  # fmt: skip
LEAK_NONE, LEAK_BY_SHIFT, LEAK_BY_FACTOR = range(3)
RESET_SOFT, RESET_HARD, RESET_NONE = range(3)

# Entries of the learning rule.
(
    SHADOW_WIDTH, DIRECT, EVERY_STEP, ERROR, MARGIN, ERROR_OCTAVE, ROUNDING, DIRECT_SHIFT, READOUT, N_RULE,
) = range(10)  # fmt: skip
BY_MARGIN, BY_PAIR, GRADED = range(3)
assert get_args(ErrorKind) == ("margin", "pair", "graded")
MEMBRANE, MEMBRANE_SUM, SPIKE_COUNT = range(3)
assert get_args(Readout) == ("membrane", "membrane_sum", "spike_count")
FLOOR, TOWARD_ZERO, NEAREST, STOCHASTIC = range(4)
SPARSE = 20
"""Neurons per neuron with an error from which on an update visits only those with one; measured at 256 neurons."""
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
        Spike-times-weight products added to a membrane: events times fan-out; of a map's event, windows times channels.
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
        self.weights = self._flat(network.weights, np.int8 if narrow else np.int16)
        self.shadows = self._flat(network.shadows, np.int32) if network.shadows else np.zeros(0, np.int32)
        self.tables = _tables(config)
        self.lfsr = np.array([network.lfsr.state if network.lfsr else 1], np.int64)
        self.matrix = np.zeros(0, np.int64)
        if config.learning is not None and config.learning.route == "direct":
            hidden = config.resolved[:-1]
            matrices = [direct_matrix(layer, config.n_classes, config.learning.seed).ravel() for layer in hidden]
            self.matrix = np.concatenate([self.matrix, *matrices])
        widest = max(layer.n_out for layer in config.resolved)
        self.accumulator = np.zeros(widest, _accumulator_type(config))
        self.scaled = np.zeros(widest, _update_type(config))

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
        self._check(events)
        count, neurons = events.n_samples, int(self.plan[:, N_OUT].sum())
        shape = (count, self.config.n_steps, neurons) if record else (0, 0, 0)
        membranes, spikes = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        scores = np.zeros((count, self.config.n_classes), np.int64)
        activity = _infer(
            self.plan, self.rule, self.weights, self.tables, self.accumulator, *events[:3], self.config.n_steps, scores,
            membranes, spikes,
        )  # fmt: skip
        scores, membranes, spikes = self._in_order(scores, membranes, spikes)
        classes = np.argmax(scores, axis=-1)
        correct = 0 if labels is None else int((classes == labels).sum())
        totals = Activity(count, correct, *(int(entry) for entry in (*activity, 0, 0)))
        return Inference(classes, scores, totals, membranes if record else None, spikes if record else None)

    def learn(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Activity:
        """Learn from the samples `order` of `events`, one after the other; `correct` counts before each update."""
        return self._learn(events, labels, order, boost, record=False).activity

    def learn_recorded(self, events: Events, labels: IntArray, order: IntArray, boost: int = 0) -> Inference:
        """Learn like :meth:`learn`, and return the trace of every neuron at every step, samples in the given order."""
        return self._learn(events, labels, order, boost, record=True)

    def _learn(self, events: Events, labels: IntArray, order: IntArray, boost: int, *, record: bool) -> Inference:
        self._check(events)
        if len(self.shadows) == 0:
            raise ValueError(f"{self.config.name}: only a network with shadow weights learns")
        _check_range("order", order, len(labels))
        _check_range("order", order, events.n_samples)
        _check_range("labels", labels, self.config.n_classes)
        count, neurons = len(order), int(self.plan[:, N_OUT].sum())
        shape = (count, self.config.n_steps, neurons) if record else (0, 0, 0)
        membranes, spikes = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        scores = np.zeros((count, self.config.n_classes), np.int64)
        totals = _learn(
            self.plan, self.rule, self.weights, self.shadows, self.lfsr, self.matrix, self.accumulator, self.scaled,
            *events[:3], self.config.n_steps, np.asarray(labels, np.int64), np.asarray(order, np.int64), boost,
            scores, membranes, spikes,
        )  # fmt: skip
        classes = np.argmax(scores, axis=-1)
        correct = int((classes == np.asarray(labels)[np.asarray(order, np.int64)]).sum())
        activity = Activity(count, correct, *(int(entry) for entry in totals))
        return Inference(classes, scores, activity, membranes if record else None, spikes if record else None)

    def _check(self, events: Events) -> None:
        """Refuse events of another shape: the compiled loops index without a check."""
        given, expected = (events.n_inputs, events.n_steps), (self.config.n_inputs, self.config.n_steps)
        if given != expected:
            raise ValueError(f"{self.config.name}: (inputs, steps) of the events must be {expected}, got {given}")

    def _flat(self, matrices: list[IntArray], dtype: type) -> NDArray[np.signedinteger]:
        ordered = [to_memory(layer, matrix) for layer, matrix in zip(self.config.resolved, matrices, strict=True)]
        return np.concatenate(ordered).astype(dtype)

    def _unflat(self, flat: NDArray[np.signedinteger]) -> list[IntArray]:
        sizes = [math.prod(layer.weight_shape) for layer in self.config.resolved]
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return [from_memory(layer, part) for layer, part in zip(self.config.resolved, parts, strict=True)]

    def _in_order(self, scores: IntArray, membranes: IntArray, spikes: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Bring scores and traces of neurons from their order in memory to that of their addresses."""
        layers = self.config.resolved
        if all(layer.conv is None for layer in layers):
            return scores, membranes, spikes
        places = [neuron_places(layer.output_shape, layer.n_out) for layer in layers]
        scores = scores[:, places[-1]]
        if membranes.size == 0:
            return scores, membranes, spikes
        every = np.concatenate([at + row[NEURON_AT] for at, row in zip(places, self.plan, strict=True)])
        return scores, membranes[..., every], spikes[..., every]


def _check_range(name: str, values: IntArray, count: int) -> None:
    if len(values) and not 0 <= np.min(values) <= np.max(values) < count:
        raise ValueError(f"{name}: must be 0..{count - 1}")


def _accumulator_type(config: NetworkConfig) -> type:
    widest = max(max(layer.current_width, layer.neuron.membrane_width) + 1 for layer in config.resolved)
    return np.int32 if widest <= 32 else np.int64


def _update_type(config: NetworkConfig) -> type:
    """Return the type that holds a gradient times a trace, shifted left, plus a shadow weight and a rounding bias."""
    if config.learning is None:
        return np.int32
    widest = max(
        GRADIENT_WIDTH + layer.row_trace_width + max(-rate_shift, 0)
        for layer in config.resolved
        for rate_shift in layer.rate_shifts
    )
    return np.int32 if widest <= 30 else np.int64


def _by_table(config: NetworkConfig) -> list[bool]:
    """Return for each layer whether a table says where its events act: it convolves, pools, or is fed by a map."""
    below = [False, *(layer.conv is not None for layer in config.layers[:-1])]
    return [layer.is_spatial or fed_by_map for layer, fed_by_map in zip(config.layers, below, strict=True)]


def _tables(config: NetworkConfig) -> IntArray:
    """Return the tables of all layers that have one, the inputs of each in the order of memory."""
    tables, places = [np.zeros((0, N_ENTRIES), np.int64)], np.arange(config.n_inputs)
    for layer, by_table in zip(config.resolved, _by_table(config), strict=True):
        if by_table:
            table = np.zeros((layer.n_in, N_ENTRIES), np.int64)
            table[places] = event_table(layer)
            tables.append(table)
        places = neuron_places(layer.output_shape, layer.n_out)
    return np.concatenate(tables)


def _plan(config: NetworkConfig) -> IntArray:
    plan = np.zeros((len(config.layers), N_COLUMNS), np.int64)
    weight_at = neuron_at = row_at = matrix_at = table_at = 0
    plan[:, BY_TABLE] = _by_table(config)
    for layer, row in zip(config.resolved, plan, strict=True):
        neuron = layer.neuron
        row[N_IN], row[N_OWN], row[N_OUT], row[FIRES] = layer.n_in, layer.n_own, layer.n_out, layer.fires
        row[MEMBRANE_WIDTH], row[MAX_SPIKE] = neuron.membrane_width, neuron.max_spike
        row[THRESHOLD_SHIFT] = neuron.threshold_shift
        row[SURROGATE_LOW], row[SURROGATE_HIGH] = layer.surrogate_window
        if neuron.leak_shift is not None:
            row[LEAK], row[LEAK_SHIFT] = LEAK_BY_SHIFT, neuron.leak_shift
        elif neuron.leak_factor is not None:
            row[LEAK], row[LEAK_SHIFT], row[LEAK_FACTOR] = LEAK_BY_FACTOR, neuron.leak_frac or 0, neuron.leak_factor
        row[RESET] = {"soft": RESET_SOFT, "hard": RESET_HARD, "none": RESET_NONE}[neuron.reset]
        row[WEIGHT_WIDTH] = layer.weight_width
        row[WEIGHT_AT], row[NEURON_AT], row[ROW_AT], row[MATRIX_AT] = weight_at, neuron_at, row_at, matrix_at
        if config.learning is not None:
            row[TRACE_LEAK], row[TRACE_GAIN] = layer.trace_shift or 0, config.learning.trace_gain
            row[RATE_SHIFT], row[OWN_LEARNS] = layer.rate_shifts[0], layer.learns_own
            row[OWN_RATE_SHIFT] = layer.rate_shifts[-1]
            row[BUDGET], row[BUDGET_PUSH] = config.learning.budget or 0, layer.budget_push
            if not layer.is_readout:
                row[ERROR_SHIFT] = config.learning.error_shifts[layer.index]
        row[TABLE_AT] = table_at
        row[TARGET_STEP], row[SOURCE_STEP] = runs_step(layer)
        weight_at += math.prod(layer.weight_shape)
        table_at += layer.n_in * row[BY_TABLE]
        neuron_at += layer.n_out
        row_at += layer.n_in + layer.n_own
        matrix_at += layer.n_out * config.n_classes
    return plan


def _rule(config: NetworkConfig) -> IntArray:
    rule = np.zeros(N_RULE, np.int64)
    rule[READOUT] = get_args(Readout).index(config.readout)
    learning = config.learning
    if learning is not None:
        rule[SHADOW_WIDTH], rule[MARGIN] = learning.shadow_width, learning.margin
        rule[ERROR], rule[ERROR_OCTAVE] = get_args(ErrorKind).index(learning.error), learning.error_octave
        rule[DIRECT], rule[EVERY_STEP] = learning.route == "direct", learning.timing == "every_step"
        rule[ROUNDING] = ROUNDINGS.index(learning.rounding)
        rule[DIRECT_SHIFT] = learning.direct_shift
    return rule


def _typed_shift(typing_context: Any, value: Any, amount: Any) -> tuple[Any, Any]:
    """Compile ``value >> amount`` in the type of `value`; numba's own shift is 64 bits wide, with half the lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ashr(arguments[0], context.cast(builder, arguments[1], amount, value))

    return value(value, amount), generate


_shift: Any = intrinsic(_typed_shift)


def _compiled(function: Any) -> Any:
    """Compile a function, kept on disk from one process to the next where numba finds a folder for it."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # neither the source's folder nor one of the user's can be written
        return njit(function)


@_compiled
def _accumulate(p, weights, accumulator, addresses, levels):  # pragma: no cover
    """Sum the weight rows of the given events; most of the cost of a forward pass lies here.

    Four events a pass, so that the sums are loaded and stored a quarter as often; the casts keep the compiled loop in
    the width of the accumulator, which holds every partial sum.
    """
    n_out, count = p[N_OUT], len(addresses)
    total = accumulator[:n_out]
    total[:] = 0
    kind = total.dtype.type
    for event in range(0, count - 3, 4):
        a = p[WEIGHT_AT] + addresses[event] * n_out
        b = p[WEIGHT_AT] + addresses[event + 1] * n_out
        c = p[WEIGHT_AT] + addresses[event + 2] * n_out
        d = p[WEIGHT_AT] + addresses[event + 3] * n_out
        row_a, row_b, row_c, row_d = (
            weights[a : a + n_out], weights[b : b + n_out], weights[c : c + n_out], weights[d : d + n_out],
        )  # fmt: skip
        level_a, level_b = kind(levels[event]), kind(levels[event + 1])
        level_c, level_d = kind(levels[event + 2]), kind(levels[event + 3])
        for j in range(n_out):
            total[j] += kind(level_a * row_a[j] + level_b * row_b[j] + level_c * row_c[j] + level_d * row_d[j])
    for event in range(count - count % 4, count):
        start = p[WEIGHT_AT] + addresses[event] * n_out
        row = weights[start : start + n_out]
        level = kind(levels[event])
        for j in range(n_out):
            total[j] += kind(level * row[j])


@_compiled
def _scatter(p, weights, tables, accumulator, addresses, levels):  # pragma: no cover
    """Add the given events to the neurons that the layer's table names; return the number of products added."""
    total = accumulator[: p[N_OUT]]
    total[:] = 0
    kind = total.dtype.type
    products = 0
    for event in range(len(addresses)):
        entry = tables[p[TABLE_AT] + addresses[event]]
        level, length = kind(levels[event]), entry[LENGTH]
        target, source = entry[TARGET], p[WEIGHT_AT] + entry[SOURCE]
        products += entry[N_RUNS] * length
        for _ in range(entry[N_RUNS]):
            part, run = total[target : target + length], weights[source : source + length]
            for j in range(length):
                part[j] += kind(level * run[j])
            target += p[TARGET_STEP]
            source += p[SOURCE_STEP]
    return products


@_compiled
def _layer_step(p, accumulator, membranes, integrated, spikes):  # pragma: no cover
    """Leak, integrate, fire and reset; return the number of neurons that fired.

    All state has the type of the accumulator, which holds a membrane plus the exact sum of a step.
    """
    at, n_out, fired = p[NEURON_AT], p[N_OUT], 0
    u, before, s = membranes[at : at + n_out], integrated[at : at + n_out], spikes[at : at + n_out]
    kind = u.dtype.type
    high = kind((np.int64(1) << (p[MEMBRANE_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    if p[LEAK] == LEAK_BY_SHIFT:
        for j in range(n_out):
            u[j] -= _shift(u[j], p[LEAK_SHIFT])
    elif p[LEAK] == LEAK_BY_FACTOR:
        for j in range(n_out):
            u[j] = (np.int64(u[j]) * p[LEAK_FACTOR]) >> p[LEAK_SHIFT]
    for j in range(n_out):
        before[j] = min(max(kind(u[j] + accumulator[j]), low), high)
    if not p[FIRES]:
        u[:] = before
        return 0
    shift, top = p[THRESHOLD_SHIFT], kind(p[MAX_SPIKE])
    for j in range(n_out):
        s[j] = min(max(_shift(before[j], shift), kind(0)), top)
        fired += s[j] > 0
    if p[RESET] == RESET_SOFT:
        for j in range(n_out):
            u[j] = before[j] - kind(s[j] << shift)
    elif p[RESET] == RESET_HARD:
        for j in range(n_out):
            u[j] = kind(0) if s[j] > 0 else before[j]
    else:
        u[:] = before
    return fired


@_compiled
def _events_of(p, spikes, addresses, levels):  # pragma: no cover
    """List the neurons of a layer that fired, without a branch to mispredict; return how many."""
    count = 0
    own = spikes[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
    for j in range(p[N_OUT]):
        addresses[count] = j
        count += own[j] > 0
    for event in range(count):
        levels[event] = own[addresses[event]]
    return count


@_compiled
def _rows_of(plan):  # pragma: no cover
    """Return room for the events of the rows of any layer: addresses and levels."""
    most = (plan[:, N_IN] + plan[:, N_OWN]).max() if plan[:, N_OWN].any() else 0
    return np.zeros(most, np.int32), np.zeros(most, np.uint8)


@_compiled
def _join_own(p, spikes, addresses, levels, row_addresses, row_levels):  # pragma: no cover
    """List the events of a recurrent layer's rows: those of its inputs, then its own spikes as they stand."""
    count = len(levels)
    row_addresses[:count] = addresses
    row_levels[:count] = levels
    own = spikes[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
    for j in range(p[N_OUT]):
        if own[j] > 0:
            row_addresses[count], row_levels[count] = p[N_IN] + j, own[j]
            count += 1
    return count


@_compiled
def _add_scores(rule, membranes, spikes, scores):  # pragma: no cover
    """Bring the scores of a sample from one step to the next."""
    if rule[READOUT] == MEMBRANE:
        scores[:] = membranes
    elif rule[READOUT] == MEMBRANE_SUM:
        scores += membranes
    else:
        scores += spikes


@_compiled
def _infer(plan, rule, weights, tables, accumulator, offsets, addresses, levels, n_steps, scores, membranes, spikes):
    # pragma: no cover
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    kind = accumulator.dtype
    u, before, s = np.zeros(neurons, kind), np.zeros(neurons, kind), np.zeros(neurons, kind)
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    row_addresses, row_levels = _rows_of(plan)
    last = plan[depth - 1]
    activity = np.zeros(3, np.int64)
    for sample in range(len(scores)):
        u[:] = 0
        s[:] = 0
        for t in range(n_steps):
            at = sample * n_steps + t
            addresses_in, levels_in = addresses[offsets[at] : offsets[at + 1]], levels[offsets[at] : offsets[at + 1]]
            activity[0] += len(levels_in)
            for index in range(depth):
                p = plan[index]
                if p[N_OWN]:
                    count = _join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                if p[BY_TABLE]:
                    activity[2] += _scatter(p, weights, tables, accumulator, addresses_in, levels_in)
                else:
                    activity[2] += len(levels_in) * p[N_OUT]
                    _accumulate(p, weights, accumulator, addresses_in, levels_in)
                fired = _layer_step(p, accumulator, u, before, s)
                activity[1] += fired
                count = _events_of(p, s, own_addresses, own_levels) if fired else 0
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
            if len(membranes):
                membranes[sample, t], spikes[sample, t] = u, s
            _add_scores(rule, u[last[NEURON_AT] :], s[last[NEURON_AT] :], scores[sample])
    return activity


@_compiled
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


@_compiled
def _shift_round(value, shift):  # pragma: no cover
    return (value + (np.int64(1) << (shift - 1))) >> shift if shift > 0 else value << -shift


@_compiled
def _changed(shadow, wanted, bias, to_zero, down, low, high):  # pragma: no cover
    """Return the shadow weight changed by ``wanted >> down``, rounded by `bias` and `to_zero`, in the type of `low`."""
    kind = type(low)
    step = _shift(kind(wanted + bias + (to_zero if wanted < 0 else 0)), down)
    return min(max(kind(shadow + step), low), high)


@_compiled
def _upper_bits(shadow, half, drop, high):  # pragma: no cover
    """Return the inference weight of a shadow weight, in the type of `high`; it cannot go below the range."""
    kind = type(high)
    return min(_shift(kind(shadow + half), drop), high)


@_compiled
def _update_rows(p, rule, weights, shadows, lfsr, error, trace, order, scaled, shift):  # pragma: no cover
    """Update the rows of a layer that have a trace, in the given order; return the number of shadow weights updated.

    `scaled` is scratch for the shifted errors; its type is that of the arithmetic. Where few neurons have an error,
    only those are visited; otherwise the whole row, in a loop without branches.
    """
    n_out = p[N_OUT]
    kind = scaled.dtype.type
    down, up = max(shift, 0), max(-shift, 0)
    n_active = 0
    visited = np.empty(n_out, np.int64)
    for j in range(n_out):
        scaled[j] = kind(-error[j]) << up
        visited[n_active] = j
        n_active += error[j] != 0
    if n_active == 0:
        return 0
    sparse = n_active * SPARSE <= n_out
    mask = (np.int64(1) << down) - 1
    to_zero = kind(mask if rule[ROUNDING] == TOWARD_ZERO else 0)
    high = kind((np.int64(1) << (rule[SHADOW_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    drop = rule[SHADOW_WIDTH] - p[WEIGHT_WIDTH]
    half = kind((np.int64(1) << drop) >> 1)
    weight_high = kind((np.int64(1) << (p[WEIGHT_WIDTH] - 1)) - 1)
    rows = 0
    for i in order:
        if trace[i] == 0:
            continue
        rows += 1
        bias = np.int64(0)
        if rule[ROUNDING] == STOCHASTIC:
            state = lfsr[0]
            lfsr[0] = (state >> 1) ^ (LFSR_TAPS if state & 1 else 0)
            bias = lfsr[0] & mask
        elif rule[ROUNDING] == NEAREST:
            bias = (mask + 1) >> 1
        start = p[WEIGHT_AT] + i * n_out
        row, weight_row = shadows[start : start + n_out], weights[start : start + n_out]
        x, r = kind(trace[i]), kind(bias)
        if sparse:
            for at in range(n_active):
                j = visited[at]
                row[j] = _changed(row[j], kind(x * scaled[j]), r, to_zero, down, low, high)
                weight_row[j] = _upper_bits(row[j], half, drop, weight_high)
        else:
            for j in range(n_out):
                row[j] = _changed(row[j], kind(x * scaled[j]), r, to_zero, down, low, high)
                weight_row[j] = _upper_bits(row[j], half, drop, weight_high)
    return rows * n_active


@_compiled
def _update(
    plan, rule, weights, shadows, lfsr, matrix, scaled, error, traces, surrogates, fired, arrived, ascending, boost
):  # fmt: skip
    # pragma: no cover
    """Apply one update to all layers, output first; `error` (all neurons) holds the output error on entry.

    `arrived` lists the inputs of the network in the order in which they got their trace.
    """
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
            if fired[p[NEURON_AT] + j] > p[BUDGET]:
                d += p[BUDGET_PUSH]
            clipped = min(max(_shift_round(d * count, p[ERROR_SHIFT]), -limit), limit)
            error[p[NEURON_AT] + j] = _round_pow2(clipped)
    updates = 0
    for index in range(depth - 1, -1, -1):
        p = plan[index]
        own = error[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
        trace = traces[p[ROW_AT] : p[ROW_AT] + p[N_IN] + p[N_OWN]]
        order = arrived if index == 0 else ascending[: p[N_IN]]
        shift = min(p[RATE_SHIFT] + boost, LFSR_WIDTH)
        updates += _update_rows(p, rule, weights, shadows, lfsr, own, trace, order, scaled, shift)
        if p[OWN_LEARNS]:
            order, shift = ascending[p[N_IN] : p[N_IN] + p[N_OWN]], min(p[OWN_RATE_SHIFT] + boost, LFSR_WIDTH)
            updates += _update_rows(p, rule, weights, shadows, lfsr, own, trace, order, scaled, shift)
    return updates


@_compiled
def _count_surrogate(p, integrated, surrogates, restart):  # pragma: no cover
    at, n_out = p[NEURON_AT], p[N_OUT]
    before, count = integrated[at : at + n_out], surrogates[at : at + n_out]
    low, top = before.dtype.type(p[SURROGATE_LOW]), before.dtype.type(p[SURROGATE_HIGH] - 1)
    if restart:
        count[:] = 0
    for j in range(n_out):
        count[j] += (before[j] >= low) & (before[j] <= top)


@_compiled
def _count_fired(p, spikes, fired):  # pragma: no cover
    for j in range(p[NEURON_AT], p[NEURON_AT] + p[N_OUT]):
        fired[j] += spikes[j] > 0


@_compiled
def _output_error(rule, scores, label, error):  # pragma: no cover
    """Write the error of each class; return whether there is any."""
    wrong, n_classes = False, len(scores)
    if rule[ERROR] == BY_MARGIN:
        for c in range(n_classes):
            below, above = -1 if scores[c] < rule[MARGIN] else 0, 1 if scores[c] > -rule[MARGIN] else 0
            error[c] = below if c == label else above
            wrong |= error[c] != 0
        return wrong
    error[:] = 0
    if rule[ERROR] == BY_PAIR:
        rival = -1
        for c in range(n_classes):
            if c != label and (rival < 0 or scores[c] > scores[rival]):
                rival = c
        if rival >= 0 and scores[rival] > scores[label] - rule[MARGIN]:
            error[rival], error[label] = 1, -1
            wrong = True
        return wrong
    best, total = scores.max(), np.int64(0)
    for c in range(n_classes):
        below = _shift_round(best - scores[c], rule[ERROR_OCTAVE])
        error[c] = 1 << (GRADED_SHIFT - below) if below <= GRADED_SHIFT else 0
        total += error[c]
    down = 0
    while (np.int64(1) << (GRADED_SHIFT + down)) < total:
        down += 1
    others = (total - error[label]) >> down
    for c in range(n_classes):
        error[c] = error[c] >> down
    error[label] = -_round_pow2(others)
    return others > 0


@_compiled
def _trace_input(p, addresses, levels, traces, arrived, n_arrived):  # pragma: no cover
    """Advance the traces of the network's inputs by one step; list those above 0 and return their number."""
    if p[TRACE_LEAK]:
        # An input whose trace has leaked away goes behind all others when its next event comes in this very step, as
        # one that comes in a later step does.
        up, listed = (np.int64(1) << p[TRACE_LEAK]) - 1, n_arrived
        n_arrived = 0
        for at in range(listed):
            i = arrived[at]
            traces[i] -= (traces[i] + up) >> p[TRACE_LEAK]
            arrived[n_arrived] = i
            n_arrived += traces[i] > 0
    for event in range(len(levels)):
        i = addresses[event]
        if traces[i] == 0:
            arrived[n_arrived] = i
            n_arrived += 1
        traces[i] += np.int64(levels[event]) << p[TRACE_GAIN]
    return n_arrived


@_compiled
def _trace_rows(p, trace, spikes):  # pragma: no cover
    """Advance the traces of some rows of a layer by one step of what feeds them."""
    kind = trace.dtype.type
    if p[TRACE_LEAK]:
        up = kind((np.int64(1) << p[TRACE_LEAK]) - 1)
        for i in range(len(trace)):
            trace[i] -= _shift(kind(trace[i] + up), p[TRACE_LEAK])
    for i in range(len(trace)):
        trace[i] += kind(kind(spikes[i]) << p[TRACE_GAIN])


@_compiled
def _learn(
    plan, rule, weights, shadows, lfsr, matrix, accumulator, scaled, offsets, addresses, levels, n_steps, labels, order,
    boost, scores, membranes, recorded,
):  # fmt: skip
    # pragma: no cover
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    rows = plan[-1, ROW_AT] + plan[-1, N_IN]
    kind = accumulator.dtype
    u, before, s = np.zeros(neurons, kind), np.zeros(neurons, kind), np.zeros(neurons, kind)
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    row_addresses, row_levels = _rows_of(plan)
    traces, surrogates, error = np.zeros(rows, np.int32), np.zeros(neurons, kind), np.zeros(neurons, np.int32)
    fired_steps, spends = np.zeros(neurons, np.int32), plan[:, BUDGET_PUSH].any()
    hidden_traces = traces[plan[0, N_IN] :]
    arrived, n_arrived = np.zeros(plan[0, N_IN], np.int64), 0
    ascending = np.arange((plan[:, N_IN] + plan[:, N_OWN]).max())
    last = plan[depth - 1]
    n_classes = last[N_OUT]
    counts, compared = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    activity = np.zeros(5, np.int64)
    for position in range(len(order)):
        sample = order[position]
        label = labels[sample]
        u[:] = 0
        s[:] = 0
        fired_steps[:] = 0
        hidden_traces[:] = 0
        n_traced = 0
        surrogates[:] = 0
        counts[:] = 0
        updated = False
        for t in range(n_steps):
            at = sample * n_steps + t
            addresses_in, levels_in = addresses[offsets[at] : offsets[at + 1]], levels[offsets[at] : offsets[at + 1]]
            activity[0] += len(levels_in)
            for index in range(depth):
                p = plan[index]
                if p[N_OWN]:
                    own_rows = traces[p[ROW_AT] + p[N_IN] : p[ROW_AT] + p[N_IN] + p[N_OWN]]
                    _trace_rows(p, own_rows, s[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]])
                    count = _join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                activity[2] += len(levels_in) * p[N_OUT]
                _accumulate(p, weights, accumulator, addresses_in, levels_in)
                fired = _layer_step(p, accumulator, u, before, s)
                activity[1] += fired
                if spends:
                    _count_fired(p, s, fired_steps)
                count = _events_of(p, s, own_addresses, own_levels) if fired else 0
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
                if p[FIRES]:
                    _count_surrogate(p, before, surrogates, rule[EVERY_STEP])
                if index < depth - 1:
                    above = plan[index + 1]
                    inputs = traces[above[ROW_AT] : above[ROW_AT] + above[N_IN]]
                    _trace_rows(above, inputs, s[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]])
            counts += s[last[NEURON_AT] :]
            _add_scores(rule, u[last[NEURON_AT] :], s[last[NEURON_AT] :], scores[position])
            if len(membranes):
                membranes[position, t], recorded[position, t] = u, s
            if rule[EVERY_STEP] or t == n_steps - 1:
                for c in range(n_classes):
                    compared[c] = u[last[NEURON_AT] + c] + (counts[c] << last[THRESHOLD_SHIFT])
                if _output_error(rule, compared, label, error[last[NEURON_AT] :]):
                    updated = True
                    if n_traced == 0:
                        traces[: plan[0, N_IN]] = 0
                        n_arrived = 0
                    for step in range(sample * n_steps + n_traced, at + 1):
                        start, stop = offsets[step], offsets[step + 1]
                        n_arrived = _trace_input(
                            plan[0], addresses[start:stop], levels[start:stop], traces, arrived, n_arrived
                        )
                    n_traced = t + 1
                    activity[4] += _update(
                        plan, rule, weights, shadows, lfsr, matrix, scaled, error, traces, surrogates, fired_steps,
                        arrived[:n_arrived], ascending, boost,
                    )  # fmt: skip
        activity[3] += updated
    return activity
