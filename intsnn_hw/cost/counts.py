"""How often the parts of a core are at work, from the events it gets: what its probes count in a run.

The names are those that :func:`intsnn_hw.cost.accesses.accesses` takes, ``activity<l>.<field>``.
"""

from typing import NamedTuple

from golden.config import LearningLayer, ResolvedLayer
from intsnn_hw.rtl.layouts import fed_by_map, takes_map

from .reach import mean_words, place_words, visited_groups


class Walked(NamedTuple):
    """What events made a layer do that is not the same for each event and step.

    `words`: weight words added; `drained`, `fired`: groups whose sums were read, and that were fired; `touched`:
    positions that were listed.
    """

    words: float
    drained: float
    fired: float
    touched: float


def inference_counts(
    layer: ResolvedLayer,
    *,
    events: float,
    returning: float = 0,
    steps: float,
    filled_steps: float,
    walked: Walked | None = None,
) -> dict[str, float]:
    """Return the counts of a layer's inference.

    Parameters
    ----------
    layer : ResolvedLayer
    events : float
        Of its inputs.
    returning : float
        Events of its own that come back.
    steps, filled_steps : float
        Steps of all samples, and those of them with an event.
    walked : Walked, optional
        Of a layer that convolves or pools; where left out all inputs are taken to send as many events.
    """
    if walked is None:
        groups = visited_groups(layer, events / max(1, steps))
        touched = filled_steps * groups / layer.n_fire_groups
        words = (events + returning) * mean_words(layer)
        walked = Walked(words=words, drained=filled_steps * groups, fired=steps * groups, touched=touched)
    counts = {"adding": walked.words, "draining": walked.drained, "firing": walked.fired}
    if layer.n_own:
        counts["returning"] = returning
    if layer.lists_touched:
        counts["touching"] = walked.touched
    return _named(layer, counts)


def update_counts(
    layer: LearningLayer, *, samples: float, events: float, updates: float, changed: float, walked: float
) -> dict[str, float]:
    """Return the counts of a layer's updates, roughly: words are taken to be full of neurons with an error.

    Parameters
    ----------
    layer : LearningLayer
    samples : float
    events : float
        Of its inputs, in all samples.
    updates : float
        Samples that are learned from.
    changed : float
        Weights changed.
    walked : float
        Entries of the input list that updates visit, in the first layer.
    """
    if takes_map(layer):
        return _map_update_counts(layer, samples=samples, events=events, updates=updates, changed=changed)
    carries = layer.index > 0 and layer.learning.feeds_back
    carried = updates * layer.n_in * layer.n_words if carries else 0
    counts = {
        "reading": max(changed / layer.lanes, carried),
        "writing": changed / layer.lanes,
        "keeping": updates * layer.n_words,
        "changing": changed,
        "carrying": carried,
        "recalling": updates * layer.n_fire_words,
        "normalizing": updates * layer.n_out,
        "tracing": events,
        "listing": events,
        "fading": 0,
        "walking": walked,
    }
    return _named(layer, counts)


def _map_update_counts(
    layer: LearningLayer, *, samples: float, events: float, updates: float, changed: float
) -> dict[str, float]:
    """Return the same of a layer that takes its inputs for a map, roughly: every place is taken to have a trace."""
    carries = fed_by_map(layer) and layer.learning.feeds_back
    passes = samples * (1 if layer.trace_shift is None else layer.n_steps)
    words = place_words(layer) if layer.kind.shares_weights else layer.kind.n_fed * layer.n_words
    rows = layer.n_rows * layer.n_words if layer.kind.shares_weights else 0
    is_map = layer.kind.output_shape is not None
    counts = {
        "reading": updates * ((words if carries or not rows else 0) + rows),
        "writing": updates * (rows or words),
        "keeping": updates * (layer.n_out if is_map else layer.n_words),
        "changing": changed,
        "carrying": updates * words * layer.lanes if carries else 0,
        "recalling": updates * (layer.n_out if is_map else layer.n_fire_words),
        "normalizing": updates * layer.n_out,
        "tracing": events + passes * layer.kind.n_fed,
        "walking": updates * layer.kind.n_fed,
        "meeting": updates * words,
        "summing": updates * (words + rows),
    }
    return _named(layer, counts)


def _named(layer: ResolvedLayer, counts: dict[str, float]) -> dict[str, float]:
    return {f"activity{layer.index}.{name}": count for name, count in counts.items()}
