"""Named configurations, smallest first, and the rules that make every variant of widths, steps, route and timing.

The constants were chosen on validation splits of the training sets, never on test data (docs/results.md).
"""

from dataclasses import dataclass, replace
from typing import Any

from ..config import (
    GRADIENT_WIDTH,
    ConvConfig,
    EncodingConfig,
    EncodingKind,
    ErrorKind,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
    Route,
    Timing,
)
from ..errors import ConfigError
from ..fixed import LFSR_WIDTH, Rounding
from .temporal import TASKS, RecurrenceKind, temporal_preset

SPIKE_WIDTH = 4
INPUT_SPIKE_WIDTH = 4
STEP_BITS = 8
"""Spike width times time steps, where the steps are not given: n = 1, 2, 4 run T = 8, 4, 2 steps."""

# Learning settings of 16-bit shadow and 8-bit inference weights, n = 4; every other variant is derived from them.
MARGIN = 1024
HIDDEN_RATE_SHIFT = 2
READOUT_RATE_SHIFT = -5
INIT_SHIFT = 12
DIRECT_SHIFT = 4
EPOCHS = 12
SCHEDULE = (5, 7, 9, 11)


@dataclass(frozen=True, kw_only=True)
class _Base:
    n_inputs: int
    hidden: tuple[int, ...]
    value_width: int
    epochs: int
    description: str


def _mnist(size: int) -> _Base:
    return _Base(n_inputs=784, hidden=(size,), value_width=8, epochs=EPOCHS, description="MNIST, 28x28 pixels")


_BASES = {
    "digits-64": _Base(
        n_inputs=64,
        hidden=(64,),
        value_width=4,
        epochs=30,
        description="the handwritten digits of scikit-learn, 8x8 pixels",
    ),
    **{f"mnist-{size}": _mnist(size) for size in (64, 100, 128, 256, 512)},
}
CONVOLUTIONAL = "mnist-cnn"
_CONVOLUTIONAL_STEPS = 10
N_CLASSES = 10

PRESETS: dict[str, str] = {
    **{name: base.description for name, base in _BASES.items()},
    CONVOLUTIONAL: "MNIST, two convolutions (ETH 2025); trained by surrogate gradients, no hardware yet",
    **{name: task.description for name, task in TASKS.items()},
}
"""Name and short description of each preset, smallest first."""


