"""What another tool, or an engineer, has to know to connect and drive an emitted core, as plain data."""

from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import data, wiring

from golden.config import Convolution, LearningNetworkConfig, NetworkConfig, ResolvedLayer
from golden.fixed import DRAW_STEPS, TAPS
from golden.seeds import update_lfsr
from intsnn_hw.cost.maintenance import initialise_cycles, load_cycles, read_cycles
from intsnn_hw.cost.memories import Memory, memories
from intsnn_hw.cost.reach import most_words
from intsnn_hw.cost.update import update_bound
from intsnn_hw.rtl.core import Core
from intsnn_hw.rtl.layouts import Operation
from intsnn_hw.rtl.learning.learner import COUNTER_WIDTH

from .describe import describe

MANIFEST_VERSION = 2

WEIGHT_ORDER = (
    "the parameters as they are listed, each row by row (of weights one for each input, then for each of the layer's "
    "own neurons), neuron by neuron: concatenate([w.T.ravel() for w in weights]) where there are only weights"
)

WINDOW_ORDER = (
    "; of a convolution the rows are those of the weights of an input channel, a row and a column of a window, in this "
    "order, and each has a weight for each output channel"
)


def manifest(core: Core, config: NetworkConfig, *, module: str, preloaded: bool) -> dict[str, Any]:
    """Return ports, stream layouts, widths, memory map, latency and throughput of a core, and how one learns."""
    summary = _network(config)
    record = {
        "manifest_version": MANIFEST_VERSION,
        "module": module,
        "clock": {"port": "clk", "edge": "rising"},
        "reset": {"port": "rst", "active": "high", "synchronous": True, "memories": "keep their content"},
        "streams": {name: entry for name, entry in _ports(core) if "payload_width" in entry},
        "ports": {name: entry for name, entry in _ports(core) if "payload_width" not in entry},
        "protocol": "a beat moves in a cycle with valid and ready high; payload and valid hold until then",
        "network": summary,
        "weight_load": {
            "preloaded": preloaded,
            "holds": "shadow weights" if isinstance(config, LearningNetworkConfig) else "inference weights",
            "weight_widths": [layer.stored_width for layer in config.resolved],
            "beats": load_cycles(config),
            "parameters": [
                {"layer": layer.index, "name": parameter.name, "beats": parameter.size, "width": parameter.stored_width}
                for layer in config.resolved
                for parameter in layer.parameters
            ],
            "order": WEIGHT_ORDER + (WINDOW_ORDER if config.is_spatial else ""),
            "note": "one signed weight a beat, `first` with the very first; events wait while a load is in progress "
            "or, in a core without initial content, until the first one is complete",
        },
        "memories": [
            {
                "layer": layer.index,
                **{name: _memory(memory) for name, memory in memories(config, layer).items()},
                "weight_address": f"row * {layer.n_words} + {_column(layer)} // {layer.lanes}",
                "weight_rows": _rows(layer),
                "weight_lane": f"{_column(layer)} % {layer.lanes}, lowest bits first",
            }
            for layer in config.resolved
        ],
        "timing": {
            "cycles_per_event": [most_words(layer) for layer in config.resolved],
            "cycles_per_sweep": [layer.n_fire_words + 3 for layer in config.resolved],
            "sweep_overlaps_next_step": config.hardware.banks == 2,
            "latency": "from the last beat of a sample: its adds, then for each layer 4 cycles, one for each group of "
            "fire_lanes neurons and the adds of its last events, then one for each class",
        },
    }
    return record | {"learning": _learning(config)} if isinstance(config, LearningNetworkConfig) else record


def _memory(memory: Memory) -> dict[str, int]:
    """Return words and bits of a word, and the number of such memories where there are several."""
    entry = {"depth": memory.depth, "width": memory.word_bits}
    return entry | ({"copies": memory.n_copies} if memory.n_copies > 1 else {})


def _column(layer: ResolvedLayer) -> str:
    """Return what a row has a weight for."""
    return "neuron" if layer.kind.output_shape is None else "output channel"


