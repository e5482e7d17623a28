"""The accumulators of a map: the exact sums of a time step at every position, in one or two banks."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import ResolvedLayer

from ...arith import index_shape, multiply_constant
from ...layouts import sums_layout, touched_sums_layout
from ...memory import Store
from ...ports import sums_port, touched_port
from ..accumulators import products_layout
from .touched_positions import TouchedPositions


class MapSums(wiring.Component):
    """Adds products to a word of sums, `lanes` per cycle; the first products of a step overwrite it.

    A step reaches some words only, so each has a bit that says whether the step has: `touched`, set by the first
    products and cleared by the sweep, in a cycle in which the bank's write port is idle. Each bank is a memory of its
    own, with a read and a write port that serve the adds or the sweep.

    Throughput 1 word per cycle: it is read in one cycle (`fetch`) and written with the products added in the next
    (`add`). A word that is fetched in the cycle that writes it goes on with the sum at hand.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    fetch : In       `enable`; `word` of `position` in `bank` that is added to in the next cycle
    add : In         the same of what was fetched, and products
    sums : In        see :func:`sums_port`, of another bank than the one that is added to
    listed : In      see :func:`touched_port`, where touched positions are listed
    touching : Out   the first word of a position gets its first products of the step
    clearing : Out   after reset: all words become untouched, nothing may be fetched
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        place = {
            "enable": Out(1),
            "word": Out(index_shape(layer.n_words)),
            "position": Out(index_shape(layer.n_positions)),
            "bank": Out(1),
        }
        members = {"listed": In(touched_port(layer))} if layer.lists_touched else {}
        super().__init__(
            members
            | {
                "fetch": In(wiring.Signature(place)),
                "add": In(wiring.Signature(place | {"products": Out(products_layout(layer))})),
                "sums": In(sums_port(layer)),
                "touching": Out(1),
                "clearing": Out(1, init=1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, sums = self._layer, self.sums
        banks = [Store(touched_sums_layout(layer), layer.n_sum_words) for _ in range(layer.banks)]
        for index, bank in enumerate(banks):
            m.submodules[f"bank{index}"] = bank
            self._read(m, bank, index)
        self._add(m, banks)
        self._clear(m, banks)
        swept = Signal()
        with m.If(sums.enable):
            m.d.sync += swept.eq(sums.bank)
        found = _of_bank(banks, swept)
        m.d.comb += [sums.data.eq(found.sums), sums.touched.eq(found.touched)]
        if layer.lists_touched:
            self._list(m)
        return m

    def _read(self, m: Module, bank: Store, index: int) -> None:
        """Read for an add or for the sweep.

        No read meets a write whose word counts: the sweep clears the word before the one that it reads, in a bank that
        is not added to; an add that fetches what is being written takes the running total.
        """
        fetch, sums, port = self.fetch, self.sums, bank.reads[0]
        sweeps = sums.enable & (sums.bank == index)
        m.d.comb += [
            port.enable.eq(sweeps | (fetch.enable & (fetch.bank == index))),
            port.address.eq(Mux(sweeps, self._index(sums), self._index(fetch))),
        ]

    def _add(self, m: Module, banks: list[Store]) -> None:
        """Add products to the word that was fetched, or to the one just written if it is the same."""
        fetch, add, lanes = self.fetch, self.add, self._layer.lanes
        running, total = Signal(sums_layout(self._layer)), Signal(sums_layout(self._layer))
        again = Signal()
        places = (self._index(fetch) == self._index(add)) & (fetch.bank == add.bank)
        m.d.sync += again.eq(add.enable & places)
        previous = _of_bank(banks, add.bank)
        for lane in range(lanes):
            kept = Mux(previous.touched, previous.sums[lane], 0)
            m.d.comb += total[lane].eq(Mux(again, running[lane], kept) + add.products[lane])
        with m.If(add.enable):
            m.d.sync += running.eq(total)
        m.d.comb += self.touching.eq(add.enable & ~again & ~previous.touched & (add.word == 0))
        for index, bank in enumerate(banks):
            m.d.comb += [
                bank.write.enable.eq(add.enable & (add.bank == index)),
                bank.write.address.eq(self._index(add)),
                bank.write.data.sums.eq(total),
                bank.write.data.touched.eq(1),
            ]

    def _clear(self, m: Module, banks: list[Store]) -> None:
        """Make the word untouched that the sweep has read for the last time; after reset, all words."""
        sums, at = self.sums, Signal(index_shape(self._layer.n_sum_words))
        clears, bank_cleared = Signal(), Signal()
        m.d.sync += [clears.eq(sums.enable & sums.clear), bank_cleared.eq(sums.bank)]
        with m.If(self.clearing):
            m.d.sync += [at.eq(at + 1), self.clearing.eq(at != self._layer.n_sum_words - 1)]
        with m.Else():
            m.d.sync += at.eq(self._index(sums))
        for index, bank in enumerate(banks):
            with m.If(self.clearing | (clears & (bank_cleared == index))):
                m.d.comb += [bank.write.enable.eq(1), bank.write.address.eq(at), bank.write.data.touched.eq(0)]

    def _list(self, m: Module) -> None:
        """List the positions that are reached, each by its first word, which every event adds to."""
        m.submodules.list = positions = TouchedPositions(self._layer)
        connect(m, flipped(self.listed), positions.read)
        m.d.comb += [
            positions.push.enable.eq(self.touching),
            positions.push.bank.eq(self.add.bank),
            positions.push.position.eq(self.add.position),
            positions.release.eq(self.sums.release),
        ]

    def _index(self, place: Any) -> Value:
        """Return the word of a bank with the sums of a `word` of `position`."""
        layer = self._layer
        if layer.n_words & (layer.n_words - 1):
            return multiply_constant(place.position, layer.n_words) + place.word
        return Cat(place.word[: layer.n_words.bit_length() - 1], place.position)


def _of_bank(banks: list[Store], bank: Value) -> Any:
    """Return what was read of a bank."""
    first, last = (memory.reads[0].data for memory in (banks[0], banks[-1]))
    return first if len(banks) == 1 else data.View(first.shape(), Mux(bank, last.as_value(), first.as_value()))
