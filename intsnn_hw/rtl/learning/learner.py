"""The learning engine: error of the readout, gradients and weight updates of all layers, from the output down."""

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, LearningNetworkConfig
from golden.seeds import update_lfsr

from ..arith import index_shape, lfsr_draw
from ..layouts import (
    evaluation_layout,
    normalizes,
    row_layout,
    score_layout,
    takes_map,
    ticket_layout,
    trace_layout,
    work_layout,
)
from ..ports import history_port, read_port, update_port
from .bias_row import BiasRow
from .error_store import ErrorStore
from .evaluation import EVALUATIONS, Evaluation
from .input_rows import InputRows
from .maps.error_map import ErrorMap
from .maps.map_gradients import MapGradients
from .maps.place_rows import PlaceRows
from .maps.window_update import WindowUpdate
from .own_rows import OwnRows
from .ports import COUNTER_WIDTH
from .routes import ROUTES, carried_to
from .turns import Turns
from .update import RowUpdate

COUNTERS = (*EVALUATIONS, "update_cycles")


class Above(NamedTuple):
    """What a layer gets from the one above: the errors of its neurons, and who reads what they keep."""

    errors: Any = None
    reader: Any = None


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
    inputs : In(stream)        rows of the first layer, asked for by `walk` : Out unless `inputs_empty` : In; of a layer
                               that takes its inputs for a map instead
    traces<l> : Out            of its inputs after pooling, see :class:`PlaceTraces`
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
        layers, lfsr = config.resolved, update_lfsr(config.learning)
        members = {
            "tickets": In(stream.Signature(ticket_layout())),
            "scores": In(stream.Signature(score_layout(config))),
            "boost": In(index_shape(config.learning.max_boost + 1)),
            "lfsr": Out(lfsr.width, init=lfsr.state),
            "lfsr_load": In(1),
            "lfsr_state": In(lfsr.width),
            "updating": Out(1),
            "granted": In(1),
            "release": Out(1),
            "idle": Out(1),
            "evaluation": Out(evaluation_layout()),
        }
        if not takes_map(layers[0]):
            members |= {
                "inputs": In(stream.Signature(row_layout(layers[0], None))),
                "inputs_empty": In(1),
                "walk": Out(1),
            }
        for layer in layers:
            if takes_map(layer):
                members[f"traces{layer.index}"] = Out(read_port(trace_layout(layer), layer.kind.n_fed))
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
    def traces(self) -> dict[int, Any]:
        """The ports to the traces of each layer that takes its inputs for a map, by its index."""
        return {at.index: getattr(self, f"traces{at.index}") for at in self._config.resolved if takes_map(at)}

    @property
    def histories(self) -> list[Any]:
        """The ports to the histories of each hidden layer."""
        return [getattr(self, f"history{layer.index}") for layer in self._config.resolved[:-1]]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layers, clear = self._config.resolved, Signal()
        m.submodules.evaluation = self._evaluation = evaluation = Evaluation(self._config)
        m.submodules.turns = turns = Turns(self._config)
        connect(m, flipped(self.tickets), evaluation.tickets)
        connect(m, flipped(self.scores), evaluation.scores)
        m.d.comb += [
            evaluation.open.eq(turns.idle),
            turns.evaluation.eq(evaluation.evaluation),
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
        self._drawing: list[Any] = []
        above = Above(errors=evaluation.errors)
        for layer, turn in zip(reversed(layers), reversed(turns.turns), strict=True):
            store = self._store(m, layer, turn, above, clear)
            learn = self._learn_windows if layer.kind.shares_weights else self._learn_rows
            above = learn(m, layer, turn, above, store)
        self._step_lfsr(m)
        clearing = [update.clearing for update in self._drawing if isinstance(update, WindowUpdate)]
        m.d.comb += turns.granted.eq(self.granted & ~Cat(clearing).any() if clearing else self.granted)
        return m

    def _below(self, layer: LearningLayer) -> LearningLayer | None:
        return self._config.resolved[layer.index - 1] if layer.index else None

    def _store(self, m: Module, layer: LearningLayer, turn: Any, above: Above, clear: Value) -> Any:
        """Add the errors of a layer, which come from above."""
        store = ErrorStore(layer) if layer.kind.output_shape is None else ErrorMap(layer)
        m.submodules[f"errors{layer.index}"] = store
        connect(m, above.errors, store.i)
        m.d.comb += [store.clear.eq(clear), self.works[layer.index].keeping.eq(store.keeping)]
        if normalizes(layer):
            m.d.comb += self.works[layer.index].normalizing.eq(above.errors.valid)
        if isinstance(store, ErrorStore):
            m.d.comb += store.flush.eq(turn.flush)
        return store

    def _learn_rows(
        self, m: Module, layer: LearningLayer, turn: Any, above: Above, store: ErrorStore
    ) -> Above:  # fmt: skip
        """Add the update of a layer whose neurons have weights of their own; return what the layer below gets."""
        update = self._update(m, layer, store)
        rows, done, given = self._rows(m, layer, update, store)
        m.d.comb += [
            rows.start.eq(turn.start),
            rows.running.eq(turn.running[0]),
            rows.busy.eq(update.busy),
            turn.done[0].eq(done),
        ]
        before_bias = turn.done[0]
        if layer.learns_own:
            own = self._own_rows(m, layer, store)
            connect(m, rows.rows, own.i)
            connect(m, own.rows, update.rows)
            connect(m, above.reader, own.reader)
            connect(m, own.history, flipped(self.histories[layer.index]))
            m.d.comb += [own.start.eq(turn.done[0]), own.running.eq(turn.running[1]), own.busy.eq(update.busy)]
            m.d.comb += turn.done[1].eq(own.done)
            before_bias = turn.done[1]
        else:
            connect(m, rows.rows, update.rows)
            self._lend_history(m, layer, above)
        if layer.bias.trace_width:
            self._learn_bias(m, layer, store, turn, before_bias)
        return given

    def _learn_windows(
        self, m: Module, layer: LearningLayer, turn: Any, above: Above, store: ErrorMap
    ) -> Above:  # fmt: skip
        """Add the update of a convolution; return what the layer below gets."""
        index, below = layer.index, self._below(layer)
        m.submodules[f"update{index}"] = update = WindowUpdate(layer, below)
        connect(m, update.weights, flipped(self.weights[index]))
        connect(m, update.traces, flipped(self.traces[index]))
        work = self.works[index]
        m.d.comb += [
            update.start.eq(turn.start),
            update.any.eq(store.any),
            store.address.eq(update.address),
            update.errors.eq(store.errors),
            update.boost.eq(self.boost),
            update.draw.eq(lfsr_draw(self.lfsr)),
            work.errors.eq(update.errors_at_hand),
            work.changes.eq(update.changes),
            work.carries.eq(update.carries),
            work.summing.eq(update.summing),
            work.meeting.eq(update.meeting),
        ]
        self._drawing.append(update)
        done, given = self._map_gradients(m, layer, update, ~store.any, update.done)
        m.d.comb += turn.done[0].eq(done)
        if layer.bias.trace_width:
            m.d.comb += [update.start_bias.eq(done), turn.done[1].eq(update.done_bias)]
        self._lend_history(m, layer, above)
        return given

    def _lend_history(self, m: Module, layer: LearningLayer, above: Above) -> None:
        """Let the layer above read what the neurons of a hidden layer keep."""
        if above.reader is not None:
            connect(m, above.reader, flipped(self.histories[layer.index]))

    def _update(self, m: Module, layer: LearningLayer, store: ErrorStore) -> RowUpdate:
        """Add the update of a layer, on its weight memory, with the errors that are kept."""
        m.submodules[f"update{layer.index}"] = update = RowUpdate(layer, self._below(layer))
        connect(m, update.weights, flipped(self.weights[layer.index].weight))
        work = self.works[layer.index]
        m.d.comb += [
            update.boost.eq(self.boost),
            update.draw.eq(lfsr_draw(self.lfsr)),
            update.n_entries.eq(store.n_entries),
            store.address.eq(update.entry_address),
            update.entry.eq(store.entry),
            work.changes.eq(update.changes),
            work.carries.eq(update.carries),
            work.errors.eq(Cat(error.active for error in store.entry.errors)),
        ]
        self._drawing.append(update)
        return update

    def _learn_bias(self, m: Module, layer: LearningLayer, store: ErrorStore, turn: Any, start: Value) -> None:
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
            update.draw.eq(lfsr_draw(self.lfsr)),
        ]
        with m.If(turn.running[-1]):
            m.d.comb += [store.address.eq(update.entry_address), work.changes.eq(update.changes)]
        self._drawing.append(update)

    def _step_lfsr(self, m: Module) -> None:
        """Let every draw step the LFSR."""
        with m.If(Cat(update.drawn for update in self._drawing).any()):
            m.d.sync += self.lfsr.eq(lfsr_draw(self.lfsr))
        with m.If(self.lfsr_load):
            m.d.sync += self.lfsr.eq(self.lfsr_state)

    def _rows(
        self, m: Module, layer: LearningLayer, update: RowUpdate, store: ErrorStore
    ) -> tuple[Any, Value, Above]:  # fmt: skip
        """Add the rows of a layer from its inputs; return them, when they are done, and what the layer below gets."""
        below, name = self._below(layer), f"rows{layer.index}"
        if takes_map(layer):
            rows = PlaceRows(layer, below, carries=carried_to(layer, below) is not None)
            m.submodules[name] = rows
            m.d.comb += rows.n_entries.eq(store.n_entries)
            connect(m, rows.traces, flipped(self.traces[layer.index]))
            return rows, *self._map_gradients(m, layer, update, store.n_entries == 0, rows.done)
        if below is None:
            m.submodules[name] = rows = InputRows(layer)
            connect(m, flipped(self.inputs), rows.i)
            m.d.comb += [rows.n_entries.eq(store.n_entries), rows.empty.eq(self.inputs_empty), self.walk.eq(rows.walk)]
            return rows, rows.done, Above()
        rows = ROUTES[self._config.learning.route](layer, below, self._config)
        m.submodules[name] = rows
        rows.connect_error(m, update, self._evaluation)
        return rows, rows.done, Above(errors=rows.gradients, reader=rows.history)

    def _map_gradients(
        self, m: Module, layer: LearningLayer, update: Any, nothing: Value, updated: Value
    ) -> tuple[Value, Above]:
        """Add the gradients of the map below, which follow when the weights are `updated`; return when they are there.

        With `nothing` the layer has no error.
        """
        below = self._below(layer)
        if below is None:
            return updated, Above()
        gradients = MapGradients(layer, below, self._config)
        m.submodules[f"gradients{below.index}"] = gradients
        m.d.comb += [gradients.start.eq(updated), gradients.nothing.eq(nothing)]
        if gradients.carries:
            connect(m, update.carried, gradients.carried)
        else:
            m.d.comb += gradients.errors.eq(self._evaluation.classes)
        return gradients.done, Above(errors=gradients.gradients, reader=gradients.history)

    def _own_rows(self, m: Module, layer: LearningLayer, store: ErrorStore) -> OwnRows:
        """Add the rows of a recurrent layer from its own neurons."""
        own = OwnRows(layer, self._below(layer), self._config.resolved[layer.index + 1])
        m.submodules[f"own{layer.index}"] = own
        m.d.comb += own.n_entries.eq(store.n_entries)
        return own
