"""Errors of a margin: each class for itself."""

from amaranth.hdl import Module, Mux, Signal

from golden.config import LearningNetworkConfig

from .rule import ErrorRule


class MarginError(ErrorRule):
    """-1 for the true class below the margin, +1 for any other above its negative; each in the cycle of its score."""

    @staticmethod
    def cycles(config: LearningNetworkConfig) -> int:
        return 0

    def elaborate(self, platform: object) -> Module:
        m = Module()
        margin, found = self._config.learning.margin, Signal()
        at, is_label = self._class(m)
        active = Mux(is_label, self.charge < margin, self.charge > -margin)
        m.d.comb += [
            self.push.eq(self.valid),
            self.error.active.eq(active & self.known),
            self.error.negative.eq(is_label),
            self.done.eq(self.valid & self.last),
            self.wrong.eq(found | self.error.active),
        ]
        with m.If(self.valid):
            m.d.sync += [at.eq(Mux(self.last, 0, at + 1)), found.eq(self.wrong & ~self.last)]
        return m
