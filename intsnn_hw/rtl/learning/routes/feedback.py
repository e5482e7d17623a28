"""The feedback route: the error comes through the inference weights of the layer above."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from ..ports import carried_port
from .rows import HiddenRows


class FeedbackRows(HiddenRows):
    """Rows with a trace or a surrogate; the update sums the error that each of them carries.

    Members, besides those of :class:`HiddenRows`
    -------
    carried : In   the errors, in the order of the rows, see :func:`carried_port`
    """

    carries = True

    def _error_members(self) -> dict[str, wiring.Member]:
        return {"carried": In(carried_port(self._layer, self._below))}

    def connect_error(self, m: Module, update: Any, evaluation: Any) -> None:
        connect(m, update.carried, self.carried)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        scan = self._scan(m)
        gradient = self._gradient(m, self._layer.carried_width)
        connect(m, flipped(self.carried), gradient.i)
        m.d.comb += [self.rows.valid.eq(scan.rows.valid), scan.rows.ready.eq(self.rows.ready)]
        return m
