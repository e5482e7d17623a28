"""Memory ports that one component lends to another, and how its parts share one; In and Out as seen by the borrower."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, Parameter, ResolvedLayer

from .arith import index_shape
from .layouts import history_layout, parameter_depth, parameter_word_layout, sums_layout


def read_port(word: data.Layout, depth: int) -> wiring.Signature:
    """Read access to a memory of `depth` words; `data` comes one cycle after `enable`, and holds while that is low."""
    return wiring.Signature({"enable": Out(1), "address": Out(index_shape(depth)), "data": In(word)})


def write_port(word: data.Layout, depth: int) -> wiring.Signature:
    """Write access to a memory of `depth` words."""
    return wiring.Signature({"enable": Out(1), "address": Out(index_shape(depth)), "data": Out(word)})


def parameter_port(layer: ResolvedLayer, parameter: Parameter) -> wiring.Signature:
    """Read and write access to the memory of a parameter of a layer; `trace` of its row, where the parameter has it."""
    memory = parameter_word_layout(layer, parameter), parameter_depth(layer, parameter)
    members = {"read": Out(read_port(*memory)), "write": Out(write_port(*memory))}
    if parameter.trace_width:
        members["trace"] = In(parameter.trace_width)
    return wiring.Signature(members)


def load_port(layer: ResolvedLayer) -> wiring.Signature:
    """Write access to the memory of each parameter of a layer, by its name."""
    return wiring.Signature(
        {
            parameter.name: Out(write_port(parameter_word_layout(layer, parameter), parameter_depth(layer, parameter)))
            for parameter in layer.parameters
        }
    )


def update_port(layer: ResolvedLayer) -> wiring.Signature:
    """Read and write access to the memory of each parameter of a layer, by its name."""
    return wiring.Signature({parameter.name: Out(parameter_port(layer, parameter)) for parameter in layer.parameters})


def sums_port(layer: ResolvedLayer) -> wiring.Signature:
    """Read access to the accumulators of finished steps: `data`, `lanes` exact sums, comes one cycle after `enable`.

    `release` is the mask of banks that have been read to the end. Of a map, `position` belongs to the place of a word;
    `touched` comes with `data`, which has no meaning without; with `clear` the word is not read again in this step, and
    is untouched from the next cycle on.
    """
    members = {
        "enable": Out(1),
        "bank": Out(1),
        "word": Out(index_shape(layer.n_words)),
        "data": In(sums_layout(layer)),
        "release": Out(2),
    }
    if layer.kind.output_shape is not None:
        members |= {"position": Out(index_shape(layer.n_positions)), "clear": Out(1), "touched": In(1)}
    return wiring.Signature(members)


def touched_port(layer: ResolvedLayer) -> wiring.Signature:
    """Read access to the list of the positions of a map that the events of a finished step have reached.

    `position`, entry `index` of `bank`, comes one cycle after `enable`, and holds while that is low; `n_entries` is
    that of `bank`.
    """
    return wiring.Signature(
        {
            "enable": Out(1),
            "bank": Out(1),
            "index": Out(index_shape(layer.n_positions + 1)),
            "position": In(index_shape(layer.n_positions)),
            "n_entries": In(index_shape(layer.n_positions + 1)),
        }
    )


def groups_port(layer: ResolvedLayer) -> wiring.Signature:
    """What a fire sweep does with groups of `fire_lanes` neurons, for memories that hold a word for each of them.

    `read`: group `reading` is to be read; `move`: what was read goes on to be fired, and counts as 0 if `fresh`, in the
    first step of a sample; `write`: group `writing` is being fired. No read meets a write: within a sweep a group is
    written two cycles or more after it was read, and the next sweep begins when the last group is written.
    """
    group = index_shape(layer.n_fire_words)
    return wiring.Signature(
        {
            "read": Out(1),
            "reading": Out(group),
            "move": Out(1),
            "fresh": Out(1),
            "write": Out(1),
            "writing": Out(group),
        }
    )


def history_port(layer: LearningLayer, above: LearningLayer) -> wiring.Signature:
    """Read access to what `fire_lanes` neurons of a layer keep of a sample."""
    return read_port(data.ArrayLayout(history_layout(layer, above), layer.fire_lanes), layer.n_fire_words)
