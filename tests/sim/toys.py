"""Small components, each with the numpy model of what it does."""

import numpy as np
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out

REQUEST = data.StructLayout({"a": signed(7), "tag": 80, "taps": data.ArrayLayout(signed(5), 3)})
REPLY = data.StructLayout({"sum": signed(12), "tag": 80})
PROBE = data.StructLayout({"sum": signed(12), "valid": 1})


class Accumulator(wiring.Component):
    """Adds up ``a``, ``taps`` and ``gain`` in 12 wrapping bits behind a FIFO of 5; payloads exceed 64 bits."""

    i: In(stream.Signature(REQUEST))
    o: Out(stream.Signature(REPLY))
    gain: In(4, init=2)
    probe: Out(PROBE)
    full: Out(1)
    level: Out(3)
    use: Out(data.StructLayout({"tag": 30, "level": 3, "taken": 1, "signed": signed(4)}))

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = queue = fifo.SyncFIFOBuffered(width=92, depth=5)
        total = Signal(signed(12))
        reply = Signal(REPLY)
        request = self.i.payload
        m.d.comb += [
            reply.sum.eq(total + request.a + request.taps[0] + request.taps[1] + request.taps[2] + self.gain),
            reply.tag.eq(request.tag),
            self.i.ready.eq(queue.w_rdy),
            queue.w_en.eq(self.i.valid),
            queue.w_data.eq(reply),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            self.probe.valid.eq(self.i.valid & self.i.ready),
            self.probe.sum.eq(reply.sum),
            self.full.eq(~queue.w_rdy),
            self.level.eq(queue.level),
            self.use.tag.eq(request.tag),
            self.use.level.eq(queue.level),
            self.use.taken.eq(self.probe.valid),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += total.eq(reply.sum)
        return m

    @staticmethod
    def model(request, gain=2):
        """Replies to requests, from power-on."""
        totals = np.cumsum(request["a"] + request["taps"].sum(axis=1) + gain)
        return {"sum": (totals + 2048) % 4096 - 2048, "tag": request["tag"]}


def requests(n, seed):
    """Random requests that reach the ends of every field."""
    rng = np.random.default_rng(seed)
    tag = np.array([int(x) << 48 | int(y) for x, y in rng.integers(0, 2**32, (n, 2))], dtype=object)
    request = {"a": rng.integers(-64, 64, n), "tag": tag, "taps": rng.integers(-16, 16, (n, 3))}
    request["a"][:2], request["tag"][:2], request["taps"][:2] = (-64, 63), (0, 2**80 - 1), ((-16,) * 3, (15,) * 3)
    return request


class GrayDecoder(wiring.Component):
    """Decodes Gray code without a clock; the bitwise chain is feedback to a simulator that works word by word."""

    i: In(stream.Signature(9))
    o: Out(stream.Signature(9))

    def elaborate(self, platform):
        m = Module()
        chain = Signal(9)
        m.d.comb += chain[8].eq(self.i.payload[8])
        m.d.comb += [chain[bit].eq(chain[bit + 1] ^ self.i.payload[bit]) for bit in range(8)]
        m.d.comb += [self.o.payload.eq(chain), self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready)]
        return m


class Counter(wiring.Component):
    """Sends 0, 1, 2 ... from registers; stalled, it drops ``valid`` (``fault`` 1) or changes the payload (2)."""

    o: Out(stream.Signature(8, payload_init=255))
    fault: In(2)

    def elaborate(self, platform):
        m = Module()
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(self.o.payload + 1)]
        with m.Elif(self.fault == 1):
            m.d.sync += self.o.valid.eq(0)
        with m.Elif(self.fault == 2):
            m.d.sync += self.o.payload.eq(self.o.payload + 1)
        return m


class SecondClock(wiring.Component):
    """A component that no driver of one clock can run."""

    o: Out(stream.Signature(4))

    def elaborate(self, platform):
        m = Module()
        m.d.other += self.o.payload.eq(self.o.payload + 1)
        m.d.comb += self.o.valid.eq(1)
        return m
