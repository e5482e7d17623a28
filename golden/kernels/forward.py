"""The forward pass, compiled: sums of events, neurons, inference."""

import numpy as np

from .compiled import compiled, shift_right
from .plan import (
    BIAS_AT,
    BY_TABLE,
    CURRENT,
    CURRENT_LEAK,
    CURRENT_LEAK_FACTOR,
    CURRENT_LEAK_SHIFT,
    CURRENT_SHIFT,
    CURRENT_WIDTH,
    FIRES,
    INITIAL,
    LEAK,
    LEAK_BY_FACTOR,
    LEAK_BY_SHIFT,
    LEAK_FACTOR,
    LEAK_SHIFT,
    MAX_SPIKE,
    MEMBRANE,
    MEMBRANE_WIDTH,
    N_BIASES,
    N_IN,
    N_OUT,
    N_OWN,
    N_STATE,
    NEURON_AT,
    RESET,
    RESET_AMOUNT,
    RESET_HARD,
    RESET_SOFT,
    SCORES_SPIKES,
    SCORES_SUM,
    THRESHOLD,
    THRESHOLD_SHIFT,
    WEIGHT_AT,
)
from .windows import pool_events, scatter


@compiled
def begin(p, weights, accumulator):  # pragma: no cover
    """Begin the sums of a step: with 0, or with the bias, of which the neurons of a map have that of their channel."""
    total = accumulator[: p[N_OUT]]
    total[:] = 0
    kind = total.dtype.type
    if p[N_BIASES]:
        for start in range(0, len(total), p[N_BIASES]):
            for channel in range(p[N_BIASES]):
                total[start + channel] = kind(weights[p[BIAS_AT] + channel])


@compiled
def accumulate(p, weights, accumulator, addresses, levels):  # pragma: no cover
    """Sum the weight rows of the given events; most of the cost of a forward pass lies here.

    Four events a pass, so that the sums are loaded and stored a quarter as often; the casts keep the compiled loop in
    the width of the accumulator, which holds every partial sum.
    """
    n_out, count = p[N_OUT], len(addresses)
    total = accumulator[:n_out]
    begin(p, weights, accumulator)
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


@compiled
def leak(values, how, shift, factor):  # pragma: no cover
    """Leak membranes or currents in place."""
    if how == LEAK_BY_SHIFT:
        for j in range(len(values)):
            values[j] -= shift_right(values[j], shift)
    elif how == LEAK_BY_FACTOR:
        for j in range(len(values)):
            values[j] = (np.int64(values[j]) * factor) >> shift


