"""Presets for samples that are values, and the rules that make every variant of widths, steps, route and timing.

The constants were chosen on validation splits of the training sets, never on test data (docs/results.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from ..config import (
    ConvConfig,
    EncodingConfig,
    EncodingKind,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
)
from ..config.scale import LEAST_RANGE, init_shift
from ..errors import ConfigError
from ..widths import LFSR_WIDTH
from .temporal import TASKS
from .variant import Variant, scaled

SPIKE_WIDTH = 4
INPUT_SPIKE_WIDTH = 4
STEP_BITS = 8
"""Spike width times time steps, where the steps are not given: n = 1, 2, 4 run T = 8, 4, 2 steps."""

# Learning settings of 16-bit shadow and 8-bit inference weights, n = 4; every other variant is derived from them.
MARGIN = 1024
INIT_SHIFT = 12
DIRECT_SHIFT = 4
EPOCHS = 12
SCHEDULE = (5, 7, 9, 11)


@dataclass(frozen=True, kw_only=True)
class _Base:
    """What a preset is made for, and the rates of hidden layer and readout at 16-bit shadow weights, n = 4."""

    data: str
    n_inputs: int
    hidden: tuple[int, ...]
    value_width: int
    epochs: int
    rates: tuple[int, int] = (2, -5)
    description: str


def _mnist(size: int) -> _Base:
    return _Base(
        data="mnist", n_inputs=784, hidden=(size,), value_width=8, epochs=EPOCHS, description="MNIST, 28x28 pixels"
    )


_BASES = {
    "digits-64": _Base(
        data="digits",
        n_inputs=64,
        hidden=(64,),
        value_width=4,
        epochs=30,
        description="the handwritten digits of scikit-learn, 8x8 pixels",
    ),
    **{f"mnist-{size}": _mnist(size) for size in (64, 100, 128, 256)},
    "fashion-256": replace(
        _mnist(256), data="fashion-mnist", rates=(4, -4), description="Fashion-MNIST, 28x28 pixels of clothes"
    ),
    "mnist-512": _mnist(512),
}
CONVOLUTIONAL = "mnist-cnn"
_CONVOLUTIONAL_STEPS = 10
N_CLASSES = 10

IMAGES: dict[str, str] = {
    **{name: base.description for name, base in _BASES.items()},
    CONVOLUTIONAL: "MNIST, two convolutions (ETH 2025); trained by surrogate gradients, no on-line rule",
}
"""Name and short description of each preset of images, smallest first."""
IMAGE_DATA: dict[str, str] = {**{name: base.data for name, base in _BASES.items()}, CONVOLUTIONAL: "mnist"}


def image_preset(name: str, variant: Variant) -> NetworkConfig:
    """Return a configuration of :data:`IMAGES`, or a variant of it.

    Raises
    ------
    ConfigError
        A value out of range, or an option that the preset does not take.
    """
    require_images(name, variant)
    if name == CONVOLUTIONAL:
        return _convolutional(variant)
    base = _BASES[name]
    sizes = base.hidden if variant.hidden is None else tuple(variant.hidden)
    n = SPIKE_WIDTH if variant.spike_width is None else variant.spike_width
    steps = max(1, STEP_BITS // max(n, 1)) if variant.n_steps is None else variant.n_steps
    return NetworkConfig(
        name=name if sizes == base.hidden else "-".join((name.partition("-")[0], *map(str, sizes))),
        n_inputs=base.n_inputs,
        n_steps=steps,
        encoding=EncodingConfig(
            kind=variant.encoding or "single_shot", value_width=base.value_width, spike_width=INPUT_SPIKE_WIDTH
        ),
        layers=_layers(sizes, n, variant, _levels(sizes, variant.weight_width) if len(sizes) > 1 else ()),
        learning=_learning(base, len(sizes), n, steps, variant),
        hardware=variant.hardware,
    )


def require_images(name: str, variant: Variant) -> None:
    """Raise ConfigError for an option that only presets of events take."""
    if variant.encoding == "events":
        others = ", ".join(kind for kind in get_args(EncodingKind) if kind != "events")
        raise ConfigError(
            f"`encoding`: preset {name} takes values, not events; choose one of {others}, or a preset of events, "
            f"{', '.join(TASKS)}"
        )
    for option in ("recurrence", "error"):
        if getattr(variant, option) is not None:
            raise ConfigError(f"preset {name} takes no `{option}`; it goes with presets of events, {', '.join(TASKS)}")


def _convolutional(variant: Variant) -> NetworkConfig:
    """Return 28x28-8c5-2a-16c5-2a-10 of ETH 2025; pixels enter with all their bits."""
    usual = {"hidden": None, "route": "feedback", "timing": "final", "rounding": "stochastic", "epochs": None}
    for name, value in usual.items():
        if getattr(variant, name) not in (None, value):
            raise ConfigError(f"`{name}`: preset {CONVOLUTIONAL} takes none; it has its own layers and no on-line rule")
    weight_width, n = variant.weight_width, 1 if variant.spike_width is None else variant.spike_width
    hidden, readout = (layer.neuron for layer in _layers((1,), n, variant))
    maps = [
        LayerConfig(size=size, weight_width=weight_width, neuron=hidden, conv=ConvConfig(kernel=5), pool=pool)
        for size, pool in ((8, 1), (16, 2))
    ]
    return NetworkConfig(
        name=CONVOLUTIONAL,
        n_inputs=28 * 28,
        input_shape=(1, 28, 28),
        n_steps=_CONVOLUTIONAL_STEPS if variant.n_steps is None else variant.n_steps,
        encoding=EncodingConfig(kind=variant.encoding or "every_step", value_width=8, spike_width=8),
        layers=(*maps, LayerConfig(size=N_CLASSES, weight_width=weight_width, neuron=readout, pool=2)),
    )


def _layers(
    sizes: tuple[int, ...], spike_width: int, variant: Variant, levels: Sequence[int] = ()
) -> tuple[LayerConfig, ...]:
    """Return hidden layers and readout.

    Without `levels`, log2 of the spike levels of each layer, these divide the range ``0..2^(Bw+4)``, however many they
    are. By default the membrane has 3 bits of headroom above the levels of 4 bits. The readout has one bit more, and
    those that a spike has beyond 4, which all layers have where a level is as large for more bits.
    """
    weight_width, membrane_width = variant.weight_width, variant.membrane_width
    wider = max(0, spike_width - SPIKE_WIDTH)
    if membrane_width is None:
        membrane_width = 8 + weight_width + (wider if levels else 0)
    plain = [LayerConfig(size=size, weight_width=weight_width) for size in (*sizes, N_CLASSES)]
    shifts = levels or [max(0, weight_width + SPIKE_WIDTH - spike_width)] * len(plain)
    widths = [membrane_width] * len(sizes) + [membrane_width + 1 + (0 if levels else wider)]
    return tuple(
        LayerConfig(
            size=layer.size,
            weight_width=layer.weight_width,
            neuron=NeuronConfig(membrane_width=width, spike_width=spike_width, threshold_shift=shift),
        )
        for layer, width, shift in zip(plain, widths, shifts, strict=True)
    )


def _levels(sizes: tuple[int, ...], weight_width: int) -> list[int]:
    """Return log2 of a spike level of each layer of a deep network.

    A level is the full range of an inference weight, however many levels there are; so signals keep their size over
    many layers, which levels that divide one range do not. It is smaller where few inputs would need larger weights
    than there are, and larger where many would need smaller ones than :data:`golden.config.scale.LEAST_RANGE`.
    """
    levels = [weight_width]
    for n_inputs in sizes:
        wanted, least = init_shift(n_inputs, weight_width), LEAST_RANGE if len(levels) < len(sizes) else 0
        levels.append(max(0, weight_width + min(max(wanted, least), weight_width - 1) - wanted))
    return levels


def _learning(base: _Base, n_hidden: int, spike_width: int, n_steps: int, variant: Variant) -> LearningConfig:
    """Return the margin rule for 12 epochs; that of a deep network leaves its scale to :mod:`golden.config.scale`.

    Margin and direct matrix follow the scale of the inference weights. Where levels divide one range, a spike of more
    of them adds more to the readout, which takes a larger margin.
    """
    weight_scale = variant.weight_width - 8
    more = spike_width - SPIKE_WIDTH if n_hidden <= 1 else 0
    rule = LearningConfig(
        shadow_width=variant.shadow_width,
        route=variant.route,
        timing=variant.timing or "final",
        margin=scaled(MARGIN, weight_scale + more),
        direct_shift=max(0, DIRECT_SHIFT + weight_scale),
        rounding=variant.rounding,
        epochs=EPOCHS,
        schedule=SCHEDULE,
        seed=variant.seed,
    )
    if n_hidden <= 1:
        rule = replace(rule, **_shallow(base, n_hidden, n_steps, variant))
    return rule.for_epochs(base.epochs if variant.epochs is None else variant.epochs)


def _shallow(base: _Base, n_hidden: int, n_steps: int, variant: Variant) -> dict[str, tuple[int, ...]]:
    """Return rates, errors and initial weights of at most one hidden layer.

    The surrogate counts up to T, half a bit of error shift for each doubling; an update at every step counts to 1 but
    comes T times, which takes a bit from the rate for each doubling. Errors follow the scale of the inference weights,
    rates and initial weights that of the shadow weights, initial weights of the first layer the root of its inputs.
    Those of the readout reach a whole LSB of the inference weights: were these all 0, no error would be carried, for
    ever.
    """
    shadow_scale, step_bits = variant.shadow_width - 16, max(n_steps, 1).bit_length() - 1
    every_step = variant.timing == "every_step"
    error_shift = variant.weight_width - 8 + (0 if every_step else 1 + step_bits // 2)
    hidden, readout = base.rates
    rates = [hidden] * n_hidden + [readout]
    highest_rate = LFSR_WIDTH - len(SCHEDULE)
    inits = [16 - base.n_inputs.bit_length() // 2] + [max(INIT_SHIFT, 16 - variant.weight_width)] * n_hidden
    return {
        "rate_shifts": tuple(min(rate - shadow_scale + every_step * step_bits, highest_rate) for rate in rates),
        "error_shifts": (error_shift,) * n_hidden,
        "init_shifts": tuple(max(0, init + shadow_scale) for init in inits),
    }
