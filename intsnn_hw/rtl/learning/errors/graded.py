"""Graded errors: powers of two after the share that each class has in the scores."""

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import GRADED_SHIFT, LearningNetworkConfig
from golden.fixed import unsigned_width

from ...arith import index_shape, round_pow2, shift_round
from ...layouts import charge_width
from ...memory import Store
from ...pipeline import shift, stage
from .rule import ErrorRule

BELOW = index_shape(GRADED_SHIFT + 2)
"""Octaves below the best score, up to those of the least share and one more, for none."""


class GradedError(ErrorRule):
    """A soft maximum of powers of two: the shares of the other classes, and of the true one their negative sum.

    Scores are kept, and read twice: for the sums of the shares, and for the errors. The errors follow the last score in
    ``2 * n_classes + 6`` cycles, or `done` in ``n_classes + 4`` where there are none.
    """

    @staticmethod
    def cycles(config: LearningNetworkConfig) -> int:
        return 2 * config.n_classes + 6

    def elaborate(self, platform: object) -> Module:
        m = Module()
        n_classes = self._config.n_classes
        at, is_label = self._class(m)
        reads, emitting = Signal(), Signal()
        # Kept: a score is there. Octave: so is its distance from the best.
        tags = {"valid": 1, "is_label": 1, "last": 1}
        kept, octave = stage("kept", tags), stage("octave", tags | {"below": BELOW})
        m.submodules.scores = scores = KeptScores(self._config)
        m.d.comb += [
            scores.write.eq(self.valid),
            scores.at.eq(at),
            scores.charge.eq(self.charge),
            scores.last.eq(self.last),
        ]
        m.d.sync += [
            kept.valid.eq(reads),
            kept.is_label.eq(is_label),
            kept.last.eq(at == n_classes - 1),
            *shift(kept, octave),
            octave.below.eq(scores.below),
        ]
        m.submodules.shares = shares = Shares(n_classes)
        exponent, any_rest = round_pow2(shares.others[: GRADED_SHIFT + 1])
        m.d.comb += [
            shares.valid.eq(octave.valid & ~emitting),
            shares.below.eq(octave.below),
            shares.is_label.eq(octave.is_label),
            self.push.eq(octave.valid & emitting),
            self.error.active.eq(octave.is_label | (octave.below + shares.down <= GRADED_SHIFT)),
            self.error.negative.eq(octave.is_label),
            self.error.exponent.eq(Mux(octave.is_label, exponent, GRADED_SHIFT - octave.below - shares.down)),
        ]
        with m.If(self.valid):
            m.d.sync += emitting.eq(0)
        with m.If(self.wrong):
            m.d.sync += emitting.eq(1)
        read_out, last_out = octave.valid & octave.last, at == n_classes - 1
        with m.FSM():
            with m.State("collect"), m.If(self.valid):
                m.d.comb += scores.compare.eq(1)
                m.d.sync += at.eq(Mux(self.last, 0, at + 1))
                with m.If(self.last):
                    m.d.comb += shares.clear.eq(1)
                    m.next = "sum"
            with m.State("sum"):
                m.d.comb += [self.busy.eq(1), reads.eq(1)]
                m.d.sync += at.eq(Mux(last_out, 0, at + 1))
                with m.If(last_out):
                    m.next = "drain"
            with m.State("drain"):
                m.d.comb += self.busy.eq(1)
                with m.If(read_out):
                    m.next = "scale"
            with m.State("scale"):
                m.d.comb += [self.busy.eq(1), shares.scale.eq(1)]
                m.next = "decide"
            with m.State("decide"):
                m.d.comb += [self.busy.eq(1), self.wrong.eq(any_rest & self.known), self.done.eq(~self.wrong)]
                m.next = "collect"
                with m.If(self.wrong):
                    m.next = "emit"
            with m.State("emit"):
                m.d.comb += [self.busy.eq(1), reads.eq(1)]
                m.d.sync += at.eq(Mux(last_out, 0, at + 1))
                with m.If(last_out):
                    m.next = "finish"
            with m.State("finish"):
                m.d.comb += [self.busy.eq(1), self.wrong.eq(1), self.done.eq(self.push & octave.last)]
                with m.If(self.done):
                    m.next = "collect"
        return m


