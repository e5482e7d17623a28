"""The direct route: the output error through a fixed ternary matrix that an LFSR draws anew each time."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import GRADED_SHIFT, LearningLayer, LearningNetworkConfig
from golden.fixed import seed_state, signed_width
from golden.seeds import direct_seed

from ..arith import add_all, index_shape
from ..layouts import error_layout
from .seed_lfsr import SeedLfsr

CLASSES_PER_WORD = 8


def direct_width(config: LearningNetworkConfig) -> int:
    """Return the bits of ``d_j`` on the direct route."""
    # Graded: the shares of the other classes, and the true class's error.
    total = config.n_classes if config.resolved[-1].ternary_errors else 2 << GRADED_SHIFT
    bound = total << config.learning.direct_shift
    return signed_width(-bound, bound)


class DirectError(wiring.Component):
    """Sends ``d_j = (sum_c e_c * B_jc) << direct_shift`` for the neurons of a hidden layer, in order.

    Throughput one neuron in ``ceil(n_classes / 8)`` cycles.

    Members
    -------
    start : In                     begin with neuron 0
    errors : In                    error of each class
    o : Out(stream)                d_j
    """

    def __init__(self, layer: LearningLayer, config: LearningNetworkConfig):
        self._layer, self._config = layer, config
        super().__init__(
            {
                "start": In(1),
                "errors": In(data.ArrayLayout(error_layout(config.resolved[-1]), config.n_classes)),
                "o": Out(stream.Signature(signed(direct_width(config)))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, n_classes = self._config, self._config.n_classes
        n_words = -(-n_classes // CLASSES_PER_WORD)
        m.submodules.lfsr = lfsr = SeedLfsr()
        m.d.comb += [
            lfsr.load.eq(self.start),
            lfsr.state.eq(seed_state(direct_seed(self._layer, config.learning.seed))),
        ]
        running, word = Signal(), Signal(index_shape(n_words))
        ternary = config.resolved[-1].ternary_errors
        highest = CLASSES_PER_WORD if ternary else 2 << GRADED_SHIFT
        part, total = Signal(signed(signed_width(-highest, highest))), Signal.like(self.o.payload)
        with m.Switch(word):
            for index in range(n_words):
                with m.Case(index):
                    terms = []
                    for at, c in enumerate(
                        range(index * CLASSES_PER_WORD, min(n_classes, (index + 1) * CLASSES_PER_WORD))
                    ):
                        drawn, positive = lfsr.word[2 * at], lfsr.word[2 * at + 1]
                        error = self.errors[c]
                        size = 1 if ternary else (1 << error.exponent)[: GRADED_SHIFT + 1]
                        terms.append(Mux(drawn & error.active, Mux(positive ^ error.negative, size, -size), 0))
                    m.d.comb += part.eq(add_all(terms))
        is_last = word == n_words - 1
        so_far = Signal.like(total)
        m.d.comb += [so_far.eq(Mux(word == 0, 0, total) + part), lfsr.step.eq(running & (~self.o.valid | self.o.ready))]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(lfsr.step):
            m.d.sync += [word.eq(word + 1), total.eq(so_far)]
            with m.If(is_last):
                m.d.sync += [word.eq(0), self.o.valid.eq(1), self.o.payload.eq(so_far << config.learning.direct_shift)]
        with m.If(self.start):
            m.d.sync += [running.eq(1), word.eq(0), self.o.valid.eq(0)]
        return m
