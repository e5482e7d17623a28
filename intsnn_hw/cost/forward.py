"""The longest forward pass: when each layer of a chain is done where every input and neuron sends an event each step.

Every constraint of a core is of the form "so many cycles after that has happened": a beat waits for the one before it,
a step for a free bank of accumulators, a sweep for the sweep before it, a group of neurons for the events of the group
before. So fewer events make nothing later, and samples in which all are active bound all others. Where events take
different times, those that take longest are taken to come last, as no order makes anything later. The classes here
replay those constraints; the numbers are those of the pipelines in :mod:`intsnn_hw.rtl.inference`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from golden.config import LearningLayer, NetworkConfig, ResolvedLayer
from intsnn_hw.rtl.layouts import fed_by_map, takes_map

from .reach import input_windows

_SUMMED = 4
"""Cycles from the issue of a step's last word to its descriptor at the sweep; :class:`.synapse.SynapseArray`."""
_READ = 3
"""Cycles from a descriptor to the first group's firing; :class:`.fire_sweep.FireSweep`."""
_RETURNED = 2
"""Cycles in which an own event comes back; :class:`.recurrence.OwnEvents`."""
_IN_PIPE = 3
"""Cycles after which a beat with the address of an event finds the pipe empty; :class:`.traces.InputTraces`."""
_LEAKS = 2
"""Cycles of a leak of the input list beside those of its entries; :class:`.traces.InputTraces`."""

_PASS = 4
"""Cycles of a pass over the traces of places beyond one for each; :class:`.maps.place_traces.PlaceTraces`."""
_SAME_PLACE = 1
"""Cycles that an event waits for one of the same place; :class:`.maps.place_traces.PlaceTraces`."""

_IDLE = 2
"""A cycle at which nothing is left of a sample whose class came in cycle 0."""


def intake_stages(layer: ResolvedLayer) -> int:
    """Return the stages in which an event finds its place in a map; :mod:`intsnn_hw.rtl.inference.maps`."""
    if fed_by_map(layer):
        return 1
    return 2 if layer.kind.is_spatial else 0


def trace_pass_cycles(layer: ResolvedLayer) -> int:
    """Return the cycles of a pass over the traces of a layer that takes its inputs for a map; 0 of others."""
    return layer.kind.n_fed + _PASS if isinstance(layer, LearningLayer) and takes_map(layer) else 0


Send = Callable[[int, bool], int]
"""Offers an event from a cycle on, the last of its step or not; returns the cycle in which it is taken."""


def inference_cycles(config: NetworkConfig, n_steps: int | None = None) -> int:
    """Return the most cycles from the class of a sample to that of the next: samples back to back, no output stalled.

    Of the core that does not learn. The sample before is taken to be the quickest there is, so that as little as
    possible of this one overlaps it.

    Parameters
    ----------
    config : NetworkConfig
    n_steps : int, optional
        Of a sample; the configuration's where left out.
    """
    chain = _Chain(config.inference_only())
    return chain.run(config.n_steps if n_steps is None else n_steps, after=chain.layers[0].taken + 1) + 1


def latency_cycles(config: NetworkConfig, n_steps: int | None = None) -> int:
    """Return the most cycles from the first event of a sample to its class, in a core at rest."""
    return score_cycles(config, n_steps) + 1


def score_cycles(config: NetworkConfig, n_steps: int | None = None, *, later: bool = False) -> int:
    """Return the most cycles from the first event of some steps to the last score of their last, in a core at rest.

    Parameters
    ----------
    config : NetworkConfig
        Where it learns, the list of active inputs takes part.
    n_steps : int, optional
        The configuration's where left out.
    later : bool
        There is a step before them in the sample: traces leak first, and recurrent layers have events of their own.
    """
    chain = _Chain(config)
    before = 0
    if later:
        before = chain.leak_cycles
        for layer in chain.layers:
            layer.recall()
    return before + chain.run(config.n_steps if n_steps is None else n_steps, after=_IDLE) - _IDLE


class _Chain:
    """The layers of a core, the class of the sample before in cycle 0."""

    def __init__(self, config: NetworkConfig) -> None:
        self.layers = [_Layer(layer) for layer in config.resolved]
        fired = -1  # of the readout's last neuron
        for layer in reversed(self.layers):
            fired = layer.set_last(fired) - 1
        first = config.resolved[0]
        lists = isinstance(first, LearningLayer) and not takes_map(first)
        self._pipe = _IN_PIPE if lists else _SAME_PLACE if isinstance(first, LearningLayer) else 0
        self.leak_cycles = 0
        if isinstance(first, LearningLayer) and first.trace_shift is not None:
            passes = [trace_pass_cycles(layer) for layer in config.resolved]
            self.leak_cycles = max(*passes, first.n_in + _LEAKS if lists else 0)

    def run(self, n_steps: int, after: int) -> int:
        """Let steps pass, the first beat offered from cycle `after` on; return the cycle of the last score."""
        first, offered = self.layers[0], after
        before: tuple[int, ...] = ()
        for step in range(n_steps):
            taken = first.take_inputs(offered, self._pipe)
            for layer, above in zip(self.layers, self.layers[1:], strict=False):
                layer.sweep(above.take)
            self.layers[-1].sweep(_taken_at_once)
            # An event of the same input waits until the pipe is empty, and so does a leak before it begins.
            offered = taken + self._pipe + self.leak_cycles
            now = (offered, *(moment for layer in self.layers for moment in layer.moments()))
            periods = {late - early for early, late in zip(before, now, strict=False)}
            if len(before) == len(now) and len(periods) == 1:
                # All is as it was a step before, but later: so it goes on.
                return self.layers[-1].swept + (n_steps - 1 - step) * periods.pop()
            before = now
        return self.layers[-1].swept


