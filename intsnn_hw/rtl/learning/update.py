"""The weight update of a layer: rows of shadow weights are read once, changed, and written back."""

from itertools import pairwise
from typing import Any

from amaranth.hdl import Cat, Module, Mux, ShapeLike, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import GRADED_SHIFT, GRADIENT_WIDTH, LearningLayer
from golden.fixed import LFSR_WIDTH, signed_width

from ..arith import add_all, index_shape, multiply_constant, saturate
from ..layouts import error_layout, place_layout, row_layout
from ..ports import weight_port
from .error_store import entry_layout
from .expressions import inference_weight


class RowUpdate(wiring.Component):
    """Updates the rows of a layer and, on the way, sums the error that they carry to the layer below.

    ``W <- saturate(W + round((-g * x) >> rate))`` with ``rate`` the rows' rate shift plus `boost`; the sum is
    ``d_j = sum_k g_k w_kj`` of the weights before the update. Words without any error are passed over, rows with
    neither trace nor surrogate take one cycle. A gradient is a power of two, so that a lane needs a shifter of 8
    settings and adders: the rate is applied to the row's trace before, with the fraction bits kept.

    Throughput 1 word per cycle, or one in two cycles where the weight memory has a single port. Latency: a word is
    written 3 cycles after it was read; `carried` follows the last word of a row by 5 cycles.

    Parameters
    ----------
    layer : LearningLayer
    below : LearningLayer or None
        The layer whose neurons are the rows, and carry an error; None for the first layer.

    Members
    -------
    rows : In(stream)     rows to update
    boost : In            added to the rate shift, ``0..max_boost``
    n_entries, entry, entry_address : the error store's words that hold an error
    draw : In, drawn : Out   LFSR draw for a row with a trace, taken in this cycle
    weights : Out         see :func:`weight_port`
    changes : Out         the word being read will be changed
    carries : Out         its row is not one of the layer's own neurons
    carried : Out(signed), carried_valid, carried_row, carried_last : Out   of each row, on the feedback route;
                          :func:`carried_layout`
    busy : Out            a row is in work
    """

    def __init__(self, layer: LearningLayer, below: LearningLayer | None):
        self._layer, self._below = layer, below
        self._learning = layer.learning
        self._carries = below is not None and layer.learning.route == "feedback"
        members = {
            "rows": In(stream.Signature(row_layout(layer, below))),
            "boost": In(index_shape(layer.learning.max_boost + 1)),
            "n_entries": In(index_shape(layer.n_words + 1)),
            "entry_address": Out(index_shape(layer.n_words)),
            "entry": In(entry_layout(layer)),
            "draw": In(LFSR_WIDTH),
            "drawn": Out(1),
            "weights": Out(weight_port(layer)),
            "changes": Out(1),
            "carries": Out(1),
            "busy": Out(1),
        }
        if self._carries:
            assert below is not None
            members |= {
                "carried": Out(signed(carried_width(layer))),
                "carried_row": Out(carried_layout(below)),
                "carried_valid": Out(1),
                "carried_last": Out(1),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, learning = self._layer, self._learning
        # Rows of both kinds of rate have the same fraction bits, which are those of the lower rate.
        boosts = range(learning.max_boost + 1)
        fraction = max(0, *layer.rates_at(learning.max_boost))
        ups = [[fraction - rate for rate in layer.rates_at(boost)] for boost in boosts]

        # The row in work walks over the kept words of errors.
        held, row = Signal(), Signal(row_layout(layer, self._below))
        base = Signal(index_shape(layer.n_rows * layer.n_words))
        widths = (layer.input_trace_width, layer.own_trace_width)
        scaled = Signal(max(width + up for row_ups in ups for width, up in zip(widths, row_ups, strict=False)))
        draw = Signal(fraction) if fraction and learning.rounding == "stochastic" else None
        at = Signal(index_shape(layer.n_words))
        slot = Signal()
        updates, reads = Signal(), Signal()
        incoming = self.rows.payload
        issue, is_last = Signal(), Signal()
        m.d.comb += [
            issue.eq(held & ~(reads & slot)),
            is_last.eq(~reads | (at + 1 == self.n_entries)),
            self.rows.ready.eq(~held | (issue & is_last)),
            self.entry_address.eq(at),
        ]
        if layer.weight_memory == "single_port":
            m.d.sync += slot.eq(~slot)
        taken = Signal()
        m.d.comb += taken.eq(self.rows.valid & self.rows.ready)
        will_update = (incoming.trace != 0) & (self.n_entries != 0)
        needed = will_update
        if self._carries:
            needed = (self.n_entries != 0) & ((incoming.trace != 0) | (incoming.surrogate != 0))
        if learning.rounding == "stochastic":
            m.d.comb += self.drawn.eq(taken & will_update)
        with m.If(self.rows.ready):
            m.d.sync += [
                held.eq(self.rows.valid),
                row.eq(incoming),
                base.eq(multiply_constant(incoming.input, layer.n_words)),
                at.eq(0),
                updates.eq(will_update),
                reads.eq(needed),
            ]
            with m.Switch(self.boost):
                for boost in boosts:
                    with m.Case(boost) if boost < learning.max_boost else m.Default():
                        m.d.sync += scaled.eq(_either(incoming, [incoming.trace << up for up in ups[boost]]))
                        if draw is not None:
                            m.d.sync += draw.eq(_either(incoming, [self.draw << up for up in ups[boost]]))
        with m.Elif(issue):
            m.d.sync += at.eq(at + 1)

        # Stage 1: the word of errors is there; the weights are being read.
        op_1, reads_1, updates_1, last_1, first_1, ends_1, carries_1 = (Signal(name=f"{name}_1") for name in _TAGS)
        base_1, scaled_1 = Signal.like(base), Signal.like(scaled)
        draw_1 = Signal.like(draw) if draw is not None else None
        m.d.sync += [
            op_1.eq(issue),
            reads_1.eq(issue & reads),
            updates_1.eq(issue & updates),
            last_1.eq(is_last),
            first_1.eq(at == 0),
            ends_1.eq(row.last),
            carries_1.eq(~row.own if layer.learns_own else 1),
            base_1.eq(base),
            scaled_1.eq(scaled),
        ]
        m.d.comb += [self.weights.read.enable.eq(reads_1), self.weights.read.address.eq(base_1 + self.entry.word)]
        m.d.comb += [self.changes.eq(updates_1), self.carries.eq(carries_1)]

        # Stage 2: the weights are there; shift, round, and weigh them with the errors.
        tags_2 = [Signal(name=f"{name}_2") for name in _TAGS]
        address_2, scaled_2 = Signal.like(base), Signal.like(scaled)
        draw_2 = Signal.like(draw) if draw is not None else None
        m.d.sync += [Cat(tags_2).eq(Cat(op_1, reads_1, updates_1, last_1, first_1, ends_1, carries_1))]
        m.d.sync += [address_2.eq(self.weights.read.address), scaled_2.eq(scaled_1)]
        if draw is not None and draw_1 is not None and draw_2 is not None:
            m.d.sync += [draw_1.eq(draw), draw_2.eq(draw_1)]
        tags_3, tags_4 = ([Signal(name=f"{name}_{stage}") for name in _TAGS] for stage in (3, 4))
        address_3, address_4 = Signal.like(base), Signal.like(base)
        m.d.sync += [Cat(tags_3).eq(Cat(tags_2)), Cat(tags_4).eq(Cat(tags_3))]
        m.d.sync += [address_3.eq(address_2), address_4.eq(address_3)]
        parts, written = [], []
        for lane in range(layer.lanes):
            error = Signal(error_layout(layer), name=f"error{lane}")
            m.d.sync += error.eq(self.entry.errors[lane])
            shadow = self.weights.read.data[lane]
            shifted = scaled_2 if layer.ternary_errors else (scaled_2 << error.exponent)
            product = Signal(shifted.shape(), name=f"product{lane}")
            m.d.comb += product.eq(shifted)
            step = self._rounded(product, error.negative, draw_2, fraction)
            step_3, shadow_3 = Signal(step.shape(), name=f"step{lane}"), Signal(shadow.shape(), name=f"shadow{lane}")
            m.d.sync += [step_3.eq(Mux(error.active, step, 0)), shadow_3.eq(shadow)]
            # Stage 3: add and saturate; stage 4: write back.
            exact = shadow_3 + step_3
            total, changed = Signal(exact.shape(), name=f"total{lane}"), Signal(shadow.shape(), name=f"changed{lane}")
            m.d.comb += total.eq(exact)
            m.d.sync += changed.eq(saturate(total, layer.stored_width))
            written.append(changed)
            if self._carries:
                weight = inference_weight(m, shadow, layer, f"weight{lane}")
                scaled_weight = weight if layer.ternary_errors else (weight << error.exponent)
                weighed = Signal(scaled_weight.shape(), name=f"weighed{lane}")
                m.d.comb += weighed.eq(scaled_weight)
                part = Signal(signed(len(weighed) + 1), name=f"part{lane}")
                m.d.sync += part.eq(Mux(error.active, Mux(error.negative, -weighed, weighed), 0))
                parts.append(part)
        m.d.comb += self.weights.write.data.eq(Cat(written))
        m.d.comb += [self.weights.write.enable.eq(tags_4[_UPDATES]), self.weights.write.address.eq(address_4)]
        m.d.comb += self.busy.eq(held | op_1 | tags_2[_OP] | tags_3[_OP] | tags_4[_OP])
        if self._carries:
            self._carry(m, parts, row, tags_3, tags_4)
        return m

    def _rounded(self, product: Value, negative: Value, draw: Signal | None, fraction: int) -> Value:
        """Return ``-g * x`` shifted right by the fraction bits in the rounding mode of the rule."""
        exact = Mux(negative, product, -product).as_signed()
        if fraction == 0:
            return exact
        bias: Value | int = 0
        if draw is not None:
            bias = draw
        elif self._learning.rounding == "nearest":
            bias = 1 << (fraction - 1)
        elif self._learning.rounding == "toward_zero":
            bias = Mux(negative, 0, (1 << fraction) - 1)
        return (exact + bias).shift_right(fraction)

    def _carry(self, m: Module, parts: list[Signal], row: Signal, tags_3: list[Signal], tags_4: list[Signal]) -> None:
        """Sum the weighed lanes over the words of a row and hand the sum over with what the row's neuron keeps."""
        assert self._below is not None
        layout = carried_layout(self._below)
        neurons = [Signal(layout, name=f"neuron_{stage}") for stage in range(5)]
        m.d.comb += [getattr(neurons[0], name).eq(getattr(row, name)) for name, _ in layout]
        m.d.sync += [later.eq(earlier) for earlier, later in pairwise(neurons)]
        word_sum, total = Signal.like(self.carried), Signal.like(self.carried)
        m.d.sync += word_sum.eq(add_all(list(parts)))
        so_far = Signal.like(self.carried)
        m.d.comb += [
            so_far.eq(Mux(tags_4[_FIRST], 0, total) + Mux(tags_4[_READS], word_sum, 0)),
        ]
        with m.If(tags_4[_OP]):
            m.d.sync += total.eq(so_far)
        m.d.sync += [
            self.carried_valid.eq(tags_4[_OP] & tags_4[_LAST] & tags_4[_CARRIES]),
            self.carried_last.eq(tags_4[_ENDS]),
            self.carried.eq(so_far),
            self.carried_row.eq(neurons[4]),
        ]


_TAGS = ("op", "reads", "updates", "last", "first", "ends", "carries")
_OP, _READS, _UPDATES, _LAST, _FIRST, _ENDS, _CARRIES = range(len(_TAGS))


def _either(row: Any, values: list[Value]) -> Value:
    """Return the first value for a row of an input, the second, if any, for a row of the layer's own."""
    return values[0] if len(values) == 1 else Mux(row.own, values[1], values[0])


def carried_layout(below: LearningLayer) -> data.StructLayout:
    """What goes along with the error carried to a neuron, to make its gradient of."""
    fields: dict[str, ShapeLike] = {"surrogate": below.surrogate_width, "place": place_layout(below)}
    return data.StructLayout(fields | ({"over": 1} if below.budget_push else {}))


def carried_width(layer: LearningLayer) -> int:
    """Return the bits of ``d_j``, the error that a layer carries to one neuron below, exactly."""
    if layer.ternary_errors:
        total = layer.n_out
    elif layer.is_readout:
        total = 2 << GRADED_SHIFT  # the shares of the other classes, and the true class's error
    else:
        total = layer.n_out << (GRADIENT_WIDTH - 1)
    bound = total << (layer.weight_width - 1)
    return signed_width(-bound, bound)
