"""Layers whose inputs act by a table, compiled: the runs of weights of :mod:`golden.kernels.scatter`, in three roles.

Forward a run of weights is added to a run of neurons; an error is carried down as the product of both; and a trace adds
a run of errors to a run of the gradient.
"""

from .compiled import compiled, shift_right
from .plan import (
    N_FED,
    N_OUT,
    N_TRACES,
    PLACE_AT,
    SOURCE_STEP,
    TABLE_AT,
    TARGET_STEP,
    TRACE_AT,
    TRACE_GAIN,
    TRACE_LEAK,
    WEIGHT_AT,
)
from .scatter import LENGTH, N_RUNS, OUTSIDE, SOURCE, TARGET


@compiled
def pool_events(p, places, tables, pooled, addresses, levels):  # pragma: no cover
    """List events after pooling in the rows of `pooled`: their places, the sums of levels in each; the third stays 0.

    Return how many there are, and how many products the events are before pooling, each for itself.
    """
    fed, fed_levels, sums = pooled[0], pooled[1], pooled[2]
    count = products = 0
    for event in range(len(addresses)):
        place = places[p[PLACE_AT] + addresses[event]]
        if place == OUTSIDE:
            continue
        fed[count] = place
        count += sums[place] == 0
        sums[place] += levels[event]
        products += tables[p[TABLE_AT] + place, N_RUNS] * tables[p[TABLE_AT] + place, LENGTH]
    for event in range(count):
        fed_levels[event] = sums[fed[event]]
        sums[fed[event]] = 0
    return count, products


@compiled
def scatter(p, tables, weights, pooled, count, accumulator):  # pragma: no cover
    """Add `count` events after pooling to the neurons that the layer's table names."""
    total = accumulator[: p[N_OUT]]
    kind = total.dtype.type
    for event in range(count):
        entry = tables[p[TABLE_AT] + pooled[0, event]]
        level, length = kind(pooled[1, event]), entry[LENGTH]
        target, source = entry[TARGET], p[WEIGHT_AT] + entry[SOURCE]
        for _ in range(entry[N_RUNS]):
            part, run = total[target : target + length], weights[source : source + length]
            for j in range(length):
                part[j] += kind(level * run[j])
            target += p[TARGET_STEP]
            source += p[SOURCE_STEP]


@compiled
def trace_events(p, group, pooled, count, traces):  # pragma: no cover
    """Advance the traces of a layer's inputs after pooling by one step, of `count` events after pooling."""
    trace = traces[group[TRACE_AT] : group[TRACE_AT] + group[N_TRACES]]
    kind = trace.dtype.type
    if p[TRACE_LEAK]:
        up = kind((1 << p[TRACE_LEAK]) - 1)
        for i in range(len(trace)):
            trace[i] -= shift_right(kind(trace[i] + up), p[TRACE_LEAK])
    for event in range(count):
        if pooled[0, event] < len(trace):  # the others are the layer's own, whose traces are elsewhere
            trace[pooled[0, event]] += kind(kind(pooled[1, event]) << p[TRACE_GAIN])


@compiled
def carry(p, tables, weights, error, carried):  # pragma: no cover
    """Write the error that a layer, with errors (n_out,), carries down to each of its inputs after pooling."""
    kind = carried.dtype.type
    for place in range(p[N_FED]):
        entry = tables[p[TABLE_AT] + place]
        length, target, source = entry[LENGTH], entry[TARGET], p[WEIGHT_AT] + entry[SOURCE]
        d = kind(0)
        for _ in range(entry[N_RUNS]):
            part, run = error[target : target + length], weights[source : source + length]
            for j in range(length):
                d = kind(d + kind(kind(run[j]) * kind(part[j])))
            target += p[TARGET_STEP]
            source += p[SOURCE_STEP]
        carried[place] = d


@compiled
def sum_gradient(p, group, tables, traces, error, gradient):  # pragma: no cover
    """Write the gradient of shared weights, in the order of memory: each trace times the errors that it meets."""
    kind = gradient.dtype.type
    gradient[:] = 0
    for place in range(group[N_TRACES]):
        trace = kind(traces[group[TRACE_AT] + place])
        if trace == 0:
            continue
        entry = tables[p[TABLE_AT] + place]
        length, target, source = entry[LENGTH], entry[TARGET], entry[SOURCE]
        for _ in range(entry[N_RUNS]):
            part, run = error[target : target + length], gradient[source : source + length]
            for j in range(length):
                run[j] += kind(trace * kind(part[j]))
            target += p[TARGET_STEP]
            source += p[SOURCE_STEP]
