"""Whose turn an update is: layer by layer from the output down, and within a layer one group of rows after another."""

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, LearningNetworkConfig

from ..arith import index_shape
from ..layouts import evaluation_layout
from .ports import COUNTER_WIDTH


def turn_port(layer: LearningLayer) -> wiring.Signature:
    """The turn of a layer, as seen by the one who gives it.

    `flush`: its errors are made complete, for a cycle or until the update is granted; `start`: a cycle later it begins;
    `running`, a bit a group of rows (:attr:`golden.config.LearningLayer.row_groups`): its rows are updated, until its
    bit of `done`; with the last of these the turn is over.
    """
    groups = len(layer.row_groups)
    return wiring.Signature({"flush": Out(1), "start": Out(1), "running": Out(groups), "done": In(groups)})


class Turns(wiring.Component):
    """Gives the layers their turns of an update, the output layer first, the input layer last.

    A turn takes two cycles more than its rows; the next one follows without a pause.

    Members
    -------
    evaluation : In   an evaluation that is `wrong` begins an update: the errors of the readout are there
    granted : In      the weights may be used, which lasts until the update is over
    idle : Out        no update is in work
    over : Out        the last turn ends
    cycles : Out      cycles with an update in work, the wait for `granted` left out
    turn<l> : Out     of layer l, see :func:`turn_port`; `turns` lists them
    """

    def __init__(self, config: LearningNetworkConfig):
        self._layers = config.resolved
        super().__init__(
            {
                "evaluation": In(evaluation_layout()),
                "granted": In(1),
                "idle": Out(1),
                "over": Out(1),
                "cycles": Out(COUNTER_WIDTH),
            }
            | {f"turn{layer.index}": Out(turn_port(layer)) for layer in config.resolved}
        )

    @property
    def turns(self) -> list[Any]:
        """The turns of each layer."""
        return [getattr(self, f"turn{layer.index}") for layer in self._layers]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        phase = Signal(range(len(self._layers) + 1))  # 0: no update; l + 1: the turn of layer l
        most = max(len(layer.row_groups) for layer in self._layers)
        stage = Signal(index_shape(2 + most))  # of a turn: flush, start, then its groups
        m.d.comb += [self.idle.eq(phase == 0), self.over.eq(self.turns[0].done[-1])]
        with m.If(self.evaluation.valid), m.If(self.evaluation.wrong):
            m.d.sync += [phase.eq(len(self._layers)), stage.eq(0)]
        with m.If(~self.idle & self.granted & (stage < 2)):
            m.d.sync += stage.eq(stage + 1)
        with m.If(~self.idle & self.granted):
            m.d.sync += self.cycles.eq(self.cycles + 1)
        for layer, turn in zip(reversed(self._layers), reversed(self.turns), strict=True):
            is_turn = Signal(name=f"is_turn{layer.index}")
            m.d.comb += [
                is_turn.eq(phase == layer.index + 1),
                turn.flush.eq(is_turn & (stage == 0)),
                turn.start.eq(is_turn & (stage == 1)),
                *(running.eq(is_turn & (stage == 2 + at)) for at, running in enumerate(turn.running)),
            ]
            for at, done in enumerate(turn.done[:-1]):
                with m.If(done):
                    m.d.sync += stage.eq(3 + at)
            with m.If(turn.done[-1]):
                m.d.sync += [phase.eq(layer.index), stage.eq(0)]
        return m
