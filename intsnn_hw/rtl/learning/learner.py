"""The learning engine: error of the readout, gradients and weight updates of all layers, from the output down."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningNetworkConfig
from golden.fixed import LFSR_WIDTH
from golden.seeds import update_lfsr_seed

from ..arith import index_shape, lfsr_step
from ..layouts import (
    error_layout,
    evaluation_layout,
    place_layout,
    row_layout,
    score_layout,
    ticket_layout,
    work_layout,
)
from ..ports import history_port, weight_port
from .direct import DirectError, direct_width
from .error_store import ErrorStore
from .gradient import Gradient
from .output_error import OutputError
from .scan import RowScan
from .update import RowUpdate, carried_width

MAX_TICKETS = 4
COUNTER_WIDTH = 32
COUNTERS = ("updated", "skipped", "rejected", "update_cycles")


class Learner(wiring.Component):
    """The learning rule on the memories of the layers; the twin of :func:`golden.network.update`.

    An evaluation (after the last step of a sample, or after each step) makes errors of the scores
    (:class:`OutputError`). Without an error it ends there. Otherwise the layers are updated one after the other, output
    first: an update takes one cycle a word with an error of each row with a trace, plus about 10 a layer; on the
    feedback route also one a row with a surrogate alone, and one for each group of `fire_lanes` neurons without any
    row. A recurrent layer's rows from its own neurons follow those of its inputs.

    Members
    -------
    tickets : In(stream)       labels of the samples in work
    scores : In(stream)        of the readout
    inputs : In(stream)        rows of the first layer, asked for by `walk` : Out unless `inputs_empty` : In
    weights<l> : Out           weight memory of layer l
    history<l> : Out           what the neurons of hidden layer l keep of the sample
    boost : In                 learning-rate boost, ``0..max_boost``
    lfsr : Out, lfsr_load : In, lfsr_state : In   state of the LFSR of stochastic rounding
    updating : Out             an update is in work or waits for `granted` : In, which it keeps until it is over
    release : Out              a step or sample that is learned from has been
    idle : Out                 no sample is in work
    updated, skipped, rejected : Out   evaluations with and without an error; samples whose label is no class
    update_cycles : Out        cycles spent updating, the wait for `granted` left out
    work<l>, evaluation : Out  what is being done, for observation
    """

    def __init__(self, config: LearningNetworkConfig):
        self._config = config
        layers = config.resolved
        members = {
            "tickets": In(stream.Signature(ticket_layout())),
            "scores": In(stream.Signature(score_layout(config))),
            "inputs": In(stream.Signature(row_layout(layers[0], None))),
            "inputs_empty": In(1),
            "walk": Out(1),
            "boost": In(index_shape(config.learning.max_boost + 1)),
            "lfsr": Out(LFSR_WIDTH, init=update_lfsr_seed(config.learning.seed)),
            "lfsr_load": In(1),
            "lfsr_state": In(LFSR_WIDTH),
            "updating": Out(1),
            "granted": In(1),
            "release": Out(1),
            "idle": Out(1),
            "evaluation": Out(evaluation_layout()),
        }
        for layer in layers:
            members[f"weights{layer.index}"] = Out(weight_port(layer))
            members[f"work{layer.index}"] = Out(work_layout(layer))
            if layer is not layers[-1]:
                members[f"history{layer.index}"] = Out(history_port(layer, layers[layer.index + 1]))
        super().__init__(members | {name: Out(COUNTER_WIDTH) for name in COUNTERS})

    @property
    def weights(self) -> list[Any]:
        """The ports to the weight memory of each layer."""
        return [getattr(self, f"weights{layer.index}") for layer in self._config.resolved]

    @property
    def works(self) -> list[Any]:
        """What is being done to each layer."""
        return [getattr(self, f"work{layer.index}") for layer in self._config.resolved]

    @property
    def histories(self) -> list[Any]:
        """The ports to the histories of each hidden layer."""
        return [getattr(self, f"history{layer.index}") for layer in self._config.resolved[:-1]]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, learning = self._config, self._config.learning
        layers = config.resolved
        top = len(layers) - 1

        m.submodules.queue = queue = fifo.SyncFIFO(width=self.tickets.payload.shape().size, depth=MAX_TICKETS)
        ticket = Signal(ticket_layout())
        m.d.comb += [
            queue.w_data.eq(self.tickets.payload),
            queue.w_en.eq(self.tickets.valid),
            self.tickets.ready.eq(queue.w_rdy),
            ticket.eq(queue.r_data),
        ]

        updates, stores = [], []
        for layer in layers:
            below = layers[layer.index - 1] if layer.index else None
            update = RowUpdate(layer, below)
            store = ErrorStore(layer)
            m.submodules[f"update{layer.index}"], m.submodules[f"errors{layer.index}"] = update, store
            connect(m, update.weights, flipped(self.weights[layer.index]))
            m.d.comb += [
                update.boost.eq(self.boost),
                update.n_entries.eq(store.n_entries),
                store.address.eq(update.entry_address),
                update.entry.eq(store.entry),
                update.draw.eq(lfsr_step(self.lfsr)),
            ]
            work = self.works[layer.index]
            m.d.comb += [
                work.errors.eq(Cat(error.active for error in store.entry.errors)),
                work.changes.eq(update.changes),
                work.carries.eq(update.carries),
                work.keeping.eq(store.keeping),
            ]
            updates.append(update)
            stores.append(store)
        with m.If(Cat(update.drawn for update in updates).any()):
            m.d.sync += self.lfsr.eq(lfsr_step(self.lfsr))
        with m.If(self.lfsr_load):
            m.d.sync += self.lfsr.eq(self.lfsr_state)

        # Evaluation: the error of each class.
        m.submodules.output = output = OutputError(config)
        phase = Signal(range(len(layers) + 1))  # 0: evaluating; l + 1: updating layer l
        # Of an update: its errors are made complete, once granted it starts, it goes on, with own rows at the end.
        stage = Signal(2)
        evaluating, accepted = phase == 0, Signal()
        m.d.comb += [self.idle.eq(evaluating & ~queue.r_rdy), self.updating.eq(~evaluating)]
        known = Signal()
        place = Signal(place_layout(layers[top]))
        score, final, held_final = self.scores.payload, Signal(), Signal()
        m.d.comb += [
            self.scores.ready.eq(evaluating & queue.r_rdy & ~output.busy),
            accepted.eq(self.scores.valid & self.scores.ready),
            known.eq(ticket.learn & (ticket.label < config.n_classes)),
            final.eq(Mux(accepted, score.final, held_final)),
            queue.r_en.eq((accepted & score.discard) | (output.done & final)),
            output.valid.eq(accepted & ~score.discard),
            output.charge.eq(score.charge),
            output.last.eq(score.last),
            output.label.eq(ticket.label),
            output.known.eq(known),
            stores[top].push.eq(output.push),
            stores[top].place.eq(place),
            stores[top].error.eq(output.error),
            self.evaluation.valid.eq(output.done),
            self.evaluation.wrong.eq(output.wrong),
            self.evaluation.final.eq(final),
        ]
        m.d.sync += held_final.eq(final)
        clear = Signal()
        m.d.comb += Cat(store.clear for store in stores).eq(clear.replicate(len(stores)))
        with m.If(output.push):
            m.d.sync += place.lane.eq(place.lane + 1)
            with m.If(place.lane == layers[top].lanes - 1):
                m.d.sync += [place.lane.eq(0), place.word.eq(place.word + 1)]
        with m.If(output.done):
            m.d.sync += place.eq(0)
            with m.If(output.wrong):
                m.d.sync += [phase.eq(top + 1), stage.eq(0), self.updated.eq(self.updated + 1)]
            with m.Else():
                m.d.comb += [clear.eq(1), self.release.eq(ticket.learn)]
                with m.If(known):
                    m.d.sync += self.skipped.eq(self.skipped + 1)
                with m.If(ticket.learn & ~known & final):
                    m.d.sync += self.rejected.eq(self.rejected + 1)
        with m.If(self.updating & self.granted & (stage < 2)):
            m.d.sync += stage.eq(stage + 1)
        with m.If(self.updating & self.granted):
            m.d.sync += self.update_cycles.eq(self.update_cycles + 1)
        errors = self._errors_of_classes(m, output) if learning.route == "direct" else None

        # Updates, from the output down.
        above: RowScan | None = None  # reads the history of the layer
        for layer in reversed(layers):
            index, update = layer.index, updates[layer.index]
            names = ("is_phase", "start", "rows_done", "finished")
            is_phase, start, rows_done, finished = (Signal(name=f"{name}{index}") for name in names)
            m.d.comb += [
                is_phase.eq(phase == index + 1),
                stores[index].flush.eq(is_phase & (stage == 0)),
                start.eq(is_phase & (stage == 1)),
            ]
            scan = None
            if index:
                scan, rows, done = self._hidden_rows(m, index, start, updates, stores, errors)
                m.d.comb += rows_done.eq(is_phase & (stage == 2) & done)
            else:
                rows, none, over = self.inputs, Signal(), Signal()
                m.d.comb += [
                    none.eq((stores[0].n_entries == 0) | self.inputs_empty),
                    self.walk.eq(start & ~none),
                    rows_done.eq((start & none) | (is_phase & (stage == 2) & over & ~update.busy)),
                ]
                with m.If(start):
                    m.d.sync += over.eq(0)
                with m.If(rows.valid & rows.ready & rows.payload.last):
                    m.d.sync += over.eq(1)
            if layer.learns_own:
                own, own_done = self._own_rows(m, index, rows_done, stores[index], update)
                assert above is not None
                self._share_history(m, index, above, own)
                is_own = is_phase & (stage == 3)
                m.d.comb += [
                    update.rows.valid.eq(Mux(is_own, own.rows.valid, rows.valid)),
                    update.rows.payload.eq(Mux(is_own, own.rows.payload.as_value(), rows.payload.as_value())),
                    rows.ready.eq(update.rows.ready & ~is_own),
                    own.rows.ready.eq(update.rows.ready & is_own),
                    finished.eq(own_done),
                ]
                with m.If(rows_done):
                    m.d.sync += stage.eq(3)
            else:
                m.d.comb += [
                    update.rows.valid.eq(rows.valid),
                    update.rows.payload.eq(rows.payload),
                    rows.ready.eq(update.rows.ready),
                    finished.eq(rows_done),
                ]
                if above is not None:
                    connect(m, above.history, flipped(self.histories[index]))
            above = scan
            with m.If(finished):
                m.d.sync += [phase.eq(index), stage.eq(0)]
                if index == 0:
                    m.d.comb += [clear.eq(1), self.release.eq(1)]
        return m

    def _errors_of_classes(self, m: Module, output: OutputError) -> data.View:
        """Keep the error of every class, for the direct route."""
        n_classes = self._config.n_classes
        errors = Signal(data.ArrayLayout(error_layout(self._config.resolved[-1]), n_classes))
        label = Signal(index_shape(n_classes))
        with m.If(output.push):
            m.d.sync += [errors[label].eq(output.error), label.eq(Mux(output.done, 0, label + 1))]
        return errors

    def _own_rows(
        self, m: Module, index: int, start: Signal, store: ErrorStore, update: RowUpdate
    ) -> tuple[RowScan, Signal]:
        """Give the rows of a recurrent layer's own neurons; return also when they are done."""
        layers = self._config.resolved
        m.submodules[f"own{index}"] = scan = RowScan(
            layers[index], layers[index - 1] if index else None, layers[index], layers[index + 1]
        )
        running, over, done = Signal(name=f"own_running{index}"), Signal(name=f"own_over{index}"), Signal()
        any_error = store.n_entries != 0
        m.d.comb += [
            scan.start.eq(start & any_error),
            done.eq((start & ~any_error) | (running & over & ~update.busy)),
        ]
        with m.If(scan.rows.valid & scan.rows.ready & scan.rows.payload.last):
            m.d.sync += over.eq(1)
        with m.If(done):
            m.d.sync += running.eq(0)
        with m.If(scan.start):
            m.d.sync += [running.eq(1), over.eq(0)]
        return scan, done

    def _share_history(self, m: Module, index: int, above: RowScan, own: RowScan) -> None:
        """Let the scans for the layer above and for the layer itself read a layer's history, at different times."""
        port = self.histories[index]
        m.d.comb += [
            port.enable.eq(above.history.enable | own.history.enable),
            port.address.eq(Mux(own.history.enable, own.history.address, above.history.address)),
            above.history.data.eq(port.data),
            own.history.data.eq(port.data),
        ]

    def _hidden_rows(
        self, m: Module, index: int, start: Signal, updates: list[RowUpdate], stores: list[ErrorStore],
        errors: data.View | None,
    ) -> tuple[RowScan, stream.Interface, Signal]:  # fmt: skip
        """Give the rows of a layer's inputs and derive the gradients below; return also when both are done."""
        config, learning = self._config, self._config.learning
        layer, below = config.resolved[index], config.resolved[index - 1]
        update, store = updates[index], stores[index - 1]
        feedback = learning.route == "feedback"
        m.submodules[f"scan{index}"] = scan = RowScan(layer, below, below, layer, every_row=not feedback)
        rows = stream.Signature(row_layout(layer, below)).create(path=(f"rows{index}",))
        width = carried_width(layer) if feedback else direct_width(config)
        m.submodules[f"gradient{index - 1}"] = gradient = Gradient(below, width)
        m.d.comb += [
            scan.start.eq(start),
            rows.payload.eq(scan.rows.payload),
            store.push.eq(gradient.push),
            store.place.eq(gradient.place_o),
            store.error.eq(gradient.error),
        ]
        if feedback:
            of_row = update.carried_row
            m.d.comb += [
                rows.valid.eq(scan.rows.valid),
                scan.rows.ready.eq(rows.ready),
                gradient.valid.eq(update.carried_valid),
                gradient.carried.eq(update.carried),
                gradient.last.eq(update.carried_last),
            ]
        else:
            assert errors is not None
            of_row = scan.rows.payload
            m.submodules[f"direct{index - 1}"] = direct = DirectError(below, config)
            m.d.comb += [
                direct.start.eq(start),
                direct.errors.eq(errors),
                rows.valid.eq(scan.rows.valid & direct.o.valid),
                scan.rows.ready.eq(rows.ready & direct.o.valid),
                direct.o.ready.eq(rows.ready & scan.rows.valid),
                gradient.valid.eq(rows.valid & rows.ready),
                gradient.carried.eq(direct.o.payload),
                gradient.last.eq(scan.rows.payload.last),
            ]
        m.d.comb += [gradient.surrogate.eq(of_row.surrogate), gradient.place.eq(of_row.place)]
        if below.budget_push:
            m.d.comb += gradient.over.eq(of_row.over)
        derived, finished = Signal(name=f"derived{index - 1}"), Signal(name=f"done{index}")
        with m.If(gradient.done):
            m.d.sync += derived.eq(1)
        with m.If(start):
            m.d.sync += derived.eq(0)
        m.d.comb += finished.eq(derived & ~update.busy)
        return scan, rows, finished
