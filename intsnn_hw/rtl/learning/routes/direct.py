"""The direct route: the output error comes straight to every hidden layer, through a fixed ternary matrix."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ...layouts import error_layout
from ..direct import DirectError, direct_width
from .rows import HiddenRows


class DirectRows(HiddenRows):
    """A row of every neuron, each with its error; throughput that of :class:`DirectError` or the update's.

    Members, besides those of :class:`HiddenRows`
    -------
    errors : In   error of each class
    """

    carries = False

    def _error_members(self) -> dict[str, wiring.Member]:
        config = self._config
        return {"errors": In(data.ArrayLayout(error_layout(config.resolved[-1]), config.n_classes))}

    def connect_error(self, m: Module, update: Any, evaluation: Any) -> None:
        m.d.comb += self.errors.eq(evaluation.classes)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        scan, row = self._scan(m), self.rows.payload
        gradient = self._gradient(m, direct_width(self._config))
        m.submodules.direct = direct = DirectError(self._below, self._config)
        m.d.comb += [
            direct.start.eq(self.start),
            direct.errors.eq(self.errors),
            self.rows.valid.eq(scan.rows.valid & direct.o.valid),
            scan.rows.ready.eq(self.rows.ready & direct.o.valid),
            direct.o.ready.eq(self.rows.ready & scan.rows.valid),
            gradient.i.valid.eq(self.rows.valid & self.rows.ready),
            gradient.i.error.eq(direct.o.payload),
            gradient.i.last.eq(row.last),
        ]
        m.d.comb += [getattr(gradient.i.neuron, name).eq(getattr(row, name)) for name, _ in gradient.i.neuron.shape()]
        return m
