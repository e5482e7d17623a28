"""A convolutional layer: its events are walked over windows, its sums and neurons form a map."""

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Out, connect

from ..layouts import map_event_layout
from ..streams import fork
from .layer import Layer
from .maps.map_events import MapEvents, MapRows, MapWindows
from .maps.map_pipeline import MapSweep
from .maps.window_synapses import WindowSynapses


class ConvolutionLayer(Layer):
    """A layer as :class:`Layer`; an event takes ``n_words`` cycles for each window that sees it.

    A sweep visits every group of neurons, or only those that can have changed, see :class:`MapSweep`.

    Members, further
    ----------------
    touching : Out   see :class:`WindowSynapses`
    """

    def _further_members(self) -> dict[str, Any]:
        return {"touching": Out(1)}

    def _synapses(self) -> WindowSynapses:
        return WindowSynapses(self._layer, self._contents.get("weight"))

    def _sweep(self) -> MapSweep:
        return MapSweep(self._layer, self._config, above=self._above)

    def _places(self) -> MapEvents:
        return MapWindows(self._layer)

    def _trace(self, m: Module, incoming: Any, places: MapEvents, traced: Any) -> Any:
        m.submodules.squares = squares = MapRows(self._layer)
        entering = stream.Signature(map_event_layout(self._layer)).create(path=("entering",))
        fork(m, incoming, [(entering, 1), (squares.i, 1)])
        connect(m, entering, places.i)
        connect(m, squares.o, traced)
        return places.o

    def _feed(self, m: Module, incoming: Any, synapses: Any, sweep: Any) -> None:
        super()._feed(m, incoming, synapses, sweep)
        if self._layer.lists_touched:
            connect(m, sweep.listed, synapses.listed)
        m.d.comb += self.touching.eq(synapses.touching)
