"""Errors of a pair: the true class and its strongest rival."""

from amaranth.hdl import Module, Mux, Signal

from golden.config import LearningNetworkConfig

from .rule import ErrorRule


class PairError(ErrorRule):
    """+1 for the best other class, -1 for the true one, while the lead of the true one is below the margin.

    The rival is known with the last score; the errors follow in ``n_classes + 1`` cycles, or `done` in 1 where there
    are none.
    """

    @staticmethod
    def cycles(config: LearningNetworkConfig) -> int:
        return config.n_classes + 1

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at, is_label = self._class(m)
        rival, best, true, found = Signal.like(at), Signal.like(self.charge), Signal.like(self.charge), Signal()
        ends = at == self._config.n_classes - 1
        with m.FSM():
            with m.State("collect"), m.If(self.valid):
                m.d.sync += at.eq(Mux(self.last, 0, at + 1))
                with m.If(is_label):
                    m.d.sync += true.eq(self.charge)
                with m.Elif(~found | (self.charge > best)):
                    m.d.sync += [found.eq(1), rival.eq(at), best.eq(self.charge)]
                with m.If(self.last):
                    m.next = "decide"
            with m.State("decide"):
                # Exact, whatever the widths of margin and scores.
                m.d.comb += [
                    self.busy.eq(1),
                    self.wrong.eq(found & self.known & (best > true - self._config.learning.margin)),
                    self.done.eq(~self.wrong),
                ]
                m.d.sync += found.eq(0)
                m.next = "collect"
                with m.If(self.wrong):
                    m.next = "emit"
            with m.State("emit"):
                m.d.comb += [
                    self.busy.eq(1),
                    self.push.eq(1),
                    self.error.active.eq(is_label | (at == rival)),
                    self.error.negative.eq(is_label),
                    self.done.eq(ends),
                    self.wrong.eq(1),
                ]
                m.d.sync += at.eq(Mux(ends, 0, at + 1))
                with m.If(ends):
                    m.next = "collect"
        return m
