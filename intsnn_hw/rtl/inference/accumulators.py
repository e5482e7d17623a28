"""The accumulators of a layer: the exact sums of a time step, in one or two banks."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape
from ..layouts import sums_layout
from ..memory import Store
from ..ports import sums_port


def products_layout(layer: ResolvedLayer) -> data.ArrayLayout:
    """Products of `lanes` weights with a spike."""
    return data.ArrayLayout(signed(layer.product_width), layer.lanes)


class Accumulators(wiring.Component):
    """Adds products to a word of sums, `lanes` per cycle; the first products of a step overwrite it.

    Throughput 1 word per cycle: it is read in one cycle (`fetch`) and written with the products added in the next
    (`add`). No word may be fetched in the cycle that writes it; events give that where a bank has several words. A bank
    of one word is added to in every cycle: its running sum is a register, and the memory only serves `sums`.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    fetch : In   `enable`; `word` of `bank` that is added to in the next cycle
    add : In     `enable`; `word` of `bank` that was fetched, whether products are the `first`, and these
    sums : In    see :func:`sums_port`, of another bank than the one that is added to; `release` is not for here
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        place = {"enable": Out(1), "word": Out(index_shape(layer.n_words)), "bank": Out(1)}
        products = {"first": Out(1), "products": Out(products_layout(layer))}
        super().__init__(
            {
                "fetch": In(wiring.Signature(place)),
                "add": In(wiring.Signature(place | products)),
                "sums": In(sums_port(layer)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, add = self._layer, self.add
        # No read meets a write: the sweep reads another bank than the one being added to, and the words of successive
        # adds differ where a bank has several.
        single = layer.n_words == 1
        shared = layer.banks == 1 or single
        m.submodules.store = store = Store(
            sums_layout(layer), layer.banks * layer.n_words, n_read_ports=1 if shared else 2
        )
        previous, total = Signal(sums_layout(layer)), Signal(sums_layout(layer))
        m.d.comb += [
            store.write.enable.eq(add.enable),
            store.write.address.eq(self._address(add.bank, add.word)),
            store.write.data.eq(total),
        ]
        for lane in range(layer.lanes):
            m.d.comb += total[lane].eq(Mux(add.first, 0, previous[lane]) + add.products[lane])
        if single:
            self._keep_in_register(m, store, previous, total)
        elif shared:
            self._share_port(m, store, previous)
        else:
            self._use_two_ports(m, store, previous)
        return m

    def _address(self, bank: Value, word: Value) -> Value:
        return Mux(bank, self._layer.n_words, 0) + word

    def _keep_in_register(self, m: Module, store: Store, previous: Signal, total: Signal) -> None:
        running = Signal.like(total)
        with m.If(self.add.enable):
            m.d.sync += running.eq(total)
        m.d.comb += previous.eq(running)
        self._read_sums(m, store.reads[0])

    def _share_port(self, m: Module, store: Store, previous: Signal) -> None:
        """Use one port for both: with one bank events wait for the sweep."""
        port, fetch, sums = store.reads[0], self.fetch, self.sums
        sums_address, fetch_address = self._address(sums.bank, sums.word), self._address(fetch.bank, fetch.word)
        m.d.comb += [
            port.address.eq(Mux(sums.enable, sums_address, fetch_address)),
            port.enable.eq(sums.enable | fetch.enable),
            previous.eq(port.data),
            sums.data.eq(port.data),
        ]

    def _use_two_ports(self, m: Module, store: Store, previous: Signal) -> None:
        port, fetch = store.reads[0], self.fetch
        m.d.comb += [
            port.address.eq(self._address(fetch.bank, fetch.word)),
            port.enable.eq(fetch.enable),
            previous.eq(port.data),
        ]
        self._read_sums(m, store.reads[1])

    def _read_sums(self, m: Module, port: Any) -> None:
        """Read for firing from a port of its own."""
        m.d.comb += [
            port.address.eq(self._address(self.sums.bank, self.sums.word)),
            port.enable.eq(self.sums.enable),
            self.sums.data.eq(port.data),
        ]
