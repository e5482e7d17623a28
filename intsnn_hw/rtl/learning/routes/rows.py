"""What every route is: rows from the neurons below a layer, and the gradients of these neurons."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, LearningNetworkConfig

from ...layouts import row_layout
from ...ports import history_port
from ..gradient import Gradient, gradient_of
from ..ports import error_port
from ..scan import RowScan


class HiddenRows(wiring.Component, ABC):
    """Sends the rows of a layer that are from the neurons of the hidden layer below, and makes gradients of these.

    Throughput of :class:`RowScan`; a gradient follows the error of its neuron by 2 cycles.

    Parameters
    ----------
    layer, below : LearningLayer
    config : LearningNetworkConfig

    Members
    -------
    start : In          begin with neuron 0
    running : In        it is the turn of these rows, from the cycle after `start`
    busy : In           rows are still being updated
    rows : Out(stream)  rows in ascending order
    history : Out       of the layer below, see :func:`history_port`
    gradients : Out     of its neurons, see :func:`error_port`
    done : Out          all rows have been updated, all gradients are there
    """

    carries: ClassVar[bool]
    """Whether the update of a layer carries the error to the layer below."""

    def __init__(self, layer: LearningLayer, below: LearningLayer, config: LearningNetworkConfig):
        self._layer, self._below, self._config = layer, below, config
        super().__init__(
            {
                "start": In(1),
                "running": In(1),
                "busy": In(1),
                "rows": Out(stream.Signature(row_layout(layer, below))),
                "history": Out(history_port(below, layer)),
                "gradients": Out(error_port(below)),
                "done": Out(1),
            }
            | self._error_members()
        )

    @abstractmethod
    def _error_members(self) -> dict[str, wiring.Member]:
        """Return the ports that the error comes in by."""

    @abstractmethod
    def connect_error(self, m: Module, update: Any, evaluation: Any) -> None:
        """Take the error from the update of `layer` or from the evaluation of the scores."""

    def _scan(self, m: Module) -> RowScan:
        """Scan the neurons below; all of them, where nothing is carried through the rows."""
        layer, below = self._layer, self._below
        m.submodules.scan = scan = RowScan(layer, below, below, layer, every_row=not self.carries)
        connect(m, scan.history, flipped(self.history))
        m.d.comb += [scan.start.eq(self.start), self.rows.payload.eq(scan.rows.payload)]
        return scan

    def _gradient(self, m: Module, width: int) -> Gradient:
        """Make gradients of errors of `width` bits, and watch for the last one."""
        m.submodules.gradient = gradient = gradient_of(self._below, width)
        connect(m, gradient.o, flipped(self.gradients))
        derived = Signal()
        with m.If(gradient.done):
            m.d.sync += derived.eq(1)
        with m.If(self.start):
            m.d.sync += derived.eq(0)
        m.d.comb += self.done.eq(self.running & derived & ~self.busy)
        return gradient
