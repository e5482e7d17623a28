"""The gradients of a map's neurons, from the errors that the layer above carries down to its places after pooling."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, LearningNetworkConfig

from ...arith import index_shape, multiply_constant, split
from ...layouts import error_layout, place_layout
from ...memory import Store
from ...ports import history_port
from ..direct import DirectError, direct_width
from ..gradient import gradient_of
from ..ports import carried_port, error_port
from ..routes import carried_to


class MapGradients(wiring.Component):
    """Goes over all neurons of a map, in the order of memory, and makes the gradient of each.

    On the feedback route the error of a neuron is that of its square, which has been `carried` down before; a neuron in
    no square has none. On the direct route each has its own. Throughput 1 neuron per cycle, on the direct route that of
    :class:`DirectError`.

    Parameters
    ----------
    layer, below : LearningLayer
        The layer above the map, and the map.
    config : LearningNetworkConfig

    Members
    -------
    start : In          begin with the first neuron
    nothing : In        the layer above has no error, so that it has carried none
    carried : In        errors of the places after pooling, see :func:`carried_port`, on the feedback route
    errors : In         error of each class, on the direct route
    history : Out       of the map, see :func:`history_port`
    gradients : Out     see :func:`error_port`
    done : Out          for a cycle: the last gradient is there
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer, config: LearningNetworkConfig):
        self._layer, self._below, self._config = layer, below, config
        self.carries = carried_to(layer, below) is not None
        classes = data.ArrayLayout(error_layout(config.resolved[-1]), config.n_classes)
        super().__init__(
            {
                "start": In(1),
                "nothing": In(1),
                "history": Out(history_port(below, layer)),
                "gradients": Out(error_port(below)),
                "done": Out(1),
            }
            | ({"carried": In(carried_port(layer, below))} if self.carries else {"errors": In(classes)})
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below, running, issue = self._below, Signal(), Signal()
        width = self._layer.carried_width if self.carries else direct_width(self._config)
        m.submodules.gradient = gradient = gradient_of(below, width)
        connect(m, gradient.o, flipped(self.gradients))
        lane, is_last, place = self._walk(m, running, issue)
        valid = Signal()
        if self.carries:
            m.d.comb += issue.eq(running)
            error = self._carried_error(m, issue)
        else:
            error = self._direct_error(m, running, issue)
        history, neuron = self.history.data[lane], gradient.i.neuron
        m.d.sync += [valid.eq(issue), gradient.i.last.eq(is_last), neuron.place.eq(place)]
        m.d.comb += [
            self.history.enable.eq(issue),
            gradient.i.valid.eq(valid),
            gradient.i.error.eq(error),
            neuron.surrogate.eq(history.surrogate),
            self.done.eq(gradient.done),
        ]
        if below.budget_push:
            m.d.comb += neuron.over.eq(history.fired == (below.learning.budget or 0) + 1)
        return m

    def _walk(self, m: Module, running: Signal, issue: Signal) -> tuple[Signal, Signal, Any]:
        """Go over the neurons; return the lane of the one that was issued, and of the one that is, last and place."""
        below = self._below
        lane, there = Signal(index_shape(below.fire_lanes)), Signal(index_shape(below.fire_lanes))
        self._channel, self._position = Signal(index_shape(below.config.size)), Signal(index_shape(below.n_positions))
        place, ends_position, is_last = Signal(place_layout(below)), Signal(), Signal()
        m.d.comb += [
            ends_position.eq(self._channel == below.config.size - 1),
            is_last.eq(ends_position & (self._position == below.n_positions - 1)),
        ]
        with m.If(issue):
            m.d.sync += [
                there.eq(lane),
                lane.eq(lane + 1),
                self._channel.eq(self._channel + 1),
                place.lane.eq(place.lane + 1),
                running.eq(~is_last),
            ]
            with m.If(ends_position | (lane == below.fire_lanes - 1)):
                m.d.sync += [lane.eq(0), self.history.address.eq(self.history.address + 1)]
            with m.If(ends_position | (place.lane == below.lanes - 1)):
                m.d.sync += [place.lane.eq(0), place.word.eq(place.word + 1)]
            with m.If(ends_position):
                m.d.sync += [self._channel.eq(0), self._position.eq(self._position + 1)]
        with m.If(self.start):
            m.d.sync += running.eq(1)
            m.d.sync += [signal.eq(0) for signal in (lane, self._channel, self._position, place)]
            m.d.sync += self.history.address.eq(0)
        return there, is_last, place

    def _carried_error(self, m: Module, issue: Signal) -> Value:
        """Keep the carried errors, and return that of the neuron's square, a cycle after it was issued."""
        layer, pool, carried = self._layer, self._layer.kind.pool, self.carried
        below_shape, pooled_shape = self._below.kind.output_shape, layer.kind.pooled_shape
        assert below_shape is not None and pooled_shape is not None
        (_, height, width), (_, pooled_height, pooled_width) = below_shape, pooled_shape
        # No read meets a write: the neurons are gone over when all errors are there.
        layout = data.StructLayout({"error": signed(layer.carried_width)})
        m.submodules.carried_errors = store = Store(layout, layer.kind.n_fed)
        row, column = split(self._position, width, height * width)
        square_row, _ = split(row, pool, height)
        square_column, _ = split(column, pool, width)
        inside, address = Signal(), Signal(index_shape(layer.kind.n_fed))
        square, channel = Signal(index_shape(pooled_height * pooled_width)), Signal.like(address)
        m.d.comb += [
            square.eq(multiply_constant(square_row, pooled_width) + square_column),
            channel.eq(multiply_constant(self._channel, pooled_height * pooled_width)),
            address.eq(channel + square),
            store.write.enable.eq(carried.valid),
            store.write.address.eq(carried.neuron.input),
            store.write.data.error.eq(carried.error),
            store.reads[0].enable.eq(issue),
            store.reads[0].address.eq(address),
        ]
        m.d.sync += inside.eq((square_row < pooled_height) & (square_column < pooled_width) & ~self.nothing)
        return Mux(inside, store.reads[0].data.error, 0)

    def _direct_error(self, m: Module, running: Signal, issue: Signal) -> Value:
        """Return the error that comes straight from the output, a cycle after its neuron was issued."""
        m.submodules.direct = direct = DirectError(self._below, self._config)
        error = Signal.like(direct.o.payload)
        m.d.comb += [
            direct.start.eq(self.start),
            direct.errors.eq(self.errors),
            issue.eq(running & direct.o.valid),
            direct.o.ready.eq(running),
        ]
        with m.If(issue):
            m.d.sync += error.eq(direct.o.payload)
        return error
