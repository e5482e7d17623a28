"""How far an event reaches in a layer: weight words that it takes, and groups of neurons that a sweep visits for it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.config import Convolution, ResolvedLayer
from golden.synapse import windows_of
from intsnn_hw.rtl.windows import Seen, input_map, pooled_by_axis, seen_by_axis


def input_windows(layer: ResolvedLayer) -> NDArray[Any]:
    """Return how many windows see each input of a layer, shape (n_in,); in a fully connected one all inputs are in one.

    None sees an input that pooling drops.
    """
    if not layer.kind.is_spatial:
        return np.ones(layer.n_in, np.int64)
    rows, columns = (np.array([seen.n_windows for seen in axis]) for axis in seen_by_axis(layer.kind))
    channels, _, _ = input_map(layer.kind)
    return np.tile(np.outer(rows, columns).ravel(), channels)


def place_words(layer: ResolvedLayer) -> int:
    """Return the weight words that all places of a convolution's pooled map meet, at least one each."""
    assert layer.kind.pooled_shape is not None
    rows, columns = ([seen.n_windows for seen in axis] for axis in pooled_by_axis(layer.kind))
    return layer.kind.pooled_shape[0] * sum(
        max(1, down * across * layer.n_words) for down in rows for across in columns
    )


def mean_words(layer: ResolvedLayer) -> float:
    """Return the weight words that an event of a layer takes, the mean over its inputs."""
    return layer.n_words if not layer.kind.is_spatial else float(input_windows(layer).mean() * layer.n_words)


def most_words(layer: ResolvedLayer) -> int:
    """Return the most weight words that an event of a layer takes."""
    return int(input_windows(layer).max()) * layer.n_words


def touched_positions(layer: ResolvedLayer, active: NDArray[Any]) -> NDArray[Any]:
    """Return the positions of a map that events reach, of the inputs (..., n_in) that send one."""
    kind = layer.kind
    assert isinstance(kind, Convolution)
    channels, height, width = input_map(kind)
    _, pooled_height, pooled_width = kind.pooled_shape
    pool = kind.pool
    lead = active.shape[:-1]
    maps = np.asarray(active.reshape(*lead, channels, height, width).any(axis=-3))
    maps = maps[..., : pooled_height * pool, : pooled_width * pool]
    maps = np.asarray(maps.reshape(*lead, pooled_height, pool, pooled_width, pool).any(axis=(-3, -1)))
    return np.sum(windows_of(maps, kind.conv).any(axis=(-2, -1)), axis=(-2, -1))


def visited_groups(layer: ResolvedLayer, input_events: float) -> float:
    """Return the groups that a fire sweep visits, the mean over the steps of a sample, so many inputs being active.

    Inputs are taken to be active independently of each other.
    """
    if not layer.lists_touched:
        return layer.n_fire_words
    assert isinstance(layer.kind, Convolution)
    channels, _, _ = input_map(layer.kind)
    rows, columns = (_seen_by(axis) for axis in seen_by_axis(layer.kind))
    idle = 1 - min(1.0, input_events / layer.n_in)
    touched = (1 - idle ** (channels * np.outer(rows, columns))).sum() * layer.n_fire_groups
    whole = 1 if layer.keeps_state else 0
    return float((whole * layer.n_fire_words + (layer.n_steps - whole) * max(1.0, touched)) / layer.n_steps)


def _seen_by(axis: list[Seen]) -> NDArray[Any]:
    """Return how many places along a side each window sees."""
    n_windows = max(seen.first + seen.n_windows for seen in axis)
    counts = np.zeros(n_windows, np.int64)
    for seen in axis:
        counts[seen.first : seen.first + seen.n_windows] += 1
    return counts
