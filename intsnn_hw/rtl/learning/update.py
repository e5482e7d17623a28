"""The weight update of a layer: rows of shadow weights are read once, changed, and written back."""

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, Parameter

from ..arith import index_shape
from ..layouts import row_layout
from ..pipeline import shift, stage
from ..ports import parameter_port
from .carry import CarriedSum
from .error_store import entry_layout
from .lane import UpdateLane
from .ports import carried_port
from .routes import carried_to
from .walk import RowWalk, tags


class RowUpdate(wiring.Component):
    """Updates the rows of a layer and, on the way, sums the error that they carry to the layer below.

    ``W <- saturate(W + round((-g * x) >> rate))`` with ``rate`` the rows' rate shift plus `boost`; the sum is
    ``d_j = sum_k g_k w_kj`` of the weights before the update. Words without any error are passed over, rows with
    neither trace nor surrogate take one cycle (:class:`RowWalk`). The rate is applied to the row's trace before, with
    the fraction bits kept, so that all lanes (:class:`UpdateLane`) share that.

    Throughput 1 word per cycle, or one in two cycles where the weight memory has a single port. Latency: a word is
    written 3 cycles after it was read; `carried` follows the last word of a row by 5 cycles.

    Parameters
    ----------
    layer : LearningLayer
    below : LearningLayer or None
        The layer whose neurons are the rows, and carry an error; None for rows that carry none, as of the first layer.
    parameter : Parameter, optional
        What the rows are of; the weights where left out.

    Members
    -------
    rows : In(stream)     rows to update
    boost : In            added to the rate shift, ``0..max_boost``
    n_entries, entry, entry_address : the error store's words that hold an error
    draw : In, drawn : Out   LFSR draw for a row with a trace, taken in this cycle
    weights : Out         see :func:`parameter_port`
    changes : Out         the word being read will be changed
    carries : Out         its row is not one of the layer's own neurons
    carried : Out         of each row, where the layer carries an error (:func:`carried_to`): :func:`carried_port`
    busy : Out            a row is in work
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None, parameter: Parameter | None = None):
        self._layer, self._below, self._parameter = layer, below, parameter or layer.weights
        members = {
            "rows": In(stream.Signature(row_layout(layer, below))),
            "boost": In(index_shape(layer.learning.max_boost + 1)),
            "n_entries": In(index_shape(layer.n_words + 1)),
            "entry_address": Out(index_shape(layer.n_words)),
            "entry": In(entry_layout(layer)),
            "draw": In(layer.learning.lfsr_width),
            "drawn": Out(1),
            "weights": Out(parameter_port(layer, self._parameter)),
            "changes": Out(1),
            "carries": Out(1),
            "busy": Out(1),
        }
        self._target = carried_to(layer, below)
        if self._target is not None:
            members["carried"] = Out(carried_port(layer, self._target))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walk = walk = RowWalk(self._layer, self._below)
        connect(m, flipped(self.rows), walk.rows)
        # Fetch: the word of errors is there, the weights are being read. Weigh: the weights are there; shift, round,
        # and weigh them with the errors. Change: add and saturate. Store: write back.
        through = tags(self._layer, self._below) | {"address": self.weights.read.address.shape()}
        fetch, weigh = stage("fetch", walk.fields), stage("weigh", through | walk.factors)
        change, store = stage("change", through), stage("store", through)
        m.d.sync += [
            *shift(walk.word, fetch),
            *shift(fetch, weigh),
            weigh.address.eq(self.weights.read.address),
            *shift(weigh, change),
            *shift(change, store),
        ]
        lanes = [self._lane(index) for index in range(self._layer.lanes)]
        for index, lane in enumerate(lanes):
            m.submodules[f"lane{index}"] = lane
            m.d.comb += [lane.error.eq(self.entry.errors[index]), lane.shadow.eq(self.weights.read.data[index])]
            m.d.comb += [getattr(lane, name).eq(getattr(weigh, name)) for name in walk.factors]
        if self._target is not None:
            m.submodules.carry = carry = CarriedSum(self._layer, self._target)
            m.d.comb += [carry.parts.eq(Cat(lane.part for lane in lanes)), *shift(store, carry.word)]
            connect(m, carry.o, flipped(self.carried))
        m.d.comb += [
            walk.boost.eq(self.boost),
            walk.n_entries.eq(self.n_entries),
            self.entry_address.eq(walk.entry_address),
            walk.draw.eq(self.draw),
            self.drawn.eq(walk.drawn),
            self.weights.read.enable.eq(fetch.reads),
            self.weights.read.address.eq(fetch.base + self.entry.word),
            self.weights.write.enable.eq(store.updates),
            self.weights.write.address.eq(store.address),
            self.weights.write.data.eq(Cat(lane.changed for lane in lanes)),
            self.changes.eq(fetch.updates),
            self.carries.eq(fetch.carries),
            self.busy.eq(walk.held | fetch.valid | weigh.valid | change.valid | store.valid),
        ]
        return m

    def _lane(self, index: int) -> UpdateLane:
        """Return the component that changes the weights of lane `index`."""
        return UpdateLane(self._layer, self._parameter.stored_width, carries=self._target is not None)
