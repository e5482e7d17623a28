"""Learning, compiled: errors, traces, the update of shadow weights, whole training samples."""

import numpy as np

from ..config import GRADIENT_WIDTH
from ..fixed import LFSR_TAPS, LFSR_WIDTH, ROUNDINGS
from .arguments import Kept
from .compiled import compiled, shift_right
from .fixed import round_pow2, shift_round
from .forward import accumulate, add_scores, events_of, join_own, layer_step, rows_of
from .output_error import output_error
from .plan import (
    BUDGET,
    BUDGET_PUSH,
    DIRECT,
    DIRECT_SHIFT,
    ERROR_SHIFT,
    EVERY_STEP,
    FEED_AT,
    FIRES,
    GROUP_AT,
    GROUP_STOP,
    MATRIX_AT,
    MEMBRANE,
    N_IN,
    N_OUT,
    N_OWN,
    N_ROWS,
    N_STATE,
    NEAREST,
    NETWORK_INPUTS,
    NEURON_AT,
    RATE_SHIFT,
    ROUNDING,
    STOCHASTIC,
    STORED_WIDTH,
    SURROGATE_HIGH,
    SURROGATE_LOW,
    THRESHOLD_SHIFT,
    TOWARD_ZERO,
    TRACE_AT,
    TRACE_GAIN,
    TRACE_LEAK,
    VALUE_AT,
    WEIGHT_AT,
    WIDTH,
)

SPARSE = 20
"""Neurons per neuron with an error from which on an update visits only those with one; measured at 256 neurons."""


assert ROUNDINGS == ("floor", "toward_zero", "nearest", "stochastic")


@compiled
def _changed(shadow, wanted, bias, to_zero, down, low, high):  # pragma: no cover
    """Return the shadow weight changed by ``wanted >> down``, rounded by `bias` and `to_zero`, in the type of `low`."""
    kind = type(low)
    step = shift_right(kind(wanted + bias + (to_zero if wanted < 0 else 0)), down)
    return min(max(kind(shadow + step), low), high)


@compiled
def _upper_bits(shadow, half, drop, high):  # pragma: no cover
    """Return the inference weight of a shadow weight, in the type of `high`; it cannot go below the range."""
    kind = type(high)
    return min(shift_right(kind(shadow + half), drop), high)


