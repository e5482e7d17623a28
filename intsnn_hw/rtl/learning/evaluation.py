"""The evaluation of a step or sample: its scores against its label, and the errors of the readout."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningNetworkConfig

from ..arith import index_shape
from ..layouts import error_layout, evaluation_layout, score_layout, ticket_layout
from .errors import ERRORS, ErrorRule
from .ports import COUNTER_WIDTH, error_port
from .routes import ROUTES

MAX_TICKETS = 4
EVALUATIONS = ("updated", "skipped", "rejected")


class Evaluation(wiring.Component):
    """Makes errors of the scores of the samples in work, by the configuration's rule.

    Takes one score a cycle; what comes after the last one is the rule's, :meth:`.ErrorRule.cycles`.

    Members
    -------
    tickets : In(stream)   labels of the samples in work
    scores : In(stream)    of the readout
    open : In              scores may be taken, as no update is in work
    waiting : Out          a sample is in work
    errors : Out           of the classes, see :func:`error_port`
    classes : Out          the error of every class, kept, where the route does not carry errors
    evaluation : Out       the scores have been compared; where `wrong` there are errors, and an update is to begin
    clear : Out            they have been compared, and there is no error
    release : Out          likewise, and the step or sample was to be learned from
    updated, skipped, rejected : Out   evaluations with and without an error; samples whose label is no class
    """

    def __init__(self, config: LearningNetworkConfig):
        self._config = config
        readout = config.resolved[-1]
        members = {
            "tickets": In(stream.Signature(ticket_layout())),
            "scores": In(stream.Signature(score_layout(config))),
            "open": In(1),
            "waiting": Out(1),
            "errors": Out(error_port(readout)),
            "clear": Out(1),
            "release": Out(1),
            "evaluation": Out(evaluation_layout()),
        }
        self._keeps = not ROUTES[config.learning.route].carries
        if self._keeps:
            members["classes"] = Out(data.ArrayLayout(error_layout(readout), config.n_classes))
        super().__init__(members | {name: Out(COUNTER_WIDTH) for name in EVALUATIONS})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = fifo.SyncFIFO(width=self.tickets.payload.shape().size, depth=MAX_TICKETS)
        m.submodules.rule = rule = ERRORS[self._config.learning.error](self._config)
        ticket = Signal(ticket_layout())
        score, accepted, known, final, held_final = self.scores.payload, Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            queue.w_data.eq(self.tickets.payload),
            queue.w_en.eq(self.tickets.valid),
            self.tickets.ready.eq(queue.w_rdy),
            ticket.eq(queue.r_data),
            self.waiting.eq(queue.r_rdy),
            self.scores.ready.eq(self.open & queue.r_rdy & ~rule.busy),
            accepted.eq(self.scores.valid & self.scores.ready),
            known.eq(ticket.learn & (ticket.label < self._config.n_classes)),
            final.eq(Mux(accepted, score.final, held_final)),
            queue.r_en.eq((accepted & score.discard) | (rule.done & final)),
            rule.valid.eq(accepted & ~score.discard),
            rule.charge.eq(score.charge),
            rule.last.eq(score.last),
            rule.label.eq(ticket.label),
            rule.known.eq(known),
            self.evaluation.valid.eq(rule.done),
            self.evaluation.wrong.eq(rule.wrong),
            self.evaluation.final.eq(final),
        ]
        m.d.sync += held_final.eq(final)
        self._place(m, rule)
        if self._keeps:
            self._keep(m, rule)
        with m.If(rule.done):
            with m.If(rule.wrong):
                m.d.sync += self.updated.eq(self.updated + 1)
            with m.Else():
                m.d.comb += [self.clear.eq(1), self.release.eq(ticket.learn)]
                with m.If(known):
                    m.d.sync += self.skipped.eq(self.skipped + 1)
                with m.If(ticket.learn & ~known & final):
                    m.d.sync += self.rejected.eq(self.rejected + 1)
        return m

    def _place(self, m: Module, rule: ErrorRule) -> None:
        """Hand the errors on, with their places in the words of a row."""
        place = Signal.like(self.errors.place)
        m.d.comb += [self.errors.valid.eq(rule.push), self.errors.place.eq(place), self.errors.error.eq(rule.error)]
        with m.If(rule.push):
            m.d.sync += place.lane.eq(place.lane + 1)
            with m.If(place.lane == self._config.resolved[-1].lanes - 1):
                m.d.sync += [place.lane.eq(0), place.word.eq(place.word + 1)]
        with m.If(rule.done):
            m.d.sync += place.eq(0)

    def _keep(self, m: Module, rule: ErrorRule) -> None:
        """Keep the error of every class."""
        label = Signal(index_shape(self._config.n_classes))
        with m.If(rule.push):
            m.d.sync += [self.classes[label].eq(rule.error), label.eq(Mux(rule.done, 0, label + 1))]
