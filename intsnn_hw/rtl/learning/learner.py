"""The learning engine: error of the readout, gradients and weight updates of all layers, from the output down."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, LearningNetworkConfig
from golden.fixed import LFSR_WIDTH
from golden.seeds import update_lfsr_seed

from ..arith import index_shape, lfsr_step
from ..layouts import evaluation_layout, row_layout, score_layout, ticket_layout, work_layout
from ..ports import history_port, update_port
from .bias_row import BiasRow
from .error_store import ErrorStore
from .evaluation import EVALUATIONS, Evaluation
from .input_rows import InputRows
from .own_rows import OwnRows
from .ports import COUNTER_WIDTH
from .routes import ROUTES, HiddenRows
from .turns import Turns
from .update import RowUpdate

COUNTERS = (*EVALUATIONS, "update_cycles")


class Learner(wiring.Component):
    """The learning rule on the memories of the layers; the twin of :func:`golden.network.update`.

    An evaluation (after the last step of a sample, or after each step) makes errors of the scores
    (:class:`Evaluation`). Without an error it ends there. Otherwise the layers take :class:`Turns`, output first: an
    update takes one cycle a word with an error of each row with a trace, plus about 10 a layer; on the feedback route
    also one a row with a surrogate alone, and one for each group of `fire_lanes` neurons without any row. A recurrent
    layer's rows from its own neurons follow those of its inputs, and the biases all rows.

    Members
    -------
    tickets : In(stream)       labels of the samples in work
    scores : In(stream)        of the readout
    inputs : In(stream)        rows of the first layer, asked for by `walk` : Out unless `inputs_empty` : In
    weights<l> : Out           memories of layer l, see :func:`update_port`
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
            members[f"weights{layer.index}"] = Out(update_port(layer))
            members[f"work{layer.index}"] = Out(work_layout(layer))
            if layer is not layers[-1]:
                members[f"history{layer.index}"] = Out(history_port(layer, layers[layer.index + 1]))
        super().__init__(members | {name: Out(COUNTER_WIDTH) for name in COUNTERS})

    @property
    def weights(self) -> list[Any]:
        """The ports to the memories of each layer."""
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
        layers, clear = self._config.resolved, Signal()
        m.submodules.evaluation = evaluation = Evaluation(self._config)
        m.submodules.turns = turns = Turns(self._config)
        connect(m, flipped(self.tickets), evaluation.tickets)
        connect(m, flipped(self.scores), evaluation.scores)
        m.d.comb += [
            evaluation.open.eq(turns.idle),
            turns.evaluation.eq(evaluation.evaluation),
            turns.granted.eq(self.granted),
            self.updating.eq(~turns.idle),
            self.idle.eq(turns.idle & ~evaluation.waiting),
            self.release.eq(evaluation.release),
            clear.eq(evaluation.clear),
            self.evaluation.eq(evaluation.evaluation),
            *(getattr(self, name).eq(getattr(evaluation, name)) for name in EVALUATIONS),
            self.update_cycles.eq(turns.cycles),
        ]
        with m.If(turns.over):
            m.d.comb += [clear.eq(1), self.release.eq(1)]
        updates = [self._update(m, layer) for layer in layers]
        stores = [self._store(m, layer, updates[layer.index]) for layer in layers]
        for store, turn in zip(stores, turns.turns, strict=True):
            m.d.comb += [store.clear.eq(clear), store.flush.eq(turn.flush)]
        bias_updates = []

        # hidden[l] reads the histories of layer l for the rows of the layer above, and gives the gradients of layer l.
        inputs = self._input_rows(m, stores[0])
        hidden = [self._hidden_rows(m, layer, evaluation, updates[layer.index]) for layer in layers[1:]]
        gradients = [source.gradients for source in hidden]
        for layer, rows, errors in zip(layers, (inputs, *hidden), (*gradients, evaluation.errors), strict=True):
            index, update, turn = layer.index, updates[layer.index], turns.turns[layer.index]
            connect(m, errors, stores[index].i)
            m.d.comb += [rows.start.eq(turn.start), rows.running.eq(turn.running[0]), rows.busy.eq(update.busy)]
            m.d.comb += turn.done[0].eq(rows.done)
            before_bias = rows.done
            if layer.learns_own:
                own = self._own_rows(m, layer, stores[index])
                connect(m, rows.rows, own.i)
                connect(m, own.rows, update.rows)
                connect(m, hidden[index].history, own.reader)
                connect(m, own.history, flipped(self.histories[index]))
                m.d.comb += [own.start.eq(rows.done), own.running.eq(turn.running[1]), own.busy.eq(update.busy)]
                m.d.comb += turn.done[1].eq(own.done)
                before_bias = own.done
            else:
                connect(m, rows.rows, update.rows)
                if layer is not layers[-1]:
                    connect(m, hidden[index].history, flipped(self.histories[index]))
            if layer.bias.trace_width:
                bias_updates.append(self._learn_bias(m, layer, stores[index], turn, before_bias))
        self._step_lfsr(m, updates + bias_updates)
        return m

    def _below(self, layer: LearningLayer) -> LearningLayer | None:
        return self._config.resolved[layer.index - 1] if layer.index else None

    def _update(self, m: Module, layer: LearningLayer) -> RowUpdate:
        """Add the update of a layer, on its weight memory."""
        m.submodules[f"update{layer.index}"] = update = RowUpdate(layer, self._below(layer))
        connect(m, update.weights, flipped(self.weights[layer.index].weight))
        work = self.works[layer.index]
        m.d.comb += [
            update.boost.eq(self.boost),
            update.draw.eq(lfsr_step(self.lfsr)),
            work.changes.eq(update.changes),
            work.carries.eq(update.carries),
        ]
        return update

    def _store(self, m: Module, layer: LearningLayer, update: RowUpdate) -> ErrorStore:
        """Add the errors of a layer, which its update reads."""
        m.submodules[f"errors{layer.index}"] = store = ErrorStore(layer)
        work = self.works[layer.index]
        m.d.comb += [
            update.n_entries.eq(store.n_entries),
            store.address.eq(update.entry_address),
            update.entry.eq(store.entry),
            work.errors.eq(Cat(error.active for error in store.entry.errors)),
            work.keeping.eq(store.keeping),
        ]
        return store

    def _learn_bias(self, m: Module, layer: LearningLayer, store: ErrorStore, turn: Any, start: Value) -> RowUpdate:
        """Add the update of a layer's bias, which begins at `start`, when all rows of weights are done."""
        memory, work = self.weights[layer.index].bias, self.works[layer.index]
        m.submodules[f"bias_row{layer.index}"] = row = BiasRow(layer)
        m.submodules[f"bias_update{layer.index}"] = update = RowUpdate(layer, None, layer.bias)
        connect(m, row.rows, update.rows)
        connect(m, update.weights, flipped(memory))
        m.d.comb += [
            row.start.eq(start),
            row.running.eq(turn.running[-1]),
            row.busy.eq(update.busy),
            row.n_entries.eq(store.n_entries),
            row.trace.eq(memory.trace),
            turn.done[-1].eq(row.done),
            update.n_entries.eq(store.n_entries),
            update.entry.eq(store.entry),
            update.boost.eq(self.boost),
            update.draw.eq(lfsr_step(self.lfsr)),
        ]
        with m.If(turn.running[-1]):
            m.d.comb += [store.address.eq(update.entry_address), work.changes.eq(update.changes)]
        return update

    def _step_lfsr(self, m: Module, updates: list[RowUpdate]) -> None:
        """Let every draw step the LFSR."""
        with m.If(Cat(update.drawn for update in updates).any()):
            m.d.sync += self.lfsr.eq(lfsr_step(self.lfsr))
        with m.If(self.lfsr_load):
            m.d.sync += self.lfsr.eq(self.lfsr_state)

    def _input_rows(self, m: Module, store: ErrorStore) -> InputRows:
        """Add the rows of the first layer from the network's inputs."""
        m.submodules.rows0 = rows = InputRows(self._config.resolved[0])
        connect(m, flipped(self.inputs), rows.i)
        m.d.comb += [rows.n_entries.eq(store.n_entries), rows.empty.eq(self.inputs_empty), self.walk.eq(rows.walk)]
        return rows

    def _hidden_rows(
        self, m: Module, layer: LearningLayer, evaluation: Evaluation, update: RowUpdate
    ) -> HiddenRows:  # fmt: skip
        """Add the rows of a layer from the neurons below, and the gradients of these."""
        below = self._config.resolved[layer.index - 1]
        m.submodules[f"rows{layer.index}"] = rows = ROUTES[self._config.learning.route](layer, below, self._config)
        rows.connect_error(m, update, evaluation)
        return rows

    def _own_rows(self, m: Module, layer: LearningLayer, store: ErrorStore) -> OwnRows:
        """Add the rows of a recurrent layer from its own neurons."""
        own = OwnRows(layer, self._below(layer), self._config.resolved[layer.index + 1])
        m.submodules[f"own{layer.index}"] = own
        m.d.comb += own.n_entries.eq(store.n_entries)
        return own
