"""The error of the readout's neurons, made of their scores; the twin of :func:`golden.learning.output_error`."""

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import GRADED_SHIFT, LearningNetworkConfig
from golden.fixed import unsigned_width

from ..arith import index_shape, round_pow2, shift_round
from ..layouts import charge_width, error_layout
from ..memory import Store


class OutputError(wiring.Component):
    """Takes the scores of a step, class by class, and gives the errors, class by class.

    "margin": each error comes in the cycle of its score. "pair": the errors follow the last score, in
    ``n_classes + 1`` cycles, or 1 where there is none; "graded": in ``2 * n_classes + 7`` cycles, or
    ``n_classes + 4``.

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

    def elaborate(self, platform: object) -> Module:
        m = Module()
        learning = self._config.learning
        at = Signal(index_shape(self._config.n_classes))
        is_label = Signal()
        m.d.comb += is_label.eq(at == self.label)
        kinds = {"margin": self._margin, "pair": self._pair, "graded": self._graded}
        kinds[learning.error](m, at, is_label)
        return m

    def _margin(self, m: Module, at: Signal, is_label: Signal) -> None:
        """Each class for itself."""
        learning, found = self._config.learning, Signal()
        active = Mux(is_label, self.charge < learning.margin, self.charge > -learning.margin)
        m.d.comb += [
            self.push.eq(self.valid),
            self.error.active.eq(active & self.known),
            self.error.negative.eq(is_label),
            self.done.eq(self.valid & self.last),
            self.wrong.eq(found | self.error.active),
        ]
        with m.If(self.valid):
            m.d.sync += [at.eq(Mux(self.last, 0, at + 1)), found.eq(self.wrong & ~self.last)]

    def _pair(self, m: Module, at: Signal, is_label: Signal) -> None:
        """The best other class is known with the last score."""
        learning, n_classes = self._config.learning, self._config.n_classes
        rival, best, true, found = Signal.like(at), Signal.like(self.charge), Signal.like(self.charge), Signal()
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
                    self.wrong.eq(found & self.known & (best > true - learning.margin)),
                    self.done.eq(~self.wrong),
                ]
                m.d.sync += found.eq(0)
                m.next = "collect"
                with m.If(self.wrong):
                    m.next = "emit"
            with m.State("emit"):
                ends = at == n_classes - 1
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

    def _graded(self, m: Module, at: Signal, is_label: Signal) -> None:
        """Scores are kept, and read twice: for the sum of the shares, and for the errors."""
        learning, n_classes = self._config.learning, self._config.n_classes
        # Reading begins when the last score has been written.
        layout = data.StructLayout({"charge": self.charge.shape()})
        m.submodules.charges = charges = Store(layout, n_classes)
        best, started, ends = Signal.like(self.charge), Signal(), Signal()
        m.d.comb += [
            ends.eq(at == n_classes - 1),
            charges.write.enable.eq(self.valid),
            charges.write.address.eq(at),
            charges.write.data.charge.eq(self.charge),
            charges.reads[0].enable.eq(1),
            charges.reads[0].address.eq(at),
        ]

        # Stage 1: a score is there; stage 2: its distance from the best, in octaves.
        reads, read_1, read_2, is_label_1, is_label_2, last_1, last_2 = (
            Signal(name=name) for name in ("reads", "read_1", "read_2", "is_label_1", "is_label_2", "last_1", "last_2")
        )
        distance = best - charges.reads[0].data.charge
        rounded = Signal(len(distance) + 1)
        m.d.comb += rounded.eq(shift_round(distance, learning.error_octave))
        below = Signal(index_shape(GRADED_SHIFT + 2))
        m.d.sync += [
            read_1.eq(reads),
            is_label_1.eq(is_label),
            last_1.eq(ends),
            read_2.eq(read_1),
            is_label_2.eq(is_label_1),
            last_2.eq(last_1),
            below.eq(Mux(rounded > GRADED_SHIFT, GRADED_SHIFT + 1, rounded[: len(below)])),
        ]
        share = Signal(GRADED_SHIFT + 1)
        m.d.comb += share.eq((1 << GRADED_SHIFT) >> below)

        highest = n_classes << GRADED_SHIFT
        total, others = Signal(range(highest + 1)), Signal(range(highest + 1))
        n_shifts = unsigned_width(n_classes - 1)
        fitting, rest = Signal(range(n_shifts + 1)), Signal(GRADED_SHIFT + 1)
        down = Signal.like(fitting)
        exponent, any_rest = round_pow2(rest)
        with m.FSM():
            with m.State("collect"), m.If(self.valid):
                m.d.sync += [at.eq(Mux(self.last, 0, at + 1)), started.eq(~self.last)]
                with m.If(~started | (self.charge > best)):
                    m.d.sync += best.eq(self.charge)
                with m.If(self.last):
                    m.d.sync += [total.eq(0), others.eq(0)]
                    m.next = "sum"
            with m.State("sum"):
                m.d.comb += [self.busy.eq(1), reads.eq(1)]
                m.d.sync += at.eq(Mux(ends, 0, at + 1))
                with m.If(ends):
                    m.next = "drain"
            with m.State("drain"):
                m.d.comb += self.busy.eq(1)
                with m.If(read_2 & last_2):
                    m.next = "scale"
            with m.State("scale"):
                m.d.comb += [self.busy.eq(1), fitting.eq(_shift_to_fit(total, n_shifts))]
                m.d.sync += [down.eq(fitting), others.eq(others >> fitting)]
                m.next = "decide"
            with m.State("decide"):
                m.d.comb += [self.busy.eq(1), self.wrong.eq(any_rest & self.known), self.done.eq(~self.wrong)]
                m.next = "collect"
                with m.If(self.wrong):
                    m.next = "emit"
            with m.State("emit"):
                m.d.comb += [self.busy.eq(1), reads.eq(1)]
                m.d.sync += at.eq(Mux(ends, 0, at + 1))
                with m.If(ends):
                    m.next = "finish"
            with m.State("finish"):
                m.d.comb += [self.busy.eq(1), self.wrong.eq(1), self.done.eq(self.push & last_2)]
                with m.If(self.done):
                    m.next = "collect"
        emitting = Signal()
        with m.If(self.valid):
            m.d.sync += emitting.eq(0)
        with m.If(self.wrong):
            m.d.sync += emitting.eq(1)
        with m.If(read_2 & ~emitting):
            m.d.sync += total.eq(total + share)
            with m.If(~is_label_2):
                m.d.sync += others.eq(others + share)
        fits = below + down <= GRADED_SHIFT
        m.d.comb += [
            rest.eq(others),
            self.push.eq(read_2 & emitting),
            self.error.active.eq(is_label_2 | fits),
            self.error.negative.eq(is_label_2),
            self.error.exponent.eq(Mux(is_label_2, exponent, GRADED_SHIFT - below - down)),
        ]


def _shift_to_fit(total: Value, n_shifts: int) -> Value:
    """Return the least right shift that brings `total` to at most ``2^GRADED_SHIFT``."""
    down: Value | int = 0
    for shift in range(n_shifts):
        down = Mux(total > 1 << (GRADED_SHIFT + shift), shift + 1, down)
    return Value.cast(down)
