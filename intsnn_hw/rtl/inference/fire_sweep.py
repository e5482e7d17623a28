"""The fire sweep: once a time step is summed, every neuron leaks, integrates, fires and resets."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, NetworkConfig, ResolvedLayer

from ..arith import index_shape, saturate, shift_floor
from ..layouts import fired_width, output_event_layout, probe_layout, score_layout, sums_layout, sweep_layout
from ..learning.expressions import leak_trace, surrogate
from ..memory import Store
from ..ports import history_port
from .neuron import fire, leak, reset


class FireSweep(wiring.Component):
    """Holds the membranes of a layer and fires `fire_lanes` neurons per cycle, one event per cycle at most.

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
    above : ResolvedLayer, optional
        Given for a hidden layer that learns: its neurons keep trace and surrogate of the sample.

    Members
    -------
    sweep : In(stream)      finished steps
    read_enable, read_bank, read_word : Out, read_data : In   accumulators, read in one cycle
    release : Out           mask of banks read to the end
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
        members = {
            "sweep": In(stream.Signature(sweep_layout())),
            "read_enable": Out(1),
            "read_bank": Out(1),
            "read_word": Out(index_shape(layer.n_words)),
            "read_data": In(sums_layout(layer)),
            "release": Out(2),
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

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        neuron, width = layer.neuron, layer.fire_lanes
        parts = layer.lanes // width
        membranes_layout = data.ArrayLayout(signed(neuron.membrane_width), width)

        # No read meets a write: within a sweep a group is written two groups after it was read, and the next sweep
        # begins with an empty pipeline.
        m.submodules.membranes = membranes = Store(membranes_layout, layer.n_fire_words)

        advance_b, advance_c = Signal(), Signal()

        # Stage A: walk over the groups and read accumulators and membranes.
        running, fresh = Signal(), Signal(init=1)
        work = Signal(sweep_layout())
        group, first = Signal(index_shape(layer.n_fire_words)), Signal(index_shape(layer.n_fire_words * width))
        word, part = Signal(index_shape(layer.n_words)), Signal(index_shape(parts))
        valid_b, valid_c = Signal(), Signal()
        is_last = group == layer.n_fire_words - 1
        # A discarded sample only has to be told on, once its events have left.
        discard_o, discard_scores = Signal(), Signal()
        discards = self.sweep.payload.discard
        learning = None if self._config is None else self._config.learning
        m.d.comb += self.sweep.ready.eq(~running & ~valid_b & ~valid_c & ~discard_o & ~discard_scores)
        with m.If(self.sweep.valid & self.sweep.ready):
            m.d.sync += [running.eq(~discards), work.eq(self.sweep.payload)]
            m.d.sync += [group.eq(0), first.eq(0), word.eq(0), part.eq(0)]
            with m.If(discards):
                m.d.sync += [fresh.eq(1), discard_o.eq(layer.fires), discard_scores.eq(learning is not None)]
        read = Signal()
        m.d.comb += [
            read.eq(running & advance_b),
            self.read_enable.eq(read & ~work.empty),
            self.read_bank.eq(work.bank),
            self.read_word.eq(word),
            membranes.reads[0].enable.eq(read),
            membranes.reads[0].address.eq(group),
        ]
        with m.If(read):
            m.d.sync += [group.eq(group + 1), first.eq(first + width), part.eq(part + 1)]
            with m.If(part == parts - 1):
                m.d.sync += [part.eq(0), word.eq(word + 1)]
            with m.If(is_last):
                m.d.sync += running.eq(0)

        # Stage B: leak and integrate.
        part_b, last_b = Signal.like(part), Signal()
        group_b, first_b = Signal.like(group), Signal.like(first)
        with m.If(advance_b):
            m.d.sync += [valid_b.eq(running), part_b.eq(part), last_b.eq(is_last), group_b.eq(group), first_b.eq(first)]
        m.d.comb += advance_b.eq(~valid_b | advance_c)
        integrated = [Signal(signed(neuron.membrane_width), name=f"integrated{lane}") for lane in range(width)]
        currents = [Signal(signed(layer.current_width), name=f"current{lane}") for lane in range(width)]
        with m.Switch(part_b):
            for at in range(parts):
                with m.Case(at):
                    for lane in range(width):
                        m.d.comb += currents[lane].eq(self.read_data[at * width + lane])
        for lane in range(width):
            # Signals, because every use of an expression builds it anew: a leak by factor is a tree of adders.
            membrane = Signal(signed(neuron.membrane_width), name=f"membrane{lane}")
            leaked = Signal(signed(neuron.membrane_width), name=f"leaked{lane}")
            total = Signal(signed(1 + max(neuron.membrane_width, layer.current_width)), name=f"total{lane}")
            m.d.comb += [
                membrane.eq(Mux(fresh, 0, membranes.reads[0].data[lane])),
                leaked.eq(leak(membrane, neuron)),
                total.eq(leaked + Mux(work.empty, 0, currents[lane])),
            ]
            with m.If(advance_c):
                m.d.sync += integrated[lane].eq(saturate(total, neuron.membrane_width))
        finish = Signal()
        m.d.comb += finish.eq(valid_b & advance_c & last_b)
        with m.If(finish):
            m.d.sync += fresh.eq(work.end_of_sample)
            with m.If(~work.empty):
                m.d.comb += self.release.eq(1 << work.bank)

        # Stage C: fire and reset, write back, hand over to the serialiser.
        last_c, ends_c = Signal(), Signal()
        group_c, first_c = Signal.like(group), Signal.like(first)
        with m.If(advance_c):
            m.d.sync += [valid_c.eq(valid_b), last_c.eq(last_b), ends_c.eq(work.end_of_sample)]
            m.d.sync += [group_c.eq(group_b), first_c.eq(first_b)]
        done, fired = Signal(), Signal()
        m.d.comb += [fired.eq(valid_c & done), advance_c.eq(~valid_c | done)]
        spikes = [Signal(neuron.spike_width, name=f"spike{lane}") for lane in range(width)]
        after = Signal(membranes_layout)
        for lane in range(width):
            if layer.fires:
                is_neuron = first_c + lane < layer.n_out
                m.d.comb += [
                    spikes[lane].eq(Mux(is_neuron, fire(integrated[lane], neuron), 0)),
                    after[lane].eq(reset(integrated[lane], spikes[lane], neuron)),
                ]
            else:
                m.d.comb += after[lane].eq(integrated[lane])
        m.d.comb += [
            membranes.write.enable.eq(fired),
            membranes.write.address.eq(group_c),
            membranes.write.data.eq(after),
            self.probe.valid.eq(fired),
            self.probe.first.eq(first_c),
            self.probe.membranes.eq(after),
            self.probe.spikes.eq(Cat(spikes)),
        ]

        taken = self._serialise(m, fired, spikes, first_c, last_c, ends_c, discard_o) if layer.fires else 1
        if self._config is None:
            m.d.comb += done.eq(taken)
        else:
            score = charge = after[0]
            if self._config.readout != "membrane":
                load = valid_b & advance_c
                counts = self._config.readout == "spike_count"
                score = self._sum(m, read, group, load, fresh, fired, group_c, spikes[0] if counts else after[0])
                if counts:
                    charge = shift_floor(score, -neuron.threshold_shift) + after[0]
            sends = ends_c if learning is None or learning.timing == "final" else 1
            m.d.comb += [
                self.scores.valid.eq((valid_c & taken & sends) | discard_scores),
                self.scores.payload.score.eq(score),
                self.scores.payload.last.eq(last_c),
                self.scores.payload.final.eq(ends_c & ~discard_scores),
                done.eq(taken & (~Value.cast(sends) | self.scores.ready)),
            ]
            if learning is not None:
                m.d.comb += [self.scores.payload.charge.eq(charge), self.scores.payload.discard.eq(discard_scores)]
                with m.If(discard_scores & self.scores.ready):
                    m.d.sync += discard_scores.eq(0)
        if isinstance(layer, LearningLayer) and self._above is not None:
            self._keep_history(
                m, layer, self._above, read, group, valid_b & advance_c, fresh, fired, group_c, integrated, spikes
            )
        return m

    def _sum(
        self, m: Module, read: Value, group: Value, load: Value, fresh: Value, fired: Value, fired_group: Value,
        value: Value,
    ) -> Value:  # fmt: skip
        """Sum spikes or membranes of each neuron over the steps of a sample; return the sum of the one in stage C."""
        assert self._config is not None
        width = self._config.score_width
        layout = data.ArrayLayout(signed(width) if value.shape().signed else width - 1, 1)
        # No read meets a write, for the same reason as with the membranes.
        m.submodules.counts = sums = Store(layout, self._layer.n_fire_words)
        before = Signal(layout)
        with m.If(load):
            m.d.sync += before.eq(Mux(fresh, 0, sums.reads[0].data.as_value()))
        m.d.comb += [
            sums.reads[0].enable.eq(read),
            sums.reads[0].address.eq(group),
            sums.write.enable.eq(fired),
            sums.write.address.eq(fired_group),
            sums.write.data[0].eq(before[0] + value),
        ]
        return sums.write.data[0]

    def _keep_history(
        self, m: Module, layer: LearningLayer, above: LearningLayer, read: Value, group: Value, load: Value, fresh: Value, fired: Value, fired_group: Value,
        integrated: list[Signal], spikes: list[Signal],
    ) -> None:  # fmt: skip
        """Advance what the neurons in stage C keep; twin of golden's ``trace_step`` and ``surrogate``."""
        learning = layer.learning
        layout = self.history.data.shape()
        # No read meets a write, for the same reason as with the membranes.
        m.submodules.histories = histories = Store(layout, layer.n_fire_words)
        before = Signal(layout)
        with m.If(load):
            m.d.sync += before.eq(Mux(fresh, 0, histories.reads[0].data.as_value()))
        m.d.comb += [
            histories.reads[0].enable.eq(read | self.history.enable),
            histories.reads[0].address.eq(Mux(read, group, self.history.address)),
            histories.write.enable.eq(fired),
            histories.write.address.eq(fired_group),
            self.history.data.eq(histories.reads[0].data),
        ]
        for lane, spike in enumerate(spikes):
            kept, next_ = before[lane], histories.write.data[lane]
            window = surrogate(integrated[lane], layer)
            m.d.comb += [
                next_.trace.eq(leak_trace(kept.trace, above.trace_shift) + (spike << learning.trace_gain)),
                next_.surrogate.eq(window if learning.timing == "every_step" else kept.surrogate + window),
            ]
            if layer.budget_push:
                over = kept.fired == (learning.budget or 0) + 1
                m.d.comb += next_.fired.eq((kept.fired + (spike.any() & ~over))[: fired_width(layer)])
            if layer.learns_own:
                own = leak_trace(kept.own, layer.trace_shift) + (kept.spike << learning.trace_gain)
                m.d.comb += [next_.own.eq(own), next_.spike.eq(spike)]

    def _serialise(
        self, m: Module, fired: Value, spikes: list[Signal], first: Value, last: Value, ends: Value, discard: Signal
    ) -> Value:
        """Send the events of a group one by one; return whether the group in stage C can be handed over.

        With `discard` and nothing left to send, tell that the sample is given up and clear it.
        """
        width = self._layer.fire_lanes
        busy, base = Signal(), Signal.like(first)
        held = [Signal.like(spike, name=f"held{lane}") for lane, spike in enumerate(spikes)]
        marker, marker_ends = Signal(), Signal()
        pending, lowest, more = Signal(width), Signal(width), Signal()
        address, spike = Signal.like(self.o.payload.address), Signal.like(self.o.payload.spike)
        m.d.comb += [
            pending.eq(Cat(spike.any() for spike in held)),
            lowest.eq(pending & (-pending)[:width]),
            more.eq((pending & ~lowest).any()),
            self.o.valid.eq(busy | discard),
            self.o.payload.address.eq(address),
            self.o.payload.spike.eq(spike),
            self.o.payload.end_of_step.eq(busy & marker & ~more),
            self.o.payload.end_of_sample.eq(Mux(busy, marker & ~more & marker_ends, 1)),
        ]
        if self._layer.n_own:
            m.d.comb += self.final.eq(marker_ends)
        for lane in range(width):
            with m.If(lowest[lane]):
                m.d.comb += [address.eq(base + lane), spike.eq(held[lane])]
        with m.If(busy & self.o.ready):
            m.d.sync += busy.eq(more)
            for lane in range(width):
                with m.If(lowest[lane]):
                    m.d.sync += held[lane].eq(0)
        with m.If(discard & ~busy & self.o.ready):
            m.d.sync += discard.eq(0)

        silent, taken = Signal(), Signal()
        m.d.comb += [
            silent.eq(~Cat(spikes).any() & ~last),
            taken.eq(silent | ~busy | (self.o.ready & ~more)),
        ]
        with m.If(fired & ~silent):
            m.d.sync += [busy.eq(1), Cat(held).eq(Cat(spikes)), base.eq(first), marker.eq(last), marker_ends.eq(ends)]
        return taken