class KeptScores(wiring.Component):
    """Keeps the scores of a step and gives the distance of each from the best, in octaves of ``2^error_octave``.

    Latency 1 cycle from `at` to `below`.

    Members
    -------
    write : In, at : In, charge : In, last : In   the score of class `at`
    compare : In       it may be the best
    below : Out        octaves below the best of the class that was `at` one cycle before, rounded half up
    """

    def __init__(self, config: LearningNetworkConfig):
        self._config = config
        super().__init__(
            {
                "write": In(1),
                "at": In(index_shape(config.n_classes)),
                "charge": In(signed(charge_width(config))),
                "last": In(1),
                "compare": In(1),
                "below": Out(BELOW),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Reading begins when the last score has been written.
        layout = data.StructLayout({"charge": self.charge.shape()})
        m.submodules.charges = charges = Store(layout, self._config.n_classes)
        best, started = Signal.like(self.charge), Signal()
        distance = best - charges.reads[0].data.charge
        rounded = Signal(len(distance) + 1)
        m.d.comb += [
            charges.write.enable.eq(self.write),
            charges.write.address.eq(self.at),
            charges.write.data.charge.eq(self.charge),
            charges.reads[0].enable.eq(1),
            charges.reads[0].address.eq(self.at),
            rounded.eq(shift_round(distance, self._config.learning.error_octave)),
            self.below.eq(Mux(rounded > GRADED_SHIFT, GRADED_SHIFT + 1, rounded[: len(self.below)])),
        ]
        with m.If(self.compare):
            m.d.sync += started.eq(~self.last)
            with m.If(~started | (self.charge > best)):
                m.d.sync += best.eq(self.charge)
        return m


class Shares(wiring.Component):
    """Sums the shares ``2^(GRADED_SHIFT - below)`` of the classes, and scales the sum of the other ones.

    Parameters
    ----------
    n_classes : int

    Members
    -------
    clear : In          begin anew
    valid : In, below : In, is_label : In   a class, and whether it is the true one
    scale : In          all classes have been there
    down : Out          least right shift that brings the sum of all shares to at most ``2^GRADED_SHIFT``
    others : Out        sum of the other classes' shares, shifted right by `down` once scaled
    """

    def __init__(self, n_classes: int):
        self._n_shifts = unsigned_width(n_classes - 1)
        self._sum = range((n_classes << GRADED_SHIFT) + 1)
        super().__init__(
            {
                "clear": In(1),
                "valid": In(1),
                "below": In(BELOW),
                "is_label": In(1),
                "scale": In(1),
                "down": Out(range(self._n_shifts + 1)),
                "others": Out(self._sum),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        total, share, fitting = Signal(self._sum), Signal(GRADED_SHIFT + 1), Signal.like(self.down)
        m.d.comb += share.eq((1 << GRADED_SHIFT) >> self.below)
        with m.If(self.clear):
            m.d.sync += [total.eq(0), self.others.eq(0)]
        with m.If(self.scale):
            m.d.comb += fitting.eq(_shift_to_fit(total, self._n_shifts))
            m.d.sync += [self.down.eq(fitting), self.others.eq(self.others >> fitting)]
        with m.If(self.valid):
            m.d.sync += total.eq(total + share)
            with m.If(~self.is_label):
                m.d.sync += self.others.eq(self.others + share)
        return m


def _shift_to_fit(total: Value, n_shifts: int) -> Value:
    """Return the least right shift that brings `total` to at most ``2^GRADED_SHIFT``."""
    down: Value | int = 0
    for shift_by in range(n_shifts):
        down = Mux(total > 1 << (GRADED_SHIFT + shift_by), shift_by + 1, down)
    return Value.cast(down)
