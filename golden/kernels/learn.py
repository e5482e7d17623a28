"""Learning, compiled: errors, traces, the update of shadow weights, whole training samples."""

import numpy as np

from ..config import GRADIENT_WIDTH
from ..fixed import ROUNDINGS
from .arguments import Kept
from .compiled import compiled, shift_right
from .fixed import round_pow2, shift_round
from .forward import accumulate, add_scores, begin, begin_sample, events_of, join_own, layer_step, rows_of
from .output_error import output_error
from .plan import (
    BUDGET,
    BUDGET_PUSH,
    BY_TABLE,
    DIRECT,
    DIRECT_SHIFT,
    ERROR_BITS,
    ERROR_SHIFT,
    EVERY_STEP,
    FEED_AT,
    FIRES,
    GROUP_AT,
    GROUP_STOP,
    HIGHEST_RATE,
    LFSR_STEPS,
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
from .windows import carry, pool_events, scatter, sum_gradient, trace_events

SPARSE = 20
"""Neurons per neuron with an error from which on an update visits only those with one; measured at 256 neurons."""


assert ROUNDINGS == ("floor", "toward_zero", "nearest", "stochastic")


@compiled
def _step_of(rule, group, boost, kind):  # pragma: no cover
    """Return how far a group's update is shifted left, the mask of its draws, and what :func:`_changed` takes.

    Values of shadow and inference weights are in the type `kind` of the arithmetic.
    """
    shift = min(group[RATE_SHIFT] + boost, rule[HIGHEST_RATE])
    down, up = max(shift, 0), max(-shift, 0)
    mask = (np.int64(1) << down) - 1
    to_zero = kind(mask if rule[ROUNDING] == TOWARD_ZERO else 0)
    high = kind((np.int64(1) << (group[STORED_WIDTH] - 1)) - 1)
    drop = group[STORED_WIDTH] - group[WIDTH]
    half = kind((np.int64(1) << drop) >> 1)
    weight_high = kind((np.int64(1) << (group[WIDTH] - 1)) - 1)
    return up, mask, (down, to_zero, kind(-high - 1), high, drop, half, weight_high)


@compiled
def _changed(shadow, wanted, bias, step):  # pragma: no cover
    """Return a shadow weight changed by `wanted`, shifted and rounded, and its inference weight, in the type of both.

    The inference weight cannot go below its range.
    """
    down, to_zero, low, high, drop, half, weight_high = step
    kind = type(low)
    change = shift_right(kind(wanted + bias + (to_zero if wanted < 0 else 0)), down)
    changed = min(max(kind(shadow + change), low), high)
    return changed, min(shift_right(kind(changed + half), drop), weight_high)


@compiled
def _draw(rule, lfsr, mask):  # pragma: no cover
    """Return what is added to a row of updates before they are shifted right."""
    if rule[ROUNDING] == STOCHASTIC:
        for _ in range(rule[LFSR_STEPS]):
            lfsr[0] = (lfsr[0] >> 1) ^ (rule[LFSR_TAPS] & -(lfsr[0] & 1))
        return lfsr[0] & mask
    return (mask + 1) >> 1 if rule[ROUNDING] == NEAREST else np.int64(0)


@compiled
def _update_rows(rule, lfsr, weights, shadows, scaled, group, error, traces, order, boost):  # pragma: no cover
    """Update the rows of a group that have a trace, in the given order; return the number of shadow values updated.

    Where few neurons have an error, only those are visited; otherwise the whole row, in a loop without branches.
    """
    n_out = len(error)
    kind = scaled.dtype.type
    trace = traces[group[TRACE_AT] : group[TRACE_AT] + group[N_TRACES]]
    up, mask, step = _step_of(rule, group, boost, kind)
    n_active = 0
    visited = np.empty(n_out, np.int64)
    for j in range(n_out):
        scaled[j] = kind(-error[j]) << up
        visited[n_active] = j
        n_active += error[j] != 0
    sparse = n_active * SPARSE <= n_out
    rows = 0
    for i in order:
        if trace[i] == 0:
            continue
        rows += 1
        start = group[VALUE_AT] + i * n_out
        row, weight_row = shadows[start : start + n_out], weights[start : start + n_out]
        x, bias = kind(trace[i]), kind(_draw(rule, lfsr, mask))
        if sparse:
            for at in range(n_active):
                j = visited[at]
                row[j], weight_row[j] = _changed(row[j], kind(x * scaled[j]), bias, step)
        else:
            for j in range(n_out):
                row[j], weight_row[j] = _changed(row[j], kind(x * scaled[j]), bias, step)
    return rows * n_active


@compiled
def _update_shared(rule, lfsr, weights, shadows, gradient, group, rows, boost):  # pragma: no cover
    """Update the rows of weights that neurons share by their gradient; return the number of values that have one."""
    n_values = group[N_VALUES]
    kind = gradient.dtype.type
    up, mask, step = _step_of(rule, group, boost, kind)
    updates = 0
    for at in range(group[ROW_AT], group[ROW_AT] + group[N_ROWS]):
        bias = kind(_draw(rule, lfsr, mask))
        first = rows[at] * n_values
        start = group[VALUE_AT] + first
        wanted = gradient[first : first + n_values]
        row, weight_row = shadows[start : start + n_values], weights[start : start + n_values]
        for j in range(n_values):
            updates += wanted[j] != 0
            row[j], weight_row[j] = _changed(row[j], kind(kind(-wanted[j]) << up), bias, step)
    return updates


@compiled
def _carry_dense(p, above, weights, counts, error_above, errors):  # pragma: no cover
    """Write the errors that a fully connected layer carries down to the neurons of a layer that have a surrogate."""
    n_above = len(error_above)
    for j in range(p[N_OUT]):
        if counts[j] == 0:
            continue
        start = above[WEIGHT_AT] + j * n_above
        weight_row = weights[start : start + n_above]
        d = np.int64(0)
        for c in range(n_above):
            d += error_above[c] * weight_row[c]
        errors[j] = d


@compiled
def _spread(p, above, places, carried, errors):  # pragma: no cover
    """Write the errors that a layer with a table carries down: all inputs of a square have the same."""
    for j in range(p[N_OUT]):
        place = places[above[PLACE_AT] + j]
        errors[j] = 0 if place == OUTSIDE else carried[place]


@compiled
def _carry_direct(p, rule, matrix, counts, output, errors):  # pragma: no cover
    """Write the errors that come straight from the output to the neurons of a layer that have a surrogate."""
    n_classes = len(output)
    for j in range(p[N_OUT]):
        if counts[j] == 0:
            continue
        row = matrix[p[MATRIX_AT] + j * n_classes : p[MATRIX_AT] + (j + 1) * n_classes]
        d = np.int64(0)
        for c in range(n_classes):
            d += output[c] * row[c]
        errors[j] = d << rule[DIRECT_SHIFT]


@compiled
def _to_gradients(p, counts, fired, errors, error):  # pragma: no cover
    """Write the gradients of a layer's neurons by the errors carried to those that have a surrogate."""
    limit = (np.int64(1) << (GRADIENT_WIDTH - 1)) - 1
    budget, push, shift = p[BUDGET], p[BUDGET_PUSH], p[ERROR_SHIFT]
    if p[ERROR_BITS]:
        largest = np.int64(0)
        for j in range(len(error)):
            if counts[j]:
                largest = max(largest, abs((errors[j] + (push if fired[j] > budget else 0)) * counts[j]))
        while largest >> (shift + p[ERROR_BITS]):
            shift += 1
    for j in range(len(error)):
        error[j] = 0
        if counts[j]:
            d = errors[j] + (push if fired[j] > budget else 0)
            error[j] = round_pow2(min(max(shift_round(d * counts[j], shift), -limit), limit))


@compiled
def _find_errors(model, kept, error):  # pragma: no cover
    """Write the errors of all hidden layers, from the output's down."""
    plan = model.plan
    for index in range(len(plan) - 2, -1, -1):
        p, above = plan[index], plan[index + 1]
        own = slice(p[NEURON_AT], p[NEURON_AT] + p[N_OUT])
        error_above = error[above[NEURON_AT] : above[NEURON_AT] + above[N_OUT]]
        counts, errors = kept.surrogates[own], kept.carried[: p[N_OUT]]
        if model.rule[DIRECT]:
            _carry_direct(p, model.rule, model.matrix, counts, kept.output, errors)
        elif above[BY_TABLE]:
            carry(above, model.tables, model.weights, error_above, model.carried)
            _spread(p, above, model.places, model.carried, errors)
        else:
            _carry_dense(p, above, model.weights, counts, error_above, errors)
        _to_gradients(p, counts, kept.fired[own], errors, error[own])


@compiled
def _channel_errors(error, n_channels):  # pragma: no cover
    """Return the errors of a layer's neurons, those of an output channel in one sum."""
    sums = np.zeros(n_channels, error.dtype)
    for at in range(0, len(error), n_channels):
        sums += error[at : at + n_channels]
    return sums


@compiled
def _update(model, kept, n_arrived, error, boost):  # pragma: no cover
    """Apply one update to all layers, output first; `error` (all neurons) holds the output error on entry.

    `n_arrived` inputs of the network have a trace.
    """
    plan, rule, lfsr, weights, shadows = model.plan, model.rule, model.lfsr, model.weights, model.shadows
    traces = kept.traces
    _find_errors(model, kept, error)
    updates = 0
    for index in range(len(plan) - 1, -1, -1):
        p = plan[index]
        own = error[p[NEURON_AT] : p[NEURON_AT] + p[N_OUT]]
        if not own.any():
            continue
        for at in range(p[GROUP_AT], p[GROUP_STOP]):
            group = model.groups[at]
            if group[SHARED]:
                sum_gradient(p, group, model.tables, traces, own, model.gradient)
                updates += _update_shared(rule, lfsr, weights, shadows, model.gradient, group, model.rows, boost)
                continue
            order = kept.arrived[:n_arrived] if group[FEED_AT] == NETWORK_INPUTS else kept.ascending[: group[N_ROWS]]
            errors = own if group[N_VALUES] == p[N_OUT] else _channel_errors(own, group[N_VALUES])
            updates += _update_rows(rule, lfsr, weights, shadows, model.scaled, group, errors, traces, order, boost)
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
    places, tables, pooled = model.places, model.tables, model.pooled
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
    carried = np.zeros(plan[:, N_OUT].max(), np.int64)
    kept = Kept(traces, surrogates, fired_steps, output, carried, arrived, ascending)
    counts, compared = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    activity = np.zeros(5, np.int64)
    for position in range(len(order)):
        sample = order[position]
        label = labels[sample]
        begin_sample(plan, state)
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
                if p[N_OWN]:
                    count = join_own(p, s, addresses_in, levels_in, row_addresses, row_levels)
                    addresses_in, levels_in = row_addresses[:count], row_levels[:count]
                if p[BY_TABLE]:
                    count, products = pool_events(p, places, tables, pooled, addresses_in, levels_in)
                    activity[2] += products
                    trace_events(p, groups[p[GROUP_AT]], pooled, count, traces)
                    begin(p, weights, accumulator)
                    scatter(p, tables, weights, pooled, count, accumulator)
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
