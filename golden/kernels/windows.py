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
def scatter(p, model, addresses, levels):  # pragma: no cover
    """Add the given events to the neurons that the layer's table names; return the number of products added."""
    weights, total = model.weights, model.accumulator[: p[N_OUT]]
    kind = total.dtype.type
    products = 0
    for event in range(len(addresses)):
        place = model.places[p[PLACE_AT] + addresses[event]]
        if place == OUTSIDE:
            continue
        entry = model.tables[p[TABLE_AT] + place]
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


@compiled
def trace_events(p, group, model, traces, addresses, levels):  # pragma: no cover
    """Advance the traces of a layer's inputs after pooling by one step."""
    trace = traces[group[TRACE_AT] : group[TRACE_AT] + group[N_TRACES]]
    kind = trace.dtype.type
    if p[TRACE_LEAK]:
        up = kind((1 << p[TRACE_LEAK]) - 1)
        for i in range(len(trace)):
            trace[i] -= shift_right(kind(trace[i] + up), p[TRACE_LEAK])
    for event in range(len(addresses)):
        place = model.places[p[PLACE_AT] + addresses[event]]
        if place != OUTSIDE:
            trace[place] += kind(kind(levels[event]) << p[TRACE_GAIN])


@compiled
def carry(p, model, error):  # pragma: no cover
    """Write the error that a layer, with errors (n_out,), carries down to each of its inputs after pooling."""
    weights, carried = model.weights, model.carried
    kind = carried.dtype.type
    for place in range(p[N_FED]):
        entry = model.tables[p[TABLE_AT] + place]
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
def sum_gradient(p, group, model, traces, error):  # pragma: no cover
    """Write the gradient of shared weights, in the order of memory: each trace times the errors that it meets."""
    gradient = model.gradient
    kind = gradient.dtype.type
    gradient[:] = 0
    for place in range(group[N_TRACES]):
        trace = kind(traces[group[TRACE_AT] + place])
        if trace == 0:
            continue
        entry = model.tables[p[TABLE_AT] + place]
        length, target, source = entry[LENGTH], entry[TARGET], entry[SOURCE]
        for _ in range(entry[N_RUNS]):
            part, run = error[target : target + length], gradient[source : source + length]
            for j in range(length):
                run[j] += kind(trace * kind(part[j]))
            target += p[TARGET_STEP]
            source += p[SOURCE_STEP]
