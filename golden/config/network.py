"""The configuration of a network: a chain of layers, its encoding, readout, learning and hardware choices."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args

import tomli_w

from ..errors import ConfigError
from ..widths import signed_width
from .encoding import EncodingConfig
from .hardware import PER_LAYER, HardwareConfig
from .kinds import LayerKind
from .layer import LayerConfig
from .learning import LearningConfig
from .limits import MAX_NEURONS, MAX_STEPS
from .readouts import READOUTS, Readout, ReadoutKind
from .resolved import LearningLayer, ResolvedLayer
from .rules import FieldError, require, require_choice, require_each, require_range
from .scale import DERIVED, completed
from .spatial import Shape
from .toml import from_plain, from_toml, to_plain


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
        None: inference only; else the object is a :class:`LearningNetworkConfig`.
    hardware : HardwareConfig
    """

    TABLE: ClassVar[str] = "NetworkConfig"
    """What messages call the place of a field, learning or not."""

    name: str = "network"
    n_inputs: int
    n_steps: int
    readout: Readout = "membrane"
    input_shape: Shape | None = None
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    layers: tuple[LayerConfig, ...]
    learning: LearningConfig | None = None
    hardware: HardwareConfig = field(default_factory=HardwareConfig)

    def __new__(cls, **fields: Any) -> "NetworkConfig":
        if cls is NetworkConfig and fields.get("learning") is not None:
            return object.__new__(LearningNetworkConfig)
        if cls is LearningNetworkConfig and "learning" in fields and fields["learning"] is None:
            return NetworkConfig(**fields)  # a replacement that takes the rule away
        return object.__new__(cls)

    def __post_init__(self) -> None:
        require(
            isinstance(self.name, str) and self.name.strip() != "" and self.name.isprintable(),
            self,
            "name",
            "must be printable and not empty",
        )
        require_range(self, "n_inputs", 1, MAX_NEURONS)
        require_range(self, "n_steps", 1, MAX_STEPS)
        require(len(self.layers) >= 1, self, "layers", "must hold at least one layer")
        require_choice(self, "readout", get_args(Readout))
        if self.input_shape is not None:
            rule = f"must be channels, height and width, {self.n_inputs} inputs in all"
            require_each(self, "input_shape", 1, MAX_NEURONS, rule)
            fits = len(self.input_shape) == 3 and math.prod(self.input_shape) == self.n_inputs
            require(fits, self, "input_shape", rule)
        depth = len(self.kinds)
        require(not self.layers[-1].recurrent, self.layers[-1], "recurrent", "must be false in the readout layer")
        for name in PER_LAYER:
            if len(getattr(self.hardware, name)) not in (1, depth):
                raise FieldError(self.hardware, name, f"must be one value or one for each of {depth} layers")

    @property
    def learns(self) -> bool:
        """Whether the network learns on line: whether it is a :class:`LearningNetworkConfig`."""
        return isinstance(self, LearningNetworkConfig)

    def inference_only(self) -> "NetworkConfig":
        """Return the same network without a learning rule."""
        return replace(self, learning=None)

    @cached_property
    def kinds(self) -> tuple[LayerKind, ...]:
        """Geometry of each layer on its input."""
        kinds: list[LayerKind] = []
        n_in, shape = self.n_inputs, self.input_shape
        for index, layer in enumerate(self.layers):
            kinds.append(layer.kind(n_in, shape, index))
            n_in, shape = kinds[-1].n_out, kinds[-1].output_shape
        return tuple(kinds)

    @cached_property
    def resolved(self) -> tuple[ResolvedLayer, ...]:
        """Each layer with its inputs and derived widths."""
        return tuple(ResolvedLayer(**fields) for fields in self._resolved_fields())

    def _resolved_fields(self) -> Iterator[dict[str, Any]]:
        """Yield what each layer is fed with, and its share of the hardware's choices."""
        depth = len(self.layers)
        spike_width = self.encoding.spike_width
        for index, layer in enumerate(self.layers):
            lanes = min(_each(self.hardware.lanes, index), layer.size)
            is_readout = index == depth - 1
            wanted = 1 if is_readout else min(_each(self.hardware.fire_lanes, index), lanes)
            fire_lanes = next(count for count in range(wanted, 0, -1) if lanes % count == 0)
            yield {
                "index": index,
                "config": layer,
                "kind": self.kinds[index],
                "input_spike_width": spike_width,
                "n_steps": self.n_steps,
                "is_readout": is_readout,
                "fires": not is_readout or self.readout_kind.fires,
                "lanes": lanes,
                "fire_lanes": fire_lanes,
                "banks": self.hardware.banks,
                "multiplier": self.hardware.multiplier,
                "weight_memory": _each(self.hardware.weight_memory, index),
                "recurrent_index": sum(other.recurrent for other in self.layers[:index]) if layer.recurrent else None,
            }
            spike_width = layer.neuron.spike_width

    @property
    def readout_kind(self) -> ReadoutKind:
        """How the last layer becomes scores."""
        return READOUTS[self.readout]

    @property
    def n_classes(self) -> int:
        """Neurons of the readout layer."""
        return self.resolved[-1].n_out

    @property
    def score_width(self) -> int:
        """Bits of a signed score: the readout membrane, its sum over `n_steps`, or the spike count over these."""
        return signed_width(*self.readout_kind.score_range(self.layers[-1].neuron, self.n_steps))

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
        return "-".join((inputs, *(kind.term for kind in self.kinds)))

    @property
    def is_spatial(self) -> bool:
        """Whether a layer convolves or pools."""
        return any(layer.is_spatial for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain types; absent fields (None, a `pool` of 1) are left out."""
        return to_plain(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "NetworkConfig":
        """Build from nested plain types; an unknown, missing or mistyped field is a :class:`ConfigError`."""
        return from_plain(cls, data, "configuration")

    def to_toml(self) -> str:
        """Return the configuration as a TOML text that :meth:`from_toml` reads back."""
        return tomli_w.dumps(self.to_dict())

    @classmethod
    def from_toml(cls, path: Path | str) -> "NetworkConfig":
        """Read a TOML file; every fault is a :class:`ConfigError` that names the file."""
        return from_toml(path, cls.from_dict)


@dataclass(frozen=True, kw_only=True)
class LearningNetworkConfig(NetworkConfig):
    """The configuration of a network that learns on line.

    Parameters
    ----------
    learning : LearningConfig
        What it leaves out follows from the layers (:mod:`golden.config.scale`).
    """

    learning: LearningConfig  # pyright: ignore[reportGeneralTypeIssues] # by keyword only: a default is not needed

    def __post_init__(self) -> None:
        super().__post_init__()
        learning, depth = self.learning, len(self.layers)
        recurrent = sum(layer.recurrent for layer in self.layers)
        counts = {
            "rate_shifts": depth,
            "init_shifts": depth,
            "error_shifts": depth - 1 if learning.error_bits is None else 0,
            "recurrent_rate_shifts": recurrent,
            "recurrent_init_shifts": recurrent,
            "trace_shifts": depth if learning.trace_shifts else 0,
        }
        for name, count in counts.items():
            held = len(getattr(learning, name))
            fits = held == count or (held == 0 and name in DERIVED)
            require(fits, learning, name, _count_rule(name, count))
        widest = max(layer.weight_width for layer in self.layers)
        require(learning.shadow_width >= widest, learning, "shadow_width", f"must be at least weight_width ({widest})")
        neuron = self.layers[-1].neuron
        for layer in self.layers:
            rule = "must be left out where the network learns on line"
            require(layer.neuron.synaptic is None, layer.neuron, "synaptic", rule)
        exact = neuron.keeps_sums or not self.readout_kind.fires
        rule = "a spike-count readout learns with soft reset of 2^threshold_shift and without leak only"
        require(exact, learning, "margin", rule)
        whole = completed(learning, self.layers, self.kinds, self.encoding, self.n_steps)
        object.__setattr__(self, "learning", whole)

    @cached_property
    def resolved(self) -> tuple[LearningLayer, ...]:
        """Each layer with its inputs and derived widths."""
        return tuple(LearningLayer(**fields, learning=self.learning) for fields in self._resolved_fields())


def _count_rule(name: str, count: int) -> str:
    """Return how many values a field takes here, and why or what else there is."""
    if name == "error_shifts" and not count:
        return "must be left out where error_bits is given, or without hidden layers"
    return f"must hold {count} values here" + (", or be left out" if name in DERIVED else "")


def learning_config(config: NetworkConfig) -> LearningNetworkConfig:
    """Return the configuration of a network that learns.

    Raises
    ------
    ConfigError
        It has no learning rule.
    """
    if isinstance(config, LearningNetworkConfig):
        return config
    raise ConfigError(f"{config.name}: has no [learning] to learn by; add it to the configuration")


def require_learning_hardware(config: NetworkConfig) -> None:
    """Raise ConfigError where no hardware learns a network: its classes are places of a map."""
    readout = config.kinds[-1]
    if readout.n_sharing > 1:
        raise ConfigError(
            f"layer {len(config.kinds) - 1} of {config.name} has {readout.n_sharing} windows, each with classes of its "
            "own, which no hardware learns; let one window see the whole map, or end with a fully connected layer"
        )


T = TypeVar("T")


def _each(values: tuple[T, ...], index: int) -> T:
    return values[index if len(values) > 1 else 0]
