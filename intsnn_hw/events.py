"""Payload layouts of every stream and probe; nothing else in the RTL spells a field."""

from amaranth.hdl import signed
from amaranth.lib import data

from golden.config import NetworkConfig, ResolvedLayer

from .arith import index_shape


def event_layout(address_width: int, spike_width: int) -> data.StructLayout:
    """A graded spike with its address, and the end-of-step marker.

    A beat with `spike` 0 carries no event; `end_of_step` may ride on the last event of a step or stand alone.
    `end_of_sample` is read together with `end_of_step` only. An address sends at most one event in a step.
    """
    return data.StructLayout({"address": address_width, "spike": spike_width, "end_of_step": 1, "end_of_sample": 1})


def input_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events into a layer."""
    return event_layout(layer.input_address_width, layer.input_spike_width)


def output_event_layout(layer: ResolvedLayer) -> data.StructLayout:
    """Events out of a layer that fires."""
    return event_layout(layer.output_address_width, layer.neuron.spike_width)


def class_layout(config: NetworkConfig) -> data.StructLayout:
    """The class of a sample (arg max, lowest index on ties) and its score."""
    return data.StructLayout({"label": config.resolved[-1].output_address_width, "score": signed(config.score_width)})


def weight_layout(width: int) -> data.StructLayout:
    """One inference weight of a load; `first` marks the first weight of the whole network.

    Order: layer by layer, input by input, neuron by neuron: ``concatenate([w.T.ravel() for w in weights])``.
    """
    return data.StructLayout({"weight": signed(width), "first": 1})


def weight_word_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """One word of a weight memory: `lanes` weights of one input, to consecutive neurons."""
    return data.ArrayLayout(signed(layer.weight_width), layer.lanes)


def sums_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """Accumulators of `lanes` consecutive neurons."""
    return data.ArrayLayout(signed(layer.current_width), layer.lanes)


def sweep_layout() -> data.StructLayout:
    """A finished time step waiting to fire: its accumulator bank, whether it had no event, whether it ends a sample."""
    return data.StructLayout({"bank": 1, "empty": 1, "end_of_sample": 1})


def score_layout(config: NetworkConfig) -> data.StructLayout:
    """The score of one class, classes in order; `last` marks the last class of a sample."""
    return data.StructLayout({"score": signed(config.score_width), "last": 1})


def probe_layout(layer: ResolvedLayer) -> data.StructLayout:
    """What a layer fired in a cycle, for co-simulation and debugging.

    `valid`: the group of `fire_lanes` neurons from index `first` on was fired, with their membranes after reset and
    their spikes. The last group may hold padding beyond the last neuron, whose membranes have no meaning.
    """
    return data.StructLayout(
        {
            "valid": 1,
            "first": index_shape(layer.n_fire_words * layer.fire_lanes),
            "membranes": data.ArrayLayout(signed(layer.neuron.membrane_width), layer.fire_lanes),
            "spikes": data.ArrayLayout(layer.neuron.spike_width, layer.fire_lanes),
        }
    )
