"""The synapse array of a layer: weight memory, spike-times-weight products, and the accumulators of a time step."""

from typing import Any

import numpy as np
from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, Parameter, ResolvedLayer
from golden.fixed import IntArray

from ..arith import multiply
from ..layouts import parameter_depth, parameter_word_layout, row_event_layout, sweep_layout
from ..learning.expressions import inference_value
from ..memory import Store
from ..pipeline import shift, stage
from ..ports import parameter_port, sums_port, write_port
from .accumulators import Accumulators
from .event_walk import MAX_WAITING_SWEEPS, EventWalk, word_fields


class SynapseArray(wiring.Component):
    """Adds the weight row of each event into the accumulators of the present step, `lanes` weights per cycle.

    Throughput: an event takes ``n_words`` cycles and the next follows without a bubble; a marker that stands alone
    takes one cycle. Latency: 4 cycles from the last word of a step to its descriptor on `sweep`. There are `banks`
    sets of accumulators: with two, the next step is added while the last one fires. The first event of a step
    overwrites its bank, so that banks are never cleared. `i` stalls while an event is in work, while `loading`, while
    the bank it needs is still being read, and while two finished steps wait.

    Parameters
    ----------
    layer : ResolvedLayer
    weight : (n_out, n_rows) integers, optional
        Initial content of the weight memory.

    Members
    -------
    i : In(stream)          events
    sweep : Out(stream)     finished steps, in order
    sums : In               accumulators to read for firing, see :func:`sums_port`
    load : In               write port of the weight memory, used while `loading` only
    loading : In            holds events back
    update : In             weight memory access of the update, where the network learns
    adding : Out            a weight word is being added in this cycle
    active : Out            an event or marker is waiting or in work
    """

    def __init__(self, layer: ResolvedLayer, weight: IntArray | None = None):
        self._layer = layer
        self._init = None if weight is None else pack_words(layer, layer.weights, weight)
        self._memory = parameter_word_layout(layer, layer.weights), parameter_depth(layer, layer.weights)
        learns = isinstance(layer, LearningLayer)
        members = {"update": In(parameter_port(layer, layer.weights))} if learns else {}
        super().__init__(
            members
            | self._further_members()
            | {
                "i": In(stream.Signature(self._event_layout())),
                "sweep": Out(stream.Signature(sweep_layout())),
                "sums": In(sums_port(layer)),
                "load": In(write_port(*self._memory)),
                "loading": In(1),
                "adding": Out(1),
                "active": Out(1),
            }
        )

    def _event_layout(self) -> data.StructLayout:
        """Return the layout of the events that are walked over."""
        return row_event_layout(self._layer)

    def _further_members(self) -> dict[str, Any]:
        """Return the members that the array of a kind of layer has beyond those of all."""
        return {}

    def _walk(self) -> EventWalk:
        """Return the walk of an event."""
        return EventWalk(self._layer)

    def _accumulators(self) -> Any:
        """Return the accumulators."""
        return Accumulators(self._layer)

    def _held_back(self, m: Module, accumulators: Any) -> Value:
        """Return whether events have to wait."""
        return self.loading

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        m.submodules.walk = walk = self._walk()
        m.submodules.weights = weights = self._weights()
        m.submodules.accumulators = accumulators = self._accumulators()
        m.submodules.waiting = waiting = fifo.SyncFIFO(width=sweep_layout().size, depth=MAX_WAITING_SWEEPS)
        connect(m, flipped(self.i), walk.i)
        self._connect_weights(m, weights, walk.address)

        # Fetch: the weight word is being read. Weigh: the weights are there, in registers of their own: block RAM is
        # slow to give them, and a shadow weight is rounded on the way; the accumulators are being read. Add: products
        # and accumulators are there; add and write back.
        fields = word_fields(layer)
        fetch, weigh = stage("fetch", fields), stage("weigh", fields)
        add = stage("add", {name: shape for name, shape in fields.items() if name != "spike"})
        m.d.sync += [*shift(walk.at, fetch), *shift(fetch, weigh), *shift(weigh, add)]
        for lane, stored in enumerate(weights.reads[0].data):
            m.d.sync += accumulators.add.products[lane].eq(self._product(m, lane, stored, weigh.spike))
        connect(m, flipped(self.sums), accumulators.sums)
        m.d.comb += [
            accumulators.fetch.enable.eq(weigh.add),
            *shift(weigh, accumulators.fetch),
            accumulators.add.enable.eq(add.add),
            *shift(add, accumulators.add),
            waiting.w_data.eq(add.sweep),
            waiting.w_en.eq(add.close),
            waiting.r_en.eq(self.sweep.ready),
            self.sweep.payload.eq(waiting.r_data),
            self.sweep.valid.eq(waiting.r_rdy),
            walk.loading.eq(self._held_back(m, accumulators)),
            walk.release.eq(self.sums.release),
            walk.popped.eq(self.sweep.valid & self.sweep.ready),
            self.adding.eq(add.add),
            self.active.eq(self.i.valid | walk.held | fetch.add | weigh.add | add.add),
        ]
        return m

    def _weights(self) -> Store:
        """Return the weight memory.

        No read meets a write: events wait while `loading` and while the layer is updated, which itself reads a word
        three cycles before it writes it; nothing is written otherwise. A single port is read in other cycles than it is
        written in; without initial content, events also wait for a load, which writes every word.
        """
        layer = self._layer
        return Store(
            *self._memory,
            single_port=layer.weight_memory == "single_port",
            written_first=True,
            init=self._init,
        )

    def _product(self, m: Module, lane: int, stored: Value, spike: Value) -> Value:
        """Return the product of a lane's weight, two cycles after its word is read, with the spike then at hand."""
        layer = self._layer
        weight = Signal(signed(layer.weight_width), name=f"weight{lane}_read")
        m.d.sync += weight.eq(inference_value(m, stored, layer.weights, f"weight{lane}"))
        return multiply(weight, spike, shift_add=layer.multiplier == "shift_add")

    def _connect_weights(self, m: Module, weights: Store, address: Value) -> None:
        """Read for events, unless the update reads; write for a load or for the update."""
        load = self.load
        if not isinstance(self._layer, LearningLayer):
            m.d.comb += [
                weights.reads[0].enable.eq(1),
                weights.reads[0].address.eq(address),
                weights.write.enable.eq(load.enable),
                weights.write.address.eq(load.address),
                weights.write.data.eq(load.data),
            ]
            return
        update = self.update
        m.d.comb += [
            weights.reads[0].enable.eq(1),
            weights.reads[0].address.eq(Mux(update.read.enable, update.read.address, address)),
            update.read.data.eq(weights.reads[0].data),
            weights.write.enable.eq(load.enable | update.write.enable),
            weights.write.address.eq(Mux(update.write.enable, update.write.address, load.address)),
            weights.write.data.eq(Mux(update.write.enable, update.write.data.as_value(), load.data.as_value())),
        ]


def pack_words(layer: ResolvedLayer, parameter: Parameter, values: IntArray) -> list[list[int]]:
    """Return the content of the memory of a parameter for values of its shape, rows padded with 0."""
    rows = parameter.to_load(values).reshape(parameter.n_rows, parameter.n_outputs)
    padded = np.pad(rows, ((0, 0), (0, layer.n_words * layer.lanes - parameter.n_outputs)))
    return padded.reshape(-1, layer.lanes).tolist()
