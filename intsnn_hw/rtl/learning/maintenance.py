"""What the host may ask of a core that learns between two samples: weights out, fresh weights, the LFSR's state."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, LearningNetworkConfig, Parameter
from golden.fixed import seed_state
from golden.seeds import initial_seed

from ..arith import index_shape
from ..layouts import Operation, control_layout, parameter_depth, weight_layout
from ..ports import update_port
from .seed_lfsr import SeedLfsr


class Maintenance(wiring.Component):
    """Executes operations, each taken when it is done; samples wait meanwhile.

    Reading takes ``lanes + 2`` cycles a word, drawing initial weights 1 cycle a weight (2 where the init shift is above
    15). Codes that name no operation are taken and do nothing.

    Members
    -------
    commands : In(stream)   all operations but INFER and LEARN, in order
    at_rest : In            no sample is in work
    asks : Out              weights are to be read or drawn, or are being so; that begins with `granted` : In
    shadow : Out(stream)    shadow weights in the order of the load, `first` on the first
    initial : Out(stream)   fresh weights for the load
    weights<l> : Out        memories of layer l, read only, see :func:`update_port`
    lfsr_load : Out, lfsr_state : Out   not with a value of 0, a state that the LFSR would never leave
    boost : Out             learning-rate boost last set, ``max_boost`` for a value above it; 0 after reset
    """

    def __init__(self, config: LearningNetworkConfig):
        self._config = config
        weights = stream.Signature(weight_layout(config))
        members = {
            "commands": In(stream.Signature(control_layout(config))),
            "at_rest": In(1),
            "asks": Out(1),
            "granted": In(1),
            "shadow": Out(weights),
            "initial": Out(weights),
            "lfsr_load": Out(1),
            "lfsr_state": Out(config.learning.lfsr_width),
            "boost": Out(index_shape(config.learning.max_boost + 1)),
        }
        for layer in config.resolved:
            members[f"weights{layer.index}"] = Out(update_port(layer))
        super().__init__(members)

    @property
    def weights(self) -> list[Any]:
        """The ports to the memories of each layer."""
        return [getattr(self, f"weights{layer.index}") for layer in self._config.resolved]

    @property
    def _parameters(self) -> list[tuple[LearningLayer, Parameter]]:
        """All that is read and drawn, in order."""
        return [(layer, parameter) for layer in self._config.resolved for parameter in layer.parameters]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        command, learning = self.commands.payload, self._config.learning
        runs, done = Signal(), Signal()
        is_read, is_draw, reads, draws = (Signal() for _ in range(4))
        m.d.comb += [
            runs.eq(self.commands.valid & self.at_rest),
            is_read.eq(command.operation == Operation.READ_WEIGHTS),
            is_draw.eq(command.operation == Operation.INITIALISE),
            reads.eq(runs & is_read & self.granted),
            draws.eq(runs & is_draw & self.granted),
            self.lfsr_load.eq(runs & (command.operation == Operation.SET_LFSR) & (command.value != 0)),
            self.lfsr_state.eq(command.value),
            self.commands.ready.eq(runs & done),
            done.eq(Mux(is_read, self._read(m, reads), Mux(is_draw, self._draw(m, draws), 1))),
        ]
        m.d.sync += self.asks.eq(runs & (is_read | is_draw) & ~done)
        with m.If(runs & (command.operation == Operation.SET_BOOST)):
            highest = learning.max_boost
            m.d.sync += self.boost.eq(Mux(command.value > highest, highest, command.value))
        return m

    def _read(self, m: Module, runs: Signal) -> Value:
        """Send every weight; return whether the last one is leaving."""
        targets = self._parameters
        target = Signal(index_shape(len(targets)))
        address = Signal(index_shape(max(parameter_depth(*memory) for memory in targets)))
        lane = Signal(index_shape(max(layer.lanes for layer, _ in targets)))
        neuron = Signal(index_shape(max(parameter.n_outputs for _, parameter in targets)))
        fetched, here, first, ends = Signal(), Signal(), Signal(init=1), Signal()
        weight = Signal.like(self.shadow.payload.weight)
        word_ends, row_ends, ends_memory = Signal(), Signal(), Signal()
        m.d.sync += fetched.eq(runs & ~here & ~fetched)
        with m.If(fetched):
            m.d.sync += here.eq(1)
        with m.Switch(target):
            for index, (layer, parameter) in enumerate(targets):
                port = getattr(self.weights[layer.index], parameter.name)
                with m.Case(index):
                    # The word is held by reading it again until all its weights have left.
                    m.d.comb += [port.read.enable.eq(runs), port.read.address.eq(address)]
                    m.d.comb += [
                        row_ends.eq(neuron == parameter.n_outputs - 1),
                        word_ends.eq(row_ends | (lane == layer.lanes - 1)),
                        ends_memory.eq(row_ends & (address == parameter_depth(layer, parameter) - 1)),
                    ]
                    with m.Switch(lane):
                        for at in range(layer.lanes):
                            with m.Case(at):
                                m.d.comb += weight.eq(port.read.data[at])
        m.d.comb += [
            self.shadow.valid.eq(here),
            self.shadow.payload.weight.eq(weight),
            self.shadow.payload.first.eq(first),
            ends.eq(here & self.shadow.ready & ends_memory & (target == len(targets) - 1)),
        ]
        with m.If(here & self.shadow.ready):
            m.d.sync += [first.eq(0), lane.eq(lane + 1), neuron.eq(neuron + 1)]
            with m.If(word_ends):
                m.d.sync += [lane.eq(0), here.eq(0), address.eq(address + 1)]
            with m.If(row_ends):
                m.d.sync += neuron.eq(0)
            with m.If(ends_memory):
                m.d.sync += [address.eq(0), target.eq(target + 1)]
        with m.If(ends):
            m.d.sync += [first.eq(1), target.eq(0)]
        return ends

    def _draw(self, m: Module, runs: Signal) -> Value:
        """Draw every weight from its layer's stream; return whether the last one is leaving."""
        targets, learning = self._parameters, self._config.learning
        m.submodules.lfsr = lfsr = SeedLfsr()
        target, seeded = Signal(index_shape(len(targets))), Signal()
        left = Signal(range(max(parameter.size for _, parameter in targets) + 1))
        first, low, low_held, whole = Signal(init=1), Signal(16), Signal(), Signal()
        drawn, counts = Signal.like(self.initial.payload.weight), Signal.like(left)
        is_last_target = target == len(targets) - 1
        with m.Switch(target):
            for index, (layer, parameter) in enumerate(targets):
                one_word = parameter != layer.weights or layer.init_words == 1
                with m.Case(index):
                    fresh = lfsr.word if one_word else Value.cast(low) + (lfsr.word << 16)
                    m.d.comb += [
                        lfsr.state.eq(seed_state(initial_seed(layer, learning.seed))),
                        counts.eq(parameter.size),
                        drawn.eq(self._initial(layer, parameter, fresh, left)),
                        whole.eq(1 if one_word else low_held),
                    ]
        ends = Signal()
        m.d.comb += [
            lfsr.load.eq(runs & ~seeded),
            lfsr.step.eq(runs & seeded & (~whole | self.initial.ready)),
            self.initial.valid.eq(runs & seeded & whole),
            self.initial.payload.weight.eq(drawn),
            self.initial.payload.first.eq(first),
            ends.eq(self.initial.valid & self.initial.ready & (left == 1) & is_last_target),
        ]
        with m.If(lfsr.load):
            m.d.sync += [seeded.eq(1), left.eq(counts), low_held.eq(0)]
        with m.If(lfsr.step):
            m.d.sync += [low.eq(lfsr.word), low_held.eq(~whole)]
        with m.If(self.initial.valid & self.initial.ready):
            m.d.sync += [first.eq(0), left.eq(left - 1)]
            with m.If(left == 1):
                m.d.sync += [seeded.eq(0), target.eq(target + 1)]
        with m.If(ends):
            m.d.sync += [first.eq(1), target.eq(0)]
        return ends

    @staticmethod
    def _initial(layer: LearningLayer, parameter: Parameter, fresh: Value, left: Value) -> Value | int:
        """Return an initial value made of fresh bits, with so many left of its memory; other than weights are 0."""
        if parameter != layer.weights:
            return 0
        ranges = [(fresh & ((2 << shift) - 1)) - (1 << shift) for shift in layer.init_shifts]
        # The rows of the layer's own neurons come last.
        return ranges[0] if layer.n_own == 0 else Mux(left > layer.n_own * layer.n_out, *ranges)
