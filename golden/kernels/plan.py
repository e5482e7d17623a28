"""A configuration as the flat tables of numbers that the compiled kernels read."""

import numpy as np

from ..config import ERROR_RULES, Leak, LearningLayer, LearningNetworkConfig, NetworkConfig
from ..fixed import DRAW_STEPS, ROUNDINGS, TAPS, IntArray
from ..maps import neuron_places
from ..neuron import NeuronState
from .scatter import N_ENTRIES, input_places, rows_in_memory, run_table, runs_step

# Columns of the plan, one row a layer.
(
    N_IN, N_OWN, N_OUT, FIRES, MEMBRANE_WIDTH, MAX_SPIKE, THRESHOLD_SHIFT, SURROGATE_LOW, SURROGATE_HIGH, LEAK,
    LEAK_SHIFT, LEAK_FACTOR, RESET, WEIGHT_AT, NEURON_AT, TRACE_LEAK, TRACE_GAIN, ERROR_SHIFT, ERROR_BITS, GROUP_AT,
    GROUP_STOP, BUDGET, BUDGET_PUSH, MATRIX_AT, BY_TABLE, TABLE_AT, PLACE_AT, TARGET_STEP, SOURCE_STEP, N_FED, BIAS_AT,
    N_BIASES, THRESHOLD, RESET_AMOUNT, CURRENT_SHIFT, INITIAL, CURRENT_WIDTH,
    CURRENT_LEAK, CURRENT_LEAK_SHIFT, CURRENT_LEAK_FACTOR, N_COLUMNS,
) = range(41)  # fmt: skip
# Columns of the groups of rows that learn, all layers.
(
    FEED_AT, N_TRACES, N_ROWS, ROW_AT, N_VALUES, TRACE_AT, VALUE_AT, RATE_SHIFT, WIDTH, STORED_WIDTH, SHARED,
    N_GROUP_COLUMNS,
) = range(12)  # fmt: skip
NETWORK_INPUTS, BY_EVENTS = -1, -2
"""Values of `FEED_AT`, otherwise the place among neurons of what feeds the rows: the rows of the network's inputs, and
those of maps, which the layer's table names.
"""

MEMBRANE, CURRENT, N_STATE = range(3)
"""Rows of the state of neurons."""
assert NeuronState._fields == ("membrane", "current")
LEAK_NONE, LEAK_BY_SHIFT, LEAK_BY_FACTOR = range(3)
RESET_SOFT, RESET_HARD, RESET_NONE = range(3)
# Entries of the learning rule.
(
    DIRECT, EVERY_STEP, ERROR, MARGIN, ERROR_OCTAVE, ROUNDING, DIRECT_SHIFT, SCORES_SPIKES, SCORES_SUM, LFSR_TAPS,
    LFSR_STEPS, HIGHEST_RATE, N_RULE,
) = range(13)  # fmt: skip


FLOOR, TOWARD_ZERO, NEAREST, STOCHASTIC = range(4)


def accumulator_type(config: NetworkConfig) -> type:
    """Return the type that holds a neuron's state plus the exact sum of a step."""
    widest = max(max(layer.current_width, *layer.neuron.state_widths.values()) + 1 for layer in config.resolved)
    return np.int32 if widest <= 32 else np.int64


def update_type(config: NetworkConfig) -> type:
    """Return the type of updates.

    It holds a gradient, shifted left, plus a shadow weight and a rounding bias, and what a layer with a table carries
    down.
    """
    if not isinstance(config, LearningNetworkConfig):
        return np.int32
    widths = [
        max(group.gradient_width + max(-group.rate_shift, 0), group.parameter.stored_width)
        for layer in config.resolved
        for group in layer.row_groups
    ]
    tables = zip(config.resolved, _uses_table(config), strict=True)
    widths += [layer.carried_width for layer, by_table in tables if by_table]
    return np.int32 if max(widths) <= 30 else np.int64


def _uses_table(config: NetworkConfig) -> list[bool]:
    """Return for each layer whether a table says where its events act: it convolves, pools, or is fed by a map."""
    fed_by_map = [False, *(kind.output_shape is not None for kind in config.kinds[:-1])]
    return [kind.is_spatial or fed for kind, fed in zip(config.kinds, fed_by_map, strict=True)]


def map_tables(config: NetworkConfig) -> tuple[IntArray, IntArray, IntArray]:
    """Return what the kernels know of all layers that have a table, side by side.

    The place of each input in its layer's table, inputs in the order of memory; the tables; and, of layers whose
    neurons share weights, the rows in memory in the order of a weight load.
    """
    nothing = np.zeros(0, np.int64)
    places, tables, rows = [nothing], [np.zeros((0, N_ENTRIES), np.int64)], [nothing]
    below = np.arange(config.n_inputs)
    for kind, by_table in zip(config.kinds, _uses_table(config), strict=True):
        if by_table:
            own = np.arange(kind.n_in, kind.n_in + kind.n_own)
            in_memory = np.empty(kind.n_in + kind.n_own, np.int64)
            in_memory[np.concatenate([below, own])] = input_places(kind)
            places.append(in_memory)
            tables.append(run_table(kind))
        if kind.shares_weights:
            rows.append(rows_in_memory(kind))
        below = neuron_places(kind)
    return np.concatenate(places), np.concatenate(tables), np.concatenate(rows)


