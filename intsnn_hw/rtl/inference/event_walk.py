"""The walk of an event over the weight words of its row, and the banks of accumulators that steps are summed in."""

from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape, multiply_constant
from ..layouts import row_event_layout, sweep_layout

MAX_WAITING_SWEEPS = 2


def word_fields(layer: ResolvedLayer) -> dict[str, ShapeLike]:
    """Return what goes along with a weight word on its way into the accumulators.

    `add`: weights times `spike` are added to `word` of `bank`; `first`: as the first of its step, which overwrites;
    `close`: the step, described by `sweep`, is finished. Of a map, `position` belongs to the place of a word.
    """
    fields: dict[str, ShapeLike] = {
        "add": 1,
        "first": 1,
        "close": 1,
        "spike": layer.event_width,
        "word": index_shape(layer.n_words),
        "bank": 1,
        "sweep": sweep_layout(),
    }
    return fields if layer.kind.output_shape is None else fields | {"position": index_shape(layer.n_positions)}


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
                "i": In(stream.Signature(self._event_layout())),
                "loading": In(1),
                "release": In(2),
                "popped": In(1),
                "held": Out(1),
                "address": Out(index_shape(layer.n_rows * layer.n_words)),
                "at": Out(at),
            }
        )

    def _event_layout(self) -> data.StructLayout:
        return row_event_layout(self._layer)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at, event = self.at, Signal.like(self.i.payload, name="event")
        bank_busy, n_waiting = Signal(2), Signal(index_shape(MAX_WAITING_SWEEPS + 1))
        has_spike, is_last, closes, issue = (Signal() for _ in range(4))
        m.d.comb += [
            has_spike.eq(event.spike != 0),
            is_last.eq(~has_spike | self._ends(m, event)),
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
            m.d.sync += [self.held.eq(self.i.valid), event.eq(self.i.payload), at.word.eq(0)]
            self._begin(m)
        with m.Elif(issue):
            self._advance(m, event)
        self._follow_steps(m, issue & is_last, closes, bank_busy)
        m.d.sync += n_waiting.eq(n_waiting + at.close - self.popped)
        return m

    def _ends(self, m: Module, event: Any) -> Value:
        """Return whether the word is the last of its event."""
        return self.at.word == self._layer.n_words - 1

    def _begin(self, m: Module) -> None:
        """Go to the first word of the event that comes."""
        m.d.sync += self.address.eq(multiply_constant(self.i.payload.address, self._layer.n_words))

    def _advance(self, m: Module, event: Any) -> None:
        """Go to the next word of the event."""
        m.d.sync += [self.address.eq(self.address + 1), self.at.word.eq(self.at.word + 1)]

    def _hands_over(self) -> Value:
        """Return whether the bank of a step that is finished is to be read."""
        return ~self.at.sweep.empty & ~self.at.sweep.discard

    def _follow_steps(self, m: Module, ends: Value, closes: Signal, bank_busy: Signal) -> None:
        """When an event ends, tell whether its step has others, and hand a finished step's bank over to be read."""
        at, taken = self.at, Signal(2)
        first = Signal(init=1)
        m.d.comb += at.first.eq(first)
        with m.If(ends):
            m.d.sync += first.eq(closes | at.sweep.empty)
            with m.If(closes & self._hands_over()):
                m.d.comb += taken.eq(1 << at.bank)
                if self._layer.banks == 2:
                    m.d.sync += at.bank.eq(~at.bank)
        m.d.sync += bank_busy.eq(bank_busy & ~self.release | taken)