def _rows(layer: ResolvedLayer) -> str:
    """Return what the rows of weights are."""
    if isinstance(layer.kind, Convolution):
        return "input channels, in each the rows of a window, in each of these its columns"
    inputs = f"inputs, summed over squares of {layer.kind.pool}" if layer.kind.pool > 1 else "inputs"
    return f"{inputs}, then the layer's own neurons" if layer.n_own else inputs


def _network(config: NetworkConfig) -> dict[str, Any]:
    """Return the summary of a network with the memory of this core: one that learns keeps shadow weights only."""
    summary = describe(config)
    for layer, entry in zip(config.resolved, summary["layers"], strict=True):
        kept = memories(config, layer)
        entry["stored_width"] = layer.stored_width
        entry["weight_memory_bits"] = sum(kept[parameter.field].bits for parameter in layer.parameters)
        entry["state_memory_bits"] = sum(memory.bits for memory in kept.values()) - entry["weight_memory_bits"]
    for name in ("weight_memory_bits", "state_memory_bits"):
        summary[name] = sum(entry[name] for entry in summary["layers"])
    return summary


def _learning(config: LearningNetworkConfig) -> dict[str, Any]:
    """Return what a host has to know of a core that learns (docs/host.md)."""
    learning = config.learning
    evaluation, lfsr = "step" if learning.every_step else "sample", update_lfsr(learning)
    return {
        "operations": {name: operation.value for name, operation in Operation.__members__.items()},
        "control": "one LEARN or INFER for each sample, `value` its class; the others between samples, in order; other "
        "codes are taken and ignored",
        "max_boost": learning.max_boost,
        "epochs": learning.epochs,
        "schedule": list(learning.schedule),
        "boost": "of an epoch, counted from 0: how many entries of the schedule are not above it",
        "lfsr": {
            "width": lfsr.width,
            "taps": TAPS[lfsr.width],
            "steps_per_draw": DRAW_STEPS[lfsr.width],
            "after_reset": lfsr.state,
        },
        "inference_weight": [
            f"saturate(W, rounded half up after a shift right by {layer.stored_width - layer.weight_width}, to "
            f"{layer.weight_width} bits)"
            for layer in config.resolved
        ],
        "counters": {
            "width": COUNTER_WIDTH,
            "note": "wrap; cleared by reset alone",
            "updated": f"evaluations with an error, one a {evaluation}",
            "skipped": f"evaluations of a known class without an error, one a {evaluation}",
            "rejected": "samples to learn from whose label is no class",
            "update_cycles": "cycles of updates",
        },
        "timing": {
            "update_cycles_at_most": update_bound(config),
            "updates_per_sample_at_most": config.n_steps if learning.every_step else 1,
            "update_is_done": "when the next event, or an operation after the sample's LEARN, is taken",
            "read_cycles": read_cycles(config),
            "initialise_cycles": initialise_cycles(config),
        },
    }


def _ports(core: Core) -> list[tuple[str, dict[str, Any]]]:
    """List the members of a core with direction, width and fields; a stream's fields lie in its ``__payload``."""
    entries = []
    for name, member in core.signature.members.items():
        direction = "in" if member.flow is wiring.In else "out"
        if member.is_signature:
            layout = member.signature.members["payload"].shape
            entry = {"direction": direction, "payload_width": Shape.cast(layout).width, "fields": _fields(layout)}
        else:
            entry = {"direction": direction, "width": Shape.cast(member.shape).width}
            if isinstance(member.shape, data.StructLayout):
                entry["fields"] = _fields(member.shape)
        entries.append((name, entry))
    return entries


def _fields(layout: Any) -> list[dict[str, Any]]:
    fields = []
    for name, item in layout:
        shape = item.shape
        entry: dict[str, Any] = {"name": name, "offset": item.offset, "width": item.width}
        if isinstance(shape, data.ArrayLayout):
            entry["elements"] = shape.length
            shape = shape.elem_shape
        entry["signed"] = Shape.cast(shape).signed
        fields.append(entry)
    return fields
