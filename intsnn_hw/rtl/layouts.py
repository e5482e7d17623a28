"""Payload layouts of every stream and probe; nothing else in the RTL spells a field."""

from amaranth.hdl import Shape, ShapeLike, signed, unsigned
from amaranth.lib import data, enum

from golden.config import GRADIENT_WIDTH, LearningLayer, LearningNetworkConfig, NetworkConfig, Parameter, ResolvedLayer
from golden.config.spatial import Shape as MapShape
from golden.fixed import unsigned_width

from .arith import index_shape
from .inference.neuron import state_layout
from .inference.readout import readout_of
from .windows import input_map, seen_by_axis


def event_layout(address_width: int, spike_width: int) -> data.StructLayout:
    """A graded spike with its address, and the end-of-step marker.

    A beat with `spike` 0 carries no event; `end_of_step` may ride on the last event of a step or stand alone.
    `end_of_sample` with `end_of_step` ends the sample; without it, the sample is discarded: it gets no class, nothing
    is learned from it, and the next beat begins another. An address sends at most one event in a step.
    """
    return data.StructLayout({"address": address_width, "spike": spike_width, "end_of_step": 1, "end_of_sample": 1})


def map_address_layout(shape: MapShape) -> data.StructLayout:
    """Where something stands in a map of `shape`, in place of its index in C order."""
    channels, rows, columns = shape
    return data.StructLayout(
        {"channel": index_shape(channels), "row": index_shape(rows), "column": index_shape(columns)}
    )


def fed_by_map(layer: ResolvedLayer) -> bool:
    """Whether the layer below is a map, whose events have a :func:`map_address_layout` for an address."""
    return layer.index > 0 and layer.kind.input_shape is not None


def sends_map(layer: ResolvedLayer) -> bool:
    """Whether the layer's events go to another layer and have a :func:`map_address_layout` for an address."""
    return layer.kind.output_shape is not None and not layer.is_readout


def input_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events into a layer."""
    if fed_by_map(layer):
        return map_event_layout(layer)
    return event_layout(layer.input_address_width, layer.input_spike_width)


def map_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events into a layer that takes its inputs for a map: the address is a :func:`map_address_layout`."""
    return event_layout(map_address_layout(input_map(layer.kind)).size, layer.input_spike_width)


def takes_map(layer: ResolvedLayer) -> bool:
    """Whether the layer takes its inputs for a map, so that each event finds its place there first."""
    return fed_by_map(layer) or layer.kind.is_spatial


def input_row_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events of a layer's inputs after pooling, by their index."""
    return event_layout(unsigned_width(layer.kind.n_fed - 1), layer.input_spike_width)


def row_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events of a layer's rows: its inputs' and, if it is recurrent, from address ``n_in`` on its own."""
    return event_layout(layer.row_address_width, layer.event_width)


def window_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """An event of a convolution with the windows that see it: a rectangle of positions.

    `position` is the first of them, `address` that of the first weight word for it, `rows` and `columns` one less than
    there are.
    """
    return data.StructLayout(_windows(layer) | {"spike": layer.input_spike_width, "end_of_step": 1, "end_of_sample": 1})


def place_windows_layout(layer: LearningLayer) -> data.StructLayout:
    """An input of a convolution after pooling, by index, with its trace and the windows that see it, if it is `seen`.

    The rectangle of windows is that of :func:`window_event_layout`; `last` of all inputs.
    """
    place = {"input": unsigned_width(layer.kind.n_fed - 1), "trace": layer.input_trace_width, "last": 1, "seen": 1}
    return data.StructLayout(_windows(layer) | place)


def _windows(layer: ResolvedLayer) -> dict[str, ShapeLike]:
    rows, columns = (index_shape(max(1, *(seen.n_windows for seen in axis))) for axis in seen_by_axis(layer.kind))
    return {
        "position": index_shape(layer.n_positions),
        "address": index_shape(layer.n_rows * layer.n_words),
        "rows": rows,
        "columns": columns,
    }


def own_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """An event of a recurrent layer's neuron on its way back."""
    return data.StructLayout({"address": layer.output_address_width, "spike": layer.neuron.spike_width})


