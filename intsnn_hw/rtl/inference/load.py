"""The weight load: one weight a beat for the whole network, gathered into the words of each layer's memory."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import NetworkConfig

from ..arith import index_shape
from ..layouts import weight_layout, weight_word_layout


class WeightLoad(wiring.Component):
    """Writes a stream of weights into the memories, layer by layer, input by input, neuron by neuron.

    Throughput 1 weight per cycle, never stalls. `first` restarts the load at the first weight of the network; after
    the last one the load is over. Weights beyond it, without `first`, are dropped.

    Parameters
    ----------
    config : NetworkConfig
    preloaded : bool
        The memories have initial content; otherwise the core waits for its first load after reset.

    Members
    -------
    i : In(stream)        weights
    loading : Out         a load is in progress or awaited
    write_enable<l>, write_address<l>, write_data<l> : Out   weight memory of layer l
    """

    def __init__(self, config: NetworkConfig, *, preloaded: bool = False):
        self._preloaded = preloaded
        self._layers = config.resolved
        members = {"i": In(stream.Signature(weight_layout(config))), "loading": Out(1)}
        for layer in self._layers:
            members |= {
                f"write_enable{layer.index}": Out(1),
                f"write_address{layer.index}": Out(index_shape(layer.n_rows * layer.n_words)),
                f"write_data{layer.index}": Out(weight_word_layout(layer)),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        open_ = Signal(init=not self._preloaded)  # weights are expected
        writing = Signal()  # a whole word is gathered
        target, wrote = Signal(index_shape(len(self._layers))), Signal(index_shape(len(self._layers)))
        lane = Signal(index_shape(max(layer.lanes for layer in self._layers)))
        neuron = Signal(index_shape(max(layer.n_out for layer in self._layers)))
        address = Signal(index_shape(max(layer.n_rows * layer.n_words for layer in self._layers)))
        wrote_address = Signal.like(address)

        take, restart = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(1),
            restart.eq(self.i.valid & self.i.payload.first),
            take.eq(self.i.valid & (open_ | self.i.payload.first)),
            self.loading.eq(open_ | writing),
        ]
        m.d.sync += writing.eq(0)
        with m.If(restart):
            m.d.sync += open_.eq(1)
        at_lane, at_neuron, at_address, at_target = (Signal.like(s) for s in (lane, neuron, address, target))
        with m.If(~restart):
            m.d.comb += [at_lane.eq(lane), at_neuron.eq(neuron), at_address.eq(address), at_target.eq(target)]
        with m.If(take), m.Switch(at_target):
            for layer in self._layers:
                with m.Case(layer.index):
                    word = getattr(self, f"write_data{layer.index}")
                    row_ends, word_ends = Signal(), Signal()
                    m.d.comb += [
                        row_ends.eq(at_neuron == layer.n_out - 1),
                        word_ends.eq(row_ends | (at_lane == layer.lanes - 1)),
                    ]
                    m.d.sync += [
                        word[at_lane].eq(self.i.payload.weight),
                        target.eq(at_target),
                        lane.eq(at_lane + 1),
                        neuron.eq(at_neuron + 1),
                        address.eq(at_address),
                    ]
                    with m.If(row_ends):
                        m.d.sync += neuron.eq(0)
                    with m.If(word_ends):
                        m.d.sync += [lane.eq(0), address.eq(at_address + 1)]
                        m.d.sync += [writing.eq(1), wrote.eq(layer.index), wrote_address.eq(at_address)]
                    with m.If(row_ends & (at_address == layer.n_rows * layer.n_words - 1)):
                        m.d.sync += address.eq(0)
                        if layer is self._layers[-1]:
                            m.d.sync += [open_.eq(0), target.eq(0)]
                        else:
                            m.d.sync += target.eq(layer.index + 1)
        for layer in self._layers:
            m.d.comb += [
                getattr(self, f"write_enable{layer.index}").eq(writing & (wrote == layer.index)),
                getattr(self, f"write_address{layer.index}").eq(wrote_address),
            ]
        return m
