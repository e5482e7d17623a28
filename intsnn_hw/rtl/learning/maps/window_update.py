"""The update of a convolution: its gradient and the error it carries down, then its weights and its bias."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, RowGroup

from ...arith import index_shape
from ...layouts import trace_layout
from ...ports import read_port, update_port
from ..ports import carried_port
from ..routes import carried_to
from .bias_walk import BiasWalk
from .error_map import errors_layout
from .gradient_walk import GradientWalk, meeting_fields
from .place_scan import PlaceScan
from .place_windows import PlaceWindows
from .shared_update import SharedUpdate
from .window_gradient import WindowGradient


class WindowUpdate(wiring.Component):
    """Walks over the places of the map that the windows see, then over the rows of weights.

    Places with a trace are visited, on the feedback route all above the first layer: ``n_words`` cycles for each window
    that sees a place, at least one; any other place takes one. The rows take ``n_rows * n_words`` cycles, twice as many
    where the weight memory has a single port, a learned bias ``n_sum_words + n_words``.

    Parameters
    ----------
    layer : LearningLayer
        A convolution.
    below : LearningLayer or None
        The map below it; None for the first layer.

    Members
    -------
    start : In, done : Out             of the weights; `done` with `start` where there is nothing to update
    start_bias : In, done_bias : Out   of the bias, if it learns
    any : In                           there is an error
    address : Out, errors : In         a word of errors, see :class:`ErrorMap`
    traces : Out                       see :class:`PlaceTraces`
    weights : Out                      see :func:`update_port`
    boost : In                         added to the rate shift, ``0..max_boost``
    draw : In, drawn : Out             LFSR draw for a row, taken in this cycle
    carried : Out                      of each place, where the layer carries an error: :func:`carried_port`
    errors_at_hand : Out               lanes with an error in the word that is weighed, or with a gradient that changes
    changes, carries : Out             weights are changed, weighed with an error
    summing, meeting : Out             a word of the gradient is written; a trace meets a word of errors
    clearing : Out                     of :class:`GradientSums`; nothing may start
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None):
        self._layer, self._below = layer, below
        self._target = carried_to(layer, below)
        bias = {"start_bias": In(1), "done_bias": Out(1)} if layer.bias.trace_width else {}
        carried = {} if self._target is None else {"carried": Out(carried_port(layer, self._target))}
        super().__init__(
            {
                "start": In(1),
                "done": Out(1),
                "any": In(1),
                "address": Out(index_shape(layer.n_sum_words)),
                "errors": In(errors_layout(layer)),
                "traces": Out(read_port(trace_layout(layer), layer.kind.n_fed)),
                "weights": Out(update_port(layer)),
                "boost": In(index_shape(layer.learning.max_boost + 1)),
                "draw": In(layer.learning.lfsr_width),
                "drawn": Out(1),
                "errors_at_hand": Out(layer.lanes),
                "changes": Out(1),
                "carries": Out(1),
                "summing": Out(1),
                "meeting": Out(1),
                "clearing": Out(1),
            }
            | bias
            | carried
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        m.submodules.gradient = gradient = WindowGradient(layer, self._below)
        m.submodules.windows = windows = GradientWalk(layer)
        self._find_windows(m, windows)
        weights, *further = layer.row_groups
        update = self._update(m, weights, 0, gradient)
        self._share_weights(m, gradient, update)
        m.d.comb += [
            update.start.eq(self._is_over(m, windows.at, gradient)),
            self.done.eq((self.start & ~self.any) | update.done),
            self.address.eq(gradient.address),
            gradient.errors.eq(self.errors),
        ]
        if self._target is not None:
            connect(m, gradient.carried, flipped(self.carried))
        walks, updates = [windows], [update]
        for bias in further:
            walk, update = self._learn_bias(m, bias, gradient)
            walks.append(walk)
            updates.append(update)
        self._meet(m, gradient, walks)
        self._observe(m, gradient, updates)
        with m.If(Cat(update.sums.enable for update in updates).any()):
            m.d.comb += gradient.take.enable.eq(1)
        for update in updates:
            with m.If(update.sums.enable):
                m.d.comb += gradient.take.address.eq(update.sums.address)
        m.d.comb += self.drawn.eq(Cat(update.drawn for update in updates).any())
        return m

    def _find_windows(self, m: Module, windows: GradientWalk) -> None:
        """Lead the places that are visited to the walk over their windows."""
        m.submodules.scan = scan = PlaceScan(self._layer, every_place=self._target is not None)
        m.submodules.places = places = PlaceWindows(self._layer)
        connect(m, scan.read, flipped(self.traces))
        connect(m, scan.o, places.i)
        connect(m, places.o, windows.i)
        m.d.comb += scan.start.eq(self.start & self.any)

    def _update(self, m: Module, group: RowGroup, first_word: int, gradient: WindowGradient) -> SharedUpdate:
        """Add the update of a group of rows."""
        update = SharedUpdate(self._layer, group, first_word)
        m.submodules[f"update_{group.name}"] = update
        m.d.comb += [update.boost.eq(self.boost), update.draw.eq(self.draw), update.sums.data.eq(gradient.take.data)]
        return update

    def _share_weights(self, m: Module, gradient: WindowGradient, update: SharedUpdate) -> None:
        """Let the errors be weighed with the weights first, and these be updated then."""
        memory = self.weights.weight
        m.d.comb += [
            memory.read.enable.eq(update.memory.read.enable | gradient.weights.enable),
            memory.read.address.eq(Mux(gradient.weights.enable, gradient.weights.address, update.memory.read.address)),
            update.memory.read.data.eq(memory.read.data),
            gradient.weights.data.eq(memory.read.data),
            memory.write.enable.eq(update.memory.write.enable),
            memory.write.address.eq(update.memory.write.address),
            memory.write.data.eq(update.memory.write.data),
        ]

    def _learn_bias(self, m: Module, group: RowGroup, gradient: WindowGradient) -> tuple[BiasWalk, SharedUpdate]:
        """Add walk and update of the bias."""
        layer, memory = self._layer, self.weights.bias
        m.submodules.bias = walk = BiasWalk(layer)
        update = self._update(m, group, layer.n_rows * layer.n_words, gradient)
        m.d.comb += [
            walk.start.eq(self.start_bias & self.any),
            walk.trace.eq(memory.trace),
            update.start.eq(self._is_over(m, walk.at, gradient)),
            update.memory.read.data.eq(memory.read.data),
            memory.read.enable.eq(update.memory.read.enable),
            memory.read.address.eq(update.memory.read.address),
            memory.write.enable.eq(update.memory.write.enable),
            memory.write.address.eq(update.memory.write.address),
            memory.write.data.eq(update.memory.write.data),
            self.done_bias.eq((self.start_bias & ~self.any) | update.done),
        ]
        return walk, update

    def _is_over(self, m: Module, at: Any, gradient: WindowGradient) -> Value:
        """Return whether the last meeting of a walk has left the pipe, for a cycle."""
        leaving, over = Signal(), Signal()
        with m.If(at.valid & at.ends):
            m.d.sync += leaving.eq(1)
        m.d.comb += over.eq(leaving & ~gradient.busy)
        with m.If(over):
            m.d.sync += leaving.eq(0)
        return over

    def _meet(self, m: Module, gradient: WindowGradient, walks: list[Any]) -> None:
        """Lead the walk that is going on to the errors."""
        for walk in walks:
            with m.If(walk.at.valid):
                m.d.comb += [
                    getattr(gradient.at, name).eq(getattr(walk.at, name)) for name in meeting_fields(self._layer)
                ]

    def _observe(self, m: Module, gradient: WindowGradient, updates: list[SharedUpdate]) -> None:
        """Show what is done in a cycle."""
        found = Cat(error.active for error in self.errors)
        m.d.comb += [
            self.carries.eq(gradient.weighing),
            self.changes.eq(Cat(update.changing for update in updates).any()),
            self.errors_at_hand.eq(Mux(self.carries, found, 0)),
            self.summing.eq(gradient.summing),
            self.meeting.eq(gradient.at.valid),
            self.clearing.eq(gradient.clearing),
        ]
        for update in updates:
            with m.If(update.changing.any()):
                m.d.comb += self.errors_at_hand.eq(update.changing)
