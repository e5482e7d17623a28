"""The learning engine: error of the readout, gradients and weight updates of all layers, from the output down."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import NetworkConfig
from golden.fixed import LFSR_WIDTH
from golden.seeds import update_lfsr_seed

from .arith import index_shape, lfsr_step
from .direct import DirectError, direct_width
from .error_store import ErrorStore
from .events import evaluation_layout, place_layout, row_layout, score_layout, ticket_layout, work_layout
from .gradient import Gradient
from .learning import output_error
from .ports import history_port, weight_port
from .scan import RowScan
from .update import RowUpdate, carried_width

MAX_TICKETS = 4
COUNTER_WIDTH = 32
COUNTERS = ("updated", "skipped", "rejected", "update_cycles")


class Learner(wiring.Component):
    """Margin rule on the memories of the layers; the twin of :func:`golden.network.update`.

    An evaluation (after the last step of a sample, or after each step) compares the scores with the margin while they
    arrive. Without an error it ends there. Otherwise the layers are updated one after the other, output first: an
    update takes one cycle a word with an error of each row with a trace, plus about 10 a layer; on the feedback route
    also one a row with a surrogate alone, and one for each group of `fire_lanes` hidden neurons with neither.

    Members
    -------
    tickets : In(stream)       labels of the samples in work
    scores : In(stream)        of the readout
    inputs : In(stream)        rows of the first layer, asked for by `walk` : Out unless `inputs_empty` : In
    weights<l> : Out           weight memory of layer l
    history<l> : Out           trace and surrogate of hidden layer l
    boost : In                 learning-rate boost, ``0..max_boost``
    lfsr : Out, lfsr_load : In, lfsr_state : In   state of the LFSR of stochastic rounding
    updating : Out             an update is in work or waits for `granted` : In, which it keeps until it is over
    release : Out              a step or sample that is learned from has been
    idle : Out                 no sample is in work
    updated, skipped, rejected : Out   evaluations with and without an error; samples whose label is no class
    update_cycles : Out        cycles spent updating, the wait for `granted` left out
    work<l>, evaluation : Out  what is being done, for observation
    """

    def __init__(self, config: NetworkConfig):
        self._config = config
        layers = config.resolved
        assert config.learning is not None
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

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, learning = self._config, self._config.learning
        assert learning is not None
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
            is_readout = layer.index == top
            update = RowUpdate(layer, below, is_readout=is_readout)
            store = ErrorStore(layer, is_readout=is_readout)
            m.submodules[f"update{layer.index}"], m.submodules[f"errors{layer.index}"] = update, store
            connect(m, update.weights, flipped(getattr(self, f"weights{layer.index}")))
            m.d.comb += [
                update.boost.eq(self.boost),
                update.n_entries.eq(store.n_entries),
                store.address.eq(update.entry_address),
                update.entry.eq(store.entry),
                update.draw.eq(lfsr_step(self.lfsr)),
            ]
            work = getattr(self, f"work{layer.index}")
            m.d.comb += [
                work.errors.eq(Cat(error.active for error in store.entry.errors)),
                work.changes.eq(update.changes),
                work.keeping.eq(store.keeping),
            ]
            updates.append(update)
            stores.append(store)
        with m.If(Cat(update.drawn for update in updates).any()):
            m.d.sync += self.lfsr.eq(lfsr_step(self.lfsr))
        with m.If(self.lfsr_load):
            m.d.sync += self.lfsr.eq(self.lfsr_state)

        # Evaluation: the error of each class as its score arrives.
        phase = Signal(range(len(layers) + 1))  # 0: evaluating; l + 1: updating layer l
        stage = Signal(2)  # of an update: its errors are made complete, once granted it starts, it goes on
        evaluating, accepted = phase == 0, Signal()
        m.d.comb += [self.idle.eq(evaluating & ~queue.r_rdy), self.updating.eq(~evaluating)]
        label, known = Signal(index_shape(config.n_classes)), Signal()
        place = Signal(place_layout(layers[top]))
        score, found = self.scores.payload, Signal()
        m.d.comb += [
            self.scores.ready.eq(evaluating & queue.r_rdy),
            accepted.eq(self.scores.valid & self.scores.ready),
            known.eq(ticket.learn & (ticket.label < config.n_classes)),
            queue.r_en.eq(accepted & (score.discard | (score.last & score.final))),
        ]
        active, negative = output_error(score.charge, label == ticket.label, learning.margin)
        error = stores[top].error
        m.d.comb += [
            error.active.eq(active & known),
            error.negative.eq(negative),
            stores[top].push.eq(accepted & ~score.discard),
            stores[top].place.eq(place),
        ]
        wrong, clear = found | error.active, Signal()
        m.d.comb += [
            self.evaluation.valid.eq(accepted & score.last & ~score.discard),
            self.evaluation.wrong.eq(wrong),
            self.evaluation.final.eq(score.final),
        ]
        m.d.comb += Cat(store.clear for store in stores).eq(clear.replicate(len(stores)))
        actives, negatives = Signal(config.n_classes), Signal(config.n_classes)
        with m.If(accepted & ~score.discard):
            m.d.sync += [
                label.eq(label + 1),
                place.lane.eq(place.lane + 1),
                found.eq(wrong),
                actives.bit_select(label, 1).eq(error.active),
                negatives.bit_select(label, 1).eq(error.negative),
            ]
            with m.If(place.lane == layers[top].lanes - 1):
                m.d.sync += [place.lane.eq(0), place.word.eq(place.word + 1)]
            with m.If(score.last):
                m.d.sync += [label.eq(0), place.eq(0), found.eq(0)]
                with m.If(wrong):
                    m.d.sync += [phase.eq(top + 1), stage.eq(0), self.updated.eq(self.updated + 1)]
                with m.Else():
                    m.d.comb += [clear.eq(1), self.release.eq(ticket.learn)]
                    with m.If(known):
                        m.d.sync += self.skipped.eq(self.skipped + 1)
                    with m.If(ticket.learn & ~known & score.final):
                        m.d.sync += self.rejected.eq(self.rejected + 1)
        with m.If(self.updating & self.granted):
            m.d.sync += self.update_cycles.eq(self.update_cycles + 1)
            with m.If(stage != 2):
                m.d.sync += stage.eq(stage + 1)

        # Updates, from the output down.
        for layer in reversed(layers):
            index, update = layer.index, updates[layer.index]
            is_phase, start, finished = (Signal(name=f"{name}{index}") for name in ("is_phase", "start", "finished"))
            m.d.comb += [
                is_phase.eq(phase == index + 1),
                stores[index].flush.eq(is_phase & (stage == 0)),
                start.eq(is_phase & (stage == 1)),
            ]
            if index:
                rows_done = self._hidden_rows(m, index, start, updates, stores, actives, negatives)
                m.d.comb += finished.eq(is_phase & (stage == 2) & rows_done)
                with m.If(finished):
                    m.d.sync += [phase.eq(index), stage.eq(0)]
            else:
                connect(m, flipped(self.inputs), update.rows)
                none, over = Signal(), Signal()
                m.d.comb += [
                    none.eq((stores[0].n_entries == 0) | self.inputs_empty),
                    self.walk.eq(start & ~none),
                    finished.eq((start & none) | (is_phase & (stage == 2) & over & ~update.busy)),
                ]
                with m.If(start):
                    m.d.sync += over.eq(0)
                with m.If(update.rows.valid & update.rows.ready & update.rows.payload.last):
                    m.d.sync += over.eq(1)
                with m.If(finished):
                    m.d.sync += phase.eq(0)
                    m.d.comb += [clear.eq(1), self.release.eq(1)]
        return m

    def _hidden_rows(
        self, m: Module, index: int, start: Signal, updates: list[RowUpdate], stores: list[ErrorStore],
        actives: Signal, negatives: Signal,
    ) -> Signal:  # fmt: skip
        """Feed a layer above the first with rows and derive the gradients below; return when both are done."""
        config, learning = self._config, self._config.learning
        assert learning is not None
        layer, below = config.resolved[index], config.resolved[index - 1]
        update, store = updates[index], stores[index - 1]
        is_readout = index == len(updates) - 1
        feedback = learning.route == "feedback"
        m.submodules[f"scan{index}"] = scan = RowScan(layer, below, every_row=not feedback)
        connect(m, scan.history, flipped(getattr(self, f"history{index - 1}")))
        width = carried_width(layer, is_readout=is_readout) if feedback else direct_width(config)
        m.submodules[f"gradient{index - 1}"] = gradient = Gradient(below, width)
        m.d.comb += [
            scan.start.eq(start),
            update.rows.payload.eq(scan.rows.payload),
            store.push.eq(gradient.push),
            store.place.eq(gradient.place_o),
            store.error.eq(gradient.error),
        ]
        if feedback:
            m.d.comb += [
                update.rows.valid.eq(scan.rows.valid),
                scan.rows.ready.eq(update.rows.ready),
                gradient.valid.eq(update.carried_valid),
                gradient.carried.eq(update.carried),
                gradient.surrogate.eq(update.carried_surrogate),
                gradient.place.eq(update.carried_place),
                gradient.last.eq(update.carried_last),
            ]
        else:
            m.submodules[f"direct{index - 1}"] = direct = DirectError(below, config)
            m.d.comb += [
                direct.start.eq(start),
                direct.active.eq(actives),
                direct.negative.eq(negatives),
                update.rows.valid.eq(scan.rows.valid & direct.o.valid),
                scan.rows.ready.eq(update.rows.ready & direct.o.valid),
                direct.o.ready.eq(update.rows.ready & scan.rows.valid),
                gradient.valid.eq(update.rows.valid & update.rows.ready),
                gradient.carried.eq(direct.o.payload),
                gradient.surrogate.eq(scan.rows.payload.surrogate),
                gradient.place.eq(scan.rows.payload.place),
                gradient.last.eq(scan.rows.payload.last),
            ]
        derived, finished = Signal(name=f"derived{index - 1}"), Signal(name=f"rows_done{index}")
        with m.If(gradient.done):
            m.d.sync += derived.eq(1)
        with m.If(start):
            m.d.sync += derived.eq(0)
        m.d.comb += finished.eq(derived & ~update.busy)
        return finished
