"""Read-only memory: a table that is known when the core is made."""

from collections.abc import Mapping, Sequence

from amaranth.hdl import Module
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In

from .ports import read_port

LOGIC_WORDS = 64
"""Tables of up to so many words become logic: they would leave most of a memory block empty."""


class Table(wiring.Component):
    """Words of `layout`; a read takes one cycle and holds while its enable is low.

    Parameters
    ----------
    layout : data.StructLayout
    words : sequence of mappings
        Values of the fields.

    Members
    -------
    read : In   see :func:`read_port`
    """

    def __init__(self, layout: data.StructLayout, words: Sequence[Mapping[str, int]]):
        self._layout, self._words = layout, list(words)
        super().__init__({"read": In(read_port(layout, len(self._words)))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        attributes = {"rom_style": "logic"} if len(self._words) <= LOGIC_WORDS else {}
        m.submodules.memory = cells = memory.Memory(
            shape=self._layout, depth=len(self._words), init=self._words, attrs=attributes
        )
        port = cells.read_port()
        m.d.comb += [
            port.en.eq(self.read.enable),
            port.addr.eq(self.read.address),
            self.read.data.eq(port.data),
        ]
        return m
