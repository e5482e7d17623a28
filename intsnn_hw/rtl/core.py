"""The inference core: a chain of layers, the class readout and the weight load."""

from collections.abc import Iterable
from typing import Any, Protocol, Self

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningNetworkConfig, NetworkConfig, Parameter, ResolvedLayer, require_learning_hardware
from golden.fixed import IntArray

from .arith import add_all
from .inference.arg_max import ArgMax
from .inference.layer import Layer
from .inference.layer_kinds import LAYERS
from .inference.load import WeightLoad
from .layouts import (
    Operation,
    activity_layout,
    class_layout,
    control_layout,
    evaluation_layout,
    input_event_layout,
    normalizes,
    output_event_layout,
    probe_layout,
    takes_map,
    weight_layout,
)
from .learning.gate import InputGate
from .learning.learner import COUNTER_WIDTH, COUNTERS, Learner
from .learning.lock import WeightLock
from .learning.maintenance import Maintenance
from .learning.traces import InputTraces
from .streams import fork


class Contents(Protocol):
    """What is read of a :class:`golden.network.Network`."""

    def stored(self) -> Iterable[tuple[ResolvedLayer, Parameter, IntArray]]:
        """Return the values of every parameter of every layer, shadow values of a network that learns."""
        ...


class Core(wiring.Component):
    """Integer SNN inference; the twin of :func:`golden.network.run`.

    Samples follow each other on `i` without a pause; the marker of a sample's last step carries `end_of_sample`, so
    that the number of steps is the host's choice up to ``n_steps``, for which the widths are made. Each sample gives
    one beat on `o`. Throughput is that of the slowest layer (:class:`Layer`); layers work on different steps and
    samples at a time, and any of them stalls those before it, nothing is dropped.

    Parameters
    ----------
    config : NetworkConfig
    contents : Network, optional
        Of the same configuration: initial content of the memories. Otherwise events wait until a first load through
        `weights`.
    probe : bool
        Add the observation ports; nothing else changes.

    Raises
    ------
    ConfigError
        It learns, and a layer convolves or pools.

    Members
    -------
    i : In(stream)         input events
    weights : In(stream)   weight load, see :class:`WeightLoad`; events wait while it is in progress, and it waits while
                           a core that learns uses its weights, see :class:`WeightLock`
    o : Out(stream)        class of each sample
    events : Out(stream)   events of the readout layer, where it fires (spike-count readout)
    probe<l>, activity<l> : Out   of layer l, with `probe`: :func:`probe_layout`, :func:`activity_layout`

    and where the configuration has `learning`

    control : In(stream)   what to do next: one beat for each sample, and operations between them (:class:`Operation`)
    shadow : Out(stream)   shadow weights, on READ_WEIGHTS, in the order of the load
    lfsr : Out             state of the LFSR of stochastic rounding
    updated, skipped, rejected, update_cycles : Out   counters, see :class:`Learner`
    evaluation : Out       scores were compared with the margin, with `probe`
    """

    def __new__(cls, config: NetworkConfig, *args: Any, **kwargs: Any) -> Self:
        if isinstance(config, LearningNetworkConfig):
            # Before there is a component: Amaranth warns of one that is never elaborated.
            require_learning_hardware(config)
        return super().__new__(cls, src_loc_at=1)

    def __init__(self, config: NetworkConfig, contents: Contents | None = None, *, probe: bool = False):
        self._config, self._contents, self._probe = config, contents, probe
        layers = config.resolved
        members = {
            "i": In(stream.Signature(input_event_layout(layers[0]))),
            "weights": In(stream.Signature(weight_layout(config))),
            "o": Out(stream.Signature(class_layout(config))),
        }
        if isinstance(config, LearningNetworkConfig):
            weights_stream = stream.Signature(weight_layout(config))
            members |= {
                "control": In(stream.Signature(control_layout(config))),
                "shadow": Out(weights_stream),
                "lfsr": Out(config.learning.lfsr_width),
            }
            members |= {name: Out(COUNTER_WIDTH) for name in COUNTERS}
        if layers[-1].fires:
            members["events"] = Out(stream.Signature(output_event_layout(layers[-1])))
        if probe:
            for layer in layers:
                members |= {
                    f"probe{layer.index}": Out(probe_layout(layer)),
                    f"activity{layer.index}": Out(activity_layout(config, layer)),
                }
            if isinstance(config, LearningNetworkConfig):
                members["evaluation"] = Out(evaluation_layout())
        super().__init__(members)

    @property
    def config(self) -> NetworkConfig:
        """The network's configuration."""
        return self._config

    @property
    def preloaded(self) -> bool:
        """Whether the weight memories have initial content."""
        return self._contents is not None

    @property
    def probes(self) -> list:
        """What each layer fires, with `probe`."""
        return [getattr(self, f"probe{layer.index}") for layer in self._config.resolved]

    @property
    def activities(self) -> list:
        """What each layer is doing, with `probe`."""
        return [getattr(self, f"activity{layer.index}") for layer in self._config.resolved]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self._config
        m.submodules.load = load = WeightLoad(config, preloaded=self.preloaded)
        m.submodules.argmax = argmax = ArgMax(config)
        connect(m, argmax.o, flipped(self.o))
        layers = [self._layer(resolved) for resolved in config.resolved]
        if isinstance(config, LearningNetworkConfig):
            incoming = self._connect_learning(m, config, layers, load, argmax)
        else:
            incoming = flipped(self.i)
            connect(m, flipped(self.weights), load.i)
            connect(m, layers[-1].scores, argmax.i)
        for index, (layer, port) in enumerate(zip(layers, load.layers, strict=True)):
            m.submodules[f"layer{index}"] = layer
            connect(m, incoming, layer.i)
            connect(m, port, layer.load)
            m.d.comb += layer.loading.eq(load.loading)
            if layer is not layers[-1]:
                incoming = layer.o
        if config.resolved[-1].fires:
            connect(m, layers[-1].o, flipped(self.events))
        if self._probe:
            self._observe(m, layers)
        return m

    def _layer(self, resolved: ResolvedLayer) -> Layer:
        """Return a layer; the readout knows of the network, others of the layer above."""
        layers = self._config.resolved
        above = None if resolved is layers[-1] else layers[resolved.index + 1]
        stored = () if self._contents is None else self._contents.stored()
        contents = {parameter.name: values for layer, parameter, values in stored if layer.index == resolved.index}
        return LAYERS[type(resolved.kind)](resolved, self._config if above is None else None, contents, above=above)

    def _observe(self, m: Module, layers: list[Layer]) -> None:
        """Show what the layers do in a cycle."""
        for layer, probe, activity in zip(layers, self.probes, self.activities, strict=True):
            m.d.comb += [
                probe.eq(layer.probe),
                activity.adding.eq(layer.adding),
                activity.active.eq(layer.active),
                activity.draining.eq(layer.draining),
                activity.firing.eq(layer.probe.valid),
            ]
            if "returning" in activity.shape().members:
                m.d.comb += activity.returning.eq(layer.returning)
            if "touching" in activity.shape().members:
                m.d.comb += activity.touching.eq(layer.touching)

    def _connect_learning(
        self, m: Module, config: LearningNetworkConfig, layers: list[Layer], load: WeightLoad, argmax: ArgMax
    ) -> stream.Interface:
        """Add gate, traces, learning engine and maintenance; return the stream that enters the first layer."""
        m.submodules.gate = gate = InputGate(config)
        m.submodules.learner = learner = Learner(config)
        m.submodules.maintenance = maintenance = Maintenance(config)
        m.submodules.lock = lock = WeightLock(config)
        connect(m, flipped(self.i), gate.i)
        connect(m, gate.tickets, learner.tickets)
        connect(m, maintenance.shadow, flipped(self.shadow))
        connect(m, flipped(self.weights), lock.i)
        connect(m, maintenance.initial, lock.drawn)
        connect(m, lock.o, load.i)
        entering, traces = gate.o, None
        if not takes_map(config.resolved[0]):
            m.submodules.traces = traces = InputTraces(config.resolved[0])
            entering = stream.Signature(input_event_layout(config.resolved[0])).create(path=("entering",))
            fork(m, gate.o, [(entering, 1), (traces.i, 1)])
            connect(m, traces.rows, learner.inputs)
            m.d.comb += [
                learner.inputs_empty.eq(traces.empty),
                traces.walk.eq(learner.walk),
                traces.coming.eq(gate.o.valid),
            ]
        scores = layers[-1].scores
        fork(m, scores, [(argmax.i, scores.payload.final), (learner.scores, 1)])

        operation, announces = self.control.payload.operation, Signal()
        m.d.comb += [
            announces.eq((operation == Operation.INFER) | (operation == Operation.LEARN)),
            gate.labels.valid.eq(self.control.valid & announces),
            gate.labels.payload.label.eq(self.control.payload.value),
            gate.labels.payload.learn.eq(operation == Operation.LEARN),
            maintenance.commands.valid.eq(self.control.valid & ~announces),
            maintenance.commands.payload.eq(self.control.payload),
            self.control.ready.eq(Mux(announces, gate.labels.ready, maintenance.commands.ready)),
            lock.loading.eq(load.loading),
            lock.asked.eq(learner.updating | maintenance.asks),
            learner.granted.eq(lock.granted),
            maintenance.granted.eq(lock.granted),
            gate.release.eq(learner.release),
            maintenance.at_rest.eq(gate.at_rest & learner.idle),
            learner.boost.eq(maintenance.boost),
            learner.lfsr_load.eq(maintenance.lfsr_load),
            learner.lfsr_state.eq(maintenance.lfsr_state),
            self.lfsr.eq(learner.lfsr),
        ]
        m.d.comb += [getattr(self, name).eq(getattr(learner, name)) for name in COUNTERS]
        for index, layer in enumerate(layers):
            for parameter in config.resolved[index].parameters:
                ports = (layer.update, learner.weights[index], maintenance.weights[index])
                _share(m, *(getattr(port, parameter.name) for port in ports))
            if index < len(layers) - 1:
                connect(m, learner.histories[index], layer.history)
            if index in learner.traces:
                connect(m, learner.traces[index], layer.traces)
                m.d.comb += layer.hold.eq(gate.waiting)
        if self._probe:
            self._observe_learning(m, config, learner, layers, traces)
        return entering

    def _observe_learning(
        self,
        m: Module,
        config: LearningNetworkConfig,
        learner: Learner,
        layers: list[Layer],
        traces: InputTraces | None,
    ) -> None:
        """Show what the learning engine does in a cycle."""
        m.d.comb += self.evaluation.eq(learner.evaluation)
        for index, activity in enumerate(self.activities):
            weights, work = learner.weights[index].weight, learner.works[index]
            errors = Signal.like(activity.changing, name=f"errors{index}")
            carries = config.learning.feeds_back and index > 0
            m.d.comb += [
                errors.eq(add_all(list(work.errors))),
                activity.reading.eq(weights.read.enable),
                activity.writing.eq(weights.write.enable),
                activity.keeping.eq(work.keeping),
                activity.changing.eq(Mux(work.changes, errors, 0)),
                activity.carrying.eq(Mux(weights.read.enable & work.carries, errors, 0) if carries else 0),
            ]
            if index < len(config.resolved) - 1:
                m.d.comb += activity.recalling.eq(learner.histories[index].enable)
            if normalizes(config.resolved[index]):
                m.d.comb += activity.normalizing.eq(work.normalizing)
            if index in learner.traces:
                m.d.comb += [
                    activity.tracing.eq(layers[index].tracing),
                    activity.entering.eq(layers[index].entering),
                    activity.walking.eq(learner.traces[index].enable),
                ]
            if config.kinds[index].shares_weights:
                m.d.comb += [activity.summing.eq(work.summing), activity.meeting.eq(work.meeting)]
        if traces is None:
            return
        first = self.activities[0]
        m.d.comb += [
            first.tracing.eq(traces.tracing),
            first.listing.eq(traces.listing),
            first.fading.eq(traces.fading),
            first.walking.eq(traces.rows.valid & traces.rows.ready),
        ]


def _share(m: Module, memory: Any, update: Any, reader: Any) -> None:
    """Give a memory to the update, which reads and writes, and to a reader, at different times."""
    m.d.comb += [
        memory.read.enable.eq(update.read.enable | reader.read.enable),
        memory.read.address.eq(Mux(reader.read.enable, reader.read.address, update.read.address)),
        update.read.data.eq(memory.read.data),
        reader.read.data.eq(memory.read.data),
        memory.write.enable.eq(update.write.enable),
        memory.write.address.eq(update.write.address),
        memory.write.data.eq(update.write.data),
    ]
    if "trace" in memory.signature.members:
        m.d.comb += update.trace.eq(memory.trace)