@compiled
def _update_rows(model, group, error, traces, order, boost):  # pragma: no cover
    """Update the rows of a group that have a trace, in the given order; return the number of shadow values updated.

    Where few neurons have an error, only those are visited; otherwise the whole row, in a loop without branches.
    """
    rule, weights, shadows, lfsr, scaled = model.rule, model.weights, model.shadows, model.lfsr, model.scaled
    n_out = len(error)
    kind = scaled.dtype.type
    trace = traces[group[TRACE_AT] : group[TRACE_AT] + group[N_ROWS]]
    shift = min(group[RATE_SHIFT] + boost, LFSR_WIDTH)
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
    high = kind((np.int64(1) << (group[STORED_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    drop = group[STORED_WIDTH] - group[WIDTH]
    half = kind((np.int64(1) << drop) >> 1)
    weight_high = kind((np.int64(1) << (group[WIDTH] - 1)) - 1)
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
        start = group[VALUE_AT] + i * n_out
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


@compiled
def _update(model, kept, n_arrived, error, boost):  # pragma: no cover
    """Apply one update to all layers, output first; `error` (all neurons) holds the output error on entry.

    `n_arrived` inputs of the network have a trace.
    """
    plan, groups, rule, weights, matrix = model.plan, model.groups, model.rule, model.weights, model.matrix
    traces, surrogates, fired, arrived, ascending = kept
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
            clipped = min(max(shift_round(d * count, p[ERROR_SHIFT]), -limit), limit)
            error[p[NEURON_AT] + j] = round_pow2(clipped)
    updates = 0
    for index in range(depth - 1, -1, -1):
        p = plan[index]
        own = error[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
        for at in range(p[GROUP_AT], p[GROUP_STOP]):
            group = groups[at]
            order = arrived[:n_arrived] if group[FEED_AT] == NETWORK_INPUTS else ascending[: group[N_ROWS]]
            updates += _update_rows(model, group, own, traces, order, boost)
    return updates


@compiled
def _count_surrogate(p, integrated, surrogates, restart):  # pragma: no cover
    at, n_out = p[NEURON_AT], p[N_OUT]
    before, count = integrated[at : at + n_out], surrogates[at : at + n_out]
    low, top = before.dtype.type(p[SURROGATE_LOW]), before.dtype.type(p[SURROGATE_HIGH] - 1)
    if restart:
        count[:] = 0
    for j in range(n_out):
        count[j] += (before[j] >= low) & (before[j] <= top)


@compiled
def _count_fired(p, spikes, fired):  # pragma: no cover
    for j in range(p[NEURON_AT], p[NEURON_AT] + p[N_OUT]):
        fired[j] += spikes[j] > 0


@compiled
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


@compiled
def _trace_rows(p, group, traces, spikes):  # pragma: no cover
    """Advance the traces of a group of rows by one step; those of the network's inputs wait until they are needed."""
    feed_at, n_rows = group[FEED_AT], group[N_ROWS]
    if feed_at == NETWORK_INPUTS:
        return
    trace, fed = traces[group[TRACE_AT] : group[TRACE_AT] + n_rows], spikes[feed_at : feed_at + n_rows]
    kind = trace.dtype.type
    if p[TRACE_LEAK]:
        up = kind((np.int64(1) << p[TRACE_LEAK]) - 1)
        for i in range(len(trace)):
            trace[i] -= shift_right(kind(trace[i] + up), p[TRACE_LEAK])
    for i in range(len(trace)):
        trace[i] += kind(kind(fed[i]) << p[TRACE_GAIN])


@compiled
def learn_samples(model, shown, lesson, found):  # pragma: no cover
    """Learn from the samples `order`, one after the other; return the counts of an `Activity`."""
    plan, groups, rule, weights, accumulator = model.plan, model.groups, model.rule, model.weights, model.accumulator
    offsets, addresses, levels, n_steps = shown
    labels, order, boost = lesson
    scores, states, spikes = found
    depth, neurons = len(plan), plan[-1, NEURON_AT] + plan[-1, N_OUT]
    rows = groups[-1, TRACE_AT] + groups[-1, N_ROWS]
    kind = accumulator.dtype
    state, before = np.zeros((N_STATE, neurons), kind), np.zeros(neurons, kind)
    feeds = np.ones(neurons + 1, kind)  # of the rows: spikes, and behind them a 1 in every step
    s = feeds[:neurons]
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    row_addresses, row_levels = rows_of(plan)
    traces, surrogates, error = np.zeros(rows, np.int32), np.zeros(neurons, kind), np.zeros(neurons, np.int32)
    fired_steps, spends = np.zeros(neurons, np.int32), plan[:, BUDGET_PUSH].any()
    hidden_traces = traces[plan[0, N_IN] :]
    arrived, n_arrived = np.zeros(plan[0, N_IN], np.int64), 0
    ascending = np.arange(groups[:, N_ROWS].max())
    kept = Kept(traces, surrogates, fired_steps, arrived, ascending)
    last = plan[depth - 1]
    n_classes = last[N_OUT]
    counts, compared = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    activity = np.zeros(5, np.int64)
    for position in range(len(order)):
        sample = order[position]
        label = labels[sample]
        state[:] = 0
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
                for group_at in range(p[GROUP_AT], p[GROUP_STOP]):
                    _trace_rows(p, groups[group_at], traces, feeds)
                if p[N_OWN]:
                    count = join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                activity[2] += len(levels_in) * p[N_OUT]
                accumulate(p, weights, accumulator, addresses_in, levels_in)
                fired = layer_step(p, accumulator, state, before, s)
                activity[1] += fired
                if spends:
                    _count_fired(p, s, fired_steps)
                count = events_of(p, s, own_addresses, own_levels) if fired else 0
                addresses_in, levels_in = own_addresses[:count], own_levels[:count]
                if p[FIRES]:
                    _count_surrogate(p, before, surrogates, rule[EVERY_STEP])
            counts += s[last[NEURON_AT] :]
            add_scores(rule, state[MEMBRANE, last[NEURON_AT] :], s[last[NEURON_AT] :], scores[position])
            if len(states):
                states[position, t], spikes[position, t] = state, s
            if rule[EVERY_STEP] or t == n_steps - 1:
                for c in range(n_classes):
                    compared[c] = state[MEMBRANE, last[NEURON_AT] + c] + (counts[c] << last[THRESHOLD_SHIFT])
                if output_error(rule, compared, label, error[last[NEURON_AT] :]):
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
                    activity[4] += _update(model, kept, n_arrived, error, boost)
        activity[3] += updated
    return activity