def output_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events out of a layer that fires."""
    return event_layout(output_address_width(layer), layer.neuron.spike_width)


def output_address_width(layer: ResolvedLayer) -> int:
    """Bits of the address of an event out of a layer."""
    shape = layer.kind.output_shape
    return map_address_layout(shape).size if shape is not None and sends_map(layer) else layer.output_address_width


def first_neuron_shape(layer: ResolvedLayer) -> Shape:
    """The first neuron of a group as its events name it; in a map that is not the readout as its address there."""
    if sends_map(layer):
        return unsigned(output_address_width(layer))
    return index_shape(layer.n_fire_words * layer.fire_lanes)


def class_layout(config: NetworkConfig) -> data.StructLayout:
    """The class of a sample (arg max, lowest index on ties) and its score."""
    return data.StructLayout({"label": config.resolved[-1].output_address_width, "score": signed(config.score_width)})


def weight_layout(config: NetworkConfig) -> data.StructLayout:
    """One weight of a load, a shadow weight where the network learns; `first` marks the first of the whole load.

    Order: layer by layer, parameter by parameter, row by row (of weights inputs, then own neurons), neuron by neuron:
    ``concatenate([w.T.ravel() for w in weights])`` where there are only weights.
    """
    widths = [parameter.stored_width for layer in config.resolved for parameter in layer.parameters]
    return data.StructLayout({"weight": signed(max(widths)), "first": 1})


def parameter_word_layout(layer: ResolvedLayer, parameter: Parameter) -> data.ArrayLayout:
    """One word of the memory of a parameter: `lanes` (shadow) values of one row, of consecutive neurons."""
    return data.ArrayLayout(signed(parameter.stored_width), layer.lanes)


def parameter_depth(layer: ResolvedLayer, parameter: Parameter) -> int:
    """Words of the memory of a parameter."""
    return parameter.n_rows * layer.n_words


def sums_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """Accumulators of `lanes` consecutive neurons."""
    return data.ArrayLayout(signed(layer.current_width), layer.lanes)


def touched_sums_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Accumulators of `lanes` channels at a position of a map, and whether an event of the step has reached them."""
    return data.StructLayout({"sums": sums_layout(layer), "touched": 1})


def states_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """State of the `fire_lanes` neurons of a group."""
    return data.ArrayLayout(state_layout(layer.neuron), layer.fire_lanes)


def spikes_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """Spikes of the `fire_lanes` neurons of a group, 0 where a neuron does not fire."""
    return data.ArrayLayout(layer.neuron.spike_width, layer.fire_lanes)


def spikes_group_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Spikes of a group: index of its `first` neuron; `last` of the step, which may be the last of its sample."""
    first = first_neuron_shape(layer)
    return data.StructLayout({"first": first, "last": 1, "end_of_sample": 1, "spikes": spikes_layout(layer)})


def fired_layout(layer: ResolvedLayer) -> data.StructLayout:
    """A group that fires: :func:`spikes_group_layout`, and its states before (`integrated`) and after firing."""
    states = states_layout(layer)
    return data.StructLayout(dict(spikes_group_layout(layer).members) | {"integrated": states, "states": states})


def neuron_score_layout(config: NetworkConfig) -> data.StructLayout:
    """A readout neuron after a step: its membrane and its spike; `last` of the step, which may end the sample."""
    neuron = config.layers[-1].neuron
    fields = {"membrane": signed(neuron.membrane_width), "spike": neuron.spike_width, "last": 1, "end_of_sample": 1}
    return data.StructLayout(fields)


def sweep_layout() -> data.StructLayout:
    """A finished time step waiting to fire: its accumulator bank, whether it had no event, whether it ends a sample.

    With `discard` there is nothing to fire: the sample is given up.
    """
    return data.StructLayout({"bank": 1, "empty": 1, "end_of_sample": 1, "discard": 1})


def score_layout(config: NetworkConfig) -> data.StructLayout:
    """The score of one class after a time step, classes in order; `last` marks the last class.

    `final` marks the last step of a sample. A network that learns also sends `charge`, which errors are made of: the
    readout membrane, for a spiking readout plus all it has emitted in the sample; and `discard`, in a beat
    of its own without a score, where the sample is given up.
    """
    fields: dict[str, ShapeLike] = {"score": signed(config.score_width), "last": 1, "final": 1}
    if isinstance(config, LearningNetworkConfig):
        fields |= {"charge": signed(charge_width(config)), "discard": 1}
    return data.StructLayout(fields)


def charge_width(config: NetworkConfig) -> int:
    """Bits of the value that errors are made of."""
    return readout_of(config).charge_width(config)


LABEL_WIDTH = 16


class Operation(enum.Enum, shape=3):  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues]
    """What the host asks of a core that learns, one after the other.

    INFER, LEARN
        The next sample; `value` is its class, which INFER does not read.
    READ_WEIGHTS
        Send all shadow weights.
    INITIALISE
        Draw initial shadow weights, as :func:`golden.learning.initial_shadow` does.
    SET_LFSR
        `value` becomes the state of the LFSR of stochastic rounding, ``1..2^width - 1``; 0 leaves it as it is.
    SET_BOOST
        `value` is added to the rate shifts from now on, ``0..max_boost``; a higher one counts as ``max_boost``.
    """

    INFER = 0
    LEARN = 1
    READ_WEIGHTS = 2
    INITIALISE = 3
    SET_LFSR = 4
    SET_BOOST = 5


def control_layout(config: LearningNetworkConfig) -> data.StructLayout:
    """One operation; a sample's first event waits for its INFER or LEARN, other operations for the samples before."""
    return data.StructLayout({"operation": Operation, "value": max(LABEL_WIDTH, config.learning.lfsr_width)})


