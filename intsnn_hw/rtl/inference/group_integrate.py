"""A group of neurons leaks and integrates."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.config import ResolvedLayer

from ..arith import index_shape
from ..layouts import states_layout, sums_layout
from .neuron import Integrate, initial_state


class GroupIntegrate(wiring.Component):
    """Adds the sums of a step to the states of `fire_lanes` neurons.

    Combinational.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In        states before the step
    fresh : In    they count as the initial ones: the step is the first of its sample
    sums : In     word of accumulators
    part : In     place of the group's sums in that word
    empty : In    the sums count as 0: the step had no event
    o : Out       states before they fire
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        states = states_layout(layer)
        super().__init__(
            {
                "i": In(states),
                "fresh": In(1),
                "sums": In(sums_layout(layer)),
                "part": In(index_shape(layer.lanes // layer.fire_lanes)),
                "empty": In(1),
                "o": Out(states),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, width = self._layer, self._layer.fire_lanes
        sums = [Signal(signed(layer.current_width), name=f"sum{lane}") for lane in range(width)]
        with m.Switch(self.part):
            for at in range(layer.lanes // width):
                with m.Case(at):
                    m.d.comb += [sums[lane].eq(self.sums[at * width + lane]) for lane in range(width)]
        for lane in range(width):
            m.submodules[f"neuron{lane}"] = neuron = Integrate(layer)
            m.d.comb += [
                neuron.i.eq(Mux(self.fresh, initial_state(layer.neuron).as_value(), self.i[lane].as_value())),
                neuron.current.eq(Mux(self.empty, 0, sums[lane])),
                self.o[lane].eq(neuron.o),
            ]
        return m