@compiled
def synaptic_step(p, accumulator, current):  # pragma: no cover
    """Leak the synaptic currents, add the sums of a step; the sums become what the membranes get."""
    kind = current.dtype.type
    high = kind((np.int64(1) << (p[CURRENT_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    leak(current, p[CURRENT_LEAK], p[CURRENT_LEAK_SHIFT], p[CURRENT_LEAK_FACTOR])
    for j in range(len(current)):
        current[j] = min(max(kind(current[j] + accumulator[j]), low), high)
        accumulator[j] = current[j]


@compiled
def layer_step(p, accumulator, state, integrated, spikes):  # pragma: no cover
    """Leak, integrate, fire and reset; return the number of neurons that fired.

    All state has the type of the accumulator, which holds a membrane plus the exact sum of a step.
    """
    at, n_out, fired = p[NEURON_AT], p[N_OUT], 0
    u, before, s = state[MEMBRANE, at : at + n_out], integrated[at : at + n_out], spikes[at : at + n_out]
    kind = u.dtype.type
    high = kind((np.int64(1) << (p[MEMBRANE_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    leak(u, p[LEAK], p[LEAK_SHIFT], p[LEAK_FACTOR])
    if p[CURRENT_WIDTH]:
        synaptic_step(p, accumulator, state[CURRENT, at : at + n_out])
    if p[CURRENT_SHIFT]:
        for j in range(n_out):
            accumulator[j] = shift_right(accumulator[j], p[CURRENT_SHIFT])
    for j in range(n_out):
        before[j] = min(max(kind(u[j] + accumulator[j]), low), high)
    if not p[FIRES]:
        u[:] = before
        return 0
    if p[THRESHOLD]:
        theta = kind(p[THRESHOLD])
        for j in range(n_out):
            s[j] = before[j] >= theta
            fired += s[j] > 0
    else:
        shift, top = p[THRESHOLD_SHIFT], kind(p[MAX_SPIKE])
        for j in range(n_out):
            s[j] = min(max(shift_right(before[j], shift), kind(0)), top)
            fired += s[j] > 0
    if p[RESET] == RESET_SOFT:
        amount = kind(p[RESET_AMOUNT])
        for j in range(n_out):
            u[j] = before[j] - kind(s[j] * amount)
    elif p[RESET] == RESET_HARD:
        for j in range(n_out):
            u[j] = kind(0) if s[j] > 0 else before[j]
    else:
        u[:] = before
    return fired


@compiled
def begin_sample(plan, state):  # pragma: no cover
    """Set the state in which a sample begins."""
    state[:] = 0
    for index in range(len(plan)):
        p = plan[index]
        state[MEMBRANE, p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]] = p[INITIAL]


@compiled
def events_of(p, spikes, addresses, levels):  # pragma: no cover
    """List the neurons of a layer that fired, without a branch to mispredict; return how many."""
    count = 0
    own = spikes[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
    for j in range(p[N_OUT]):
        addresses[count] = j
        count += own[j] > 0
    for event in range(count):
        levels[event] = own[addresses[event]]
    return count


@compiled
def rows_of(plan):  # pragma: no cover
    """Return room for the events of the rows of any layer: addresses and levels."""
    most = (plan[:, N_IN] + plan[:, N_OWN]).max() if plan[:, N_OWN].any() else 0
    return np.zeros(most, np.int32), np.zeros(most, np.uint8)


@compiled
def join_own(p, spikes, addresses, levels, row_addresses, row_levels):  # pragma: no cover
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


@compiled
def add_scores(rule, membranes, spikes, scores):  # pragma: no cover
    """Bring the scores of a sample from one step to the next."""
    values = spikes if rule[SCORES_SPIKES] else membranes
    if not rule[SCORES_SUM]:
        scores[:] = 0
    scores += values


@compiled
def infer_samples(model, shown, found):  # pragma: no cover
    """Run every sample; return events of inputs and of layers, and synaptic operations."""
    plan, rule, weights, accumulator = model.plan, model.rule, model.weights, model.accumulator
    places, tables, pooled = model.places, model.tables, model.pooled
    offsets, addresses, levels, n_steps = shown
    scores, states, spikes = found
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    kind = accumulator.dtype
    state, before, s = np.zeros((N_STATE, neurons), kind), np.zeros(neurons, kind), np.zeros(neurons, kind)
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    row_addresses, row_levels = rows_of(plan)
    last = plan[depth - 1]
    activity = np.zeros(3, np.int64)
    for sample in range(len(scores)):
        begin_sample(plan, state)
        s[:] = 0
        for t in range(n_steps):
            at = sample * n_steps + t
            addresses_in, levels_in = addresses[offsets[at] : offsets[at + 1]], levels[offsets[at] : offsets[at + 1]]
            activity[0] += len(levels_in)
            for index in range(depth):
                p = plan[index]
                if p[N_OWN]:
                    count = join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                if p[BY_TABLE]:
                    count, products = pool_events(p, places, tables, pooled, addresses_in, levels_in)
                    activity[2] += products
                    begin(p, weights, accumulator)
                    scatter(p, tables, weights, pooled, count, accumulator)
                else:
                    activity[2] += len(levels_in) * p[N_OUT]
                    accumulate(p, weights, accumulator, addresses_in, levels_in)
                fired = layer_step(p, accumulator, state, before, s)
                activity[1] += fired
                count = events_of(p, s, own_addresses, own_levels) if fired else 0
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
            if len(states):
                states[sample, t], spikes[sample, t] = state, s
            add_scores(rule, state[MEMBRANE, last[NEURON_AT] :], s[last[NEURON_AT] :], scores[sample])
    return activity
