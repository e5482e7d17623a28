"""What the neurons of a layer keep over the steps of a sample, beside their state."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..memory import Store
from ..ports import groups_port, read_port


class SampleMemory(wiring.Component):
    """A word for each group of neurons, read before and written while it is fired; 0 before a sample's first step.

    Throughput 1 group per cycle. Latency 2 cycles from a group's read to its `before`, which holds until `move`.

    Parameters
    ----------
    layout : data.Layout
    layer : ResolvedLayer
    lent : bool
        Others read as well, while no sweep is in work.

    Members
    -------
    groups : In   see :func:`groups_port`
    before : Out  what the group that may be fired has kept
    after : In    what it keeps from now on
    read : In     see :func:`read_port`, where the memory is `lent`
    """

    def __init__(self, layout: data.Layout, layer: ResolvedLayer, *, lent: bool = False):
        self._layer, self._layout, self._lent = layer, layout, lent
        members = {"groups": In(groups_port(layer)), "before": Out(layout), "after": In(layout)}
        if lent:
            members["read"] = In(read_port(layout, layer.n_fire_words))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        groups = self.groups
        # No read meets a write, as groups_port says.
        m.submodules.store = store = Store(self._layout, self._layer.n_fire_words)
        read, before = store.reads[0], Signal(self._layout)
        with m.If(groups.move):
            m.d.sync += before.eq(Mux(groups.fresh, 0, read.data.as_value()))
        m.d.comb += [
            self.before.eq(before),
            store.write.enable.eq(groups.write),
            store.write.address.eq(groups.writing),
            store.write.data.eq(self.after),
        ]
        if self._lent:
            m.d.comb += [
                read.enable.eq(groups.read | self.read.enable),
                read.address.eq(Mux(groups.read, groups.reading, self.read.address)),
                self.read.data.eq(read.data),
            ]
        else:
            m.d.comb += [read.enable.eq(groups.read), read.address.eq(groups.reading)]
        return m
