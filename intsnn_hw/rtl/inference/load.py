"""The weight load: one weight a beat for the whole network, gathered into the words of each layer's memory."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import NetworkConfig, Parameter, ResolvedLayer

from ..arith import index_shape
from ..layouts import parameter_depth, weight_layout
from ..pipeline import shift, stage
from ..ports import load_port


class WeightLoad(wiring.Component):
    """Writes a stream of weights into the memories: by layer, parameter, row, neuron.

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
    layer<l> : Out        memories of layer l, see :func:`load_port`; `layers` lists them
    """

    def __init__(self, config: NetworkConfig, *, preloaded: bool = False):
        self._preloaded = preloaded
        self._layers = config.resolved
        members = {"i": In(stream.Signature(weight_layout(config))), "loading": Out(1)}
        super().__init__(members | {f"layer{layer.index}": Out(load_port(layer)) for layer in self._layers})

    @property
    def layers(self) -> list:
        """The write ports to the memories of each layer."""
        return [getattr(self, f"layer{layer.index}") for layer in self._layers]

    @property
    def _targets(self) -> list[tuple[ResolvedLayer, Parameter, Any]]:
        """Every memory that is loaded, in order: layer, parameter, write port."""
        return [
            (layer, parameter, getattr(port, parameter.name))
            for layer, port in zip(self._layers, self.layers, strict=True)
            for parameter in layer.parameters
        ]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layers, targets = self._layers, self._targets
        fields = {
            "target": index_shape(len(targets)),
            "lane": index_shape(max(layer.lanes for layer in layers)),
            "neuron": index_shape(max(parameter.n_outputs for _, parameter, _ in targets)),
            "address": index_shape(max(parameter_depth(layer, parameter) for layer, parameter, _ in targets)),
        }
        # Where the next weight belongs, where this one does, and where a whole word that was gathered does.
        next_, at = stage("next", fields), stage("at", fields)
        wrote = stage("wrote", {"valid": 1, "target": fields["target"], "address": fields["address"]})
        open_, take, restart = Signal(init=not self._preloaded), Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(1),
            restart.eq(self.i.valid & self.i.payload.first),
            take.eq(self.i.valid & (open_ | self.i.payload.first)),
            self.loading.eq(open_ | wrote.valid),
        ]
        with m.If(~restart):
            m.d.comb += shift(next_, at)
        m.d.sync += wrote.valid.eq(0)
        with m.If(restart):
            m.d.sync += open_.eq(1)
        with m.If(take), m.Switch(at.target):
            for index in range(len(targets)):
                with m.Case(index):
                    self._gather(m, index, at, next_, wrote)
                    with m.If(self._ends(index, at)):
                        is_last = index == len(targets) - 1
                        m.d.sync += [next_.address.eq(0), next_.target.eq(0 if is_last else index + 1)]
                        if is_last:
                            m.d.sync += open_.eq(0)
        for index, (_, _, port) in enumerate(targets):
            m.d.comb += [port.enable.eq(wrote.valid & (wrote.target == index)), port.address.eq(wrote.address)]
        return m

    def _gather(self, m: Module, index: int, at: Any, next_: Any, wrote: Any) -> None:
        """Put a weight into its word and go on to the next of the memory."""
        layer, parameter, port = self._targets[index]
        row_ends, word_ends = Signal(), Signal()
        m.d.comb += [
            row_ends.eq(at.neuron == parameter.n_outputs - 1),
            word_ends.eq(row_ends | (at.lane == layer.lanes - 1)),
        ]
        m.d.sync += [
            port.data[at.lane].eq(self.i.payload.weight),
            next_.target.eq(at.target),
            next_.lane.eq(at.lane + 1),
            next_.neuron.eq(at.neuron + 1),
            next_.address.eq(at.address),
        ]
        with m.If(row_ends):
            m.d.sync += next_.neuron.eq(0)
        with m.If(word_ends):
            m.d.sync += [next_.lane.eq(0), next_.address.eq(at.address + 1)]
            m.d.sync += [wrote.valid.eq(1), wrote.target.eq(index), wrote.address.eq(at.address)]

    def _ends(self, index: int, at: Any) -> Value:
        """Return whether a weight is the last of its memory."""
        layer, parameter, _ = self._targets[index]
        return (at.neuron == parameter.n_outputs - 1) & (at.address == parameter_depth(layer, parameter) - 1)
