"""The fire sweep: once a time step is summed, every neuron leaks, integrates, fires and resets."""

from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import LearningLayer, NetworkConfig, ResolvedLayer

from ..layouts import output_event_layout, probe_layout, score_layout, sweep_layout
from ..ports import history_port, sums_port
from .event_serializer import EventSerializer
from .fire_pipeline import FirePipeline
from .neuron import state_layout
from .neuron_history import NeuronHistory
from .scores import Scores


class FireSweep(wiring.Component):
    """Holds the states of a layer's neurons and fires `fire_lanes` per cycle, one event per cycle at most.

    Throughput: a sweep takes ``n_fire_words + 2`` cycles, more where a group has several events or `o` is not taken.
    Latency: 4 cycles from descriptor to first event. The next sweep begins when the last group has left the pipeline.
    The events of a step end with `end_of_step`, riding on the last event where the last group has one. The readout
    layer (`config` given) also sends its scores after the last step of a sample. A discarded sample leaves no state
    behind and is passed on as discarded.

    Parameters
    ----------
    layer : ResolvedLayer
    config : NetworkConfig, optional
        Given for the readout layer.
    above : LearningLayer, optional
        Given for a hidden layer that learns: its neurons keep trace and surrogate of the sample.

    Members
    -------
    sweep : In(stream)      finished steps
    sums : Out              their accumulators, see :func:`sums_port`
    o : Out(stream)         events, where the layer fires
    final : Out             `o` is of the last step of a sample; in a recurrent layer
    scores : Out(stream)    one beat for each class after the last step, in the readout layer; after each step where
                            the network learns at every step
    history : In            see :func:`history_port`; to be read while no sweep is in work
    probe : Out             what was fired in this cycle
    """

    def __init__(
        self, layer: ResolvedLayer, config: NetworkConfig | None = None, *, above: LearningLayer | None = None
    ):
        self._layer, self._config, self._above = layer, config, above
        members = self._further_members() | {
            "sweep": In(stream.Signature(sweep_layout())),
            "sums": Out(sums_port(layer)),
            "probe": Out(probe_layout(layer)),
        }
        if layer.fires:
            members["o"] = Out(stream.Signature(output_event_layout(layer)))
        if layer.n_own:
            members["final"] = Out(1)
        if isinstance(layer, LearningLayer) and above is not None:
            members["history"] = In(history_port(layer, above))
        if config is not None:
            members["scores"] = Out(stream.Signature(score_layout(config)))
        super().__init__(members)

    def _further_members(self) -> dict[str, Any]:
        """Return the members that the sweep of a kind of layer has beyond those of all."""
        return {}

    def _pipeline(self) -> FirePipeline:
        """Return what brings the neurons from one step to the next."""
        return FirePipeline(self._layer)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.pipeline = pipeline = self._pipeline()
        connect(m, flipped(self.sweep), pipeline.sweep)
        connect(m, pipeline.sums, flipped(self.sums))
        events = self._events(m, pipeline) if self._layer.fires else None
        scores = self._scores(m, pipeline, self._config) if self._config is not None else None
        free, taking = [], pipeline.o.valid
        if events is not None:
            free.append(events.free)
            taking = taking & events.free
            m.d.comb += events.take.eq(pipeline.groups.write)
        if scores is not None:
            free.append(scores.i.ready)
            m.d.comb += scores.i.valid.eq(taking)
        parts = [part for part in (events, scores) if part is not None]
        m.d.comb += [part.discard.eq(pipeline.discard) for part in parts]
        m.d.comb += [
            pipeline.o.ready.eq(Cat(free).all()),
            pipeline.free.eq((~Cat(part.discarding for part in parts)).all()),
        ]
        if isinstance(self._layer, LearningLayer) and self._above is not None:
            self._keep_history(m, pipeline, NeuronHistory(self._layer, self._above))
        self._observe(m, pipeline)
        return m

    def _events(self, m: Module, pipeline: FirePipeline) -> EventSerializer:
        """Send the events of the groups."""
        m.submodules.events = events = EventSerializer(self._layer)
        connect(m, events.o, flipped(self.o))
        m.d.comb += [events.group[name].eq(pipeline.o.payload[name]) for name, _ in events.group.shape()]
        if self._layer.n_own:
            m.d.comb += self.final.eq(events.final)
        return events

    def _scores(self, m: Module, pipeline: FirePipeline, config: NetworkConfig) -> Scores:
        """Send the scores of the neurons, of which a group of the readout layer has one."""
        m.submodules.scores = scores = Scores(config)
        connect(m, scores.o, flipped(self.scores))
        connect(m, pipeline.groups, scores.groups)
        group, neuron = pipeline.o.payload, scores.i.payload
        m.d.comb += [
            neuron.membrane.eq(group.states[0].membrane),
            neuron.spike.eq(group.spikes[0]),
            neuron.last.eq(group.last),
            neuron.end_of_sample.eq(group.end_of_sample),
        ]
        return scores

    def _keep_history(self, m: Module, pipeline: FirePipeline, kept: NeuronHistory) -> None:
        """Keep for learning what the groups fire."""
        m.submodules.kept = kept
        connect(m, pipeline.groups, kept.groups)
        connect(m, flipped(self.history), kept.history)
        m.d.comb += [kept.integrated.eq(pipeline.o.payload.integrated), kept.spikes.eq(pipeline.o.payload.spikes)]

    def _observe(self, m: Module, pipeline: FirePipeline) -> None:
        """Show what is fired in a cycle."""
        group = pipeline.o.payload
        m.d.comb += [
            self.probe.valid.eq(pipeline.groups.write),
            self.probe.first.eq(group.first),
            self.probe.spikes.eq(group.spikes),
        ]
        if "last" in self.probe.shape().members:
            m.d.comb += self.probe.last.eq(group.last)
        for name, _ in state_layout(self._layer.neuron):
            m.d.comb += self.probe[f"{name}s"].eq(Cat(state[name] for state in group.states))
