"""Frozen, validated configuration of a network; every width that follows from it; TOML in and out.

A configuration is the one place where a width is stated: the golden model, the kernels, the RTL and the trainer read
it, and what can be derived (accumulator, trace, score and address widths) is a property of :class:`ResolvedLayer`.
"""

import dataclasses
import math
import tomllib
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import tomli_w

from .errors import ConfigError
from .fixed import LFSR_WIDTH, ROUNDINGS, Rounding, signed_range, signed_width, unsigned_width
from .spatial import Shape, n_windows, pooled_shape, window_reach

Reset = Literal["soft", "hard", "none"]
Readout = Literal["membrane", "membrane_sum", "spike_count"]
EncodingKind = Literal["single_shot", "every_step", "rate", "latency", "events"]
Route = Literal["feedback", "direct"]
Timing = Literal["final", "every_step"]
ErrorKind = Literal["margin", "pair", "graded"]
Surrogate = Literal["wide", "narrow"]
Recurrence = Literal["learned", "fixed"]
Multiplier = Literal["shift_add", "operator"]
WeightMemory = Literal["dual_port", "single_port"]

_T = TypeVar("_T")

# Limits: wide enough for every published integer SNN, narrow enough that 64-bit arithmetic in the model is exact.
MEMBRANE_WIDTHS = (4, 32)
WEIGHT_WIDTHS = (2, 16)
SHADOW_WIDTHS = (8, 24)
SPIKE_WIDTHS = (1, 8)
WINDOW_SIDES = (1, 64)
MAX_NEURONS = 1 << 16
MAX_STEPS = 1 << 12
MAX_EPOCHS = 1 << 16
GRADIENT_WIDTH = 8
"""Width of the clipped gradient before it is rounded to a power of two, sign included: -127..127."""
ERROR_SHIFTS = (1 - GRADIENT_WIDTH, 24)
"""With lower ones every error saturates the gradient; the limit also keeps the product within 64 bits."""
GRADED_SHIFT = GRADIENT_WIDTH - 2
"""A graded error is 0 or a power of two up to 2^GRADED_SHIFT with a sign, like a gradient."""
_LEFT_OUT = "left_out"
"""Key of a field's metadata: the value, besides None, that plain data leaves out."""


def _require(condition: bool, owner: object, name: str, rule: str) -> None:
    if not condition:
        raise ConfigError(f"{type(owner).__name__}.{name}: {rule}, got {getattr(owner, name)!r}")


def _require_range(owner: object, name: str, low: int, high: int) -> None:
    _require(_is_within(getattr(owner, name), low, high), owner, name, f"must be {low}..{high}")


def _require_each(owner: object, name: str, low: int, high: int, rule: str) -> None:
    values = getattr(owner, name)
    _require(isinstance(values, tuple) and all(_is_within(value, low, high) for value in values), owner, name, rule)


