"""The memories of a core, layer by layer: how wide and how deep each is."""

from dataclasses import dataclass

from golden.config import LearningLayer, LearningNetworkConfig, NetworkConfig, ResolvedLayer
from intsnn_hw.rtl.arith import index_shape
from intsnn_hw.rtl.inference.readout import readout_of
from intsnn_hw.rtl.layouts import (
    fed_by_map,
    history_layout,
    normalizes,
    own_event_layout,
    parameter_depth,
    parameter_word_layout,
    states_layout,
    sums_layout,
    takes_map,
    touched_sums_layout,
    trace_layout,
)
from intsnn_hw.rtl.learning.direct import direct_width
from intsnn_hw.rtl.learning.error_store import entry_layout
from intsnn_hw.rtl.learning.gradient import product_layout
from intsnn_hw.rtl.learning.maps.error_map import errors_layout
from intsnn_hw.rtl.learning.maps.gradient_sums import gradient_layout
from intsnn_hw.rtl.learning.maps.gradient_walk import n_gradient_words


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A memory of a layer: bits of a word, words, and how many of these there are side by side."""

    word_bits: int
    depth: int
    n_copies: int = 1

    @property
    def bits(self) -> int:
        """Bits of all words."""
        return self.word_bits * self.depth * self.n_copies


def memories(config: NetworkConfig, layer: ResolvedLayer) -> dict[str, Memory]:
    """Return the memories of a layer by the names of :mod:`intsnn_hw.cost.accesses`; of traces there are two."""
    is_last = layer.index == len(config.layers) - 1
    groups = {"depth": layer.n_fire_words}
    found = {
        parameter.field: Memory(
            word_bits=parameter_word_layout(layer, parameter).size, depth=parameter_depth(layer, parameter)
        )
        for parameter in layer.parameters
    }
    found |= _sums(layer)
    if layer.keeps_state:
        found["membranes"] = Memory(word_bits=states_layout(layer).size, **groups)
    if is_last and (total := readout_of(config).sum_shape(config)) is not None:
        found["score_sums"] = Memory(word_bits=total.width, **groups)
    if layer.n_own:
        found["own_events"] = Memory(word_bits=own_event_layout(layer).size, depth=layer.n_out + 1)
    if not isinstance(config, LearningNetworkConfig) or not isinstance(layer, LearningLayer):
        return found
    if not is_last:
        history = history_layout(layer, config.resolved[layer.index + 1]).size
        found["history"] = Memory(word_bits=layer.fire_lanes * history, **groups)
    if takes_map(layer):
        found["traces"] = Memory(word_bits=trace_layout(layer).size, depth=layer.kind.n_fed)
    elif layer.index == 0:
        found["places"] = Memory(word_bits=layer.input_address_width, depth=layer.n_in)
        entry = layer.input_address_width + layer.input_trace_width
        found["entries"] = Memory(word_bits=entry, depth=layer.n_in)
    if fed_by_map(layer) and config.learning.feeds_back:
        found["carried"] = Memory(word_bits=layer.carried_width, depth=layer.kind.n_fed)
    if normalizes(layer):
        above = config.resolved[layer.index + 1]
        width = above.carried_width if config.learning.feeds_back else direct_width(config)
        found["products"] = Memory(word_bits=product_layout(layer, width).size, depth=layer.n_out)
    if layer.kind.output_shape is None:
        found["errors"] = Memory(word_bits=entry_layout(layer).size, depth=layer.n_words)
    else:
        found["errors"] = Memory(word_bits=errors_layout(layer).size, depth=layer.n_sum_words)
        found["gradient"] = Memory(word_bits=gradient_layout(layer).size, depth=n_gradient_words(layer))
    return found


def _sums(layer: ResolvedLayer) -> dict[str, Memory]:
    """Return the memories of the sums of a step; of a map a memory a bank, and a list of positions."""
    if layer.kind.output_shape is None:
        word = sums_layout(layer).size
        return {"accumulators": Memory(word_bits=word, depth=layer.banks * layer.n_words)}
    word = touched_sums_layout(layer).size
    found = {"accumulators": Memory(word_bits=word, depth=layer.n_sum_words, n_copies=layer.banks)}
    if layer.lists_touched:
        width = index_shape(layer.n_positions).width
        found["touched_positions"] = Memory(word_bits=width, depth=layer.banks * layer.n_positions)
    return found


def single_port_memories(config: NetworkConfig, *, preloaded: bool) -> dict[str, Memory]:
    """Return the memories with one address for reads and writes and no initial content, by their place in a core.

    Parameters
    ----------
    config : NetworkConfig
    preloaded : bool
        The core's weight memories have initial content.
    """
    if preloaded:
        return {}
    found = {
        f"layer{layer.index}.synapses.weights": memories(config, layer)["weights"]
        for layer in config.resolved
        if layer.weight_memory == "single_port"
    }
    return {place: memory for place, memory in found.items() if memory.depth > 1}
