"""Learning, compiled: errors, traces, the update of shadow weights, whole training samples."""

import numpy as np

from ..config import GRADIENT_WIDTH
from ..fixed import ROUNDINGS
from .arguments import Kept
from .compiled import compiled, shift_right
from .fixed import round_pow2, shift_round
from .forward import accumulate, add_scores, begin, events_of, join_own, layer_step, rows_of
from .output_error import output_error
from .plan import (
    BUDGET,
    BUDGET_PUSH,
    BY_TABLE,
    DIRECT,
    DIRECT_SHIFT,
    ERROR_SHIFT,
    EVERY_STEP,
    FEED_AT,
    FIRES,
    GROUP_AT,
    GROUP_STOP,
    HIGHEST_RATE,
    LFSR_TAPS,
    MATRIX_AT,
    MEMBRANE,
    N_IN,
    N_OUT,
    N_OWN,
    N_ROWS,
    N_STATE,
    N_TRACES,
    N_VALUES,
    NEAREST,
    NETWORK_INPUTS,
    NEURON_AT,
    PLACE_AT,
    RATE_SHIFT,
    ROUNDING,
    ROW_AT,
    SHARED,
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
from .scatter import OUTSIDE
from .windows import carry, scatter, sum_gradient, trace_events

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
def _draw(model, mask):  # pragma: no cover
    """Return what is added to a row of updates before they are shifted right."""
    rule, lfsr = model.rule, model.lfsr
    if rule[ROUNDING] == STOCHASTIC:
        state = lfsr[0]
        lfsr[0] = (state >> 1) ^ (rule[LFSR_TAPS] if state & 1 else 0)
        return lfsr[0] & mask
    return (mask + 1) >> 1 if rule[ROUNDING] == NEAREST else np.int64(0)


@compiled
def _update_rows(model, group, error, traces, order, boost):  # pragma: no cover
    """Update the rows of a group that have a trace, in the given order; return the number of shadow values updated.

    Where few neurons have an error, only those are visited; otherwise the whole row, in a loop without branches.
    """
    rule, weights, shadows, scaled = model.rule, model.weights, model.shadows, model.scaled
    n_out = len(error)
    kind = scaled.dtype.type
    trace = traces[group[TRACE_AT] : group[TRACE_AT] + group[N_TRACES]]
    shift = min(group[RATE_SHIFT] + boost, rule[HIGHEST_RATE])
    down, up = max(shift, 0), max(-shift, 0)
    n_active = 0
    visited = np.empty(n_out, np.int64)
    for j in range(n_out):
        scaled[j] = kind(-error[j]) << up
        visited[n_active] = j
        n_active += error[j] != 0
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
        start = group[VALUE_AT] + i * n_out
        row, weight_row = shadows[start : start + n_out], weights[start : start + n_out]
        x, r = kind(trace[i]), kind(_draw(model, mask))
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
def _update_shared(model, group, boost):  # pragma: no cover
    """Update the rows of weights that neurons share by their gradient; return the number of values that have one."""
    rule, weights, shadows, gradient = model.rule, model.weights, model.shadows, model.gradient
    n_values = group[N_VALUES]
    kind = gradient.dtype.type
    shift = min(group[RATE_SHIFT] + boost, rule[HIGHEST_RATE])
    down, up = max(shift, 0), max(-shift, 0)
    mask = (np.int64(1) << down) - 1
    to_zero = kind(mask if rule[ROUNDING] == TOWARD_ZERO else 0)
    high = kind((np.int64(1) << (group[STORED_WIDTH] - 1)) - 1)
    low = kind(-high - 1)
    drop = group[STORED_WIDTH] - group[WIDTH]
    half = kind((np.int64(1) << drop) >> 1)
    weight_high = kind((np.int64(1) << (group[WIDTH] - 1)) - 1)
    updates = 0
    for at in range(group[ROW_AT], group[ROW_AT] + group[N_ROWS]):
        r = kind(_draw(model, mask))
        first = model.rows[at] * n_values
        start = group[VALUE_AT] + first
        wanted = gradient[first : first + n_values]
        row, weight_row = shadows[start : start + n_values], weights[start : start + n_values]
        for j in range(n_values):
            updates += wanted[j] != 0
            row[j] = _changed(row[j], kind(kind(-wanted[j]) << up), r, to_zero, down, low, high)
            weight_row[j] = _upper_bits(row[j], half, drop, weight_high)
    return updates


@compiled
def _carried(p, source, model, error, j):  # pragma: no cover
    """Return the error carried to neuron `j` of a layer by the layer `source` above it."""
    if source[BY_TABLE]:
        place = model.places[source[PLACE_AT] + j]
        return np.int64(0) if place == OUTSIDE else np.int64(model.carried[place])
    n_source = source[N_OUT]
    error_above = error[source[NEURON_AT] : source[NEURON_AT] + n_source]
    start = source[WEIGHT_AT] + j * n_source
    weight_row = model.weights[start : start + n_source]
    d = np.int64(0)
    for c in range(n_source):
        d += error_above[c] * weight_row[c]
    return d


@compiled
def _direct(p, model, output, j):  # pragma: no cover
    """Return the error that comes to neuron `j` of a layer straight from the output."""
    n_classes = len(output)
    row = model.matrix[p[MATRIX_AT] + j * n_classes : p[MATRIX_AT] + (j + 1) * n_classes]
    d = np.int64(0)
    for c in range(n_classes):
        d += output[c] * row[c]
    return d << model.rule[DIRECT_SHIFT]


@compiled
def _find_errors(model, kept, error):  # pragma: no cover
    """Write the errors of all hidden layers, from the output's down."""
    plan, rule = model.plan, model.rule
    limit = (np.int64(1) << (GRADIENT_WIDTH - 1)) - 1
    for index in range(len(plan) - 2, -1, -1):
        p, above = plan[index], plan[index + 1]
        if above[BY_TABLE] and not rule[DIRECT]:
            carry(above, model, error[above[NEURON_AT] : above[NEURON_AT] + above[N_OUT]])
        for j in range(p[N_OUT]):
            count = kept.surrogates[p[NEURON_AT] + j]
            if count == 0:
                error[p[NEURON_AT] + j] = 0
                continue
            d = _direct(p, model, kept.output, j) if rule[DIRECT] else _carried(p, above, model, error, j)
            if kept.fired[p[NEURON_AT] + j] > p[BUDGET]:
                d += p[BUDGET_PUSH]
            clipped = min(max(shift_round(d * count, p[ERROR_SHIFT]), -limit), limit)
            error[p[NEURON_AT] + j] = round_pow2(clipped)


@compiled
def _update_group(p, group, model, kept, n_arrived, own, boost):  # pragma: no cover
    """Update the rows of a group of a layer with errors `own`; return the number of shadow values updated."""
    traces, n_values = kept.traces, group[N_VALUES]
    if group[SHARED]:
        sum_gradient(p, group, model, traces, own)
        return _update_shared(model, group, boost)
    order = kept.arrived[:n_arrived] if group[FEED_AT] == NETWORK_INPUTS else kept.ascending[: group[N_ROWS]]
    if n_values == p[N_OUT]:
        return _update_rows(model, group, own, traces, order, boost)
    channels = np.zeros(n_values, own.dtype)
    for at in range(0, p[N_OUT], n_values):
        channels += own[at : at + n_values]
    return _update_rows(model, group, channels, traces, order, boost)


@compiled
def _update(model, kept, n_arrived, error, boost):  # pragma: no cover
    """Apply one update to all layers, output first; `error` (all neurons) holds the output error on entry.

    `n_arrived` inputs of the network have a trace.
    """
    _find_errors(model, kept, error)
    updates = 0
    for index in range(len(model.plan) - 1, -1, -1):
        p = model.plan[index]
        own = error[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
        if own.any():
            for at in range(p[GROUP_AT], p[GROUP_STOP]):
                updates += _update_group(p, model.groups[at], model, kept, n_arrived, own, boost)
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
    """Advance the traces of a group of rows by one step, if their feed is neurons."""
    feed_at, n_rows = group[FEED_AT], group[N_ROWS]
    if feed_at < 0:
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
    n_traces = groups[-1, TRACE_AT] + groups[-1, N_TRACES]
    kind = accumulator.dtype
    state, before = np.zeros((N_STATE, neurons), kind), np.zeros(neurons, kind)
    feeds = np.ones(neurons + 1, kind)  # of the rows: spikes, and behind them a 1 in every step
    s = feeds[:neurons]
    own_addresses, own_levels = np.zeros(neurons, np.int32), np.zeros(neurons, np.uint8)
    row_addresses, row_levels = rows_of(plan)
    traces, surrogates, error = np.zeros(n_traces, np.int32), np.zeros(neurons, kind), np.zeros(neurons, np.int32)
    fired_steps, spends = np.zeros(neurons, np.int32), plan[:, BUDGET_PUSH].any()
    listed = groups[0, N_TRACES] if groups[0, FEED_AT] == NETWORK_INPUTS else 0
    swept = traces[listed:]  # those of listed inputs are made when an update needs them
    arrived, n_arrived = np.zeros(plan[0, N_IN], np.int64), 0
    ascending = np.arange(groups[:, N_ROWS].max())
    last = plan[depth - 1]
    n_classes = last[N_OUT]
    output = np.zeros(n_classes, np.int64)
    kept = Kept(traces, surrogates, fired_steps, output, arrived, ascending)
    counts, compared = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    activity = np.zeros(5, np.int64)
    for position in range(len(order)):
        sample = order[position]
        label = labels[sample]
        state[:] = 0
        s[:] = 0
        fired_steps[:] = 0
        swept[:] = 0
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
                if p[BY_TABLE]:
                    trace_events(p, groups[p[GROUP_AT]], model, traces, addresses_in, levels_in)
                if p[N_OWN]:
                    count = join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                if p[BY_TABLE]:
                    begin(p, weights, accumulator[: p[N_OUT]])
                    activity[2] += scatter(p, model, addresses_in, levels_in)
                else:
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
                    place = model.classes[c]
                    membrane = state[MEMBRANE, last[NEURON_AT] + place]
                    compared[c] = membrane + (counts[place] << last[THRESHOLD_SHIFT])
                if output_error(rule, compared, label, output):
                    updated = True
                    for c in range(n_classes):
                        error[last[NEURON_AT] + model.classes[c]] = output[c]
                    if listed:
                        if n_traced == 0:
                            traces[:listed] = 0
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
