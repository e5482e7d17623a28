"""Memory ports that one component lends to another; In and Out as seen by the borrower."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, ResolvedLayer

from .arith import index_shape
from .layouts import history_layout, weight_word_layout


def read_port(word: data.Layout, depth: int) -> wiring.Signature:
    """Read access to a memory of `depth` words; `data` comes one cycle after `enable`, and holds while that is low."""
    return wiring.Signature({"enable": Out(1), "address": Out(index_shape(depth)), "data": In(word)})


def write_port(word: data.Layout, depth: int) -> wiring.Signature:
    """Write access to a memory of `depth` words."""
    return wiring.Signature({"enable": Out(1), "address": Out(index_shape(depth)), "data": Out(word)})


def weight_port(layer: ResolvedLayer) -> wiring.Signature:
    """Read and write access to a layer's weight memory."""
    word, depth = weight_word_layout(layer), layer.n_rows * layer.n_words
    return wiring.Signature({"read": Out(read_port(word, depth)), "write": Out(write_port(word, depth))})


def history_port(layer: LearningLayer, above: LearningLayer) -> wiring.Signature:
    """Read access to what `fire_lanes` neurons of a layer keep of a sample."""
    return read_port(data.ArrayLayout(history_layout(layer, above), layer.fire_lanes), layer.n_fire_words)
