"""The bias of a layer: a word for each neuron, added to the sums of a time step on their way to the neurons."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, ResolvedLayer
from golden.fixed import IntArray

from ..layouts import parameter_depth, parameter_word_layout, sweep_layout
from ..learning.expressions import inference_value, leak_trace
from ..memory import Store
from ..ports import parameter_port, sums_port, write_port
from .synapse import pack_words


class Bias(wiring.Component):
    """Stands between the synapse array and the fire sweep of a layer, to which every step has a sum.

    Combinational from `i` to `sweep` and from `sums` to `accumulators`; no cycle is added. A step without an event has
    sums of 0, which are not read. Where the bias learns, the trace of an input that is 1 in every step is kept as well.

    Parameters
    ----------
    layer : ResolvedLayer
        With a bias.
    bias : (n_out,) integers, optional
        Initial content of the memory; shadow values where the network learns.

    Members
    -------
    i : In(stream)        finished steps, from the synapse array
    sweep : Out(stream)   the same, none of them empty
    sums : In             of the fire sweep, see :func:`sums_port`
    accumulators : Out    of the synapse array, see :func:`sums_port`
    load : In             write port of the memory; no step may be running when it is used
    update : In           memory access of the update, while no step is running, and the trace; where the network learns
    """

    def __init__(self, layer: ResolvedLayer, bias: IntArray | None = None):
        self._layer = layer
        self._init = None if bias is None else pack_words(layer, layer.bias, bias)
        self._memory = parameter_word_layout(layer, layer.bias), parameter_depth(layer, layer.bias)
        finished = stream.Signature(sweep_layout())
        members = {
            "i": In(finished),
            "sweep": Out(finished),
            "sums": In(sums_port(layer)),
            "accumulators": Out(sums_port(layer)),
            "load": In(write_port(*self._memory)),
        }
        if isinstance(layer, LearningLayer):
            members["update"] = In(parameter_port(layer, layer.bias))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, sums, accumulators = self._layer, self.sums, self.accumulators
        # No read meets a write: nothing is loaded while a step is running, and the update reads other words than it
        # writes, while no step is running either.
        m.submodules.biases = biases = Store(*self._memory, written_first=True, init=self._init)
        taken, empty = Signal(), Signal()
        connect(m, flipped(self.i), flipped(self.sweep))
        m.d.comb += [
            self.sweep.payload.empty.eq(0),
            taken.eq(self.i.valid & self.i.ready),
            accumulators.enable.eq(sums.enable & ~empty),
            accumulators.bank.eq(sums.bank),
            accumulators.word.eq(sums.word),
            accumulators.release.eq(Mux(empty, 0, sums.release)),
            biases.reads[0].enable.eq(sums.enable),
            biases.reads[0].address.eq(sums.word),
            biases.write.enable.eq(self.load.enable),
            biases.write.address.eq(self.load.address),
            biases.write.data.eq(self.load.data),
        ]
        with m.If(taken):
            m.d.sync += empty.eq(self.i.payload.empty)
        without_sums = self._pass_place(m, empty) if layer.kind.output_shape is not None else empty
        for lane, stored in enumerate(biases.reads[0].data):
            value = inference_value(m, stored, layer.bias, f"bias{lane}")
            m.d.comb += sums.data[lane].eq(Mux(without_sums, 0, accumulators.data[lane]) + value)
        if isinstance(layer, LearningLayer):
            self._share(m, biases)
            if layer.bias.trace_width:
                self._trace(m, layer, taken)
        return m

    def _pass_place(self, m: Module, empty: Signal) -> Value:
        """Pass on what sums of a map have besides; return whether those that were read count as 0."""
        m.d.comb += [
            self.accumulators.position.eq(self.sums.position),
            self.accumulators.clear.eq(self.sums.clear),
            self.sums.touched.eq(1),
        ]
        return empty | ~self.accumulators.touched

    def _share(self, m: Module, biases: Store) -> None:
        """Let the update read and write."""
        update = self.update
        m.d.comb += update.read.data.eq(biases.reads[0].data)
        with m.If(update.read.enable):
            m.d.comb += [biases.reads[0].enable.eq(1), biases.reads[0].address.eq(update.read.address)]
        with m.If(update.write.enable):
            m.d.comb += [
                biases.write.enable.eq(1),
                biases.write.address.eq(update.write.address),
                biases.write.data.eq(update.write.data),
            ]

    def _trace(self, m: Module, layer: LearningLayer, taken: Signal) -> None:
        """Advance the trace with each step; the first one of a sample begins it anew."""
        step, trace, fresh = self.i.payload, self.update.trace, Signal(init=1)
        with m.If(taken):
            m.d.sync += fresh.eq(step.end_of_sample | step.discard)
            kept = leak_trace(trace, layer.trace_shift)
            m.d.sync += trace.eq(Mux(fresh, 0, kept) + (1 << layer.learning.trace_gain))
