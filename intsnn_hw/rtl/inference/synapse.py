"""The synapse array of a layer: weight memory, spike-times-weight products, and the accumulators of a time step."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.config import LearningLayer, ResolvedLayer
from golden.fixed import IntArray

from ..arith import index_shape, multiply, multiply_constant
from ..layouts import row_event_layout, sums_layout, sweep_layout, weight_word_layout
from ..learning.expressions import inference_weight
from ..memory import Store
from ..ports import weight_port

MAX_WAITING_SWEEPS = 2


class SynapseArray(wiring.Component):
    """Adds the weight row of each event into the accumulators of the present step, `lanes` weights per cycle.

    Throughput: an event takes ``n_words`` cycles and the next follows without a bubble; a marker that stands alone
    takes one cycle. Latency: 4 cycles from the last word of a step to its descriptor on `sweep`. There are `banks`
    sets of accumulators: with two, the next step is added while the last one fires. The first event of a step
    overwrites its bank, so that banks are never cleared. `i` stalls while an event is in work, while `loading`, while
    the bank it needs is still being read, and while two finished steps wait.

    Parameters
    ----------
    layer : ResolvedLayer
    weight : (n_out, n_rows) integers, optional
        Initial content of the weight memory; zeros otherwise.

    Members
    -------
    i : In(stream)          events
    sweep : Out(stream)     finished steps, in order
    read_enable, read_bank, read_word : In   accumulators to read for firing
    read_data : Out         those, one cycle later: `lanes` exact sums
    release : In            mask of banks that have been read to the end
    write_enable, write_address, write_data : In   write port of the weight memory, used while `loading` only
    loading : In            holds events back
    update : In             weight memory access of the update, where the network learns
    adding : Out            a weight word is being added in this cycle
    active : Out            an event or marker is waiting or in work
    """

    def __init__(self, layer: ResolvedLayer, weight: IntArray | None = None):
        self._layer = layer
        self._init = None if weight is None else pack_weights(layer, weight)
        members = {"update": In(weight_port(layer))} if isinstance(layer, LearningLayer) else {}
        super().__init__(
            members
            | {
                "i": In(stream.Signature(row_event_layout(layer))),
                "sweep": Out(stream.Signature(sweep_layout())),
                "read_enable": In(1),
                "read_bank": In(1),
                "read_word": In(index_shape(layer.n_words)),
                "read_data": Out(sums_layout(layer)),
                "release": In(2),
                "write_enable": In(1),
                "write_address": In(index_shape(layer.n_rows * layer.n_words)),
                "write_data": In(weight_word_layout(layer)),
                "loading": In(1),
                "adding": Out(1),
                "active": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        depth = layer.n_rows * layer.n_words

        # No read meets a write: events wait while `loading` and while the layer is updated, which itself reads a word
        # three cycles before it writes it; nothing is written otherwise. A single port is read in other cycles than it
        # is written in; without initial content, events also wait for a load, which writes every word.
        single_port = layer.weight_memory == "single_port"
        m.submodules.weights = weights = Store(
            weight_word_layout(layer), depth, single_port=single_port, written_first=True, init=self._init
        )

        # The event in work; its weight address walks along the row.
        held = Signal()
        event = Signal(row_event_layout(layer))
        address = Signal(index_shape(depth))
        word = Signal(index_shape(layer.n_words))
        bank = Signal()
        empty = Signal(init=1)
        bank_busy = Signal(2)
        n_waiting = Signal(index_shape(MAX_WAITING_SWEEPS + 1))

        has_spike, is_last, closes, issue, discards = (Signal() for _ in range(5))
        step_empty = empty & ~has_spike
        m.d.comb += [
            discards.eq(event.end_of_sample & ~event.end_of_step),
            has_spike.eq(event.spike != 0),
            is_last.eq(~has_spike | (word == layer.n_words - 1)),
            closes.eq(is_last & (event.end_of_step | discards)),
            issue.eq(
                held
                & ~self.loading
                & ~(has_spike & Mux(bank, bank_busy[1], bank_busy[0]))
                & ~(closes & (n_waiting == MAX_WAITING_SWEEPS))
            ),
            self.i.ready.eq(~held | (issue & is_last)),
        ]
        with m.If(self.i.ready):
            m.d.sync += [
                held.eq(self.i.valid),
                event.eq(self.i.payload),
                address.eq(multiply_constant(self.i.payload.address, layer.n_words)),
                word.eq(0),
            ]
        with m.Elif(issue):
            m.d.sync += [address.eq(address + 1), word.eq(word + 1)]

        taken = Signal(2)
        with m.If(issue & is_last):
            m.d.sync += empty.eq(closes | step_empty)
            with m.If(closes & ~step_empty & ~discards):
                m.d.comb += taken.eq(1 << bank)
                if layer.banks == 2:
                    m.d.sync += bank.eq(~bank)
        m.d.sync += bank_busy.eq(bank_busy & ~self.release | taken)

        # Stage 1: the weight word is being read.
        add_1, first_1, close_1 = Signal(), Signal(), Signal()
        spike_1 = Signal(layer.event_width)
        word_1, bank_1 = Signal.like(word), Signal()
        sweep_1 = Signal(sweep_layout())
        self._connect_weights(m, weights, address)
        m.d.sync += [
            add_1.eq(issue & has_spike),
            first_1.eq(empty),
            close_1.eq(issue & closes),
            spike_1.eq(event.spike),
            word_1.eq(word),
            bank_1.eq(bank),
            sweep_1.bank.eq(bank),
            sweep_1.empty.eq(step_empty),
            sweep_1.end_of_sample.eq(event.end_of_sample),
            sweep_1.discard.eq(discards),
        ]

        # Stage 2: the weights are there, in registers of their own: block RAM is slow to give them, and a shadow weight
        # is rounded on the way. The accumulators are being read.
        add_2, first_2, close_2 = Signal(), Signal(), Signal()
        spike_2 = Signal.like(spike_1)
        word_2, bank_2 = Signal.like(word), Signal()
        sweep_2 = Signal(sweep_layout())
        weights_2 = [Signal(signed(layer.weight_width), name=f"weight{lane}_2") for lane in range(layer.lanes)]
        m.d.sync += [
            add_2.eq(add_1),
            first_2.eq(first_1),
            close_2.eq(close_1),
            spike_2.eq(spike_1),
            word_2.eq(word_1),
            bank_2.eq(bank_1),
            sweep_2.eq(sweep_1),
        ]

        # Stage 3: products and accumulators are there; add and write back.
        add_3, first_3, close_3 = Signal(), Signal(), Signal()
        word_3, bank_3 = Signal.like(word), Signal()
        sweep_3 = Signal(sweep_layout())
        products = [Signal(signed(layer.product_width), name=f"product{lane}") for lane in range(layer.lanes)]
        m.d.sync += [
            add_3.eq(add_2),
            first_3.eq(first_2),
            close_3.eq(close_2),
            word_3.eq(word_2),
            bank_3.eq(bank_2),
            sweep_3.eq(sweep_2),
        ]
        previous = Signal(sums_layout(layer))
        sums = [Signal(signed(layer.current_width), name=f"sum{lane}") for lane in range(layer.lanes)]
        for lane in range(layer.lanes):
            weight = inference_weight(m, weights.reads[0].data[lane], layer, f"weight{lane}")
            product = multiply(weights_2[lane], spike_2, shift_add=layer.multiplier == "shift_add")
            m.d.sync += [weights_2[lane].eq(weight), products[lane].eq(product)]
            m.d.comb += sums[lane].eq(Mux(first_3, 0, previous[lane]) + products[lane])
        self._accumulators(m, add_2, add_3, word_2, bank_2, word_3, bank_3, previous, sums)

        m.submodules.waiting = waiting = fifo.SyncFIFO(width=sweep_3.shape().size, depth=MAX_WAITING_SWEEPS)
        popped = self.sweep.valid & self.sweep.ready
        m.d.comb += [
            waiting.w_data.eq(sweep_3),
            waiting.w_en.eq(close_3),
            self.sweep.payload.eq(waiting.r_data),
            self.sweep.valid.eq(waiting.r_rdy),
            waiting.r_en.eq(self.sweep.ready),
            self.adding.eq(add_3),
            self.active.eq(self.i.valid | held | add_1 | add_2 | add_3),
        ]
        m.d.sync += n_waiting.eq(n_waiting + (issue & closes) - popped)
        return m

    def _connect_weights(self, m: Module, weights: Store, address: Value) -> None:
        """Read for events, unless the update reads; write for a load or for the update."""
        if not isinstance(self._layer, LearningLayer):
            m.d.comb += [
                weights.reads[0].enable.eq(1),
                weights.reads[0].address.eq(address),
                weights.write.enable.eq(self.write_enable),
                weights.write.address.eq(self.write_address),
                weights.write.data.eq(self.write_data),
            ]
            return
        update = self.update
        m.d.comb += [
            weights.reads[0].enable.eq(1),
            weights.reads[0].address.eq(Mux(update.read.enable, update.read.address, address)),
            update.read.data.eq(weights.reads[0].data),
            weights.write.enable.eq(self.write_enable | update.write.enable),
            weights.write.address.eq(Mux(update.write.enable, update.write.address, self.write_address)),
            weights.write.data.eq(Mux(update.write.enable, update.write.data.as_value(), self.write_data.as_value())),
        ]

    def _accumulators(
        self, m: Module, read: Signal, add: Signal, read_word: Signal, read_bank: Signal, write_word: Signal,
        write_bank: Signal, previous: Signal, sums: list[Signal],
    ) -> None:  # fmt: skip
        """Connect the accumulators of all banks.

        No read meets a write: the sweep reads another bank than the one being added to, and the words of successive
        adds differ where a bank has several. A bank of one word is added to in every cycle, so its running sum is a
        register and the store only serves the sweep.
        """
        layer = self._layer

        def base(bank: Value) -> Value:
            return Mux(bank, layer.n_words, 0)

        single = layer.n_words == 1
        shared = layer.banks == 1 or single
        m.submodules.accumulators = store = Store(
            sums_layout(layer), layer.banks * layer.n_words, n_read_ports=1 if shared else 2
        )
        m.d.comb += [
            store.write.enable.eq(add),
            store.write.address.eq(base(write_bank) + write_word),
            store.write.data.eq(Cat(sums)),
        ]
        sweep_address = base(self.read_bank) + self.read_word
        add_address = base(read_bank) + read_word
        if single:
            total = Signal(sums_layout(layer))
            with m.If(add):
                m.d.sync += total.eq(Cat(sums))
            m.d.comb += [
                previous.eq(total),
                store.reads[0].address.eq(sweep_address),
                store.reads[0].enable.eq(self.read_enable),
                self.read_data.eq(store.reads[0].data),
            ]
        elif shared:
            # With one bank events wait for the sweep, so that both can use one read port.
            m.d.comb += [
                store.reads[0].address.eq(Mux(self.read_enable, sweep_address, add_address)),
                store.reads[0].enable.eq(self.read_enable | read),
                previous.eq(store.reads[0].data),
                self.read_data.eq(store.reads[0].data),
            ]
        else:
            m.d.comb += [
                store.reads[0].address.eq(add_address),
                store.reads[0].enable.eq(read),
                previous.eq(store.reads[0].data),
                store.reads[1].address.eq(sweep_address),
                store.reads[1].enable.eq(self.read_enable),
                self.read_data.eq(store.reads[1].data),
            ]


def pack_weights(layer: ResolvedLayer, weight: IntArray) -> list[list[int]]:
    """Return the content of the weight memory for weights of shape (n_out, n_rows), rows padded with 0."""
    words = []
    for i in range(layer.n_rows):
        row = [int(weight[j][i]) for j in range(layer.n_out)] + [0] * (layer.n_words * layer.lanes - layer.n_out)
        words += [row[at : at + layer.lanes] for at in range(0, len(row), layer.lanes)]
    return words
