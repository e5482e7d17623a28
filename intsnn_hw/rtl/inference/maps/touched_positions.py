"""The positions of a map that the events of a step have reached, so that a fire sweep need not look for them."""

from amaranth.hdl import Array, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ...arith import index_shape
from ...memory import Store
from ...ports import touched_port


class TouchedPositions(wiring.Component):
    """A list for each bank, in the order of arrival.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    push : In      `enable`; `position` of `bank` is reached for the first time in its step
    release : In   mask of banks whose lists are to be empty from now on
    read : In      see :func:`touched_port`, of another bank than the one that is pushed to
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        push = {"enable": Out(1), "bank": Out(1), "position": Out(index_shape(layer.n_positions))}
        super().__init__({"push": In(wiring.Signature(push)), "release": In(2), "read": In(touched_port(layer))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, push, read = self._layer, self.push, self.read
        counts = [Signal(index_shape(layer.n_positions + 1), name=f"count{bank}") for bank in range(layer.banks)]
        # No read meets a write: the bank that is read gets no entries.
        layout = data.StructLayout({"position": index_shape(layer.n_positions)})
        m.submodules.entries = entries = Store(layout, layer.banks * layer.n_positions)
        m.d.comb += [
            entries.write.enable.eq(push.enable),
            entries.write.address.eq(self._address(push.bank, Array(counts)[push.bank])),
            entries.write.data.position.eq(push.position),
            entries.reads[0].enable.eq(read.enable),
            entries.reads[0].address.eq(self._address(read.bank, read.index)),
            read.position.eq(entries.reads[0].data.position),
            read.n_entries.eq(Array(counts)[read.bank]),
        ]
        for bank, count in enumerate(counts):
            with m.If(self.release[bank]):
                m.d.sync += count.eq(0)
            with m.Elif(push.enable & (push.bank == bank)):
                m.d.sync += count.eq(count + 1)
        return m

    def _address(self, bank: Value, index: Value) -> Value:
        return Mux(bank, self._layer.n_positions, 0) + index
