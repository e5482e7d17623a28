"""What the neurons of a hidden layer keep of a sample for learning."""

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from golden.config import LearningLayer

from ..layouts import fed_by_map, fired_width, spikes_layout, states_layout
from ..learning.expressions import leak_trace, surrogate
from ..ports import groups_port, history_port
from .sample_memory import SampleMemory


class NeuronHistory(wiring.Component):
    """Traces, surrogates and counts of `fire_lanes` neurons per cycle; twin of golden's ``trace_step``, ``surrogate``.

    Throughput 1 group per cycle; a group's history stands in the memory a cycle after it was fired.

    Parameters
    ----------
    layer : LearningLayer
    above : LearningLayer

    Members
    -------
    groups : In       see :func:`groups_port`
    integrated : In   states of the group that may be fired, before reset
    spikes : In       its spikes
    history : In      see :func:`history_port`; to be read while no sweep is in work
    """

    def __init__(self, layer: LearningLayer, above: LearningLayer):
        self._layer, self._above = layer, above
        super().__init__(
            {
                "groups": In(groups_port(layer)),
                "integrated": In(states_layout(layer)),
                "spikes": In(spikes_layout(layer)),
                "history": In(history_port(layer, above)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layout = self.history.data.shape()
        m.submodules.memory = memory = SampleMemory(layout, self._layer, lent=True)
        connect(m, flipped(self.groups), memory.groups)
        connect(m, flipped(self.history), memory.read)
        for lane, kept in enumerate(memory.before):
            fields = self._advance(kept, self.integrated[lane].membrane, self.spikes[lane])
            m.d.comb += [getattr(memory.after[lane], name).eq(value) for name, value in fields.items()]
        return m

    def _advance(self, kept: Any, integrated: Value, spike: Value) -> dict[str, Value]:
        """Return the fields of :func:`history_layout` after a step, from those before."""
        layer, learning = self._layer, self._layer.learning
        window = surrogate(integrated, layer)
        fields: dict[str, Value] = {"surrogate": window if learning.every_step else kept.surrogate + window}
        if not fed_by_map(self._above):
            fields["trace"] = leak_trace(kept.trace, self._above.trace_shift) + (spike << learning.trace_gain)
        if layer.budget_push:
            over = kept.fired == (learning.budget or 0) + 1
            fields["fired"] = (kept.fired + (spike.any() & ~over))[: fired_width(layer)]
        if layer.learns_own:
            fields["own"] = leak_trace(kept.own, layer.trace_shift) + (kept.spike << learning.trace_gain)
            fields["spike"] = spike
        return fields
