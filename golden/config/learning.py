"""The on-line learning rule of a network."""

from dataclasses import dataclass, field, replace
from typing import get_args

from ..widths import LFSR_WIDTH, ROUNDINGS, SEED_LFSR_WIDTH, Rounding
from .error_rules import ErrorKind
from .limits import (
    ERROR_SHIFTS,
    GRADIENT_WIDTH,
    LEFT_OUT,
    MAX_EPOCHS,
    MAX_STEPS,
    RATE_SHIFTS,
    SHADOW_WIDTHS,
    Recurrence,
    Route,
    Surrogate,
    Timing,
)
from .rules import require, require_choice, require_each, require_range


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
        See :mod:`golden.output_error`: a ternary error of each class alone; one of the true class and its
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
        Right shift of each layer's shadow update, input side first, -16..24; negative means left. The schedule adds to
        it, up to :attr:`highest_rate`. Left out: by :mod:`golden.config.scale`.
    recurrent_rate_shifts, recurrent_init_shifts : tuple of int
        The same, and initial weights, of each recurrent layer's weights from itself; the first recurrent layer first.
    recurrence : {"learned", "fixed"}
        Whether these weights learn, or stay as they were drawn.
    error_shifts : tuple of int
        Right shift of ``d * S`` of each hidden layer before it is clipped to a gradient of 8 bits, -7..24; negative
        means left. Left out where `error_bits` sets the shift; :mod:`golden.config.scale` sets that if both are.
    error_bits : int or None
        1..7: in each update the shift of a hidden layer is the least, not below 0, that brings the largest magnitude of
        its ``d * S`` to so many bits, which no constant has to be found for; None: the shifts are `error_shifts`.
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
        Initial shadow weights are uniform in ``-2^init_shift .. 2^init_shift - 1``, for each layer. Left out: by
        :mod:`golden.config.scale`.
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
    error: ErrorKind = field(default="margin", metadata={LEFT_OUT: "margin"})
    margin: int = 512
    error_octave: int = field(default=9, metadata={LEFT_OUT: 9})
    surrogate: Surrogate = field(default="wide", metadata={LEFT_OUT: "wide"})
    rate_shifts: tuple[int, ...] = ()
    recurrent_rate_shifts: tuple[int, ...] = field(default=(), metadata={LEFT_OUT: ()})
    recurrent_init_shifts: tuple[int, ...] = field(default=(), metadata={LEFT_OUT: ()})
    recurrence: Recurrence = field(default="learned", metadata={LEFT_OUT: "learned"})
    error_shifts: tuple[int, ...] = ()
    error_bits: int | None = None
    direct_shift: int = 4
    rounding: Rounding = "stochastic"
    trace_shifts: tuple[int, ...] = field(default=(), metadata={LEFT_OUT: ()})
    trace_gain: int = field(default=0, metadata={LEFT_OUT: 0})
    budget: int | None = None
    budget_shift: int = field(default=8, metadata={LEFT_OUT: 8})
    init_shifts: tuple[int, ...] = ()
    epochs: int = 12
    schedule: tuple[int, ...] = (5, 7, 9, 11)
    seed: int = 0

    def __post_init__(self) -> None:
        require_range(self, "shadow_width", *SHADOW_WIDTHS)
        require_choice(self, "route", get_args(Route))
        require_choice(self, "timing", get_args(Timing))
        require_range(self, "margin", 0, (1 << 31) - 1)
        require_choice(self, "rounding", ROUNDINGS)
        require_choice(self, "error", get_args(ErrorKind))
        require_range(self, "error_octave", 0, 30)
        require_choice(self, "surrogate", get_args(Surrogate))
        require_choice(self, "recurrence", get_args(Recurrence))
        require_range(self, "direct_shift", 0, 16)
        require_range(self, "trace_gain", 0, 8)
        if self.budget is not None:
            require_range(self, "budget", 0, MAX_STEPS)
        require_range(self, "budget_shift", 0, 24)
        if self.error_bits is not None:
            require_range(self, "error_bits", 1, GRADIENT_WIDTH - 1)
        ranges = (
            ("rate_shifts", *RATE_SHIFTS),
            ("recurrent_rate_shifts", *RATE_SHIFTS),
            ("recurrent_init_shifts", 0, self.shadow_width - 1),
            ("trace_shifts", 1, 15),
            ("error_shifts", *ERROR_SHIFTS),
            ("init_shifts", 0, self.shadow_width - 1),
        )
        for name, low, high in ranges:
            require_each(self, name, low, high, f"must be {low}..{high} each")
        require_range(self, "epochs", 1, MAX_EPOCHS)
        require_each(self, "schedule", 1, MAX_EPOCHS, f"must be epochs 1..{MAX_EPOCHS} each")
        require(list(self.schedule) == sorted(set(self.schedule)), self, "schedule", "must be ascending")
        require(len(self.schedule) <= LFSR_WIDTH, self, "schedule", f"must hold at most {LFSR_WIDTH} epochs")
        require_range(self, "seed", 0, (1 << 32) - 1)

    def for_epochs(self, epochs: int) -> "LearningConfig":
        """Return the same rule for a run of another length, the schedule stretched in proportion (rounded up)."""
        schedule = sorted({-(-epoch * epochs // self.epochs) for epoch in self.schedule})
        return replace(self, epochs=epochs, schedule=tuple(schedule))

    @property
    def every_step(self) -> bool:
        """Whether there is an update after each step; else after the last one of a sample."""
        return self.timing == "every_step"

    @property
    def feeds_back(self) -> bool:
        """Whether the error travels through the weights of the layers above; else straight from the output."""
        return self.route == "feedback"

    @property
    def draws(self) -> bool:
        """Whether the rounding of an update takes draws of the LFSR."""
        return self.rounding == "stochastic"

    @property
    def lfsr_width(self) -> int:
        """Bits of the LFSR that draws: 16, and 32 where a rate shift is above that."""
        highest = max((*self.rate_shifts, *self.recurrent_rate_shifts), default=0)
        return LFSR_WIDTH if highest <= LFSR_WIDTH else SEED_LFSR_WIDTH

    @property
    def highest_rate(self) -> int:
        """Where rate shifts stop that the schedule adds to: at 16, the bits of a draw, or, where it has 32, at 24."""
        return min(self.lfsr_width, RATE_SHIFTS[1])

    @property
    def max_boost(self) -> int:
        """Highest boost of the rate shifts that hardware provides for: that of the last epoch, at least 1."""
        return max(1, len(self.schedule))

    def rate_boost(self, epoch: int) -> int:
        """Return what the schedule adds to every rate shift in `epoch`, counted from 0."""
        return sum(epoch >= start for start in self.schedule)
