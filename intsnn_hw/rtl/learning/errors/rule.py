"""What every rule of the readout's errors is: scores in, errors out."""

from abc import ABC, abstractmethod

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningNetworkConfig

from ...arith import index_shape
from ...layouts import charge_width, error_layout


class ErrorRule(wiring.Component, ABC):
    """Takes the scores of a step, class by class, and gives the errors, class by class.

    The twin of :func:`golden.output_error.output_error`. Throughput one score per cycle; the errors come at most
    :meth:`cycles` cycles after the last score.

    Members
    -------
    valid : In, charge : In, last : In   a score, while not `busy`
    label : In, known : In   the true class; errors are made only where it is `known`; to be held until `done`
    busy : Out               no score may come
    push : Out, error : Out  the error of a class, in order
    done : Out, wrong : Out  with the last push, or where there is none: whether there was an error
    """

    def __init__(self, config: LearningNetworkConfig):
        self._config = config
        super().__init__(
            {
                "valid": In(1),
                "charge": In(signed(charge_width(config))),
                "last": In(1),
                "label": In(index_shape(config.n_classes)),
                "known": In(1),
                "busy": Out(1),
                "push": Out(1),
                "error": Out(error_layout(config.resolved[-1])),
                "done": Out(1),
                "wrong": Out(1),
            }
        )

    @staticmethod
    @abstractmethod
    def cycles(config: LearningNetworkConfig) -> int:
        """Return the cycles from the last score to `done`, at most."""

    def _class(self, m: Module) -> tuple[Signal, Signal]:
        """Return a counter of classes, for the rule to advance, and whether it is at the true one."""
        at, is_label = Signal(index_shape(self._config.n_classes)), Signal()
        m.d.comb += is_label.eq(at == self.label)
        return at, is_label
