"""Stimuli shared by all tests: exhaustive where that fits, corners and seeded random values elsewhere.

Each kind of stimulus comes with predicates that say what it reached, so that a test asserts that it met the corners
it is about instead of hoping so.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol, TypeVar, get_args, overload

import numpy as np

from golden.config import (
    READOUTS,
    ConvConfig,
    EncodingConfig,
    EncodingKind,
    ErrorKind,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    Multiplier,
    NetworkConfig,
    NeuronConfig,
    Readout,
    Recurrence,
    Reset,
    Route,
    Surrogate,
    SynapticConfig,
    Timing,
    WeightMemory,
)
from golden.config.limits import CURRENT_WIDTHS, LEAK_FRACS, WEIGHT_WIDTHS
from golden.config.spatial import Shape, pooled_shape
from golden.fixed import LFSR_WIDTH, IntArray, Rounding, shift_floor, signed_range
from golden.network import LearningNetwork, Network, Record, by_field, run
from golden.neuron import fire, integrate, leak
from golden.synapse import layer_current

Option = TypeVar("Option")

EXHAUSTIVE_WIDTH = 8
"""Operands up to this width are tested with every value."""


# Scalars ----------------------------------------------------------------------------------------------------------


def signed(width: int) -> IntArray:
    """Return every signed value of up to 8 bits; above: 0, both extremes, powers of two, and the neighbours of each."""
    low, high = signed_range(width)
    if width <= EXHAUSTIVE_WIDTH:
        return np.arange(low, high + 1)
    powers = [1 << bit for bit in range(width)]
    return _with_neighbours([0, low, high, *powers, *(-power for power in powers)], low, high)


def unsigned(width: int) -> IntArray:
    """Return every unsigned value of up to 8 bits; above: 0, the highest, powers of two, and the neighbours of each."""
    high = (1 << width) - 1
    if width <= EXHAUSTIVE_WIDTH:
        return np.arange(high + 1)
    return _with_neighbours([0, high, *(1 << bit for bit in range(width))], 0, high)


def product(*axes: IntArray) -> tuple[IntArray, ...]:
    """Return every combination of the values of the axes, one flat array for each axis."""
    return tuple(grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))


def _with_neighbours(values: Sequence[int], low: int, high: int) -> IntArray:
    around = np.unique(np.add.outer(np.array(values, np.int64), (-1, 0, 1)))
    return around[(around >= low) & (around <= high)]


# Neurons ----------------------------------------------------------------------------------------------------------


def neuron(
    config: NeuronConfig, current_width: int, *, seed: int = 0, n_random: int = 256
) -> tuple[IntArray, IntArray]:
    """Return (membrane, current) pairs for one step of a neuron.

    Every pair where both widths together have up to 16 bits. Else, for every membrane to be met before reset (each
    spike level, the surrogate window's edges, zero, both ends of the range and one beyond) the pairs that meet it with
    corner currents and from corner membranes, as far as the widths allow; besides, the pairs of both operands'
    extremes, each of their corners with a random partner, and `n_random` random pairs.
    """
    low, high = signed_range(config.membrane_width)
    current_low, current_high = signed_range(current_width)
    if config.membrane_width + current_width <= 2 * EXHAUSTIVE_WIDTH:
        membrane, current = product(np.arange(low, high + 1), np.arange(current_low, current_high + 1))
        return membrane, current
    rng = np.random.default_rng(seed)

    def membranes(count: int) -> IntArray:
        return rng.integers(low, high, count, endpoint=True)

    def currents(count: int) -> IntArray:
        return rng.integers(current_low, current_high, count, endpoint=True)

    levels = [level * config.level for level in range(config.max_spike + 2)]
    goals = _with_neighbours([*levels, low, high], low - 1, high + 1)
    goal, current = product(goals, np.array([0, 1, -1, current_low, current_high, *currents(2)], np.int64))
    before = _before_leak(goal - shift_floor(current, config.current_shift), config)
    met = leak(before, config) + shift_floor(current, config.current_shift) == goal
    aimed, start = product(goals, np.array([0, low, high, *membranes(2)], np.int64))
    added = shift_floor(aimed - leak(start, config), -config.current_shift)
    legal = (added >= current_low) & (added <= current_high)
    extremes = product(
        _with_neighbours([low, 0, high], low, high),
        _with_neighbours([current_low, 0, current_high], current_low, current_high),
    )
    corners, current_corners = signed(config.membrane_width), signed(current_width)
    pairs = [
        (before[met], current[met]),
        (start[legal], added[legal]),
        extremes,
        (corners, currents(len(corners))),
        (membranes(len(current_corners)), current_corners),
        (membranes(n_random), currents(n_random)),
    ]
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def _before_leak(leaked: IntArray, config: NeuronConfig) -> IntArray:
    """Return the lowest membranes that leak to at least `leaked`, or the highest membrane; the leak is monotonic."""
    low, high = (np.full(np.shape(leaked), end, np.int64) for end in signed_range(config.membrane_width))
    while (low < high).any():
        middle = (low + high) // 2
        enough = leak(middle, config) >= leaked
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


def reaches_every_level(spikes: IntArray, config: NeuronConfig) -> bool:
    """Return whether every graded spike, 0 included, occurs."""
    return len(np.unique(spikes)) == config.max_spike + 1


def reaches_both_saturations(membrane: IntArray, current: IntArray, config: NeuronConfig) -> bool:
    """Return whether a sum beyond each end of the membrane's range occurs."""
    low, high = signed_range(config.membrane_width)
    total = leak(membrane, config) + shift_floor(current, config.current_shift)
    return bool((total < low).any() and (total > high).any())


def reaches_every_threshold(membrane: IntArray, current: IntArray, config: NeuronConfig) -> bool:
    """Return whether the membrane before reset meets every level exactly, and the value just below each."""
    integrated = integrate(membrane, current, config)
    levels = np.arange(1, config.max_spike + 1) * config.level
    return bool(np.isin(np.concatenate([levels, levels - 1]), integrated).all())


# Networks ---------------------------------------------------------------------------------------------------------


class Choices(Protocol):
    """Where the free choices of a random configuration come from: a seed, or hypothesis (tests/strategies.py)."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer of ``low..high``."""
        ...

    def one_of(self, options: Sequence[Option]) -> Option:
        """Return one of the options."""
        ...


class SeededChoices:
    """Choices that are a function of a seed."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def integer(self, low: int, high: int) -> int:
        """Return an integer of ``low..high``."""
        return int(self.rng.integers(low, high, endpoint=True))

    def one_of(self, options: Sequence[Option]) -> Option:
        """Return one of the options."""
        return options[self.integer(0, len(options) - 1)]


def neuron_config(choices: Choices, current_width: int, *, synaptic: bool = True) -> NeuronConfig:
    """Return a random neuron, its membrane mostly near `current_width`, so that inputs reach firing and saturation.

    Half of them have what the neurons of other frameworks need: any threshold, another amount of the reset, guard bits,
    an initial membrane; with `synaptic` also a synaptic current.
    """
    wider = choices.one_of((-2, -1, 0, 1, 2, 3, 32))
    membrane_width = min(max(current_width + wider, 4), 32)
    spike_width = choices.integer(1, min(8, membrane_width - 1))
    fields: dict[str, Any] = {
        "membrane_width": membrane_width,
        "spike_width": spike_width,
        "threshold_shift": choices.integer(0, membrane_width - 1 - spike_width),
        "reset": choices.one_of(get_args(Reset)),
        **_leak(choices, membrane_width),
    }
    foreign = _foreign(choices, membrane_width, current_width) if choices.one_of((False, True)) else {}
    if synaptic and choices.one_of((False, False, True)):
        width = min(max(current_width + choices.one_of((-1, 0, 2)), CURRENT_WIDTHS[0]), CURRENT_WIDTHS[1])
        foreign["synaptic"] = SynapticConfig(width=width, **_leak(choices, width))
    return NeuronConfig(**fields | foreign)


def _leak(choices: Choices, width: int) -> dict[str, Any]:
    """Return the fields of the leak of a value of so many bits."""
    kind = choices.one_of(("none", "shift", "factor"))
    if kind == "none":
        return {}
    if kind == "shift":
        return {"leak_shift": choices.integer(1, width - 1)}
    frac = choices.integer(*LEAK_FRACS)
    return {"leak_frac": frac, "leak_factor": choices.integer(0, 1 << frac)}


def _foreign(choices: Choices, membrane_width: int, current_width: int) -> dict[str, Any]:
    """Return fields of a neuron of another framework; a spike of one bit, but where levels stay powers of two."""
    highest = (1 << (membrane_width - 1)) - 1
    found: dict[str, Any] = {
        "current_shift": choices.integer(0, min(3, current_width - 1)),
        "initial": choices.one_of((0, choices.integer(-highest - 1, highest))),
    }
    if choices.one_of((False, True)):
        return found
    found |= {"spike_width": 1, "threshold": choices.integer(1, highest), "reset": choices.one_of(get_args(Reset))}
    if found["reset"] == "soft":
        found["reset_amount"] = choices.one_of((None, choices.integer(0, highest)))
    return found


_PLAIN: dict[str, Any] = {
    "reset": "soft", "leak_shift": None, "leak_factor": None, "leak_frac": None, "threshold": None,
    "threshold_shift": 0, "reset_amount": None, "synaptic": None,
}  # fmt: skip
"""Of a neuron whose spikes may be counted to learn from."""


def encoding_config(choices: Choices) -> EncodingConfig:
    """Return a random input encoding of values."""
    return EncodingConfig(
        kind=choices.one_of([kind for kind in get_args(EncodingKind) if kind != "events"]),
        value_width=choices.integer(1, 16),
        spike_width=choices.integer(1, 8),
        seed=choices.integer(1, 0xFFFF),
    )


def learning_config(
    choices: Choices, layers: Sequence[LayerConfig], *, temporal: bool = False, highest_rate: int = LFSR_WIDTH
) -> LearningConfig:
    """Return a random learning rule for these layers, margin and shifts in the range where updates do something.

    Rates of hardware by default; those of the model go up to 24.
    """
    depth, membrane_width = len(layers), layers[-1].neuron.membrane_width
    recurrent = sum(layer.recurrent for layer in layers)
    shadow_width = choices.integer(max(8, *(layer.weight_width for layer in layers)), 24)
    return LearningConfig(
        shadow_width=shadow_width,
        route=choices.one_of(get_args(Route)),
        timing=choices.one_of(get_args(Timing)),
        margin=choices.one_of((0, 1, 1 << (membrane_width - 3), (1 << (membrane_width - 1)) - 1, (1 << 31) - 1)),
        rate_shifts=tuple(choices.integer(-16, highest_rate) for _ in range(depth)),
        **choices.one_of(
            (
                {"error_shifts": tuple(choices.integer(-7, 24) for _ in range(depth - 1))},
                {"error_bits": choices.integer(1, 7)},
            )
        ),
        direct_shift=choices.integer(0, 16),
        rounding=choices.one_of(get_args(Rounding)),
        trace_shifts=choices.one_of(((), tuple(choices.one_of((1, 2, 4, 15)) for _ in range(depth)))),
        init_shifts=tuple(choices.integer(0, shadow_width - 1) for _ in range(depth)),
        epochs=choices.integer(1, 30),
        seed=choices.integer(0, (1 << 32) - 1),
        **(_temporal_rule(choices, recurrent, shadow_width, membrane_width) if temporal else {}),
    )


def _temporal_rule(choices: Choices, recurrent: int, shadow_width: int, membrane_width: int) -> dict[str, Any]:
    return {
        "error": choices.one_of(get_args(ErrorKind)),
        "error_octave": choices.integer(0, membrane_width - 2),
        "surrogate": choices.one_of(get_args(Surrogate)),
        "recurrence": choices.one_of(get_args(Recurrence)),
        "recurrent_rate_shifts": tuple(choices.integer(-16, 16) for _ in range(recurrent)),
        "recurrent_init_shifts": tuple(choices.integer(0, shadow_width - 1) for _ in range(recurrent)),
        "trace_gain": choices.one_of((0, 0, 1, 4, 8)),
        "budget": choices.one_of((None, 0, 1, 2)),
        "budget_shift": choices.integer(0, 24),
    }


@overload
def network_config(
    choices: Choices,
    *,
    learning: Literal[True],
    temporal: bool = ...,
    max_depth: int = ...,
    max_size: int = ...,
    max_steps: int = ...,
) -> LearningNetworkConfig: ...


@overload
def network_config(
    choices: Choices,
    *,
    learning: bool = ...,
    temporal: bool = ...,
    max_depth: int = ...,
    max_size: int = ...,
    max_steps: int = ...,
) -> NetworkConfig: ...


def network_config(
    choices: Choices,
    *,
    learning: bool = False,
    temporal: bool = False,
    max_depth: int = 3,
    max_size: int = 9,
    max_steps: int = 5,
) -> NetworkConfig:
    """Return a random valid configuration: any depth, widths, leaks, resets, readout, encoding, and learning rule.

    With `temporal` also recurrent layers, summed readout membranes, and all of the rule that is meant for these.
    """
    n_inputs, depth = choices.integer(1, max_size), choices.integer(1, max_depth)
    encoding = encoding_config(choices)
    readout = choices.one_of(get_args(Readout) if temporal else ("membrane", "spike_count"))
    layers: list[LayerConfig] = []
    n_in, spike_width = n_inputs, encoding.spike_width
    for index in range(depth):
        size, weight_width = choices.integer(1, max_size), choices.integer(2, choices.one_of((16, WEIGHT_WIDTHS[1])))
        near = weight_width + spike_width + n_in.bit_length() - 1
        neuron = neuron_config(choices, near, synaptic=not learning)
        if learning and READOUTS[readout].fires and index == depth - 1:
            neuron = replace(neuron, **_PLAIN)
        recurrent = temporal and index < depth - 1 and choices.one_of((True, True, False))
        layers.append(LayerConfig(size=size, weight_width=weight_width, neuron=neuron, recurrent=recurrent))
        n_in, spike_width = size, neuron.spike_width
    return NetworkConfig(
        name="random",
        n_inputs=n_inputs,
        n_steps=choices.integer(1, max_steps),
        readout=readout,
        encoding=encoding,
        layers=tuple(layers),
        learning=learning_config(choices, layers, temporal=temporal) if learning else None,
        hardware=_hardware(choices, depth, max_size + 1),
    )


def _hardware(choices: Choices, depth: int, max_lanes: int) -> HardwareConfig:
    return HardwareConfig(
        lanes=tuple(choices.integer(1, max_lanes) for _ in range(depth)),
        fire_lanes=tuple(choices.integer(1, max_lanes) for _ in range(depth)),
        banks=choices.integer(1, 2),
        multiplier=choices.one_of(get_args(Multiplier)),
        weight_memory=tuple(choices.one_of(get_args(WeightMemory)) for _ in range(depth)),
    )


@overload
def spatial_config(
    choices: Choices, *, learning: Literal[True], max_depth: int = ..., max_side: int = ..., max_steps: int = ...
) -> LearningNetworkConfig: ...


@overload
def spatial_config(
    choices: Choices, *, learning: bool = ..., max_depth: int = ..., max_side: int = ..., max_steps: int = ...
) -> NetworkConfig: ...


def spatial_config(
    choices: Choices, *, learning: bool = False, max_depth: int = 3, max_side: int = 7, max_steps: int = 3
) -> NetworkConfig:
    """Return a random valid configuration with input maps of any shape, convolutions, pooling, and layers of neither.

    Windows, strides and paddings are as large as the maps allow, up to 4, 3 and the window. Any hardware. With
    `learning` also recurrent layers behind maps, and every learning rule.
    """
    shape = (choices.integer(1, 3), choices.integer(1, max_side), choices.integer(1, max_side))
    encoding = encoding_config(choices)
    layers: list[LayerConfig] = []
    at: Shape | None = shape
    spike_width, n_in = encoding.spike_width, math.prod(shape)
    for index in range(choices.integer(1, max_depth)):
        layer = LayerConfig(size=choices.integer(1, 4), weight_width=choices.integer(2, 16))
        if at is not None:
            layer = replace(layer, pool=choices.integer(1, min(3, *at[1:])))
            sides = pooled_shape(at, layer.pool)[1:]
            if choices.one_of((True, True, False)):
                layer = replace(layer, conv=_conv_config(choices, min(sides)))
        kind = layer.kind(n_in, at, index)
        fan_in = n_in if at is None or layer.conv is None else at[0] * (layer.conv.kernel * layer.pool) ** 2
        near = layer.weight_width + spike_width + fan_in.bit_length() - 1
        layers.append(replace(layer, neuron=neuron_config(choices, near, synaptic=not learning)))
        at, n_in, spike_width = kind.output_shape, kind.n_out, layers[-1].neuron.spike_width
    config = NetworkConfig(
        name="random maps",
        n_inputs=math.prod(shape),
        n_steps=choices.integer(1, max_steps),
        readout=choices.one_of(get_args(Readout)),
        input_shape=shape,
        encoding=encoding,
        layers=tuple(layers),
    )
    config = _learning_maps(choices, config) if learning else config
    return replace(config, hardware=_hardware(choices, len(layers), 5))


def _learning_maps(choices: Choices, config: NetworkConfig) -> NetworkConfig:
    """Return a configuration of maps that learns."""
    *hidden, last = config.layers
    if config.readout_kind.fires:
        last = replace(last, neuron=replace(last.neuron, **_PLAIN))
    layers = (
        *(replace(layer, recurrent=not layer.is_spatial and choices.one_of((True, False))) for layer in hidden),
        last,
    )
    rule = learning_config(choices, layers, temporal=True, highest_rate=choices.one_of((16, 24)))
    return replace(config, layers=layers, learning=rule)


def _conv_config(choices: Choices, side: int) -> ConvConfig:
    """Return random windows of which at least one fits along `side` with its padding."""
    padding = choices.integer(0, 3)
    kernel = choices.integer(padding + 1, max(padding + 1, min(4, side + 2 * padding)))
    return ConvConfig(kernel=kernel, stride=choices.integer(1, 3), padding=padding)


@overload
def network(config: LearningNetworkConfig, *, seed: int = ...) -> LearningNetwork: ...


@overload
def network(config: NetworkConfig, *, seed: int = ...) -> Network: ...


def network(config: NetworkConfig, *, seed: int = 0) -> Network:
    """Return a network whose parameters are at their corners.

    Of each layer's neurons, or output channels, in turn: all weights highest, all lowest, both extremes mixed, uniform
    over the range, small. A configuration that learns gets such shadow values, inference values rounded from them.
    """
    rng = np.random.default_rng(seed)
    learns = isinstance(config, LearningNetworkConfig)
    drawn = by_field(config, (
        (layer.index, parameter.shadow_field if learns else parameter.field,
         _corner_rows(rng, parameter.stored_width, parameter.shape))
        for layer in config.resolved for parameter in layer.parameters
    ))  # fmt: skip
    return LearningNetwork.from_shadows(config, lfsr=None, **drawn) if learns else Network(config=config, **drawn)


def _corner_rows(rng: np.random.Generator, width: int, shape: tuple[int, ...]) -> IntArray:
    low, high = signed_range(width)
    kinds = (
        np.full(shape, high),
        np.full(shape, low),
        rng.choice((low, high), shape),
        rng.integers(low, high, shape, endpoint=True),
        rng.integers(max(low, -2), min(high, 2), shape, endpoint=True),
    )
    return np.choose(np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1)) % len(kinds), kinds)


def spikes(config: NetworkConfig, n_samples: int, *, seed: int = 0) -> IntArray:
    """Return input spikes (n_samples, n_steps, n_inputs) with steps of every kind.

    Empty, full at the highest level, sparse, dense, one event of level 1.
    The first sample is empty throughout, the second full throughout; the steps of the others are drawn at random.
    """
    rng = np.random.default_rng(seed)
    shape = (n_samples, config.n_steps, config.n_inputs)
    highest = (1 << config.encoding.spike_width) - 1
    drawn = rng.integers(1, highest, shape, endpoint=True)
    kinds = (
        np.zeros(shape, np.int64),
        np.full(shape, highest),
        drawn * (rng.random(shape) < 0.1),
        drawn * (rng.random(shape) < 0.7),
        np.arange(config.n_inputs) == rng.integers(config.n_inputs, size=(*shape[:2], 1)),
    )
    kind = rng.integers(len(kinds), size=shape[:2])
    kind[:2] = np.arange(2)[:n_samples, None]
    return np.choose(kind[:, :, None], kinds)


def values(config: NetworkConfig, n_samples: int, *, seed: int = 0) -> IntArray:
    """Return input values (n_samples, n_inputs) before the encoding: the first sample 0, the second highest, random."""
    drawn = np.random.default_rng(seed).integers(0, 1 << config.encoding.value_width, (n_samples, config.n_inputs))
    drawn[:1], drawn[1:2] = 0, (1 << config.encoding.value_width) - 1
    return drawn


def sums(network: Network, record: Record, inputs: IntArray) -> list[tuple[IntArray, IntArray]]:
    """Return, for each layer, membranes before each step and input currents, both (..., n_steps, n_out)."""
    pairs = []
    incoming = inputs
    recorded = zip(network.config.resolved, network.weights, record.membranes, record.spikes, strict=True)
    for layer, weight, after, fired in recorded:
        before = np.concatenate([np.zeros_like(after[..., :1, :]), after[..., :-1, :]], axis=-2)
        pairs.append((before, layer_current(incoming, weight, layer)))
        incoming = fired
    return pairs


def reached(network: Network, inputs: IntArray) -> set[str]:
    """Return what input spikes (n_samples, n_steps, n_inputs) make a network meet.

    Of ``empty_step``, ``full_step``; ``fires``, ``every_level`` (of each layer that fires), ``silent_layer`` (a layer
    that fires nothing in a step in which it got an event), ``low`` and ``high`` saturation of any layer,
    ``every_saturation`` (both, in each layer), ``threshold`` (a membrane exactly at a level), and ``tie`` of the best
    classes.
    """
    config, record = network.config, run(network, inputs)
    events = (inputs > 0).sum(axis=-1)
    found = {"empty_step": (events == 0).any(), "full_step": (events == config.n_inputs).any()}
    firing = [layer.index for layer in config.resolved if layer.fires]
    pairs = sums(network, record, inputs)
    low, high, threshold = [], [], []
    for layer, (membrane, current) in zip(config.resolved, pairs, strict=True):
        bottom, top = signed_range(layer.neuron.membrane_width)
        total = leak(membrane, layer.neuron) + shift_floor(current, layer.neuron.current_shift)
        low.append((total < bottom).any())
        high.append((total > top).any())
        integrated = integrate(membrane, current, layer.neuron)
        level = fire(integrated, layer.neuron)
        threshold.append(layer.fires and (level * layer.neuron.level == integrated)[level > 0].any())
    sources = [inputs, *record.spikes[:-1]]
    found |= {
        "fires": any(record.spikes[index].any() for index in firing),
        "every_level": all(reaches_every_level(record.spikes[i], config.layers[i].neuron) for i in firing),
        "silent_layer": any(
            (sources[index].any(axis=-1) & ~record.spikes[index].any(axis=-1)).any() for index in firing
        ),
        "low": any(low),
        "high": any(high),
        "every_saturation": all(low) and all(high),
        "threshold": any(threshold),
        "tie": ((record.scores == record.scores.max(axis=-1, keepdims=True)).sum(axis=-1) > 1).any(),
    }
    return {name for name, met in found.items() if met}


def corner_config(*, readout: Readout = "membrane", reset: Reset = "soft", spike_width: int = 2) -> NetworkConfig:
    """Return a small configuration in which :func:`spikes` reach everything that :func:`reached` names.

    The membrane is as narrow as the levels allow, the current's range several times wider, and no single event of
    level 1 fires. 40 samples do for spikes of 1 and 2 bits, 300 for 4, and with most seeds 3000 for 8.
    """
    weight_width = 4
    neuron = NeuronConfig(
        membrane_width=spike_width + weight_width,
        spike_width=spike_width,
        threshold_shift=weight_width - 1,
        reset=reset,
    )
    return NetworkConfig(
        name="corner",
        n_inputs=6,
        n_steps=4,
        readout=readout,
        encoding=EncodingConfig(value_width=4, spike_width=spike_width),
        layers=tuple(LayerConfig(size=size, weight_width=weight_width, neuron=neuron) for size in (15, 14, 10)),
    )


def spatial_corner_config(
    *, readout: Readout = "membrane", reset: Reset = "soft", spike_width: int = 2
) -> NetworkConfig:
    """Return a small configuration of maps in which :func:`spikes` reach everything that :func:`reached` names.

    It has a convolution with padding, one with a stride on a pooled map that drops a column, and a dense readout on a
    pooled map; neurons as in :func:`corner_config`.
    """
    plain = corner_config(readout=readout, reset=reset, spike_width=spike_width)
    layer = plain.layers[0]
    return replace(
        plain,
        name="corner maps",
        n_inputs=2 * 6 * 5,
        input_shape=(2, 6, 5),
        layers=(
            replace(layer, size=5, conv=ConvConfig(kernel=3, padding=1)),
            replace(layer, size=10, pool=2, conv=ConvConfig(kernel=2, stride=2, padding=1)),
            replace(layer, size=10, pool=2),
        ),
    )
