"""From operation counts to energy: memory words read and written, additions and products, layer by layer."""

from __future__ import annotations

from typing import Any

from golden.config import NetworkConfig, ResolvedLayer
from intsnn_hw.cost.memories import memories

from .coefficients import Coefficients

PARTS = ("memory_reads", "memory_writes", "adds", "products")


def energy_of(config: NetworkConfig, per_sample: dict[str, Any], coefficients: Coefficients) -> dict[str, Any]:
    """Return the energy of a sample, in pJ, from its operation counts.

    A memory access costs what the table says of the whole word. An addition of inference has the width of the exact
    sum of a step and comes with a product of spike and weight; an addition of the update has the width of a stored
    weight (an upper bound for those of the carried error). Left out are the neurons' own arithmetic when they fire,
    control, streams and the clock; flips of nets (:mod:`intsnn_hw.energy.switching`) see the first three.

    Parameters
    ----------
    config : NetworkConfig
        Of the core that was counted: with its learning rule where the core learns.
    per_sample : dict
        As :func:`intsnn_hw.cost.accesses.accesses` returns it.
    coefficients : Coefficients

    Returns
    -------
    dict
        ``inference`` and, where counted, ``update``; each with `memory_reads`, `memory_writes`, `adds`, `products`,
        their sum `total`, and a list `layers` of the same with `memories`, ``{memory: {"reads", "writes"}, ...}``.
    """
    return {phase: _phase(config, phase, per_sample, coefficients) for phase in per_sample}


def synaptic_operation_pj(config: NetworkConfig, index: int, spike_width: int, coefficients: Coefficients) -> float:
    """Return the energy of one synaptic operation of a layer whose events had another spike width, in pJ.

    That is the weight's share of a word read, its accumulator's share of a word written and, where a bank has several
    words, read, the product and the addition. The width of the sum stays as it is.
    """
    layer = config.resolved[index]
    kept = memories(config, layer)
    weights, sums = kept["weights"], kept["accumulators"]
    word = coefficients.read_pj(weights.word_bits, weights.depth) + coefficients.write_pj(sums.word_bits, sums.depth)
    if layer.n_words > 1 or layer.kind.output_shape is not None:
        word += coefficients.read_pj(sums.word_bits, sums.depth)
    logic = coefficients.add_pj(layer.current_width) + coefficients.product_pj(spike_width, layer.weight_width)
    return word * layer.n_words / layer.config.size + logic


def _phase(config: NetworkConfig, phase: str, per_sample: dict[str, Any], coefficients: Coefficients) -> dict[str, Any]:
    layers = []
    for layer, counted in zip(config.resolved, per_sample[phase]["layers"], strict=True):
        kept, used = memories(config, layer), _by_memory(layer, per_sample, phase)
        spent = {
            name: {
                "reads": entry["reads"] * coefficients.read_pj(kept[name].word_bits, kept[name].depth),
                "writes": entry["writes"] * coefficients.write_pj(kept[name].word_bits, kept[name].depth),
            }
            for name, entry in used.items()
        }
        is_update = phase == "update"
        width = layer.stored_width if is_update else layer.current_width
        product = 0.0 if is_update else coefficients.product_pj(layer.event_width, layer.weight_width)
        layers.append(
            _summed(
                {
                    "memory_reads": sum(entry["reads"] for entry in spent.values()),
                    "memory_writes": sum(entry["writes"] for entry in spent.values()),
                    "adds": counted["adds"] * coefficients.add_pj(width),
                    "products": counted["adds"] * product,
                }
            )
            | {"memories": spent}
        )
    return _summed({part: sum(layer[part] for layer in layers) for part in PARTS}) | {"layers": layers}


def _summed(parts: dict[str, float]) -> dict[str, Any]:
    return parts | {"total": sum(parts.values())}


def _by_memory(layer: ResolvedLayer, per_sample: dict[str, Any], phase: str) -> dict[str, dict[str, float]]:
    """Return the accesses of each memory of a layer, the list of traces taken apart into its two."""
    counted = per_sample[phase]["layers"][layer.index]
    used = {name: entry for name, entry in counted.items() if name not in ("adds", "trace_list")}
    if "trace_list" not in counted:
        return used
    traces = counted["trace_list"]
    # An input's event reads its place once; all other reads are of entries, and in inference each of these is written
    # back.
    own = counted["own_events"]["reads"] if "own_events" in counted else 0.0
    events = 0.0 if phase == "update" else counted["weights"]["reads"] / layer.n_words - own
    entries = traces["reads"] - events
    written = min(entries, traces["writes"])
    return used | {
        "places": {"reads": events, "writes": traces["writes"] - written},
        "entries": {"reads": entries, "writes": written},
    }
