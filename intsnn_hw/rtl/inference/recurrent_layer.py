"""A fully connected layer whose own events of a step are further inputs of the next."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib.wiring import Out, connect

from .layer import Layer
from .recurrence import OwnEvents


class RecurrentLayer(Layer):
    """A layer as :class:`Layer`; it takes up to ``n_words`` cycles more for each of its own events.

    Members, further
    ----------------
    returning : Out   see :class:`OwnEvents`
    """

    def _further_members(self) -> dict[str, Any]:
        return {"returning": Out(1)}

    def _feed(self, m: Module, incoming: Any, synapses: Any, sweep: Any) -> None:
        """Lead the events that leave the layer back into it, after those of its inputs."""
        m.submodules.own = own = OwnEvents(self._layer)
        connect(m, incoming, own.i)
        connect(m, own.o, synapses.i)
        leaves, event = sweep.o.valid & sweep.o.ready, sweep.o.payload
        m.d.comb += [
            own.sent.eq(leaves & (event.spike != 0) & ~sweep.final),
            own.event.address.eq(event.address),
            own.event.spike.eq(event.spike),
            own.fired.eq(leaves & event.end_of_step),
            self.returning.eq(own.returning),
        ]
