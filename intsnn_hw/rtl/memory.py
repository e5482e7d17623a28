"""Word memory with one write port and synchronous read ports: block RAM, or a register where it has one word."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from .arith import index_shape

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
    write_enable, write_address, write_data : In
    read_enable<k>, read_address<k> : In
    read_data<k> : Out   one cycle later
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
        members = {"write_enable": In(1), "write_address": In(index_shape(depth)), "write_data": In(layout)}
        for port in range(n_read_ports):
            members |= {
                f"read_enable{port}": In(1),
                f"read_address{port}": In(index_shape(depth)),
                f"read_data{port}": Out(layout),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reads = [
            tuple(getattr(self, f"read_{name}{port}") for name in ("enable", "address", "data"))
            for port in range(self._n_read_ports)
        ]
        main = self._depth // PART_WORDS * PART_WORDS
        if self._depth == 1:
            self._register(m, reads)
        elif self._single_port:
            self._one_port(m, *reads[0])
        elif main in (0, self._depth):
            self._two_ports(m, reads)
        else:
            self._two_parts(m, reads, main)
        return m

    def _memory(self, m: Module, name: str, start: int, stop: int) -> memory.Memory:
        attributes = {"no_rw_check": 1}
        if self._written_first and not self._init:
            attributes[UNDEFINED_CONTENT] = 1
        cells = memory.Memory(shape=self._layout, depth=stop - start, init=self._init[start:stop], attrs=attributes)
        m.submodules[name] = cells
        return cells

    def _register(self, m: Module, reads: list) -> None:
        word = Signal(self._layout, init=self._init[0] if self._init else None)
        with m.If(self.write_enable):
            m.d.sync += word.eq(self.write_data)
        for enable, _, read_data in reads:
            with m.If(enable):
                m.d.sync += read_data.eq(word)

    def _one_port(self, m: Module, enable: Value, address: Value, read_data: Value) -> None:
        cells = self._memory(m, "memory", 0, self._depth)
        write, read, shared = cells.write_port(), cells.read_port(), Signal.like(address)
        m.d.comb += [
            shared.eq(Mux(self.write_enable, self.write_address, address)),
            write.addr.eq(shared),
            write.en.eq(self.write_enable),
            write.data.eq(self.write_data),
            read.addr.eq(shared),
            read.en.eq(enable & ~self.write_enable),
            read_data.eq(read.data),
        ]

    def _two_ports(self, m: Module, reads: list) -> None:
        cells = self._memory(m, "memory", 0, self._depth)
        write = cells.write_port()
        m.d.comb += [
            write.addr.eq(self.write_address),
            write.en.eq(self.write_enable),
            write.data.eq(self.write_data),
        ]
        for enable, address, read_data in reads:
            read = cells.read_port()
            m.d.comb += [read.en.eq(enable), read.addr.eq(address), read_data.eq(read.data)]

    def _two_parts(self, m: Module, reads: list, main: int) -> None:
        """Build the first `main` words and the rest apart.

        Tools make a memory of blocks of one shape: for a depth a little above a multiple of 2048 either a whole row of
        deep blocks stays nearly empty, or shallow ones take wide multiplexers.
        """
        parts = [self._memory(m, "memory", 0, main), self._memory(m, "rest", main, self._depth)]
        shift = PART_WORDS.bit_length() - 1
        writes = [part.write_port() for part in parts]
        for index, write in enumerate(writes):
            in_rest = self.write_address[shift:] == main >> shift
            m.d.comb += [
                write.addr.eq(self.write_address),
                write.en.eq(self.write_enable & (in_rest == index)),
                write.data.eq(self.write_data),
            ]
        for port, (enable, address, read_data) in enumerate(reads):
            in_rest = Signal(name=f"in_rest{port}")
            with m.If(enable):
                m.d.sync += in_rest.eq(address[shift:] == main >> shift)
            ports = [part.read_port() for part in parts]
            m.d.comb += read_data.eq(Mux(in_rest, *(Value.cast(read.data) for read in reversed(ports))))
            for read in ports:
                m.d.comb += [read.en.eq(enable), read.addr.eq(address)]
