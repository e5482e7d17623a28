"""A fully connected layer: synapse array and fire sweep; what other kinds of layers begin from."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, NetworkConfig, ResolvedLayer
from golden.fixed import IntArray

from ..layouts import (
    fed_by_map,
    input_event_layout,
    input_row_layout,
    output_event_layout,
    probe_layout,
    score_layout,
    takes_map,
    trace_layout,
)
from ..learning.maps.place_traces import PlaceTraces
from ..ports import history_port, load_port, read_port, update_port
from ..streams import fork
from .bias import Bias
from .fire_sweep import FireSweep
from .maps.map_events import MapEvents, MapRows
from .maps.place_split import PlaceSplit
from .synapse import SynapseArray


class Layer(wiring.Component):
    """One layer of LIF neurons; the twin of :func:`golden.network.layer_step`.

    A step takes ``max(events * n_words, n_fire_words + output events + 3)`` cycles where nothing stalls, since the last
    step fires while the next one is added (``banks = 2``), and their sum where ``banks = 1``; a marker that stands
    alone, as in an empty step, takes a cycle.

    Parameters
    ----------
    layer : ResolvedLayer
    config : NetworkConfig, optional
        Given for the readout layer, which sends scores.
    contents : mapping, optional
        Initial content of the memory of each parameter, by its name; shadow values where the network learns.
    above : ResolvedLayer, optional
        The next layer, if any.

    Members
    -------
    i : In(stream)         input events
    o : Out(stream)        output events, where the layer fires
    scores : Out(stream)   one beat a class and sample, in the readout layer
    load, loading : In     weight load, see :func:`load_port`
    update, history : In   access of the learning engine, where the network learns
    traces, hold : In, tracing : Out   of :class:`PlaceTraces`, where it also takes its inputs for a map
    entering : Out         likewise: an event enters
    probe, adding, active : Out   see :class:`FireSweep` and :class:`SynapseArray`
    draining : Out         accumulators are read for firing
    """

    def __init__(
        self,
        layer: ResolvedLayer,
        config: NetworkConfig | None = None,
        contents: Mapping[str, IntArray] | None = None,
        *,
        above: ResolvedLayer | None = None,
    ):
        self._layer, self._config, self._contents = layer, config, contents or {}
        self._above = above if isinstance(above, LearningLayer) else None
        members = self._further_members() | {
            "i": In(stream.Signature(input_event_layout(layer))),
            "load": In(load_port(layer)),
            "loading": In(1),
            "probe": Out(probe_layout(layer)),
            "adding": Out(1),
            "active": Out(1),
            "draining": Out(1),
        }
        if layer.fires:
            members["o"] = Out(stream.Signature(output_event_layout(layer)))
        if isinstance(layer, LearningLayer):
            members["update"] = In(update_port(layer))
            if takes_map(layer):
                members |= {
                    "traces": In(read_port(trace_layout(layer), layer.kind.n_fed)),
                    "hold": In(1),
                    "tracing": Out(1),
                    "entering": Out(1),
                }
            if self._above is not None:
                members["history"] = In(history_port(layer, self._above))
        if config is not None:
            members["scores"] = Out(stream.Signature(score_layout(config)))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.synapses = synapses = self._synapses()
        m.submodules.sweep = sweep = self._sweep()
        incoming, waiting = self._place(m)
        self._feed(m, incoming, synapses, sweep)
        connect(m, flipped(self.load.weight), synapses.load)
        if self._layer.has_bias:
            self._add_bias(m, synapses, sweep)
        else:
            connect(m, synapses.sweep, sweep.sweep)
            connect(m, sweep.sums, synapses.sums)
        if self._layer.fires:
            connect(m, sweep.o, flipped(self.o))
        if self._config is not None:
            connect(m, sweep.scores, flipped(self.scores))
        if isinstance(self._layer, LearningLayer):
            connect(m, flipped(self.update.weight), synapses.update)
        if self._above is not None:
            connect(m, flipped(self.history), sweep.history)
        m.d.comb += [
            synapses.loading.eq(self.loading),
            self.probe.eq(sweep.probe),
            self.adding.eq(synapses.adding),
            self.active.eq(Cat(synapses.active, *waiting).any()),
            self.draining.eq(synapses.sums.enable),
        ]
        return m

    def _further_members(self) -> dict[str, Any]:
        """Return the members that the kind of layer has beyond those of all."""
        return {}

    def _synapses(self) -> SynapseArray:
        """Return the synapse array."""
        return SynapseArray(self._layer, self._contents.get("weight"))

    def _sweep(self) -> FireSweep:
        """Return the fire sweep."""
        return FireSweep(self._layer, self._config, above=self._above)

    def _places(self) -> MapEvents:
        """Return what finds the rows of weights of events of a map."""
        return MapRows(self._layer)

    def _place(self, m: Module) -> tuple[Any, list[Value]]:
        """Return the stream of events that the layer works on, and in what cycles others are on the way to it.

        Where it takes its inputs for a map, or a map sends them, each finds its place there first.
        """
        layer = self._layer
        if not takes_map(layer):
            return flipped(self.i), []
        m.submodules.places = places = self._places()
        incoming, waiting = flipped(self.i), [self.i.valid, places.held]
        if not fed_by_map(layer):
            m.submodules.split = split = PlaceSplit(layer)
            connect(m, incoming, split.i)
            incoming = split.o
            waiting.append(split.o.valid)
        if not isinstance(layer, LearningLayer):
            connect(m, incoming, places.i)
            return places.o, waiting
        m.submodules.traces = traces = PlaceTraces(layer)
        connect(m, flipped(self.traces), traces.read)
        m.d.comb += [
            traces.hold.eq(self.hold),
            self.tracing.eq(traces.tracing),
            self.entering.eq(self.i.valid & self.i.ready & (self.i.payload.spike != 0)),
        ]
        return self._trace(m, incoming, places, traces.i), waiting

    def _trace(self, m: Module, incoming: Any, places: MapEvents, traced: Any) -> Any:
        """Lead events on to their places and to the traces of these; return the stream of events at their places."""
        connect(m, incoming, places.i)
        entering = stream.Signature(input_row_layout(self._layer)).create(path=("entering",))
        fork(m, places.o, [(entering, 1), (traced, 1)])
        return entering

    def _feed(self, m: Module, incoming: Any, synapses: Any, sweep: Any) -> None:
        """Lead events into the synapse array."""
        connect(m, incoming, synapses.i)

    def _add_bias(self, m: Module, synapses: SynapseArray, sweep: FireSweep) -> None:
        """Lead the sums to the neurons through the bias."""
        m.submodules.bias = bias = Bias(self._layer, self._contents.get("bias"))
        connect(m, synapses.sweep, bias.i)
        connect(m, bias.sweep, sweep.sweep)
        connect(m, sweep.sums, bias.sums)
        connect(m, bias.accumulators, synapses.sums)
        connect(m, flipped(self.load.bias), bias.load)
        if isinstance(self._layer, LearningLayer):
            connect(m, flipped(self.update.bias), bias.update)
