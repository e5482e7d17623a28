"""Memory ports that one component lends to another; In and Out as seen by the borrower."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from .arith import index_shape
from .layouts import history_layout, weight_word_layout


def weight_port(layer: ResolvedLayer) -> wiring.Signature:
    """Read and write access to a layer's weight memory; a read takes one cycle."""
    address = index_shape(layer.n_rows * layer.n_words)
    return wiring.Signature(
        {
            "read_enable": Out(1),
            "read_address": Out(address),
            "read_data": In(weight_word_layout(layer)),
            "write_enable": Out(1),
            "write_address": Out(address),
            "write_data": Out(weight_word_layout(layer)),
        }
    )


def history_port(layer: ResolvedLayer, above: ResolvedLayer) -> wiring.Signature:
    """Read access to what `fire_lanes` neurons of a layer keep of a sample; a read takes one cycle."""
    return wiring.Signature(
        {
            "read_enable": Out(1),
            "read_address": Out(index_shape(layer.n_fire_words)),
            "read_data": In(data.ArrayLayout(history_layout(layer, above), layer.fire_lanes)),
        }
    )
