"""The walk of an event over the weight words of its row, and the banks of accumulators that steps are summed in."""

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape, multiply_constant
from ..layouts import row_event_layout, sweep_layout

MAX_WAITING_SWEEPS = 2


def word_fields(layer: ResolvedLayer) -> dict[str, ShapeLike]:
    """Return what goes along with a weight word on its way into the accumulators.

    `add`: weights times `spike` are added to `word` of `bank`; `first`: as the first of its step, which overwrites;
    `close`: the step, described by `sweep`, is finished.
    """
    return {
        "add": 1,
        "first": 1,
        "close": 1,
        "spike": layer.event_width,
        "word": index_shape(layer.n_words),
        "bank": 1,
        "sweep": sweep_layout(),
    }


class EventWalk(wiring.Component):
    """Takes events and goes over the words of their rows; counts the steps that wait to fire.

    Throughput: an event takes ``n_words`` cycles and the next follows without a bubble; a marker that stands alone
    takes one cycle. Latency 1 cycle. `i` stalls while an event is in work, while `loading`, while the bank it needs is
    still being read, and while :data:`MAX_WAITING_SWEEPS` finished steps wait.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In(stream)   events
    loading : In     holds events back
    release : In     mask of banks that have been read to the end
    popped : In      a finished step has been taken to fire
    held : Out       an event or marker is in work
    address : Out    weight word that the event needs
    at : Out         :func:`word_fields` of that word
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        at = wiring.Signature({name: Out(shape) for name, shape in word_fields(layer).items()})
        super().__init__(
            {
                "i": In(stream.Signature(row_event_layout(layer))),
                "loading": In(1),
                "release": In(2),
                "popped": In(1),
                "held": Out(1),
                "address": Out(index_shape(layer.n_rows * layer.n_words)),
                "at": Out(at),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, at = self._layer, self.at
        event = Signal(row_event_layout(layer))
        bank_busy, n_waiting = Signal(2), Signal(index_shape(MAX_WAITING_SWEEPS + 1))
        has_spike, is_last, closes, issue = (Signal() for _ in range(4))
        m.d.comb += [
            has_spike.eq(event.spike != 0),
            is_last.eq(~has_spike | (at.word == layer.n_words - 1)),
            closes.eq(is_last & (event.end_of_step | at.sweep.discard)),
            issue.eq(
                self.held
                & ~self.loading
                & ~(has_spike & Mux(at.bank, bank_busy[1], bank_busy[0]))
                & ~(closes & (n_waiting == MAX_WAITING_SWEEPS))
            ),
            at.add.eq(issue & has_spike),
            at.close.eq(issue & closes),
            at.spike.eq(event.spike),
            at.sweep.bank.eq(at.bank),
            at.sweep.empty.eq(at.first & ~has_spike),
            at.sweep.end_of_sample.eq(event.end_of_sample),
            at.sweep.discard.eq(event.end_of_sample & ~event.end_of_step),
            self.i.ready.eq(~self.held | (issue & is_last)),
        ]
        with m.If(self.i.ready):
            m.d.sync += [
                self.held.eq(self.i.valid),
                event.eq(self.i.payload),
                self.address.eq(multiply_constant(self.i.payload.address, layer.n_words)),
                at.word.eq(0),
            ]
        with m.Elif(issue):
            m.d.sync += [self.address.eq(self.address + 1), at.word.eq(at.word + 1)]
        self._follow_steps(m, issue & is_last, closes, bank_busy)
        m.d.sync += n_waiting.eq(n_waiting + at.close - self.popped)
        return m

    def _follow_steps(self, m: Module, ends: Value, closes: Signal, bank_busy: Signal) -> None:
        """When an event ends, tell whether its step has others, and hand a finished step's bank over to be read."""
        at, taken = self.at, Signal(2)
        first = Signal(init=1)
        m.d.comb += at.first.eq(first)
        with m.If(ends):
            m.d.sync += first.eq(closes | at.sweep.empty)
            with m.If(closes & ~at.sweep.empty & ~at.sweep.discard):
                m.d.comb += taken.eq(1 << at.bank)
                if self._layer.banks == 2:
                    m.d.sync += at.bank.eq(~at.bank)
        m.d.sync += bank_busy.eq(bank_busy & ~self.release | taken)
