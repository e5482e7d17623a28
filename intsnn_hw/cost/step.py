"""Cycles of a step by its events: what a layer takes on its own."""

from golden.config import ResolvedLayer

from .reach import mean_words, visited_groups


def step_cycles(layer: ResolvedLayer, input_events: float, output_events: float) -> float:
    """Return the cycles a layer needs for a step with that many events; :class:`.rtl.inference.layer.Layer`.

    A prediction of a mean, where no layer waits for another; :mod:`intsnn_hw.cost.forward` bounds a whole chain.
    """
    add = input_events * mean_words(layer) + (1 if input_events < 1 else 0)
    sweep = visited_groups(layer, input_events) + (output_events if layer.fires else 0) + 3
    if layer.n_own == 0:
        return max(add, sweep) if layer.banks == 2 else add + sweep
    own = output_events * layer.n_words
    return max(add, sweep) + own if layer.banks == 2 else add + sweep + own
