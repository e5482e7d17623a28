"""Presets of convolutions that learn on line, and the rules that make every variant of them.

The constants were chosen on validation splits of the training set, never on test data: those of 8 and 16 channels.
"""

from dataclasses import dataclass, replace
from math import prod

from ..config import (
    RATE_SHIFTS,
    ConvConfig,
    EncodingConfig,
    EncodingKind,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
)
from ..errors import ConfigError
from .images import (
    DIRECT_SHIFT,
    EPOCHS,
    INPUT_SPIKE_WIDTH,
    MARGIN,
    N_CLASSES,
    SCHEDULE,
    SPIKE_WIDTH,
    require_images,
)
from .names import without_sizes
from .variant import Variant, scaled

LEVEL_SHIFT = 8
"""log2 of a level of 4 bits, with inference weights of 8 bits."""
READOUT_WIDER = 4
"""Bits that the readout's membranes have more than the others'; it sums a whole map."""
COARSE = 12
"""Bits of a shadow weight below which the rule's coarse form is used: larger steps, rarer by stochastic rounding."""


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """Learning settings of 16-bit shadow and 8-bit inference weights, n = 4, one step; layers from the input up."""

    rate_shifts: tuple[int, ...]
    error_shifts: tuple[int, ...]
    margin: int
    schedule: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _Tuned:
    """Initial weights of all widths, and the rules of fine and of coarse shadow weights."""

    init_shifts: tuple[int, ...]
    fine: _Rule
    coarse: _Rule


@dataclass(frozen=True, kw_only=True)
class _Maps:
    """Convolutions, the pools in front of the first, of each further one and of the readout, and their rule.

    Without a `tuned` rule, rates, errors and initial weights follow from the layers (:mod:`golden.config.scale`).
    """

    data: str = "mnist"
    input_shape: tuple[int, int, int] = (1, 28, 28)
    encoding: EncodingKind = "single_shot"
    n_steps: int = 1
    channels: tuple[int, ...]
    conv: ConvConfig
    pools: tuple[int, int, int]
    tuned: _Tuned | None = None
    epochs: int = EPOCHS
    description: str


_FINE, _SHORT = (6, 7, 9), (4, 6, 8, 9, 11)


def _two(channels: tuple[int, int], margin: int, coarse_shift: int) -> _Maps:
    return _Maps(
        channels=channels,
        conv=ConvConfig(kernel=5),
        pools=(1, 2, 2),
        tuned=_Tuned(
            init_shifts=(14, 13, 13),
            fine=_Rule(rate_shifts=(9, 5, -5), error_shifts=(4, 0), margin=margin, schedule=_FINE),
            coarse=_Rule(rate_shifts=(10, 7, -4), error_shifts=(coarse_shift, 0), margin=6144, schedule=_SHORT),
        ),
        description="MNIST, two convolutions that learn on line",
    )


_THREE = (9, 6, 5, -5)
_MAPS = {
    "mnist-conv-16": _Maps(
        channels=(16,),
        conv=ConvConfig(kernel=5),
        pools=(2, 2, 2),
        tuned=_Tuned(
            init_shifts=(14, 13),
            fine=_Rule(rate_shifts=(5, -4), error_shifts=(2,), margin=3072, schedule=(6, 8, 10)),
            coarse=_Rule(rate_shifts=(7, -4), error_shifts=(2,), margin=6144, schedule=_SHORT),
        ),
        description="MNIST, a convolution that learns on line, for small FPGAs",
    ),
    "mnist-conv-8-16": _two((8, 16), 3072, 4),
    "mnist-conv-16-32": _two((16, 32), 6144, 5),
    "mnist-conv-3": _Maps(
        channels=(16, 32, 32),
        conv=ConvConfig(kernel=3, padding=1),
        pools=(1, 2, 1),
        tuned=_Tuned(
            init_shifts=(15, 12, 13, 12),
            fine=_Rule(rate_shifts=_THREE, error_shifts=(6, 6, 0), margin=3072, schedule=_FINE),
            coarse=_Rule(rate_shifts=_THREE, error_shifts=(6, 6, 0), margin=3072, schedule=_SHORT),
        ),
        description="MNIST, three convolutions that learn on line",
    ),
    "fashion-conv-16-32": _Maps(
        data="fashion-mnist",
        channels=(16, 32),
        conv=ConvConfig(kernel=5, padding=2),
        pools=(1, 2, 2),
        tuned=_Tuned(
            init_shifts=(14, 12, 12),
            fine=_Rule(rate_shifts=(10, 7, -4), error_shifts=(5, 0), margin=2048, schedule=_FINE),
            coarse=_Rule(rate_shifts=(11, 8, -4), error_shifts=(5, 0), margin=2048, schedule=_SHORT),
        ),
        description="Fashion-MNIST, two convolutions that learn on line",
    ),
    "nmnist-conv": _Maps(
        data="nmnist:bins=5,bin_ms=60",
        input_shape=(2, 34, 34),
        encoding="events",
        n_steps=5,
        channels=(32,),
        conv=ConvConfig(kernel=5),
        pools=(2, 2, 3),
        epochs=30,
        description="N-MNIST, a convolution that learns on line",
    ),
}

CONVOLUTIONS: dict[str, str] = {name: maps.description for name, maps in _MAPS.items()}
"""Name and short description of each preset, smallest first."""
CONVOLUTION_DATA: dict[str, str] = {name: maps.data for name, maps in _MAPS.items()}


