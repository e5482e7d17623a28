"""Frozen, validated configuration of a network; every width that follows from it; TOML in and out.

A configuration is the one place where a width is stated: the golden model, the kernels, the RTL and the trainer read
it, and what can be derived (accumulator, trace, score and address widths) is a property of :class:`ResolvedLayer`.
"""

import dataclasses
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
from .fixed import ROUNDINGS, Rounding, signed_range, signed_width, unsigned_width

Reset = Literal["soft", "hard", "none"]
Readout = Literal["membrane", "spike_count"]
EncodingKind = Literal["single_shot", "every_step", "rate", "latency", "events"]
Route = Literal["feedback", "direct"]
Timing = Literal["final", "every_step"]
Multiplier = Literal["shift_add", "operator"]
WeightMemory = Literal["dual_port", "single_port"]

_T = TypeVar("_T")

# Limits: wide enough for every published integer SNN, narrow enough that 64-bit arithmetic in the model is exact.
MEMBRANE_WIDTHS = (4, 32)
WEIGHT_WIDTHS = (2, 16)
SHADOW_WIDTHS = (8, 24)
SPIKE_WIDTHS = (1, 8)
MAX_NEURONS = 1 << 16
MAX_STEPS = 1 << 12
MAX_EPOCHS = 1 << 16
GRADIENT_WIDTH = 8
"""Width of the clipped gradient before it is rounded to a power of two, sign included: -127..127."""


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
        _require_range(self, "threshold_shift", 0, top)
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
class LayerConfig:
    """A fully connected layer of `size` LIF neurons with signed inference weights of `weight_width` bits, 2..16."""

    size: int
    weight_width: int = 8
    neuron: NeuronConfig = field(default_factory=NeuronConfig)

    def __post_init__(self) -> None:
        _require_range(self, "size", 1, MAX_NEURONS)
        _require_range(self, "weight_width", *WEIGHT_WIDTHS)


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
    """On-line learning by the margin rule (docs/arithmetic.md), integers only, batch size 1.

    Parameters
    ----------
    shadow_width : int
        Bits Bs of the shadow weights, 8..24, at least the widest inference weight.
    route : {"feedback", "direct"}
        Error travels through the inference weights of the layers above, or straight from the output through a fixed
        random ternary matrix.
    timing : {"final", "every_step"}
        One update after the last step with the accumulated surrogate, or one after each step with that step's.
    margin : int
        M, in membrane units of the readout: no error once the true class is at or above M and all others at or
        below -M.
    rate_shifts : tuple of int
        Right shift of each layer's shadow update, input side first; negative means left. The schedule adds to it.
    error_shifts : tuple of int
        Right shift of ``d * S`` of each hidden layer before it is clipped to a gradient of 8 bits, -7..24; negative
        means left.
    direct_shift : int
        Left shift that brings the sum of the ternary matrix into the units of inference weights (direct route).
    rounding : {"floor", "toward_zero", "nearest", "stochastic"}
        Rounding of the shadow update.
    trace_shift : int or None
        Leak of the presynaptic traces, ``x <- x - (x >> trace_shift) + s``; None: no leak.
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
    margin: int = 512
    rate_shifts: tuple[int, ...]
    error_shifts: tuple[int, ...]
    direct_shift: int = 4
    rounding: Rounding = "stochastic"
    trace_shift: int | None = None
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
        _require_range(self, "direct_shift", 0, 16)
        if self.trace_shift is not None:
            _require_range(self, "trace_shift", 1, 15)
        # Below 1 - GRADIENT_WIDTH every error saturates the gradient; the limit also keeps the product within 64 bits.
        ranges = (
            ("rate_shifts", -16, 16),
            ("error_shifts", 1 - GRADIENT_WIDTH, 24),
            ("init_shifts", 0, self.shadow_width - 1),
        )
        for name, low, high in ranges:
            _require_each(self, name, low, high, f"must be {low}..{high} each")
        _require_range(self, "epochs", 1, MAX_EPOCHS)
        _require_each(self, "schedule", 1, MAX_EPOCHS, f"must be epochs 1..{MAX_EPOCHS} each")
        _require(list(self.schedule) == sorted(set(self.schedule)), self, "schedule", "must be ascending")
        steepest = max((*self.rate_shifts, 0)) + len(self.schedule)
        _require(steepest <= 16, self, "schedule", "rate shift and schedule together must stay at or below 16")
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
    """A layer within its network: its configuration, what it is fed with, and every derived width."""

    index: int
    n_in: int
    n_out: int
    input_spike_width: int
    n_steps: int
    fires: bool
    weight_width: int
    neuron: NeuronConfig
    lanes: int
    fire_lanes: int
    banks: int
    multiplier: Multiplier
    weight_memory: WeightMemory
    learning: LearningConfig | None

    @property
    def stored_width(self) -> int:
        """Bits of a weight in the weight memory: the shadow weight's where the network learns."""
        return self.weight_width if self.learning is None else self.learning.shadow_width

    @property
    def current_range(self) -> tuple[int, int]:
        """Range of the exact sum over one step, each input sending at most one event."""
        low, high = signed_range(self.weight_width)
        total = self.n_in * ((1 << self.input_spike_width) - 1)
        return low * total, high * total

    @property
    def current_width(self) -> int:
        """Bits of the exact sum over one step."""
        return signed_width(*self.current_range)

    @property
    def product_width(self) -> int:
        """Bits of one spike-times-weight product."""
        return self.weight_width + self.input_spike_width

    @property
    def n_words(self) -> int:
        """Weight words of `lanes` weights that one input row takes."""
        return -(-self.n_out // self.lanes)

    @property
    def n_fire_words(self) -> int:
        """Groups of `fire_lanes` neurons that one fire sweep takes; only the last may hold padding."""
        return -(-self.n_out // self.fire_lanes)

    @property
    def weight_memory_bits(self) -> int:
        """Bits of the weight memory, padding of the last word of each row included."""
        return self.n_in * self.n_words * self.lanes * self.stored_width

    @property
    def input_address_width(self) -> int:
        """Bits of the address of an input event."""
        return unsigned_width(self.n_in - 1)

    @property
    def output_address_width(self) -> int:
        """Bits of the address of a neuron of this layer."""
        return unsigned_width(self.n_out - 1)

    @property
    def input_trace_width(self) -> int:
        """Bits of the trace of one input: the sum of its spikes over `n_steps`."""
        return unsigned_width(self.n_steps * ((1 << self.input_spike_width) - 1))

    @property
    def surrogate_width(self) -> int:
        """Bits of the surrogate count over `n_steps`."""
        return unsigned_width(self.n_steps)


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A chain of fully connected layers, its input encoding, readout, learning rule and hardware choices.

    Parameters
    ----------
    name : str
    n_inputs : int
        Inputs of the first layer, 1..65536.
    n_steps : int
        Time steps T of a sample, 1..4096.
    layers : tuple of LayerConfig
        Hidden layers and, last, the readout.
    readout : {"membrane", "spike_count"}
        Class = arg max of the last layer's membranes after the last step (that layer does not fire), or of its summed
        graded spikes; the lowest index on ties.
    encoding : EncodingConfig
    learning : LearningConfig or None
        None: inference only.
    hardware : HardwareConfig
    """

    name: str = "network"
    n_inputs: int
    n_steps: int
    readout: Readout = "membrane"
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
        depth = len(self.layers)
        for name in PER_LAYER:
            if len(getattr(self.hardware, name)) not in (1, depth):
                given = getattr(self.hardware, name)
                raise ConfigError(
                    f"HardwareConfig.{name}: must be one value or one for each of {depth} layers, got {given}"
                )
        if self.learning is not None:
            self._check_learning(self.learning, depth)

    def _check_learning(self, learning: LearningConfig, depth: int) -> None:
        for name, count in (("rate_shifts", depth), ("init_shifts", depth), ("error_shifts", depth - 1)):
            _require(len(getattr(learning, name)) == count, learning, name, f"must hold {count} values here")
        widest = max(layer.weight_width for layer in self.layers)
        _require(learning.shadow_width >= widest, learning, "shadow_width", f"must be at least weight_width ({widest})")
        neuron = self.layers[-1].neuron
        exact = neuron.reset == "soft" and neuron.leak_shift is None and neuron.leak_factor is None
        exact = exact or self.readout == "membrane"
        _require(exact, learning, "margin", "a spike-count readout learns with soft reset and without leak only")

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
            resolved.append(
                ResolvedLayer(
                    index=index,
                    n_in=n_in,
                    n_out=layer.size,
                    input_spike_width=spike_width,
                    n_steps=self.n_steps,
                    fires=not is_readout or self.readout == "spike_count",
                    weight_width=layer.weight_width,
                    neuron=layer.neuron,
                    lanes=lanes,
                    fire_lanes=fire_lanes,
                    banks=self.hardware.banks,
                    multiplier=self.hardware.multiplier,
                    weight_memory=_each(self.hardware.weight_memory, index),
                    learning=self.learning,
                )
            )
            n_in, spike_width = layer.size, layer.neuron.spike_width
        return tuple(resolved)

    @property
    def n_classes(self) -> int:
        """Neurons of the readout layer."""
        return self.layers[-1].size

    @property
    def score_width(self) -> int:
        """Bits of a signed score: the readout membrane, or the spike count over `n_steps`."""
        neuron = self.layers[-1].neuron
        if self.readout == "membrane":
            return neuron.membrane_width
        return signed_width(0, self.n_steps * neuron.max_spike)

    @property
    def topology(self) -> str:
        """Sizes joined by dashes, as in ``784-128-10``."""
        return "-".join(str(size) for size in (self.n_inputs, *(layer.size for layer in self.layers)))

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain types; absent (None) fields are left out."""
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


def _each(values: tuple[_T, ...], index: int) -> _T:
    return values[index if len(values) > 1 else 0]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        pairs = ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {name: _plain(entry) for name, entry in pairs if entry is not None}
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
    if not isinstance(data, expected) or isinstance(data, bool):
        raise ConfigError(f"{where}: must be {'a string' if expected is str else 'an integer'}, got {data!r}")
    return data


def _is_required(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