def ticket_layout() -> data.StructLayout:
    """A sample in work: its label, which may be no class, and whether to learn from it."""
    return data.StructLayout({"label": LABEL_WIDTH, "learn": 1})


def place_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Where a neuron stands in a memory of words of `lanes` neurons; in a map words follow position by position.

    Without a map that is where the weights to it stand in a row: ``neuron = word * lanes + lane``.
    """
    return data.StructLayout({"word": index_shape(layer.n_sum_words), "lane": index_shape(layer.lanes)})


def row_layout(layer: LearningLayer, below: LearningLayer | None) -> data.StructLayout:
    """A row of a layer's weights to update, and its trace; `own` where it is one from the layer's own neurons.

    Of a neuron of a hidden layer `below` also its surrogate, whether it is `over` its budget, if it has one, and its
    place there, where its gradient belongs; not of a map, where neurons share a row.
    """
    fields: dict[str, ShapeLike] = {"input": layer.row_address_width, "trace": layer.row_trace_width, "last": 1}
    if layer.learns_own:
        fields["own"] = 1
    if below is not None and not fed_by_map(layer):
        fields |= {"surrogate": below.surrogate_width, "place": place_layout(below)}
        if below.budget_push:
            fields["over"] = 1
    return data.StructLayout(fields)


def trace_entry_layout(layer: LearningLayer) -> data.StructLayout:
    """An entry of the list of input traces."""
    return data.StructLayout({"input": layer.input_address_width, "trace": layer.input_trace_width})


def trace_layout(layer: LearningLayer) -> data.StructLayout:
    """The trace of an input after pooling, of a layer that takes its inputs for a map."""
    return data.StructLayout({"trace": layer.input_trace_width})


def place_trace_layout(layer: LearningLayer) -> data.StructLayout:
    """An input after pooling, by index and `at` its place in the pooled map, with its trace; `last` of all."""
    shape = layer.kind.pooled_shape
    assert shape is not None
    return data.StructLayout(
        {
            "input": unsigned_width(layer.kind.n_fed - 1),
            "at": map_address_layout(shape),
            "trace": layer.input_trace_width,
            "last": 1,
        }
    )


def carried_layout(layer: LearningLayer, below: LearningLayer) -> data.StructLayout:
    """What goes along with an error that a layer carries down: the neuron's, or the index of the pooled input of a map.

    Of a neuron what its gradient is made of besides.
    """
    if fed_by_map(layer):
        return data.StructLayout({"input": unsigned_width(layer.kind.n_fed - 1)})
    return neuron_layout(below)


def neuron_layout(below: LearningLayer) -> data.StructLayout:
    """What the gradient of a neuron of a hidden layer is made of, besides the error carried to it."""
    fields: dict[str, ShapeLike] = {"surrogate": below.surrogate_width, "place": place_layout(below)}
    return data.StructLayout(fields | ({"over": 1} if below.budget_push else {}))


def error_layout(layer: LearningLayer) -> data.StructLayout:
    """The error of a neuron: ternary, or a signed power of two, as every gradient is."""
    fields: dict[str, ShapeLike] = {"active": 1, "negative": 1}
    if not layer.ternary_errors:
        fields["exponent"] = index_shape(GRADIENT_WIDTH)
    return data.StructLayout(fields)


def history_layout(layer: LearningLayer, above: LearningLayer) -> data.StructLayout:
    """What a hidden neuron keeps of a sample for learning.

    `trace`: for the weights above it, but not in a map, of which the layer above keeps those after pooling;
    `surrogate`: its count; with a budget `fired`: steps in which it fired, at most one more than the budget; where its
    layer learns weights from itself `own`: trace for these, and `spike`: of the last step, which it does not hold yet.
    """
    fields: dict[str, ShapeLike] = {} if fed_by_map(above) else {"trace": above.input_trace_width}
    fields["surrogate"] = layer.surrogate_width
    if layer.budget_push:
        fields["fired"] = fired_width(layer)
    if layer.learns_own:
        fields |= {"own": layer.own_trace_width, "spike": layer.neuron.spike_width}
    return data.StructLayout(fields)


def fired_width(layer: LearningLayer) -> int:
    """Bits of the steps in which a neuron fired, which stop one above its budget."""
    return unsigned_width((layer.learning.budget or 0) + 1)


def normalizes(layer: ResolvedLayer) -> bool:
    """Whether the gradients of a layer wait for the largest error of its neurons."""
    return isinstance(layer, LearningLayer) and not layer.is_readout and layer.error_shift is None


def activity_layout(config: NetworkConfig, layer: ResolvedLayer) -> data.StructLayout:
    """What a layer is doing in a cycle, to be summed over a run; a word is one of the memory's.

    `adding`, `active`: see :class:`SynapseArray`. `draining`: accumulators of a finished step are read. `firing`: a
    group of neurons is fired, so that its membranes (and what else it keeps of a sample) are read and written;
    `returning`, of a recurrent layer: an event of its own comes in; `touching`, of a map that lists such positions: one
    is reached for the first time in its step. Where the network learns, `reading` and `writing`: a weight word, for the
    update; `keeping`: a word of errors is written; `changing`: weights of the word read that will be changed;
    `carrying`: those weighed with an error for the layer below; of a hidden layer `recalling`: its histories are read,
    and, where its gradients are normalized, `normalizing`: one is made of a product that was kept;
    of the first layer `tracing` and `listing`: an entry of the list of input traces, and a place in it, is written;
    `fading`: an entry leaves it; `walking`: one is sent to the update. Of a layer that takes its inputs for a map
    `entering`: an event comes in; `tracing`: a trace is written; `walking`: one is read for the update. Of a layer
    whose neurons share weights `meeting`: a trace meets a word of errors; `summing`: a word of the gradient is written.
    """
    fields: dict[str, ShapeLike] = {"adding": 1, "active": 1, "draining": 1, "firing": 1}
    if layer.n_own:
        fields["returning"] = 1
    if layer.lists_touched:
        fields["touching"] = 1
    if isinstance(config, LearningNetworkConfig):
        lanes = index_shape(layer.lanes + 1)
        fields |= {"reading": 1, "writing": 1, "keeping": 1, "changing": lanes, "carrying": lanes}
        if layer is not config.resolved[-1]:
            fields["recalling"] = 1
        if normalizes(layer):
            fields["normalizing"] = 1
        if layer.kind.shares_weights:
            fields |= {"summing": 1, "meeting": 1}
        if takes_map(layer):
            fields |= {"tracing": 1, "entering": 1, "walking": 1}
        elif layer is config.resolved[0]:
            fields |= {"tracing": 1, "listing": 1, "fading": 1, "walking": 1}
    return data.StructLayout(fields)


def work_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Update of a layer in a cycle.

    `errors`: lanes with an error in the word being read; `changes`: it will be changed; `carries`: its row is of a
    neuron below; `keeping`: a word of errors is kept; `summing`: a word of the gradient of shared weights is written;
    `meeting`: a trace meets a word of errors; `normalizing`: a gradient is made of a product that was kept.
    """
    fields: dict[str, ShapeLike] = {"errors": layer.lanes, "changes": 1, "keeping": 1, "carries": 1}
    if normalizes(layer):
        fields["normalizing"] = 1
    return data.StructLayout(fields | ({"summing": 1, "meeting": 1} if layer.kind.shares_weights else {}))


def evaluation_layout() -> data.StructLayout:
    """The scores of a step or sample have been compared with the margin: `wrong`, and `final` in its last step."""
    return data.StructLayout({"valid": 1, "wrong": 1, "final": 1})


def probe_layout(layer: ResolvedLayer) -> data.StructLayout:
    """What a layer fired in a cycle, for co-simulation and debugging.

    `valid`: the group of `fire_lanes` neurons from index `first` on was fired, with their state after reset, each field
    of :func:`state_layout` in the plural, and their spikes. The last group may hold padding beyond the last neuron,
    whose state has no meaning. Of a map a group is neighbouring channels of one place, `first` as events name it, and
    `last` marks the last group of a step: where only what events have reached is visited, no others have changed.
    """
    fields: dict[str, ShapeLike] = {"valid": 1, "first": first_neuron_shape(layer)}
    if layer.kind.output_shape is not None:
        fields["last"] = 1
    for name, field in state_layout(layer.neuron):
        fields[f"{name}s"] = data.ArrayLayout(field.shape, layer.fire_lanes)
    return data.StructLayout(fields | {"spikes": spikes_layout(layer)})
