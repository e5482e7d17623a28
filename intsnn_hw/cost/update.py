"""The longest update: every row of every layer, and every word of it that can hold an error."""

from golden.config import LearningLayer, LearningNetworkConfig
from intsnn_hw.rtl.layouts import fed_by_map, normalizes, takes_map
from intsnn_hw.rtl.learning.direct import CLASSES_PER_WORD
from intsnn_hw.rtl.learning.errors import ERRORS

from .reach import place_words

_FEEDBACK = 12
"""Cycles of a layer's phase beside its rows, where they carry an error down: until its first row is taken 3; then, from
the last word, 5 to the carried error, 2 to its gradient and 2 to the next phase; :class:`.learner.Learner`."""
_DIRECT = 8
"""The same on the direct route, where the gradients are there before the last word is written."""
_INPUTS = 9
"""The same of the first layer, to the cycle in which the next event may enter."""
_PLACES = 9
"""The same where rows are places of a map; :class:`.maps.place_rows.PlaceRows`."""
_WINDOWS = 20
"""The same of a convolution, to the last weight written; :class:`.maps.window_update.WindowUpdate`."""
_MAP = 6
"""Cycles of the gradients of a map beyond one for each neuron; :class:`.maps.map_gradients.MapGradients`."""
_NEXT_GROUP = 7
"""Cycles of each further group of a layer's rows, as those from its own neurons, beside those rows."""
_NORMALIZED = 3
"""Cycles of normalized gradients beyond one for each neuron, and those of gradients as they come;
:class:`.gradient.NormalizedGradient`."""


def update_cycles(config: LearningNetworkConfig) -> int:
    """Return the cycles that no update takes more than, from the last error of a class until the next event may enter.

    Sparse updates take no longer: a group of neurons without a row takes one cycle, as the least of rows does. A weight
    load that holds an update up is left out.
    """
    normalized = sum(layer.n_out + _NORMALIZED for layer in config.resolved if normalizes(layer))
    return normalized + sum(_layer_cycles(config, layer) for layer in config.resolved)


def evaluation_cycles(config: LearningNetworkConfig) -> int:
    """Return the most cycles from the last score of a step to its last error."""
    return ERRORS[config.learning.error].cycles(config)


def update_bound(config: LearningNetworkConfig) -> int:
    """Return the most cycles from the last score of a step until the next event may enter."""
    return evaluation_cycles(config) + 1 + update_cycles(config)


def words_with_errors(config: LearningNetworkConfig, layer: LearningLayer) -> int:
    """Return how many words of a row the update of a layer visits at most; two classes lie in two of them."""
    most = layer.error_rule.most_classes if layer.is_readout else None
    return layer.n_words if most is None else min(most, layer.n_words)


def _layer_cycles(config: LearningNetworkConfig, layer: LearningLayer) -> int:
    if layer.kind.shares_weights:
        return _window_cycles(config, layer)
    row = words_with_errors(config, layer) * (2 if layer.weight_memory == "single_port" else 1)
    further = sum(group.n_rows * row + _NEXT_GROUP for group in layer.row_groups[1:])
    if takes_map(layer):
        return layer.kind.n_fed * row + _PLACES + _map_cycles(config, layer) + further
    if layer.index == 0:
        return layer.n_in * row + _INPUTS + further
    if config.learning.feeds_back:
        return layer.n_in * row + _FEEDBACK + further
    error = -(-config.n_classes // CLASSES_PER_WORD)
    return error + (layer.n_in - 1) * max(row, error) + row + _DIRECT + further


def _window_cycles(config: LearningNetworkConfig, layer: LearningLayer) -> int:
    """Return the cycles of a convolution: all places meet the errors of all their windows, then all rows change."""
    word = 2 if layer.weight_memory == "single_port" else 1
    further = sum(layer.n_sum_words + group.n_rows * layer.n_words * word + _WINDOWS for group in layer.row_groups[1:])
    return place_words(layer) + layer.n_rows * layer.n_words * word + _WINDOWS + _map_cycles(config, layer) + further


def _map_cycles(config: LearningNetworkConfig, layer: LearningLayer) -> int:
    """Return the cycles in which the neurons of the map below a layer get their gradients."""
    if not fed_by_map(layer):
        return 0
    return layer.n_in * (1 if config.learning.feeds_back else -(-config.n_classes // CLASSES_PER_WORD)) + _MAP
