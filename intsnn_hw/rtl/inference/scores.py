"""The scores of the readout layer, as its neurons fire."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.config import NetworkConfig

from ..layouts import neuron_score_layout, score_layout
from ..ports import groups_port
from .readout import readout_of
from .score_sum import ScoreSum


class Scores(wiring.Component):
    """Makes the score of each class, by the readout of the network, and sends it after the last step of a sample.

    Throughput 1 neuron per cycle, no latency. Where the network learns at every step each step's scores are sent; `i`
    stalls where one is to be sent and `o` is not taken. `i.ready` does not depend on `i.valid`.

    Parameters
    ----------
    config : NetworkConfig

    Members
    -------
    i : In(stream)      neurons of the readout layer, in order, as they fire
    groups : In         see :func:`groups_port`
    o : Out(stream)     scores
    discard : In        the sample is given up; while no neuron is on its way
    discarding : Out    that has not been sent yet; 0 in a network that does not learn, which does not send it
    """

    def __init__(self, config: NetworkConfig):
        self._config = config
        super().__init__(
            {
                "i": In(stream.Signature(neuron_score_layout(config))),
                "groups": In(groups_port(config.resolved[-1])),
                "o": Out(stream.Signature(score_layout(config))),
                "discard": In(1),
                "discarding": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        neuron, beat, sends, learning = self.i.payload, self.o.payload, Signal(), self._config.learning
        each_step = learning is not None and learning.every_step
        score = self._score(m)
        m.d.comb += [
            sends.eq(1 if each_step else neuron.end_of_sample),
            self.i.ready.eq(~sends | self.o.ready),
            self.o.valid.eq((self.i.valid & sends) | self.discarding),
            beat.score.eq(score),
            beat.last.eq(neuron.last),
            beat.final.eq(neuron.end_of_sample & ~self.discarding),
        ]
        if learning is not None:
            charge = readout_of(self._config).charge(self._config, neuron.membrane, score)
            m.d.comb += [beat.charge.eq(charge), beat.discard.eq(self.discarding)]
            with m.If(self.discard):
                m.d.sync += self.discarding.eq(1)
            with m.If(self.discarding & self.o.ready):
                m.d.sync += self.discarding.eq(0)
        return m

    def _score(self, m: Module) -> Value:
        """Return the score of the neuron at hand."""
        config, neuron = self._config, self.i.payload
        readout = readout_of(config)
        shape = readout.sum_shape(config)
        if shape is None:
            return neuron.membrane
        m.submodules.sum = total = ScoreSum(shape, config.resolved[-1])
        connect(m, flipped(self.groups), total.groups)
        m.d.comb += total.term.eq(readout.term(neuron.membrane, neuron.spike))
        return total.total