def _is_within(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high  # a bool is no number here


def _require_choice(owner: object, name: str, choices: tuple[str, ...]) -> None:
    _require(getattr(owner, name) in choices, owner, name, f"must be one of {', '.join(choices)}")


@dataclass(frozen=True, kw_only=True)
class NeuronConfig:
    """LIF neuron: ``theta = (2^spike_width - 1) * 2^threshold_shift`` (ETH 2025, eq. 3.1).

    Parameters
    ----------
    membrane_width : int
        Bits of the signed membrane, 4..32.
    spike_width : int
        Bits n of the graded spike, 1..8; level ``i`` fires at ``i * 2^threshold_shift``.
    threshold_shift : int
        log2 of the first firing level; ``threshold_shift + spike_width <= membrane_width - 1``, so that every level
        can be reached.
    leak_shift : int or None
        ``U <- U - (U >> leak_shift)`` at the start of a step; None: no leak by shift.
    leak_factor, leak_frac : int or None
        ``U <- (U * leak_factor) >> leak_frac`` instead, ``0 <= leak_factor <= 2^leak_frac``; for imported networks.
    reset : {"soft", "hard", "none"}
        After a spike ``s``: ``U - (s << threshold_shift)``, 0, or unchanged.
    """

    membrane_width: int = 16
    spike_width: int = 4
    threshold_shift: int = 8
    leak_shift: int | None = None
    leak_factor: int | None = None
    leak_frac: int | None = None
    reset: Reset = "soft"

    def __post_init__(self) -> None:
        _require_range(self, "membrane_width", *MEMBRANE_WIDTHS)
        _require_range(self, "spike_width", *SPIKE_WIDTHS)
        top = self.membrane_width - 1 - self.spike_width
        _require(top >= 0, self, "spike_width", f"must be below membrane_width ({self.membrane_width})")
        widths = f"membrane_width {self.membrane_width} and spike_width {self.spike_width}"
        _require(_is_within(self.threshold_shift, 0, top), self, "threshold_shift", f"must be 0..{top} with {widths}")
        if self.leak_shift is not None:
            _require_range(self, "leak_shift", 1, self.membrane_width - 1)
            _require(self.leak_factor is None, self, "leak_factor", "must be absent where leak_shift is given")
        _require(
            (self.leak_factor is None) == (self.leak_frac is None), self, "leak_frac", "goes together with leak_factor"
        )
        if self.leak_frac is not None:
            _require_range(self, "leak_frac", 1, 16)
            _require_range(self, "leak_factor", 0, 1 << self.leak_frac)
        _require_choice(self, "reset", get_args(Reset))

    @property
    def max_spike(self) -> int:
        """Highest spike level, ``2^spike_width - 1``."""
        return (1 << self.spike_width) - 1


@dataclass(frozen=True, kw_only=True)
class ConvConfig:
    """Square windows over a map, in whose every position a convolutional layer has the same weights.

    Parameters
    ----------
    kernel : int
        Side of a window, 1..64.
    stride : int
        Positions from one window to the next, 1..64.
    padding : int
        Zeros on each side of the map, 0..kernel - 1; ``(kernel - 1) // 2`` keeps the size where the kernel is odd and
        the stride 1.
    """

    kernel: int
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        _require_range(self, "kernel", *WINDOW_SIDES)
        _require_range(self, "stride", *WINDOW_SIDES)
        _require_range(self, "padding", 0, self.kernel - 1)

    def output_side(self, side: int) -> int:
        """Return the windows along a side of the map."""
        return n_windows(side, self.kernel, self.stride, self.padding)

    def reach(self, side: int) -> int:
        """Return the most positions along a side of the map that one window sees."""
        return window_reach(side, self.kernel, self.stride, self.padding)


@dataclass(frozen=True, kw_only=True)
class LayerConfig:
    """LIF neurons, fully connected or a convolution, with signed inference weights.

    Parameters
    ----------
    size : int
        Neurons; output channels of a convolution, which has as many neurons for each of its windows.
    weight_width : int
        Bits of an inference weight, 2..16.
    neuron : NeuronConfig
    conv : ConvConfig or None
        None: fully connected.
    pool : int
        Side of the squares, 1..64, over which the layer's input is summed before its weights; 1: none. Rows and columns
        that fill no square are dropped.
    recurrent : bool
        The layer's own spikes of the previous step are further inputs, the last columns of its weights; only of a fully
        connected hidden layer.
    """

    size: int
    weight_width: int = 8
    neuron: NeuronConfig = field(default_factory=NeuronConfig)
    conv: ConvConfig | None = None
    pool: int = field(default=1, metadata={_LEFT_OUT: 1})
    recurrent: bool = field(default=False, metadata={_LEFT_OUT: False})

    def __post_init__(self) -> None:
        _require_range(self, "size", 1, MAX_NEURONS)
        _require_range(self, "weight_width", *WEIGHT_WIDTHS)
        _require_range(self, "pool", *WINDOW_SIDES)
        _require(type(self.recurrent) is bool, self, "recurrent", "must be true or false")
        _require(
            not (self.recurrent and self.is_spatial),
            self,
            "recurrent",
            "must be false where a layer convolves or pools",
        )

    @property
    def is_spatial(self) -> bool:
        """Whether the layer convolves or pools, for which its input must have rows and columns."""
        return self.conv is not None or self.pool > 1

    def output_shape(self, input_shape: Shape | None, index: int = 0) -> Shape | None:
        """Return the shape of a convolution's output, None of a fully connected layer.

        Parameters
        ----------
        input_shape : (channels, height, width) or None
        index : int
            Of the layer, for messages.

        Raises
        ------
        ConfigError
            The input does not go with the layer.
        """
        if not self.is_spatial:
            return None
        name = "pool" if self.conv is None else "conv"
        if input_shape is None:
            raise ConfigError(
                f"LayerConfig.{name}: needs an input with rows and columns, an input_shape or a convolution before it, "
                f"which layer {index} has not"
            )
        _, height, width = input_shape
        fed = f"{height}x{width} input of layer {index}"
        _require(self.pool <= min(height, width), self, "pool", f"must fit into the {fed}")
        if self.conv is None:
            return None
        _, pooled_height, pooled_width = pooled_shape(input_shape, self.pool)
        shape = self.size, self.conv.output_side(pooled_height), self.conv.output_side(pooled_width)
        _require(min(shape) > 0, self, "conv", f"must fit into the {fed}, pooled by {self.pool}, and its padding")
        most = f"must make at most {MAX_NEURONS} neurons, with {shape[1]}x{shape[2]} windows in layer {index}"
        _require(math.prod(shape) <= MAX_NEURONS, self, "size", most)
        return shape


@dataclass(frozen=True, kw_only=True)
class EncodingConfig:
    """How a value (a pixel) of `value_width` bits becomes graded spikes of `spike_width` bits over the time steps.

    Parameters
    ----------
    kind : {"single_shot", "every_step", "rate", "latency", "events"}
        See :func:`golden.encoding.encode`; "events": samples are events already, `value_width` is not used.
    value_width : int
        Bits of the unsigned input value, 1..16.
    spike_width : int
        Bits of an input spike, 1..8.
    seed : int
        First state of the LFSR of the rate encoding, 1..65535.
    """

    kind: EncodingKind = "single_shot"
    value_width: int = 8
    spike_width: int = 4
    seed: int = 0xACE1

    def __post_init__(self) -> None:
        _require_choice(self, "kind", get_args(EncodingKind))
        _require_range(self, "value_width", 1, 16)
        _require_range(self, "spike_width", *SPIKE_WIDTHS)
        _require_range(self, "seed", 1, 0xFFFF)


@dataclass(frozen=True, kw_only=True)
class LearningConfig:
    """On-line learning with integers only (docs/arithmetic.md), batch size 1.

    Parameters
    ----------
    shadow_width : int
        Bits Bs of the shadow weights, 8..24, at least the widest inference weight.
    route : {"feedback", "direct"}
        Error travels through the inference weights of the layers above, or straight from the output through a fixed
        random ternary matrix.
    timing : {"final", "every_step"}
        One update after the last step with the accumulated surrogate, or one after each step with that step's.
    error : {"margin", "pair", "graded"}
        See :func:`golden.learning.output_error`: a ternary error of each class alone; one of the true class and its
        strongest rival; or powers of two after the share that each class has in the scores.
    margin : int
        M, in membrane units of the readout. "margin": no error once the true class is at or above M and all others at
        or below -M. "pair": none once the true class is M above its rival.
    error_octave : int
        log2 of the distance of two scores, in membrane units, that halves the share of a class ("graded"), 0..30.
    surrogate : {"wide", "narrow"}
        Membranes with a surrogate of 1: from 0 to below the level above the last, ``0 <= U < 2^(k+n)``, or half a level
        less at both ends.
    rate_shifts : tuple of int
        Right shift of each layer's shadow update, input side first; negative means left. The schedule adds to it, up to
        16, the bits of a draw.
    recurrent_rate_shifts, recurrent_init_shifts : tuple of int
        The same, and initial weights, of each recurrent layer's weights from itself; the first recurrent layer first.
    recurrence : {"learned", "fixed"}
        Whether these weights learn, or stay as they were drawn.
    error_shifts : tuple of int
        Right shift of ``d * S`` of each hidden layer before it is clipped to a gradient of 8 bits, -7..24; negative
        means left.
    direct_shift : int
        Left shift that brings the sum of the ternary matrix into the units of inference weights (direct route).
    rounding : {"floor", "toward_zero", "nearest", "stochastic"}
        Rounding of the shadow update.
    trace_shifts : tuple of int
        Leak of the traces of each layer's inputs, :func:`golden.learning.trace_step`, 1..15, mostly the leak of that
        layer's membranes; empty: no leak.
    trace_gain : int
        Left shift of a spike that a trace takes up, 0..8, for leaks that are finer than a spike.
    budget : int or None
        Steps of a sample in which a neuron of a hidden layer may fire before its error grows by ``2^budget_shift`` in
        each further step, so that it learns to fire less; None: any number.
    budget_shift : int
        0..24.
    init_shifts : tuple of int
        Initial shadow weights are uniform in ``-2^init_shift .. 2^init_shift - 1``, for each layer.
    epochs : int
        Length of the training run that `schedule` refers to.
    schedule : tuple of int
        Epochs, ascending, from which on every rate shift is one larger (half the learning rate).
    seed : int
        Of initial weights, sample order, LFSR and direct matrix.
    """

    shadow_width: int = 16
    route: Route = "feedback"
    timing: Timing = "final"
    error: ErrorKind = field(default="margin", metadata={_LEFT_OUT: "margin"})
    margin: int = 512
    error_octave: int = field(default=9, metadata={_LEFT_OUT: 9})
    surrogate: Surrogate = field(default="wide", metadata={_LEFT_OUT: "wide"})
    rate_shifts: tuple[int, ...]
    recurrent_rate_shifts: tuple[int, ...] = field(default=(), metadata={_LEFT_OUT: ()})
    recurrent_init_shifts: tuple[int, ...] = field(default=(), metadata={_LEFT_OUT: ()})
    recurrence: Recurrence = field(default="learned", metadata={_LEFT_OUT: "learned"})
    error_shifts: tuple[int, ...]
    direct_shift: int = 4
    rounding: Rounding = "stochastic"
    trace_shifts: tuple[int, ...] = field(default=(), metadata={_LEFT_OUT: ()})
    trace_gain: int = field(default=0, metadata={_LEFT_OUT: 0})
    budget: int | None = None
    budget_shift: int = field(default=8, metadata={_LEFT_OUT: 8})
    init_shifts: tuple[int, ...]
    epochs: int = 12
    schedule: tuple[int, ...] = (5, 7, 9, 11)
    seed: int = 0

    def __post_init__(self) -> None:
        _require_range(self, "shadow_width", *SHADOW_WIDTHS)
        _require_choice(self, "route", get_args(Route))
        _require_choice(self, "timing", get_args(Timing))
        _require_range(self, "margin", 0, (1 << 31) - 1)
        _require_choice(self, "rounding", ROUNDINGS)
        _require_choice(self, "error", get_args(ErrorKind))
        _require_range(self, "error_octave", 0, 30)
        _require_choice(self, "surrogate", get_args(Surrogate))
        _require_choice(self, "recurrence", get_args(Recurrence))
        _require_range(self, "direct_shift", 0, 16)
        _require_range(self, "trace_gain", 0, 8)
        if self.budget is not None:
            _require_range(self, "budget", 0, MAX_STEPS)
        _require_range(self, "budget_shift", 0, 24)
        ranges = (
            ("rate_shifts", -16, 16),
            ("recurrent_rate_shifts", -16, 16),
            ("recurrent_init_shifts", 0, self.shadow_width - 1),
            ("trace_shifts", 1, 15),
            ("error_shifts", *ERROR_SHIFTS),
            ("init_shifts", 0, self.shadow_width - 1),
        )
        for name, low, high in ranges:
            _require_each(self, name, low, high, f"must be {low}..{high} each")
        _require_range(self, "epochs", 1, MAX_EPOCHS)
        _require_each(self, "schedule", 1, MAX_EPOCHS, f"must be epochs 1..{MAX_EPOCHS} each")
        _require(list(self.schedule) == sorted(set(self.schedule)), self, "schedule", "must be ascending")
        _require(len(self.schedule) <= LFSR_WIDTH, self, "schedule", f"must hold at most {LFSR_WIDTH} epochs")
        _require_range(self, "seed", 0, (1 << 32) - 1)

    def for_epochs(self, epochs: int) -> "LearningConfig":
        """Return the same rule for a run of another length, the schedule stretched in proportion (rounded up)."""
        schedule = sorted({-(-epoch * epochs // self.epochs) for epoch in self.schedule})
        return replace(self, epochs=epochs, schedule=tuple(schedule))

    @property
    def max_boost(self) -> int:
        """Highest boost of the rate shifts that hardware provides for: that of the last epoch, at least 1."""
        return max(1, len(self.schedule))

    def rate_boost(self, epoch: int) -> int:
        """Return what the schedule adds to every rate shift in `epoch`, counted from 0."""
        return sum(epoch >= start for start in self.schedule)


PER_LAYER = ("lanes", "fire_lanes", "weight_memory")
"""Fields of :class:`HardwareConfig` that hold one value, or one for each layer."""


@dataclass(frozen=True, kw_only=True)
class HardwareConfig:
    """What the RTL may choose without changing any result.

    Parameters
    ----------
    lanes : tuple of int
        Weights read and added per cycle, for each layer; one value serves all. More lanes than neurons are cut to the
        layer's size.
    fire_lanes : tuple of int
        Neurons fired per cycle, for each layer; a divisor of the lanes after cutting, else the next divisor below;
        the readout layer always fires one neuron per cycle.
    banks : int
        2: the next step's events are added while the last step fires; 1: they wait, at half the accumulator memory.
    multiplier : {"shift_add", "operator"}
        The spike-times-weight product as shifted adds (0 DSP in any tool) or as ``*``, which tools may map to DSP.
    weight_memory : tuple of {"dual_port", "single_port"}
        For each layer; one value serves all. A single-port memory (UP5K SPRAM, half the transistors of an ASIC's SRAM)
        makes a weight update take two cycles a word instead of one; inference loses nothing.
    """

    lanes: tuple[int, ...] = (16,)
    fire_lanes: tuple[int, ...] = (4,)
    banks: int = 2
    multiplier: Multiplier = "shift_add"
    weight_memory: tuple[WeightMemory, ...] = ("dual_port",)

    def __post_init__(self) -> None:
        for name in ("lanes", "fire_lanes"):
            _require_each(self, name, 1, 1024, "must be 1..1024 for each layer")
        kinds = get_args(WeightMemory)
        known = isinstance(self.weight_memory, tuple) and all(kind in kinds for kind in self.weight_memory)
        _require(known, self, "weight_memory", f"must be one of {', '.join(kinds)} for each layer")
        for name in PER_LAYER:
            _require(len(getattr(self, name)) > 0, self, name, "must hold at least one value")
        _require_range(self, "banks", 1, 2)
        _require_choice(self, "multiplier", get_args(Multiplier))


@dataclass(frozen=True, kw_only=True)
class ResolvedLayer:
    """A layer within its network: its configuration, what it is fed with, and every derived width.

    ``input_shape`` and ``output_shape`` are (channels, height, width), None where there are no rows and columns; `n_in`
    and `n_out` count inputs before pooling, without the layer's own, and neurons. `recurrent_index` is its place
    among the recurrent ones, from 0; None where it is not one.
    """

    index: int
    n_in: int
    n_out: int
    input_spike_width: int
    n_steps: int
    is_readout: bool
    fires: bool
    weight_width: int
    neuron: NeuronConfig
    lanes: int
    fire_lanes: int
    banks: int
    multiplier: Multiplier
    weight_memory: WeightMemory
    learning: LearningConfig | None
    conv: ConvConfig | None = None
    pool: int = 1
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    recurrent_index: int | None = None

    @property
    def n_own(self) -> int:
        """Rows of weights from the layer's own neurons; 0 where it is not recurrent."""
        return 0 if self.recurrent_index is None else self.n_out

    @property
    def n_rows(self) -> int:
        """Rows of weights: inputs after pooling and then the layer's own neurons, or places of a window."""
        return math.prod(self.weight_shape[1:])

    @property
    def event_width(self) -> int:
        """Bits of the widest spike that the layer adds, an input's or its own."""
        return max(self.input_spike_width, self.neuron.spike_width) if self.n_own else self.input_spike_width

    @property
    def pooled_shape(self) -> Shape | None:
        """Shape (channels, height, width) of the input after pooling; None for an input without rows and columns."""
        return None if self.input_shape is None else pooled_shape(self.input_shape, self.pool)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights: (n_out, inputs after pooling + own), (c_out, c_in, kernel, kernel) of a convolution."""
        if self.conv is None or self.output_shape is None or self.pooled_shape is None:
            return self.n_out, (self.n_in if self.pooled_shape is None else math.prod(self.pooled_shape)) + self.n_own
        return self.output_shape[0], self.pooled_shape[0], self.conv.kernel, self.conv.kernel

    @property
    def fan_in(self) -> int:
        """Most input events of one step that can reach one neuron, each input sending at most one; without its own."""
        if self.conv is None or self.pooled_shape is None:
            return (self.weight_shape[1] - self.n_own) * self.pool**2
        channels, height, width = self.pooled_shape
        return channels * self.conv.reach(height) * self.conv.reach(width) * self.pool**2

    @property
    def stored_width(self) -> int:
        """Bits of a weight in the weight memory: the shadow weight's where the network learns."""
        return self.weight_width if self.learning is None else self.learning.shadow_width

    @property
    def current_range(self) -> tuple[int, int]:
        """Range of the exact sum over one step, each input sending at most one event."""
        low, high = signed_range(self.weight_width)
        total = self.fan_in * ((1 << self.input_spike_width) - 1) + self.n_own * self.neuron.max_spike
        return low * total, high * total

    @property
    def current_width(self) -> int:
        """Bits of the exact sum over one step."""
        return signed_width(*self.current_range)

    @property
    def product_width(self) -> int:
        """Bits of one spike-times-weight product."""
        return self.weight_width + self.event_width

    @property
    def n_words(self) -> int:
        """Weight words of `lanes` weights that one row takes, the weights of one input, or of one place in a window."""
        return -(-self.weight_shape[0] // self.lanes)

    @property
    def n_fire_words(self) -> int:
        """Groups of `fire_lanes` neurons that one fire sweep takes; only the last may hold padding."""
        return -(-self.n_out // self.fire_lanes)

    @property
    def weight_memory_bits(self) -> int:
        """Bits of the weight memory, padding of the last word of each row included."""
        return math.prod(self.weight_shape[1:]) * self.n_words * self.lanes * self.stored_width

    @property
    def input_address_width(self) -> int:
        """Bits of the address of an input event."""
        return unsigned_width(self.n_in - 1)

    @property
    def row_address_width(self) -> int:
        """Bits of the index of a row of weights, of a fully connected layer."""
        return unsigned_width(self.n_rows - 1)

    @property
    def output_address_width(self) -> int:
        """Bits of the address of a neuron of this layer."""
        return unsigned_width(self.n_out - 1)

    @property
    def input_trace_width(self) -> int:
        """Bits of the trace of one input, which never saturates."""
        return self._trace_width((1 << self.input_spike_width) - 1)

    @property
    def own_trace_width(self) -> int:
        """Bits of the trace of one of the layer's own neurons, where it is recurrent."""
        return self._trace_width(self.neuron.max_spike)

    @property
    def row_trace_width(self) -> int:
        """Bits of the widest trace of a row."""
        return max(self.input_trace_width, self.own_trace_width) if self.n_own else self.input_trace_width

    @property
    def init_shifts(self) -> tuple[int, ...]:
        """Initial shadow weights' log2 of inputs' rows and, where the layer is recurrent, of its own."""
        if self.learning is None:
            return ()
        own = () if self.recurrent_index is None else (self.learning.recurrent_init_shifts[self.recurrent_index],)
        return self.learning.init_shifts[self.index], *own

    @property
    def rate_shifts(self) -> tuple[int, ...]:
        """Rate shifts of inputs' rows and, where the layer is recurrent and learns that, of its own."""
        if self.learning is None:
            return ()
        learns = self.recurrent_index is not None and self.learning.recurrence == "learned"
        own = (self.learning.recurrent_rate_shifts[self.recurrent_index or 0],) if learns else ()
        return self.learning.rate_shifts[self.index], *own

    def rates_at(self, boost: int) -> tuple[int, ...]:
        """Return :attr:`rate_shifts` with what the schedule adds: no draw has more bits than 16."""
        return tuple(min(rate + boost, LFSR_WIDTH) for rate in self.rate_shifts)

    @property
    def learns_own(self) -> bool:
        """Whether the layer learns weights from its own neurons."""
        return len(self.rate_shifts) > 1

    @property
    def ternary_errors(self) -> bool:
        """Whether the errors of the layer's neurons are -1, 0 or 1; else they are powers of two."""
        return self.is_readout and self.learning is not None and self.learning.error != "graded"

    @property
    def init_words(self) -> int:
        """Words of 16 bits that the draw of one initial shadow weight takes."""
        return 1 if max(self.init_shifts, default=0) <= 15 else 2

    @property
    def surrogate_window(self) -> tuple[int, int]:
        """Least membrane before reset whose surrogate is 1, and the least above for which it is 0 again."""
        neuron, narrow = self.neuron, self.learning is not None and self.learning.surrogate == "narrow"
        edge = (1 << neuron.threshold_shift) >> 1 if narrow else 0
        return edge, (1 << (neuron.threshold_shift + neuron.spike_width)) - edge

    @property
    def budget_push(self) -> int:
        """What the error of a neuron beyond its budget grows by; 0 without a budget, and in the readout layer."""
        if self.learning is None or self.learning.budget is None or self.is_readout:
            return 0
        return 1 << self.learning.budget_shift

    @property
    def trace_shift(self) -> int | None:
        """Leak of the traces of the layer's rows; None: no leak."""
        shifts = () if self.learning is None else self.learning.trace_shifts
        return shifts[self.index] if shifts else None

    def _trace_width(self, max_spike: int) -> int:
        """Return the bits of the sum of `n_steps` spikes, or of the level at which the leak takes all that arrives."""
        gain = 0 if self.learning is None else self.learning.trace_gain
        leaked = self.n_steps if self.trace_shift is None else min(self.n_steps, 1 << self.trace_shift)
        return unsigned_width(leaked * (max_spike << gain))

    @property
    def surrogate_width(self) -> int:
        """Bits of the surrogate count over `n_steps`."""
        return unsigned_width(self.n_steps)


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A chain of fully connected and convolutional layers, its input encoding, readout, learning and hardware choices.

    Parameters
    ----------
    name : str
    n_inputs : int
        Inputs of the first layer, 1..65536.
    n_steps : int
        Time steps T of a sample, 1..4096.
    layers : tuple of LayerConfig
        Hidden layers and, last, the readout.
    readout : {"membrane", "membrane_sum", "spike_count"}
        Class = arg max of the last layer's membranes after the last step (that layer does not fire), of their sums over
        all steps, or of its summed graded spikes; the lowest index on ties.
    input_shape : (channels, height, width), optional
        What convolution and pooling take the inputs for; the address of an input is its index in C order.
    encoding : EncodingConfig
    learning : LearningConfig or None
        None: inference only, as it must be with convolution or pooling.
    hardware : HardwareConfig
    """

    name: str = "network"
    n_inputs: int
    n_steps: int
    readout: Readout = "membrane"
    input_shape: Shape | None = None
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    layers: tuple[LayerConfig, ...]
    learning: LearningConfig | None = None
    hardware: HardwareConfig = field(default_factory=HardwareConfig)

    def __post_init__(self) -> None:
        _require(
            isinstance(self.name, str) and self.name.strip() != "" and self.name.isprintable(),
            self,
            "name",
            "must be printable and not empty",
        )
        _require_range(self, "n_inputs", 1, MAX_NEURONS)
        _require_range(self, "n_steps", 1, MAX_STEPS)
        _require(len(self.layers) >= 1, self, "layers", "must hold at least one layer")
        _require_choice(self, "readout", get_args(Readout))
        if self.input_shape is not None:
            rule = f"must be channels, height and width, {self.n_inputs} inputs in all"
            _require_each(self, "input_shape", 1, MAX_NEURONS, rule)
            fits = len(self.input_shape) == 3 and math.prod(self.input_shape) == self.n_inputs
            _require(fits, self, "input_shape", rule)
        depth = len(self._maps) - 1
        _require(not self.layers[-1].recurrent, self.layers[-1], "recurrent", "must be false in the readout layer")
        for name in PER_LAYER:
            if len(getattr(self.hardware, name)) not in (1, depth):
                given = getattr(self.hardware, name)
                raise ConfigError(
                    f"HardwareConfig.{name}: must be one value or one for each of {depth} layers, got {given}"
                )
        if self.learning is not None:
            self._check_learning(self.learning, depth)

    def _check_learning(self, learning: LearningConfig, depth: int) -> None:
        require_dense(self)
        recurrent = sum(layer.recurrent for layer in self.layers)
        counts = {
            "rate_shifts": depth,
            "init_shifts": depth,
            "error_shifts": depth - 1,
            "recurrent_rate_shifts": recurrent,
            "recurrent_init_shifts": recurrent,
            "trace_shifts": depth if learning.trace_shifts else 0,
        }
        for name, count in counts.items():
            _require(len(getattr(learning, name)) == count, learning, name, f"must hold {count} values here")
        widest = max(layer.weight_width for layer in self.layers)
        _require(learning.shadow_width >= widest, learning, "shadow_width", f"must be at least weight_width ({widest})")
        neuron = self.layers[-1].neuron
        exact = neuron.reset == "soft" and neuron.leak_shift is None and neuron.leak_factor is None
        exact = exact or self.readout != "spike_count"
        _require(exact, learning, "margin", "a spike-count readout learns with soft reset and without leak only")

    @cached_property
    def _maps(self) -> tuple[Shape | None, ...]:
        """Shape of each layer's input and, last, of the output; None where there are no rows and columns."""
        maps = [self.input_shape]
        for index, layer in enumerate(self.layers):
            maps.append(layer.output_shape(maps[-1], index))
        return tuple(maps)

    @cached_property
    def resolved(self) -> tuple[ResolvedLayer, ...]:
        """Each layer with its inputs and derived widths."""
        depth = len(self.layers)
        resolved = []
        n_in, spike_width = self.n_inputs, self.encoding.spike_width
        for index, layer in enumerate(self.layers):
            lanes = min(_each(self.hardware.lanes, index), layer.size)
            is_readout = index == depth - 1
            wanted = 1 if is_readout else min(_each(self.hardware.fire_lanes, index), lanes)
            fire_lanes = next(count for count in range(wanted, 0, -1) if lanes % count == 0)
            output_shape = self._maps[index + 1]
            n_out = layer.size if output_shape is None else math.prod(output_shape)
            resolved.append(
                ResolvedLayer(
                    index=index,
                    n_in=n_in,
                    n_out=n_out,
                    input_spike_width=spike_width,
                    n_steps=self.n_steps,
                    is_readout=is_readout,
                    fires=not is_readout or self.readout == "spike_count",
                    weight_width=layer.weight_width,
                    neuron=layer.neuron,
                    lanes=lanes,
                    fire_lanes=fire_lanes,
                    banks=self.hardware.banks,
                    multiplier=self.hardware.multiplier,
                    weight_memory=_each(self.hardware.weight_memory, index),
                    learning=self.learning,
                    conv=layer.conv,
                    pool=layer.pool,
                    input_shape=self._maps[index],
                    output_shape=output_shape,
                    recurrent_index=sum(other.recurrent for other in self.layers[:index]) if layer.recurrent else None,
                )
            )
            n_in, spike_width = n_out, layer.neuron.spike_width
        return tuple(resolved)

    @property
    def n_classes(self) -> int:
        """Neurons of the readout layer."""
        return self.resolved[-1].n_out

    @property
    def score_width(self) -> int:
        """Bits of a signed score: the readout membrane, its sum over `n_steps`, or the spike count over these."""
        neuron = self.layers[-1].neuron
        if self.readout == "membrane":
            return neuron.membrane_width
        if self.readout == "membrane_sum":
            low, high = signed_range(neuron.membrane_width)
            return signed_width(self.n_steps * low, self.n_steps * high)
        return signed_width(0, self.n_steps * neuron.max_spike)

    @property
    def topology(self) -> str:
        """Sizes joined by dashes, as in ``784-128-10``; with convolution or pooling as in ``28x28-8c5-2a-16c5-2a-10``.

        A recurrent layer has an ``r`` behind its size, as in ``128-128r-10``.
        There ``8c5`` is a convolution of 8 channels and windows of 5x5, ``s2`` and ``p1`` follow where its stride and
        padding are not 1 and 0, ``2a`` sums squares of 2x2, and an input of several channels has them last: ``34x34x2``
        is 34 rows, 34 columns, 2 channels.
        """
        inputs = str(self.n_inputs)
        if self.input_shape is not None and self.is_spatial:
            channels, *sides = self.input_shape
            inputs = "x".join(str(count) for count in (*sides, *([channels] if channels > 1 else [])))
        return "-".join((inputs, *(_term(layer) for layer in self.layers)))

    @property
    def is_spatial(self) -> bool:
        """Whether a layer convolves or pools."""
        return any(layer.is_spatial for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain types; absent fields (None, a `pool` of 1) are left out."""
        return _plain(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "NetworkConfig":
        """Build from nested plain types; an unknown, missing or mistyped field is a :class:`ConfigError`."""
        return _build(cls, data, "configuration")

    def to_toml(self) -> str:
        """Return the configuration as a TOML text that :meth:`from_toml` reads back."""
        return tomli_w.dumps(self.to_dict())

    @classmethod
    def from_toml(cls, path: Path | str) -> "NetworkConfig":
        """Read a TOML file; every fault is a :class:`ConfigError` that names the file."""
        return from_toml(path, cls.from_dict)


def from_toml(path: Path | str, build: Callable[[dict[str, Any]], _T]) -> _T:
    """Build an object from a TOML file; every fault is a :class:`ConfigError` that names the file."""
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from error
    try:
        return build(data)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def require_dense(config: NetworkConfig) -> None:
    """Raise ConfigError where a layer convolves or pools: what calls this has no such layers yet."""
    for index, layer in enumerate(config.layers):
        if layer.is_spatial:
            raise ConfigError(
                f"LayerConfig.{'pool' if layer.conv is None else 'conv'}: layer {index} of {config.name} convolves or "
                "pools, for which there is no hardware and no on-line learning yet; 'intsnn eval' runs such a network"
            )


def _term(layer: LayerConfig) -> str:
    pool = f"{layer.pool}a-" if layer.pool > 1 else ""
    if layer.conv is None:
        return f"{pool}{layer.size}{'r' if layer.recurrent else ''}"
    stride = f"s{layer.conv.stride}" if layer.conv.stride > 1 else ""
    padding = f"p{layer.conv.padding}" if layer.conv.padding > 0 else ""
    return f"{pool}{layer.size}c{layer.conv.kernel}{stride}{padding}"


def _each(values: tuple[_T, ...], index: int) -> _T:
    return values[index if len(values) > 1 else 0]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        pairs = ((item, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {
            item.name: _plain(entry)
            for item, entry in pairs
            if entry is not None and entry != item.metadata.get(_LEFT_OUT)
        }
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _build(kind: Any, data: Any, where: str) -> Any:
    """Convert plain `data` to the annotated type `kind`, with `where` naming the place in messages."""
    if get_origin(kind) in (types.UnionType, typing.Union):
        (kind,) = (option for option in get_args(kind) if option is not types.NoneType)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(data, dict):
            raise ConfigError(f"{where}: must be a table, got {data!r}")
        hints = typing.get_type_hints(kind)
        unknown = sorted(set(data) - set(hints))
        if unknown:
            raise ConfigError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(hints)}")
        missing = [item.name for item in dataclasses.fields(kind) if item.name not in data and _is_required(item)]
        if missing:
            raise ConfigError(f"{where}: field {missing[0]!r} is missing")
        return kind(**{name: _build(hints[name], entry, f"{where}.{name}") for name, entry in data.items()})
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise ConfigError(f"{where}: must be a list, got {data!r}")
        return tuple(_build(get_args(kind)[0], entry, f"{where}[{index}]") for index, entry in enumerate(data))
    expected = str if get_origin(kind) is Literal else kind
    if not isinstance(data, expected) or isinstance(data, bool) != (expected is bool):
        wanted = {str: "a string", bool: "true or false"}.get(expected, "an integer")
        raise ConfigError(f"{where}: must be {wanted}, got {data!r}")
    return data


def _is_required(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
