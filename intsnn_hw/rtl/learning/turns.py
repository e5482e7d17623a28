"""Whose turn an update is: layer by layer from the output down, and within a layer its inputs' rows before its own."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningNetworkConfig

from ..layouts import evaluation_layout
from .ports import COUNTER_WIDTH


def turn_port() -> wiring.Signature:
    """The turn of a layer, as seen by the one who gives it.

    `flush`: its errors are made complete, for a cycle or until the update is granted; `start`: a cycle later it begins;
    `inputs`: the rows of its inputs, until `inputs_done` where the layer also learns weights from itself; `own`: the
    rows of its own neurons; `done`: the turn is over.
    """
    given, taken = ("flush", "start", "inputs", "own"), ("inputs_done", "done")
    return wiring.Signature({name: Out(1) for name in given} | {name: In(1) for name in taken})


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
    turns : Out(array)   see :func:`turn_port`, input layer first
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
                "turns": Out(turn_port()).array(len(config.resolved)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        phase = Signal(range(len(self._layers) + 1))  # 0: no update; l + 1: the turn of layer l
        stage = Signal(2)  # of a turn: flush, start, inputs, own
        m.d.comb += [self.idle.eq(phase == 0), self.over.eq(self.turns[0].done)]
        with m.If(self.evaluation.valid), m.If(self.evaluation.wrong):
            m.d.sync += [phase.eq(len(self._layers)), stage.eq(0)]
        with m.If(~self.idle & self.granted & (stage < 2)):
            m.d.sync += stage.eq(stage + 1)
        with m.If(~self.idle & self.granted):
            m.d.sync += self.cycles.eq(self.cycles + 1)
        for layer, turn in zip(reversed(self._layers), reversed(list(self.turns)), strict=True):
            is_turn = Signal(name=f"is_turn{layer.index}")
            m.d.comb += [
                is_turn.eq(phase == layer.index + 1),
                turn.flush.eq(is_turn & (stage == 0)),
                turn.start.eq(is_turn & (stage == 1)),
                turn.inputs.eq(is_turn & (stage == 2)),
                turn.own.eq(is_turn & (stage == 3)),
            ]
            if layer.learns_own:
                with m.If(turn.inputs_done):
                    m.d.sync += stage.eq(3)
            with m.If(turn.done):
                m.d.sync += [phase.eq(layer.index), stage.eq(0)]
        return m
