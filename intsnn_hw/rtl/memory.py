"""Word memory with one write port and synchronous read ports: block RAM, or a register where it has one word."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In

from .ports import read_port, write_port

UNDEFINED_CONTENT = "undefined_content"
"""Attribute of a memory whose initial zeros the emitted Verilog leaves out; nothing may read what was not written."""

PART_WORDS = 2048
"""What a block of 16 or 18 kbit holds at 8 or 9 bits."""


class Store(wiring.Component):
    """Memory of `depth` words of `layout`; a read takes one cycle and holds while its enable is low.

    A word must not be read in the cycle that writes it: what would be read then is undefined, and in exchange no tool
    adds bypass logic to the block RAM (attribute ``no_rw_check``). Every user states why that never happens. With a
    single port no word at all may be read in a cycle that writes one.

    Parameters
    ----------
    layout : data.Layout
    depth : int
    n_read_ports : int
    single_port : bool
        Reads and writes share one address, so that a memory with one port will do.
    written_first : bool
        Every word is written before it is read: without `init` the emitted Verilog gives no initial content, which
        single-port memories have no place for and synthesis takes minutes over where there are many words.
    init : sequence of layout constants, optional
        Zeros where left out.

    Members
    -------
    write : In          see :func:`write_port`
    reads : In(array)   `n_read_ports` of :func:`read_port`; data comes one cycle later
    """

    def __init__(
        self,
        layout: data.Layout,
        depth: int,
        *,
        n_read_ports: int = 1,
        single_port: bool = False,
        written_first: bool = False,
        init: list | None = None,
    ):
        self._layout, self._depth, self._n_read_ports, self._init = layout, depth, n_read_ports, init or []
        self._single_port, self._written_first = single_port, written_first
        super().__init__(
            {"write": In(write_port(layout, depth)), "reads": In(read_port(layout, depth)).array(n_read_ports)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        main = self._depth // PART_WORDS * PART_WORDS
        if self._depth == 1:
            self._register(m)
        elif self._single_port:
            self._one_port(m, self.reads[0])
        elif main in (0, self._depth):
            self._two_ports(m)
        else:
            self._two_parts(m, main)
        return m

    def _memory(self, m: Module, name: str, start: int, stop: int) -> memory.Memory:
        attributes = {"no_rw_check": 1}
        if self._written_first and not self._init:
            attributes[UNDEFINED_CONTENT] = 1
        cells = memory.Memory(shape=self._layout, depth=stop - start, init=self._init[start:stop], attrs=attributes)
        m.submodules[name] = cells
        return cells

    def _register(self, m: Module) -> None:
        word = Signal(self._layout, init=self._init[0] if self._init else None)
        with m.If(self.write.enable):
            m.d.sync += word.eq(self.write.data)
        for port in self.reads:
            with m.If(port.enable):
                m.d.sync += port.data.eq(word)

    def _one_port(self, m: Module, port: Any) -> None:
        cells = self._memory(m, "memory", 0, self._depth)
        write, read, shared = cells.write_port(), cells.read_port(), Signal.like(port.address)
        m.d.comb += [
            shared.eq(Mux(self.write.enable, self.write.address, port.address)),
            write.addr.eq(shared),
            write.en.eq(self.write.enable),
            write.data.eq(self.write.data),
            read.addr.eq(shared),
            read.en.eq(port.enable & ~self.write.enable),
            port.data.eq(read.data),
        ]

    def _two_ports(self, m: Module) -> None:
        cells = self._memory(m, "memory", 0, self._depth)
        write = cells.write_port()
        m.d.comb += [
            write.addr.eq(self.write.address),
            write.en.eq(self.write.enable),
            write.data.eq(self.write.data),
        ]
        for port in self.reads:
            read = cells.read_port()
            m.d.comb += [read.en.eq(port.enable), read.addr.eq(port.address), port.data.eq(read.data)]

    def _two_parts(self, m: Module, main: int) -> None:
        """Build the first `main` words and the rest apart.

        Tools make a memory of blocks of one shape: for a depth a little above a multiple of 2048 either a whole row of
        deep blocks stays nearly empty, or shallow ones take wide multiplexers.
        """
        parts = [self._memory(m, "memory", 0, main), self._memory(m, "rest", main, self._depth)]
        shift = PART_WORDS.bit_length() - 1
        writes = [part.write_port() for part in parts]
        for index, write in enumerate(writes):
            in_rest = self.write.address[shift:] == main >> shift
            m.d.comb += [
                write.addr.eq(self.write.address),
                write.en.eq(self.write.enable & (in_rest == index)),
                write.data.eq(self.write.data),
            ]
        for index, port in enumerate(self.reads):
            in_rest = Signal(name=f"in_rest{index}")
            with m.If(port.enable):
                m.d.sync += in_rest.eq(port.address[shift:] == main >> shift)
            reads = [part.read_port() for part in parts]
            m.d.comb += port.data.eq(Mux(in_rest, *(Value.cast(read.data) for read in reversed(reads))))
            for read in reads:
                m.d.comb += [read.en.eq(port.enable), read.addr.eq(port.address)]
