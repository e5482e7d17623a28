"""A group of neurons fires and is reset."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape
from ..layouts import spikes_layout, states_layout
from .neuron import Fire


class GroupFire(wiring.Component):
    """Fires and resets `fire_lanes` neurons; the padding beyond a layer's last neuron never fires.

    Combinational.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In         states after the sums of a step were added
    first : In     index of the first neuron
    spikes : Out   graded spikes
    o : Out        states after the step
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        states = states_layout(layer)
        super().__init__(
            {
                "i": In(states),
                "first": In(index_shape(layer.n_fire_words * layer.fire_lanes)),
                "spikes": Out(spikes_layout(layer)),
                "o": Out(states),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self._layer.fire_lanes):
            m.submodules[f"neuron{lane}"] = neuron = Fire(self._layer)
            m.d.comb += [
                neuron.i.eq(self.i[lane]),
                neuron.enable.eq(self.first + lane < self._layer.n_out),
                self.spikes[lane].eq(neuron.spike),
                self.o[lane].eq(neuron.o),
            ]
        return m