def preset(
    name: str,
    *,
    hidden: tuple[int, ...] | None = None,
    shadow_width: int = 16,
    weight_width: int = 8,
    spike_width: int | None = None,
    n_steps: int | None = None,
    membrane_width: int | None = None,
    encoding: EncodingKind | None = None,
    recurrence: RecurrenceKind | None = None,
    route: Route = "feedback",
    timing: Timing | None = None,
    error: ErrorKind | None = None,
    rounding: Rounding = "stochastic",
    epochs: int | None = None,
    seed: int = 0,
    lanes: int | tuple[int, ...] | None = None,
) -> NetworkConfig:
    """Return a named configuration, or a variant of it.

    Parameters
    ----------
    name : str
        One of :data:`PRESETS`.
    hidden : tuple of int, optional
        Sizes of the hidden layers in place of the preset's own; any number of them.
    shadow_width, weight_width : int
        Bs and Bw: bits of shadow and inference weights.
    spike_width : int, optional
        Bits n of the graded spikes of hidden neurons; 4 where left out. The input always carries the upper 4 bits of
        its value, with the default encoding once, at the first step.
    n_steps : int, optional
        Time steps T; ``8 // n`` where left out, at least 1.
    membrane_width : int, optional
        Bits of the membranes of hidden neurons, ``8 + weight_width`` where left out; those of the readout follow it.
    encoding : str, optional
        As in :class:`golden.config.EncodingConfig`; ``single_shot`` where left out, ``every_step`` for ``mnist-cnn``;
        not for presets of events.
    recurrence : {"none", "learned", "fixed"}, optional
        Of the hidden layers of a preset of events; as its name says where left out.
    error : str, optional
        Of a preset of events, as in :class:`golden.config.LearningConfig`; ``graded`` where left out.
    timing : str, optional
        As in :class:`golden.config.LearningConfig`; where left out ``every_step`` for presets of events but ``cues``,
        whose answer is asked for at the end, else ``final``.
    route, rounding : str
        As in :class:`golden.config.LearningConfig`.
    epochs : int, optional
        Length of the training run, the schedule stretched to it.
    seed : int
    lanes : int or tuple of int, optional
        As in :class:`golden.config.HardwareConfig`; one number serves all layers.

    Raises
    ------
    ConfigError
        Unknown name, or a value out of range.
    """
    if name in TASKS:
        if encoding not in (None, "events"):
            raise ConfigError(f"encoding: preset {name} takes none; its samples are events already")
        config = temporal_preset(
            name,
            hidden=hidden,
            recurrence=recurrence,
            shadow_width=shadow_width,
            weight_width=weight_width,
            spike_width=1 if spike_width is None else spike_width,
            n_steps=n_steps,
            membrane_width=membrane_width,
            route=route,
            timing=timing,
            error=error or "graded",
            rounding=rounding,
            seed=seed,
        )
        return _finished(config, epochs, lanes)
    for option, value in (("recurrence", recurrence), ("error", error)):
        if value is not None:
            raise ConfigError(f"preset {name} takes no {option}; it goes with presets of events, {', '.join(TASKS)}")
    timing = timing or "final"
    if name == CONVOLUTIONAL:
        _refuse_for_maps(hidden=hidden, route=route, timing=timing, rounding=rounding, epochs=epochs)
        n = 1 if spike_width is None else spike_width
        steps = _CONVOLUTIONAL_STEPS if n_steps is None else n_steps
        return _convolutional(weight_width, n, steps, membrane_width or 8 + weight_width, encoding or "every_step")
    if name not in _BASES:
        raise ConfigError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    base = _BASES[name]
    sizes = base.hidden if hidden is None else tuple(hidden)
    n = SPIKE_WIDTH if spike_width is None else spike_width
    steps = max(1, STEP_BITS // max(n, 1)) if n_steps is None else n_steps
    layers = _layers(sizes, weight_width, n, 8 + weight_width if membrane_width is None else membrane_width)
    learning = _learning(base.n_inputs, len(sizes), shadow_width, weight_width, n, steps, route, timing, rounding, seed)
    config = NetworkConfig(
        name=name if sizes == base.hidden else "-".join((name.partition("-")[0], *map(str, sizes))),
        n_inputs=base.n_inputs,
        n_steps=steps,
        encoding=EncodingConfig(
            kind=encoding or "single_shot", value_width=base.value_width, spike_width=INPUT_SPIKE_WIDTH
        ),
        layers=layers,
        learning=learning,
    )
    return _finished(config, base.epochs if epochs is None else epochs, lanes)


def _finished(config: NetworkConfig, epochs: int | None, lanes: int | tuple[int, ...] | None) -> NetworkConfig:
    """Return a configuration with another length of its run and other lanes, each its own where None."""
    if epochs is not None and config.learning is not None:
        config = replace(config, learning=config.learning.for_epochs(epochs))
    if lanes is not None:
        config = replace(config, hardware=HardwareConfig(lanes=(lanes,) if isinstance(lanes, int) else tuple(lanes)))
    return config


def _refuse_for_maps(**options: Any) -> None:
    usual = {"route": "feedback", "timing": "final", "rounding": "stochastic"}
    for name, value in options.items():
        if value != usual.get(name):
            raise ConfigError(f"{name}: preset {CONVOLUTIONAL} takes none; it has its own layers and no on-line rule")


def _convolutional(
    weight_width: int, spike_width: int, n_steps: int, membrane_width: int, encoding: EncodingKind
) -> NetworkConfig:
    """Return 28x28-8c5-2a-16c5-2a-10 of ETH 2025; pixels enter with all their bits."""
    hidden, readout = (layer.neuron for layer in _layers((1,), weight_width, spike_width, membrane_width))
    maps = [
        LayerConfig(size=size, weight_width=weight_width, neuron=hidden, conv=ConvConfig(kernel=5), pool=pool)
        for size, pool in ((8, 1), (16, 2))
    ]
    return NetworkConfig(
        name=CONVOLUTIONAL,
        n_inputs=28 * 28,
        input_shape=(1, 28, 28),
        n_steps=n_steps,
        encoding=EncodingConfig(kind=encoding, value_width=8, spike_width=8),
        layers=(*maps, LayerConfig(size=N_CLASSES, weight_width=weight_width, neuron=readout, pool=2)),
    )


def _layers(
    sizes: tuple[int, ...], weight_width: int, spike_width: int, membrane_width: int
) -> tuple[LayerConfig, ...]:
    """Return hidden layers and readout.

    The spike levels divide the range ``0..2^(Bw+4)``, however many they are; by default the membrane
    has 3 bits of headroom above. The readout has one bit more, and those that a spike has beyond 4.
    """
    plain = [LayerConfig(size=size, weight_width=weight_width) for size in (*sizes, N_CLASSES)]
    threshold_shift = max(0, weight_width + SPIKE_WIDTH - spike_width)
    widths = [membrane_width] * len(sizes) + [membrane_width + 1 + max(0, spike_width - SPIKE_WIDTH)]
    return tuple(
        LayerConfig(
            size=layer.size,
            weight_width=layer.weight_width,
            neuron=NeuronConfig(membrane_width=width, spike_width=spike_width, threshold_shift=threshold_shift),
        )
        for layer, width in zip(plain, widths, strict=True)
    )


def _learning(
    n_inputs: int,
    n_hidden: int,
    shadow_width: int,
    weight_width: int,
    spike_width: int,
    n_steps: int,
    route: Route,
    timing: Timing,
    rounding: Rounding,
    seed: int,
) -> LearningConfig:
    """Return the margin rule for 12 epochs.

    Margin, errors and direct matrix follow the scale of the inference weights; a spike of fewer levels adds less to the
    readout, which lowers the margin. The surrogate counts up to T, half a bit of error shift for each doubling; an
    update at every step counts to 1 but comes T times, which takes a bit from the rate for each doubling. A gradient is
    up to ``GRADIENT_WIDTH`` bits larger than the ternary output error, so layers below the last hidden one drop as many
    bits more. Rates and initial weights follow the scale of the shadow weights, initial weights of the first layer the
    root of its inputs. Those of the other layers reach a whole LSB of the inference weights: were these all 0, no error
    would be carried and no neuron would fire, for ever.
    """
    weight_scale = weight_width - 8
    shadow_scale = shadow_width - 16
    step_bits = max(n_steps, 1).bit_length() - 1
    every_step = timing == "every_step"
    error_shift = weight_scale + (0 if every_step else 1 + step_bits // 2)
    deeper_shift = error_shift + (GRADIENT_WIDTH if route == "feedback" else 0)
    rates = [HIDDEN_RATE_SHIFT] * n_hidden + [READOUT_RATE_SHIFT]
    highest_rate = LFSR_WIDTH - len(SCHEDULE)
    inits = [16 - n_inputs.bit_length() // 2] + [max(INIT_SHIFT, 16 - weight_width)] * n_hidden
    return LearningConfig(
        shadow_width=shadow_width,
        route=route,
        timing=timing,
        margin=_scaled(MARGIN, weight_scale + spike_width - SPIKE_WIDTH),
        rate_shifts=tuple(min(rate - shadow_scale + every_step * step_bits, highest_rate) for rate in rates),
        error_shifts=(deeper_shift,) * (n_hidden - 1) + (error_shift,) * (n_hidden > 0),
        direct_shift=max(0, DIRECT_SHIFT + weight_scale),
        rounding=rounding,
        init_shifts=tuple(max(0, init + shadow_scale) for init in inits),
        epochs=EPOCHS,
        schedule=SCHEDULE,
        seed=seed,
    )


def _scaled(value: int, shift: int) -> int:
    return value << shift if shift >= 0 else value >> -shift
