"""The memories of a core, layer by layer: how wide and how deep each is."""

from dataclasses import dataclass

from golden.config import GRADIENT_WIDTH, NetworkConfig, ResolvedLayer
from golden.fixed import unsigned_width


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A memory of a layer: bits of a word, and words."""

    word_bits: int
    depth: int

    @property
    def bits(self) -> int:
        """Bits of all words."""
        return self.word_bits * self.depth


def memories(config: NetworkConfig, layer: ResolvedLayer) -> dict[str, Memory]:
    """Return the memories of a layer by the names of :mod:`intsnn_hw.accesses`; the list of traces is two of them."""
    learning = config.learning
    is_last = layer.index == len(config.layers) - 1
    groups = {"depth": layer.n_fire_words}
    found = {
        "weights": Memory(word_bits=layer.lanes * layer.stored_width, depth=layer.n_in * layer.n_words),
        "accumulators": Memory(word_bits=layer.lanes * layer.current_width, depth=layer.banks * layer.n_words),
        "membranes": Memory(word_bits=layer.fire_lanes * layer.neuron.membrane_width, **groups),
    }
    if is_last and config.readout == "spike_count":
        found["spike_counts"] = Memory(word_bits=config.score_width - 1, **groups)
    if learning is None:
        return found
    if not is_last:
        history = config.resolved[layer.index + 1].input_trace_width + layer.surrogate_width
        found["history"] = Memory(word_bits=layer.fire_lanes * history, **groups)
    if layer.index == 0:
        found["places"] = Memory(word_bits=layer.input_address_width, depth=layer.n_in)
        entry = layer.input_address_width + layer.input_trace_width
        found["entries"] = Memory(word_bits=entry, depth=layer.n_in)
    # Active and negative, and of a hidden neuron the exponent of its gradient.
    error = 2 if is_last else 2 + unsigned_width(GRADIENT_WIDTH - 1)
    word = max(1, unsigned_width(layer.n_words - 1))
    found["errors"] = Memory(word_bits=word + layer.lanes * error, depth=layer.n_words)
    return found
