"""Word memory with one write port and synchronous read ports: block RAM, or a register where it has one word."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from .arith import index_shape

UNDEFINED_CONTENT = "undefined_content"
"""Attribute of a memory whose initial zeros the emitted Verilog leaves out; nothing may read what was not written."""


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
    init : sequence of layout constants, optional
        Zeros where left out, but undefined with a single port: memories of that kind mostly have no initial content.

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
        init: list | None = None,
    ):
        self._layout, self._depth, self._n_read_ports, self._init = layout, depth, n_read_ports, init or []
        self._single_port = single_port
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
        if self._depth == 1:
            word = Signal(self._layout, init=self._init[0] if self._init else None)
            with m.If(self.write_enable):
                m.d.sync += word.eq(self.write_data)
            for enable, _, read_data in reads:
                with m.If(enable):
                    m.d.sync += read_data.eq(word)
            return m
        attributes = {"no_rw_check": 1}
        if self._single_port and not self._init:
            attributes[UNDEFINED_CONTENT] = 1
        m.submodules.memory = cells = memory.Memory(
            shape=self._layout, depth=self._depth, init=self._init, attrs=attributes
        )
        write = cells.write_port()
        m.d.comb += [
            write.en.eq(self.write_enable),
            write.data.eq(self.write_data),
        ]
        if self._single_port:
            ((enable, address, read_data),) = reads
            read, shared = cells.read_port(), Signal.like(address)
            m.d.comb += [
                shared.eq(Mux(self.write_enable, self.write_address, address)),
                write.addr.eq(shared),
                read.addr.eq(shared),
                read.en.eq(enable & ~self.write_enable),
                read_data.eq(read.data),
            ]
            return m
        m.d.comb += write.addr.eq(self.write_address)
        for enable, address, read_data in reads:
            read = cells.read_port()
            m.d.comb += [read.en.eq(enable), read.addr.eq(address), read_data.eq(read.data)]
        return m
