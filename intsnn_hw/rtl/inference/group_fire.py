"""A group of neurons fires and is reset."""

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..layouts import first_neuron_shape, map_address_layout, sends_map, spikes_layout, states_layout
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
    first : In     the first neuron, see :func:`first_neuron_shape`
    spikes : Out   graded spikes
    o : Out        states after the step
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        states = states_layout(layer)
        super().__init__(
            {
                "i": In(states),
                "first": In(first_neuron_shape(layer)),
                "spikes": Out(spikes_layout(layer)),
                "o": Out(states),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self._layer
        first, count = self.first, layer.n_out
        if sends_map(layer):
            shape = layer.kind.output_shape
            assert shape is not None
            first, count = data.View(map_address_layout(shape), self.first).channel, layer.config.size
        for lane in range(layer.fire_lanes):
            m.submodules[f"neuron{lane}"] = neuron = Fire(layer)
            m.d.comb += [
                neuron.i.eq(self.i[lane]),
                neuron.enable.eq(first + lane < count),
                self.spikes[lane].eq(neuron.spike),
                self.o[lane].eq(neuron.o),
            ]
        return m
