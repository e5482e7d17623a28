"""Memory accesses and additions a sample, from how often each part of a core was at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from golden.config import LearningNetworkConfig, NetworkConfig, ResolvedLayer
from intsnn_hw.rtl.layouts import fed_by_map, normalizes, takes_map


def accesses(config: NetworkConfig, counts: Mapping[str, float], n_samples: int) -> dict[str, Any]:
    """Return accesses and additions a sample, of inference and, where the network learns, of the update.

    An access is one word, of a memory of the layer: `weights` and, by their fields, other parameters, which are
    values of neurons; `accumulators` of a step, `touched_positions` (a list of those of a map that events have
    reached), `membranes`, `score_sums` (of a readout that sums spikes or membranes over the steps), `history` (what
    its neurons keep for learning), `trace_list` (of its inputs, in the first layer; both memories of the sparse
    set) or, where the layer takes these for a map, `traces`; `errors`, `products` (carried errors of which the
    largest is awaited), `carried` (errors on their way to a map below), `gradient` (of shared weights), and
    `own_events` (on their way back into a recurrent layer). Counted are reads whose data is used and all writes,
    but not those of a weight load or read-out, nor what a port reads again while nothing asks for it.
    An addition is one of a lane: in inference of a product to the current of a neuron; in the update of a change to a
    shadow weight, of a weight to the error carried to the layer below, or of an error to the gradient.

    Parameters
    ----------
    config : NetworkConfig
    counts : mapping
        Sums of the fields of ``activity<l>``, as a co-simulation counts them (docs/architecture.md).
    n_samples : int

    Returns
    -------
    dict
        ``inference`` and ``update`` (absent without learning), each with `memory_reads`, `memory_writes`, `adds` and a
        list `layers` of ``{memory: {"reads", "writes"}, ..., "adds"}``; means over the samples.
    """
    phases = {"inference": [_inference(config, counts, index) for index in range(len(config.layers))]}
    if isinstance(config, LearningNetworkConfig):
        phases["update"] = [_update(config, counts, index) for index in range(len(config.layers))]
    return {name: _per_sample(layers, max(1, n_samples)) for name, layers in phases.items()}


def _inference(config: NetworkConfig, counts: Mapping[str, float], index: int) -> dict[str, Any]:
    layer = config.resolved[index]
    adding, firing = counts[f"activity{index}.adding"], counts[f"activity{index}.firing"]
    events = adding // layer.n_words
    returning = counts[f"activity{index}.returning"] if layer.n_own else 0
    drained = counts[f"activity{index}.draining"]
    # A bank of one word is summed in a register; the words of a map are cleared when they have been read.
    summed, cleared = (adding if layer.n_words > 1 else 0), 0
    if layer.kind.output_shape is not None:
        summed, cleared = adding, drained // layer.n_fire_groups * layer.n_words
    used = {"weights": (adding, 0), "accumulators": (summed + drained, adding + cleared)}
    if layer.lists_touched:
        touching = counts[f"activity{index}.touching"]
        used["touched_positions"] = (touching, touching)
    if layer.keeps_state:
        used["membranes"] = (firing, firing)
    others = {parameter.field: (firing, 0) for parameter in layer.parameters[1:]}
    is_last = index == len(config.layers) - 1
    if is_last and config.readout_kind.sums:
        used["score_sums"] = (firing, firing)
    if isinstance(config, LearningNetworkConfig):
        if not is_last:
            used["history"] = (firing, firing)
        if takes_map(layer):
            # Each write of a trace follows a read: of an event, or of a pass over all of them.
            used["traces"] = (counts[f"activity{index}.tracing"],) * 2
        elif index == 0:
            tracing = counts["activity0.tracing"]
            # An input's event reads its place and the entry there; a leaking entry is read and, if it stays, written.
            reads = events - returning + tracing + counts["activity0.fading"]
            used["trace_list"] = (reads, tracing + counts["activity0.listing"])
    if layer.n_own:
        used["own_events"] = (returning, returning)
    neurons = firing // layer.n_fire_words * layer.n_out
    return {"memories": used | others, "adds": events * layer.config.size + len(others) * neurons}


def _update(config: LearningNetworkConfig, counts: Mapping[str, float], index: int) -> dict[str, Any]:
    def counted(name: str) -> float:
        return counts[f"activity{index}.{name}"]

    used = {"weights": (counted("reading"), counted("writing"))}
    if index < len(config.layers) - 1:
        used["history"] = (counted("recalling"), 0)
    layer = config.resolved[index]
    if takes_map(layer):
        used["traces"] = (counted("walking"), 0)
    elif index == 0:
        used["trace_list"] = (counted("walking"), 0)
    if fed_by_map(layer) and config.learning.feeds_back:
        used["carried"] = (counts[f"activity{index - 1}.recalling"], counted("walking"))
    if normalizes(layer):
        used["products"] = (counted("normalizing"), counted("normalizing"))
    if layer.kind.shares_weights:
        return _shared_update(layer, used, counted)
    learned = {group.parameter.field for group in layer.row_groups if group.parameter != layer.weights}
    read = counted("reading") + len(learned) * counted("keeping")
    used["errors"] = (read, counted("keeping"))
    used |= {field: (counted("keeping"), counted("keeping")) for field in learned}
    return {"memories": used, "adds": counted("changing") + counted("carrying")}


def _shared_update(layer: ResolvedLayer, used: dict[str, Any], counted: Callable[[str], float]) -> dict[str, Any]:
    """Return the same of a layer whose neurons share weights: each sum of the gradient is read and written."""
    used["errors"] = (counted("meeting"), counted("keeping"))
    used["gradient"] = (counted("summing"), counted("summing"))
    return {"memories": used, "adds": counted("changing") + counted("carrying") + counted("summing") * layer.lanes}


def _per_sample(layers: list[dict[str, Any]], n_samples: int) -> dict[str, Any]:
    used = [pair for layer in layers for pair in layer["memories"].values()]
    return {
        "memory_reads": sum(reads for reads, _ in used) / n_samples,
        "memory_writes": sum(writes for _, writes in used) / n_samples,
        "adds": sum(layer["adds"] for layer in layers) / n_samples,
        "layers": [
            {name: {"reads": reads / n_samples, "writes": writes / n_samples}
             for name, (reads, writes) in layer["memories"].items()} | {"adds": layer["adds"] / n_samples}
            for layer in layers
        ],
    }  # fmt: skip
