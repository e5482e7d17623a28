"""How often the parts of a core are at work, from the events it gets: what its probes count in a run.

The names are those that :func:`intsnn_hw.cost.accesses.accesses` takes, ``activity<l>.<field>``.
"""

from golden.config import LearningLayer, ResolvedLayer


def inference_counts(
    layer: ResolvedLayer, *, events: float, returning: float = 0, steps: float, filled_steps: float
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
    """
    counts = {
        "adding": (events + returning) * layer.n_words,
        "draining": filled_steps * layer.n_fire_words,
        "firing": steps * layer.n_fire_words,
    }
    return _named(layer, counts | ({"returning": returning} if layer.n_own else {}))


def update_counts(
    layer: LearningLayer, *, events: float, updates: float, changed: float, walked: float
) -> dict[str, float]:
    """Return the counts of a layer's updates, roughly: words are taken to be full of neurons with an error.

    Parameters
    ----------
    layer : LearningLayer
    events : float
        Of its inputs, in all samples.
    updates : float
        Samples that are learned from.
    changed : float
        Weights changed.
    walked : float
        Entries of the input list that updates visit, in the first layer.
    """
    carries = layer.index > 0 and layer.learning.feeds_back
    carried = updates * layer.n_in * layer.n_words if carries else 0
    counts = {
        "reading": max(changed / layer.lanes, carried),
        "writing": changed / layer.lanes,
        "keeping": updates * layer.n_words,
        "changing": changed,
        "carrying": carried,
        "recalling": updates * layer.n_fire_words,
        "tracing": events,
        "listing": events,
        "fading": 0,
        "walking": walked,
    }
    return _named(layer, counts)


def _named(layer: ResolvedLayer, counts: dict[str, float]) -> dict[str, float]:
    return {f"activity{layer.index}.{name}": count for name, count in counts.items()}