def convolutional_preset(name: str, variant: Variant) -> NetworkConfig:
    """Return a configuration of :data:`CONVOLUTIONS`, or a variant of it.

    Raises
    ------
    ConfigError
        A value out of range, or another number of hidden layers than the preset has.
    """
    maps = _MAPS[name]
    if maps.encoding != "events":
        require_images(name, variant)
    elif variant.encoding not in (None, "events"):
        raise ConfigError(f"`encoding`: preset {name} takes none; its samples are events already")
    channels = maps.channels if variant.hidden is None else tuple(variant.hidden)
    if len(channels) != len(maps.channels):
        raise ConfigError(
            f"`hidden`: preset {name} has {len(maps.channels)} convolutions; give the output channels of each, "
            f"got {', '.join(map(str, channels))}"
        )
    n = SPIKE_WIDTH if variant.spike_width is None else variant.spike_width
    return NetworkConfig(
        name=name if channels == maps.channels else "-".join((without_sizes(name), *map(str, channels))),
        n_inputs=prod(maps.input_shape),
        input_shape=maps.input_shape,
        n_steps=maps.n_steps if variant.n_steps is None else variant.n_steps,
        encoding=EncodingConfig(kind=variant.encoding or maps.encoding, value_width=8, spike_width=INPUT_SPIKE_WIDTH),
        layers=_layers(maps, channels, n, variant),
        learning=_learning(maps, n, variant),
        hardware=variant.hardware,
    )


def _layers(maps: _Maps, channels: tuple[int, ...], n: int, variant: Variant) -> tuple[LayerConfig, ...]:
    """Return convolutions and readout.

    A level is the same in all layers, however many there are; those of more levels take wider membranes. With a tuned
    rule the levels of the first layer divide one range: spikes of fewer levels then add less to the layers behind.
    """
    conv, scale = maps.conv if variant.kernel is None else _of_side(maps.conv, variant.kernel), variant.weight_width - 8
    wider = max(0, n - SPIKE_WIDTH)
    width = 8 + variant.weight_width + wider if variant.membrane_width is None else variant.membrane_width
    level, dividing = max(0, LEVEL_SHIFT + scale), SPIKE_WIDTH - n if maps.tuned else 0
    neurons = [
        NeuronConfig(membrane_width=width, spike_width=n, threshold_shift=max(0, level + dividing)),
        *[NeuronConfig(membrane_width=width, spike_width=n, threshold_shift=level)] * (len(channels) - 1),
    ]
    readout = NeuronConfig(membrane_width=width + READOUT_WIDER, spike_width=n, threshold_shift=level)
    first, further, last = maps.pools
    pools = (first, *[further] * (len(channels) - 1))
    return (
        *(
            LayerConfig(size=size, weight_width=variant.weight_width, neuron=neuron, conv=conv, pool=pool)
            for size, neuron, pool in zip(channels, neurons, pools, strict=True)
        ),
        LayerConfig(size=N_CLASSES, weight_width=variant.weight_width, neuron=readout, pool=last),
    )


def _of_side(conv: ConvConfig, kernel: int) -> ConvConfig:
    """Return windows of another side; padded ones go on to leave a map its size."""
    return replace(conv, kernel=kernel, padding=(kernel - 1) // 2 if conv.padding else 0)


def _learning(maps: _Maps, n: int, variant: Variant) -> LearningConfig:
    """Return the margin rule, for the preset's epochs or the variant's."""
    learning = _by_scale(variant) if maps.tuned is None else _by_constants(maps.tuned, n, variant)
    return learning.for_epochs(maps.epochs if variant.epochs is None else variant.epochs)


def _by_scale(variant: Variant) -> LearningConfig:
    """Return a rule that leaves out what follows from the layers."""
    weight_scale = variant.weight_width - 8
    return LearningConfig(
        shadow_width=variant.shadow_width,
        route=variant.route,
        timing=variant.timing or "final",
        margin=scaled(MARGIN, weight_scale),
        direct_shift=max(0, DIRECT_SHIFT + weight_scale),
        rounding=variant.rounding,
        epochs=EPOCHS,
        schedule=SCHEDULE,
        seed=variant.seed,
    )


def _by_constants(tuned: _Tuned, n: int, variant: Variant) -> LearningConfig:
    """Return a rule of constants that were found for one network.

    Margin, errors and direct matrix follow the scale of the inference weights, rates and initial weights that of the
    shadow weights. Spikes of fewer levels make traces and sums behind them smaller: so are margin, and the rates'
    shifts. An error that comes straight from the output has the same size in each layer.
    """
    rule = tuned.coarse if variant.shadow_width < COARSE else tuned.fine
    weight_scale, shadow_scale, fewer = variant.weight_width - 8, variant.shadow_width - 16, SPIKE_WIDTH - n
    every_step = variant.timing == "every_step"
    step_bits = max(1, variant.n_steps or 1).bit_length() - 1
    errors = rule.error_shifts if variant.route == "feedback" else rule.error_shifts[-1:] * len(rule.error_shifts)
    rates = [
        rate - shadow_scale + every_step * step_bits - fewer * (at > 0) for at, rate in enumerate(rule.rate_shifts)
    ]
    lowest, highest = RATE_SHIFTS
    inits = [max(init, 16 - variant.weight_width) for init in tuned.init_shifts]
    return LearningConfig(
        shadow_width=variant.shadow_width,
        route=variant.route,
        timing=variant.timing or "final",
        margin=scaled(rule.margin, weight_scale - fewer),
        rate_shifts=tuple(max(lowest, min(rate, highest - len(rule.schedule))) for rate in rates),
        error_shifts=tuple(shift + weight_scale + (not every_step) * (step_bits // 2) for shift in errors),
        direct_shift=max(0, DIRECT_SHIFT + weight_scale),
        rounding=variant.rounding,
        init_shifts=tuple(max(0, init + shadow_scale) for init in inits),
        epochs=EPOCHS,
        schedule=rule.schedule,
        seed=variant.seed,
    )
