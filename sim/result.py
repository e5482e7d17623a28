"""What goes into a co-simulation run beside the data, and what comes out: one form for every back end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from golden.errors import InputError
from sim import payload
from sim.nets import Net

__all__ = ["ProtocolError", "RunResult", "SimulationTimeout", "Stalls", "Toggles"]


@dataclass(frozen=True)
class Stalls:
    """Random stalls: the same seed gives the same pattern, cycle by cycle, on every back end.

    Parameters
    ----------
    seed  : 0 .. 2**64 - 1
    gap   : probability that an In stream with an item left and none offered offers none in a cycle either
    stall : probability that an Out stream is not ready in a cycle

    Raises
    ------
    InputError
        When ``seed`` or a probability is out of range; 1.0 would never end and is out of range.
    """

    seed: int
    gap: float = 0.3
    stall: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise InputError(f"stalls: seed must lie in 0 .. 2**64 - 1, not {self.seed}")
        for name in ("gap", "stall"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"stalls: {name} must lie in 0 <= {name} < 1, not {getattr(self, name)}")

    def threshold(self, *, is_input: bool) -> int:
        """The probability of an In stream's gap or an Out stream's stall as a 32-bit fraction."""
        return int((self.gap if is_input else self.stall) * 2**32)

    def state(self, stream: int) -> int:
        """State in which the generator (splitmix64) of stream number ``stream`` starts."""
        return (self.seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03) % 2**64


@dataclass(frozen=True, kw_only=True)
class Toggles:
    """Bit flips of a net in a run: bits that differ from a cycle's settled values to the next cycle's."""

    net: Net
    flips: int


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What one run gave.

    Members
    -------
    outputs       : packed payloads taken from each Out stream, in the word form of :mod:`sim.payload`
    output_cycles : int64, (n,), the cycle in which each was taken, counted from the start of the run
    input_cycles  : int64, (n,), the cycle in which each item of an In stream was accepted
    probes        : packed values of each probe, in the word form of :mod:`sim.payload`
    probe_cycles  : int64, (n,), the cycle of each
    counts        : cycles in which each 1-bit plain output was high; sum over the cycles of each field of a struct that
                    is a plain output, as ``port.field``
    values        : packed value of each plain output in the last cycle
    cycles        : length of the run
    toggles       : bit flips of every net, where the core was compiled to count them, else nothing. Glitches within a
                    cycle and the clock are not seen; the first cycle of a run is the reference of the second
    shapes        : Amaranth shape of each stream payload and probe, for :meth:`fields`
    """

    outputs: dict[str, np.ndarray]
    output_cycles: dict[str, np.ndarray]
    input_cycles: dict[str, np.ndarray]
    probes: dict[str, np.ndarray]
    probe_cycles: dict[str, np.ndarray]
    counts: dict[str, int]
    values: dict[str, int]
    cycles: int
    toggles: tuple[Toggles, ...] = field(default=(), repr=False)
    shapes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def fields(self, name: str) -> Any:
        """The items of Out stream or probe ``name``, unpacked by :func:`sim.payload.unpack`."""
        words = self.outputs[name] if name in self.outputs else self.probes[name]
        return payload.unpack(self.shapes[name], words)


class SimulationTimeout(RuntimeError):
    """The cycle budget was spent; the message says what was awaited, ``result`` is what had come by then."""

    def __init__(self, message: str, result: RunResult) -> None:
        super().__init__(message)
        self.result = result


class ProtocolError(RuntimeError):
    """The component broke a stream rule: a stalled valid was dropped, or its payload changed."""
