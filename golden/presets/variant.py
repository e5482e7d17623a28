"""The options that make variants of a preset: the one description of each, for Python, command line and sweeps."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from ..config import (
    MAX_EPOCHS,
    MAX_NEURONS,
    MAX_STEPS,
    MEMBRANE_WIDTHS,
    SHADOW_WIDTHS,
    SPIKE_WIDTHS,
    WEIGHT_WIDTHS,
    WINDOW_SIDES,
    EncodingKind,
    ErrorKind,
    HardwareConfig,
    Route,
    Timing,
)
from ..errors import ConfigError
from ..widths import ROUNDINGS, Rounding
from .hardware import HARDWARE
from .option import KEY, described, described_by, options_of

RecurrenceKind = Literal["none", "learned", "fixed"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What a preset is to be other than it is by itself; the configuration checks the values.

    Parameters
    ----------
    shadow_width, weight_width : int
        Bs and Bw: bits of shadow and inference weights.
    spike_width : int, optional
        Bits n of the graded spikes of hidden neurons; 4 where left out, 1 in presets of events and ``mnist-cnn``. Other
        inputs than events always carry the upper 4 bits of their value, with the default encoding once, at the first
        step.
    n_steps : int, optional
        Time steps T; ``8 // n`` where left out, at least 1; 1 for ``mnist-conv-...``; those of the data in presets of
        events.
    membrane_width : int, optional
        Bits of the membranes of hidden neurons, ``8 + weight_width`` where left out, and for ``mnist-conv-...`` as many
        more as n is above 4; those of the readout follow it.
    encoding : str, optional
        As in :class:`golden.config.EncodingConfig`; ``single_shot`` where left out, ``every_step`` for ``mnist-cnn``;
        not for presets of events.
    hidden : tuple of int, optional
        Sizes of the hidden layers in place of the preset's own; any number of them, for ``mnist-conv-...`` output
        channels of as many convolutions as it has.
    kernel : int, optional
        Side of the windows of ``mnist-conv-...``, in place of the preset's own; padded maps keep their size.
    recurrence : {"none", "learned", "fixed"}, optional
        Of the hidden layers of a preset of events; as its name says where left out.
    error : str, optional
        Of a preset of events, as in :class:`golden.config.LearningConfig`; ``graded`` where left out.
    route, rounding : str
        As in :class:`golden.config.LearningConfig`.
    timing : str, optional
        As in :class:`golden.config.LearningConfig`; where left out ``every_step`` for presets of events but ``cues``,
        whose answer is asked for at the end, else ``final``.
    epochs : int, optional
        Length of the training run, the schedule stretched to it.
    seed : int
    lanes : int or tuple of int, optional
        As in :class:`golden.config.HardwareConfig`; one number serves all layers.

    `epochs` and `seed` belong to a run, `lanes` to the hardware: commands have options of their own for these.
    """

    shadow_width: int = field(
        default=16,
        metadata=described(label="shadow bits", metavar="BITS", range=SHADOW_WIDTHS, help="bits of shadow weights"),
    )
    weight_width: int = field(
        default=8,
        metadata=described(label="weight bits", metavar="BITS", range=WEIGHT_WIDTHS, help="bits of inference weights"),
    )
    spike_width: int | None = field(
        default=None,
        metadata=described(
            label="spike bits",
            metavar="BITS",
            range=SPIKE_WIDTHS,
            help="bits of graded spikes of hidden neurons; presets of events are made for up to 4",
        ),
    )
    n_steps: int | None = field(
        default=None,
        metadata=described(label="steps", metavar="T", range=(1, MAX_STEPS), help="time steps of a sample"),
    )
    membrane_width: int | None = field(
        default=None,
        metadata=described(
            label="membrane bits",
            metavar="BITS",
            range=MEMBRANE_WIDTHS,
            help="bits of membranes of hidden neurons; the readout's follow them",
        ),
    )
    encoding: EncodingKind | None = field(
        default=None,
        metadata=described(
            label="encoding",
            metavar="KIND",
            choices=get_args(EncodingKind),
            help="how values become spikes: single_shot, every_step, rate or latency",
        ),
    )
    hidden: tuple[int, ...] | None = field(
        default=None,
        metadata=described(
            label="hidden neurons",
            metavar="N[,N..]",
            range=(1, MAX_NEURONS),
            each=True,
            help="neurons of each hidden layer; output channels of a convolution",
        ),
    )
    kernel: int | None = field(
        default=None,
        metadata=described(
            label="kernel",
            metavar="N",
            range=WINDOW_SIDES,
            help="side of the windows, in presets of convolutions",
        ),
    )
    recurrence: RecurrenceKind | None = field(
        default=None,
        metadata=described(
            label="recurrence",
            metavar="KIND",
            choices=get_args(RecurrenceKind),
            help="recurrent weights of hidden layers, in presets of events: none, learned or fixed",
        ),
    )
    error: ErrorKind | None = field(
        default=None,
        metadata=described(
            label="error",
            metavar="KIND",
            choices=get_args(ErrorKind),
            help="error to learn from, in presets of events: graded, pair or margin",
        ),
    )
    route: Route = field(
        default="feedback",
        metadata=described(
            label="route", metavar="ROUTE", choices=get_args(Route), help="how the error travels: feedback or direct"
        ),
    )
    timing: Timing | None = field(
        default=None,
        metadata=described(
            label="timing",
            metavar="TIMING",
            choices=get_args(Timing),
            help="when the network learns: final or every_step",
        ),
    )
    rounding: Rounding = field(
        default="stochastic",
        metadata=described(
            label="rounding",
            metavar="MODE",
            choices=ROUNDINGS,
            help="how an update of shadow weights is rounded: floor, toward_zero, nearest or stochastic",
        ),
    )
    epochs: int | None = field(
        default=None,
        metadata=described(label="epochs", metavar="N", range=(1, MAX_EPOCHS), help="length of the training run"),
    )
    seed: int = field(
        default=0,
        metadata=described(
            label="seed", metavar="N", range=(0, (1 << 32) - 1), help="seed of weights, rounding and sample order"
        ),
    )
    lanes: int | tuple[int, ...] | None = field(default=None, metadata={KEY: HARDWARE["lanes"]})

    @classmethod
    def of(cls, **options: Any) -> "Variant":
        """Return the variant of some options.

        Raises
        ------
        ConfigError
            A name that is no option.
        """
        known = [entry.name for entry in fields(cls)]
        for name in options:
            if name not in known:
                raise ConfigError(f"{name}: is no option of a preset; known are {', '.join(known)}")
        variant = cls(**options)
        variant._require_types()
        return variant

    def _require_types(self) -> None:
        """Raise ConfigError for a value of another type than its option takes; the configuration checks the range."""
        for entry in fields(self):
            value, option = getattr(self, entry.name), described_by(entry)
            values = value if option.each and isinstance(value, tuple | list) else (value,)
            wanted = str if option.range is None else int
            if value != entry.default and not all(type(one) is wanted for one in values):
                raise ConfigError(f"`{entry.name}`: must be {option.rule}, got {value!r}")

    @property
    def hardware(self) -> HardwareConfig:
        """The hardware with these lanes."""
        if self.lanes is None:
            return HardwareConfig()
        return HardwareConfig(lanes=(self.lanes,) if isinstance(self.lanes, int) else tuple(self.lanes))


def scaled(value: int, shift: int) -> int:
    """Return ``value * 2^shift``, rounded down where `shift` is negative: a constant in other units."""
    return value << shift if shift >= 0 else value >> -shift


_ALL = options_of(fields(Variant))
RUN = {name: _ALL[name] for name in ("epochs", "seed")}
"""The options of a preset that belong to a run, which commands that train have options of their own for."""
VARIANTS = {name: option for name, option in _ALL.items() if name not in RUN and name not in HARDWARE}
"""The other options of a preset, by the names of their fields, in the order of help."""
OPTIONS = {**VARIANTS, **RUN, **HARDWARE}
"""All options of a preset, of its run and of its hardware."""
