"""The scale of layers from their fan-in: initial weights, rates and errors of a rule that leaves them out.

Sums keep their size from layer to layer where a weight is drawn from ``-r..r`` with ``r = sqrt(6 / F)`` levels of the
neurons it feeds, F being the inputs of a neuron (He et al., 2015, for neurons of which half are below 0), whatever the
levels of a spike and the bits of a weight. Ranges are powers of two, the nearest.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..widths import LFSR_WIDTH
from .encoding import EncodingConfig
from .kinds import LayerKind
from .layer import LayerConfig
from .learning import LearningConfig
from .limits import RATE_SHIFTS

DERIVED = ("init_shifts", "rate_shifts", "error_shifts")
"""Fields of a rule that follow from the layers where they are left out."""
RATE = 2
"""Rate shift of a hidden layer: 16-bit shadow weights, a level of 2^Bw, and neurons that share no weights."""
READOUT_RATE = -4
FEW_LAYERS = 3
"""Hidden layers up to which the error keeps a bit more."""
LEAST_RANGE = 1
"""log2 of the least initial range behind a hidden layer, in steps of the inference weights: deep networks do not learn
whose weights of 2 bits are drawn from a single step each way.
"""
_INPUT_BITS = 4


def init_shift(n_inputs: float, threshold_shift: int) -> int:
    """Return log2 of the initial range of weights from spikes, in steps of the inference weights.

    Parameters
    ----------
    n_inputs : float
        F, at least 1.
    threshold_shift : int
        log2 of a level, in the same steps.
    """
    return threshold_shift + _nearest(math.log2(6 / n_inputs) / 2)


def first_init_shift(n_inputs: float, threshold_shift: int, value_width: int) -> int:
    """Return the same of the first layer, whose inputs are mostly 0 and have `value_width` bits at their largest."""
    return threshold_shift + _INPUT_BITS - value_width + _nearest(math.log2(1 / n_inputs) / 2)


def error_bits(n_hidden: int, feeds_back: bool = True) -> int:
    """Return the bits to which each update brings the largest error of a hidden layer, of `n_hidden`.

    An error that passed layers is the rougher the more they are; one that comes straight from the output is not.
    """
    if not feeds_back:
        return 7
    return 6 if n_hidden <= FEW_LAYERS else 5


def completed(
    learning: LearningConfig,
    layers: Sequence[LayerConfig],
    kinds: Sequence[LayerKind],
    encoding: EncodingConfig,
    n_steps: int,
) -> LearningConfig:
    """Return the rule with the fields of :data:`DERIVED` that it leaves out; `error_bits` stands for `error_shifts`."""
    found = learning
    if not found.init_shifts:
        found = replace(found, init_shifts=tuple(_init_shifts(learning, layers, kinds, encoding)))
    if not found.rate_shifts:
        found = replace(found, rate_shifts=tuple(_rate_shifts(learning, layers, kinds, n_steps)))
    if not found.error_shifts and found.error_bits is None and len(layers) > 1:
        found = replace(found, error_bits=error_bits(len(layers) - 1, learning.feeds_back))
    return found


def _init_shifts(
    learning: LearningConfig, layers: Sequence[LayerConfig], kinds: Sequence[LayerKind], encoding: EncodingConfig
) -> Iterator[int]:
    """Yield the shifts of shadow weights: of at least one inference weight's step, and within their bits."""
    for index, (layer, kind) in enumerate(zip(layers, kinds, strict=True)):
        n_inputs, level = _n_inputs(kind), layer.neuron.level_shift + layer.neuron.current_shift
        shift = init_shift(n_inputs, level) if index else first_init_shift(n_inputs, level, encoding.spike_width)
        least = LEAST_RANGE if 0 < index < len(layers) - 1 else 0
        step = learning.shadow_width - layer.weight_width
        yield min(max(shift, least) + step, learning.shadow_width - 1)


def _n_inputs(kind: LayerKind) -> int:
    """Return the inputs of a neuron; one that sums squares counts between their root and their square."""
    return (kind.n_rows - kind.n_own) * kind.pool**3


def _rate_shifts(
    learning: LearningConfig, layers: Sequence[LayerConfig], kinds: Sequence[LayerKind], n_steps: int
) -> Iterator[int]:
    """Yield the shifts: they follow the scale of the weights, so the level that these are drawn for.

    A gradient of weights that n neurons share sums n terms, mostly of the same sign.
    """
    steps = learning.every_step * (n_steps.bit_length() - 1)
    common, highest = 16 - learning.shadow_width + steps, LFSR_WIDTH - len(learning.schedule)
    for layer, kind in zip(layers[:-1], kinds[:-1], strict=True):
        shared = _nearest(3 * math.log2(kind.n_sharing) / 4)
        level = layer.weight_width - layer.neuron.level_shift - layer.neuron.current_shift
        yield max(RATE_SHIFTS[0], min(RATE + shared + level + common, highest))
    yield max(RATE_SHIFTS[0], min(READOUT_RATE + common, highest))


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)