class _Layer:
    """When the parts of a layer were last busy. Cycles; of lists the last entry is that of the latest step."""

    def __init__(self, layer: ResolvedLayer) -> None:
        self._layer = layer
        self.taken = self.issued = self.swept = self._sent = 0
        self._released, self._popped = [0, 0], [0, 0]
        self._own: list[int] = []
        words = input_windows(layer) * layer.n_words
        if isinstance(layer, LearningLayer) and layer.kind.pool > 1:
            words = np.maximum(words, 1 + _SAME_PLACE)
        self._words = sorted(words.tolist())
        self._n_taken = 0
        self._loaded = [0] * intake_stages(layer)

    def moments(self) -> tuple[int, ...]:
        """Return all that the next step may wait for."""
        busy = self.taken, self.issued, self.swept, self._sent
        return *busy, *self._loaded, *self._released, *self._popped, *self._own

    def set_last(self, fired: int) -> int:
        """Set the latest moments at which the last group can have fired in `fired`; return when the last beat came."""
        n_groups = 1 if self._layer.lists_touched else self._layer.n_fire_words
        popped = fired - n_groups - _READ + 1
        self.swept, self._sent = fired, fired + 1
        self._popped = [popped - n_groups - _READ, popped]
        self._released = [popped - 2, fired - 1]
        self.issued = popped - _SUMMED
        self._loaded = [self.issued - 1] * len(self._loaded)
        self.taken = self.issued - 1 - len(self._loaded)
        return self.taken

    def recall(self) -> None:
        """Let an event of each of its own neurons wait, where the layer is recurrent."""
        self._own = [self.issued - _RETURNED] * self._layer.n_own

    def take_inputs(self, offered: int, pipe: int) -> int:
        """Add events of all inputs and a marker that stands alone; return when the marker was taken.

        It may have the address of the last event, and then comes `pipe` cycles after that at the earliest.
        """
        taken = offered
        for _ in range(self._layer.n_in):
            taken = self.take(offered, closes=False)
        return self._take(taken + pipe, n_words=1, closes=True)

    def take(self, offered: int, closes: bool) -> int:
        """Add an event of an input or of the layer below; return when it was taken."""
        n_words = self._words[self._n_taken]
        self._n_taken += 1
        return self._take(offered, n_words=n_words, closes=closes)

    def _take(self, offered: int, *, n_words: int, closes: bool = False) -> int:
        """Add an event, and before it own ones that are back, all of them before the end of a step."""
        if closes:
            self._n_taken = 0
        if self._loaded:
            # Each stage ahead holds a beat until the one before it is loaded.
            self.taken = max(offered, self._loaded[0], self.taken + 1)
            offered = self.taken + len(self._loaded)
        own, at = self._own, 0
        while at < len(own) and (closes or own[at] + _RETURNED <= max(offered, self.issued)):
            self._issue(max(offered, own[at] + _RETURNED, self.issued), self._layer.n_words)
            at += 1
        del own[:at]
        loaded = max(offered, self.issued)
        if closes and self._layer.n_own:
            loaded = max(loaded, self._sent + 1)
        self._issue(loaded, max(n_words, closes), closes=closes)
        if self._loaded:
            self._loaded = [*self._loaded[1:], loaded]
        else:
            self.taken = loaded
        return self.taken

    def _issue(self, taken: int, n_words: int, *, closes: bool = False) -> None:
        """Issue the words of an event, once its bank is free and, at the end of a step, at most one other waits."""
        free = self._released[-self._layer.banks]
        self.issued = max(taken, free) + n_words
        if closes:
            self.issued = max(self.issued, self._popped[-2] + 1)

    def sweep(self, send: Send) -> None:
        """Fire all groups and send an event of each neuron."""
        layer = self._layer
        popped = max(self.issued + _SUMMED, self.swept + 1)
        fired, left = popped + _READ - 1, layer.n_out
        released = fired
        for group in range(layer.n_fire_words):
            released = fired
            fired = max(fired + 1, self._sent) if layer.fires else fired + 1
            neurons = layer.config.size - group % layer.n_fire_groups * layer.fire_lanes
            for _ in range(min(layer.fire_lanes, neurons) if layer.fires else 0):
                left -= 1
                self._sent = send(max(fired, self._sent) + 1, left == 0)
                if layer.n_own:
                    self._own.append(self._sent)
        self.swept = fired
        self._released, self._popped = [self._released[-1], released], [self._popped[-1], popped]


def _taken_at_once(offered: int, closes: bool) -> int:
    """Take an event of the readout, as a host does that is always ready."""
    return offered
