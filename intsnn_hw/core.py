"""The inference core: a chain of layers, the class readout and the weight load."""

from collections.abc import Sequence

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import NetworkConfig

from .events import class_layout, input_event_layout, output_event_layout, probe_layout, weight_layout
from .layer import Layer
from .load import WeightLoad
from .readout import ArgMax


class Core(wiring.Component):
    """Integer SNN inference; the twin of :func:`golden.network.run`.

    Samples follow each other on `i` without a pause; the marker of a sample's last step carries `end_of_sample`, so
    that the number of steps is the host's choice up to ``n_steps``, for which the widths are made. Each sample gives
    one beat on `o`. Throughput is that of the slowest layer (:class:`Layer`); layers work on different steps and
    samples at a time, and any of them stalls those before it, nothing is dropped.

    Parameters
    ----------
    config : NetworkConfig
    weights : list of (n_out, n_in) integers, optional
        Initial content of the weight memories; otherwise events wait until a first load through `weights`.
    probe : bool
        Add the observation ports; nothing else changes.

    Members
    -------
    i : In(stream)         input events
    weights : In(stream)   weight load, see :class:`WeightLoad`; events wait while it is in progress
    o : Out(stream)        class of each sample
    events : Out(stream)   events of the readout layer, where it fires (spike-count readout)
    probe<l>, adding<l>, active<l> : Out   of layer l, with `probe`
    """

    def __init__(
        self, config: NetworkConfig, weights: Sequence[Sequence[Sequence[int]]] | None = None, *, probe: bool = False
    ):
        self._config, self._weights, self._probe = config, weights, probe
        layers = config.resolved
        members = {
            "i": In(stream.Signature(input_event_layout(layers[0]))),
            "weights": In(stream.Signature(weight_layout(max(layer.weight_width for layer in layers)))),
            "o": Out(stream.Signature(class_layout(config))),
        }
        if layers[-1].fires:
            members["events"] = Out(stream.Signature(output_event_layout(layers[-1])))
        if probe:
            for layer in layers:
                members |= {
                    f"probe{layer.index}": Out(probe_layout(layer)),
                    f"adding{layer.index}": Out(1),
                    f"active{layer.index}": Out(1),
                }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self._config
        m.submodules.load = load = WeightLoad(config, preloaded=self._weights is not None)
        m.submodules.argmax = argmax = ArgMax(config)
        connect(m, flipped(self.weights), load.i)
        connect(m, argmax.o, flipped(self.o))
        incoming = flipped(self.i)
        for resolved in config.resolved:
            index = resolved.index
            is_readout = resolved is config.resolved[-1]
            weight = self._weights[index] if self._weights is not None else None
            layer = Layer(resolved, config if is_readout else None, weight)
            m.submodules[f"layer{index}"] = layer
            connect(m, incoming, layer.i)
            if is_readout:
                connect(m, layer.scores, argmax.i)
                if resolved.fires:
                    connect(m, layer.o, flipped(self.events))
            else:
                incoming = layer.o
            m.d.comb += [
                layer.loading.eq(load.loading),
                layer.write_enable.eq(getattr(load, f"write_enable{index}")),
                layer.write_address.eq(getattr(load, f"write_address{index}")),
                layer.write_data.eq(getattr(load, f"write_data{index}")),
            ]
            if self._probe:
                m.d.comb += [
                    getattr(self, f"probe{index}").eq(layer.probe),
                    getattr(self, f"adding{index}").eq(layer.adding),
                    getattr(self, f"active{index}").eq(layer.active),
                ]
        return m