def layer_table(config: NetworkConfig) -> IntArray:
    """Return what the kernels know of each layer, a row each."""
    plan = np.zeros((len(config.layers), N_COLUMNS), np.int64)
    weight_at = neuron_at = group_at = matrix_at = table_at = place_at = 0
    plan[:, BY_TABLE] = _uses_table(config)
    for layer, row in zip(config.resolved, plan, strict=True):
        neuron = layer.neuron
        row[N_IN], row[N_OWN], row[N_OUT], row[FIRES] = layer.n_in, layer.n_own, layer.n_out, layer.fires
        row[MEMBRANE_WIDTH], row[MAX_SPIKE] = neuron.membrane_width, neuron.max_spike
        row[THRESHOLD_SHIFT], row[THRESHOLD] = neuron.threshold_shift, neuron.threshold or 0
        row[RESET_AMOUNT], row[CURRENT_SHIFT], row[INITIAL] = neuron.amount, neuron.current_shift, neuron.initial
        row[LEAK], row[LEAK_SHIFT], row[LEAK_FACTOR] = _leak(neuron)
        if neuron.synaptic is not None:
            row[CURRENT_WIDTH] = neuron.synaptic.width
            row[CURRENT_LEAK], row[CURRENT_LEAK_SHIFT], row[CURRENT_LEAK_FACTOR] = _leak(neuron.synaptic)
        row[RESET] = {"soft": RESET_SOFT, "hard": RESET_HARD, "none": RESET_NONE}[neuron.reset]
        row[WEIGHT_AT], row[NEURON_AT], row[MATRIX_AT] = weight_at, neuron_at, matrix_at
        if isinstance(layer, LearningLayer):
            row[SURROGATE_LOW], row[SURROGATE_HIGH] = layer.surrogate_window
            row[TRACE_LEAK], row[TRACE_GAIN] = layer.trace_shift or 0, layer.learning.trace_gain
            row[GROUP_AT], row[GROUP_STOP] = group_at, group_at + len(layer.row_groups)
            group_at = row[GROUP_STOP]
            row[BUDGET], row[BUDGET_PUSH] = layer.learning.budget or 0, layer.budget_push
            if not layer.is_readout:
                row[ERROR_SHIFT], row[ERROR_BITS] = layer.error_shift or 0, layer.learning.error_bits or 0
        row[BIAS_AT], row[N_BIASES] = weight_at + layer.weights.size, layer.config.size if layer.has_bias else 0
        row[TABLE_AT], row[PLACE_AT], row[N_FED] = table_at, place_at, layer.kind.n_fed
        row[TARGET_STEP], row[SOURCE_STEP] = runs_step(layer.kind)
        weight_at += sum(parameter.size for parameter in layer.parameters)
        table_at += layer.kind.n_traces * row[BY_TABLE]
        place_at += (layer.n_in + layer.n_own) * row[BY_TABLE]
        neuron_at += layer.n_out
        matrix_at += layer.n_out * config.n_classes
    return plan


def _leak(config: Leak) -> tuple[int, int, int]:
    """Return kind, shift and factor of a leak."""
    if config.leak_shift is not None:
        return LEAK_BY_SHIFT, config.leak_shift, 0
    if config.leak_factor is not None and config.leak_frac is not None:
        return LEAK_BY_FACTOR, config.leak_frac, config.leak_factor
    return LEAK_NONE, 0, 0


def group_table(config: NetworkConfig) -> IntArray:
    """Return what the kernels know of each group of rows that learns, a row each, layers from the input up."""
    table, trace_at, value_at, neuron_at, row_at, below_at = [], 0, 0, 0, 0, NETWORK_INPUTS
    always_at = sum(layer.n_out for layer in config.resolved)
    by_table = _uses_table(config)
    for layer in config.resolved if isinstance(config, LearningNetworkConfig) else ():
        inputs_at = BY_EVENTS if by_table[layer.index] else below_at
        feeds = {"inputs": inputs_at, "own": neuron_at, "bias": always_at}
        for parameter in layer.parameters:
            for group in (group for group in layer.row_groups if group.parameter == parameter):
                row = np.zeros(N_GROUP_COLUMNS, np.int64)
                row[FEED_AT], row[TRACE_AT] = feeds[group.name], trace_at
                row[N_TRACES], row[N_ROWS] = group.feed.stop - group.feed.start, group.n_rows
                row[N_VALUES] = parameter.n_outputs
                row[VALUE_AT] = value_at + group.first_row * parameter.n_outputs
                row[RATE_SHIFT] = group.rate_shift
                row[WIDTH], row[STORED_WIDTH] = parameter.width, parameter.stored_width
                row[SHARED], row[ROW_AT] = group.shared, row_at
                table.append(row)
                trace_at += row[N_TRACES]
                row_at += group.n_rows * group.shared
            value_at += parameter.size
        below_at, neuron_at = neuron_at, neuron_at + layer.n_out
    return np.array(table, np.int64).reshape(-1, N_GROUP_COLUMNS)


def rule_table(config: NetworkConfig) -> IntArray:
    """Return what the kernels know of readout and learning rule."""
    rule = np.zeros(N_RULE, np.int64)
    rule[SCORES_SPIKES], rule[SCORES_SUM] = config.readout_kind.fires, config.readout_kind.sums
    if isinstance(config, LearningNetworkConfig):
        learning = config.learning
        rule[MARGIN] = learning.margin
        rule[ERROR], rule[ERROR_OCTAVE] = list(ERROR_RULES).index(learning.error), learning.error_octave
        rule[DIRECT], rule[EVERY_STEP] = not learning.feeds_back, learning.every_step
        rule[ROUNDING] = ROUNDINGS.index(learning.rounding)
        rule[DIRECT_SHIFT] = learning.direct_shift
        rule[LFSR_TAPS], rule[LFSR_STEPS] = TAPS[learning.lfsr_width], DRAW_STEPS[learning.lfsr_width]
        rule[HIGHEST_RATE] = learning.highest_rate
    return rule
