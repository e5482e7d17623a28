"""The 32-bit LFSR of initial weights and of the fixed matrix of the direct route."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.fixed import SEED_LFSR_WIDTH

from ..arith import lfsr_leap


class SeedLfsr(wiring.Component):
    """16 fresh bits a cycle; the twin of :class:`golden.fixed.SeedLfsr`.

    Members
    -------
    load : In, state : In   take a state; the next word follows from it
    step : In               go on to the next word
    word : Out              the word after the present state
    """

    def __init__(self) -> None:
        super().__init__({"load": In(1), "state": In(SEED_LFSR_WIDTH), "step": In(1), "word": Out(16)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        state, ahead = Signal(SEED_LFSR_WIDTH, init=1), Signal(SEED_LFSR_WIDTH)
        m.d.comb += [ahead.eq(lfsr_leap(state, 16)), self.word.eq(ahead[:16])]
        with m.If(self.step):
            m.d.sync += state.eq(ahead)
        with m.If(self.load):
            m.d.sync += state.eq(self.state)
        return m
