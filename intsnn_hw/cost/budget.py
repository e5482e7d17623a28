"""Cycles that no correct core needs for a simulation: several times what it can take at most, stalls included."""

from __future__ import annotations

from typing import Protocol

from golden.config import LearningNetworkConfig, NetworkConfig

from .forward import inference_cycles, latency_cycles
from .maintenance import initialise_cycles, load_cycles, read_cycles
from .worst_case import learning_cycles

_MARGIN = 4
_START = 1000
"""Cycles of a run beside its samples, so that stalls may be unlucky in a short one."""


class Stalls(Protocol):
    """What is read of :class:`sim.result.Stalls`: probabilities that an input has a gap, and that an output waits."""

    @property
    def gap(self) -> float: ...

    @property
    def stall(self) -> float: ...


def load_budget(config: NetworkConfig, stalls: Stalls | None = None) -> int:
    """Return a budget of cycles for a weight load."""
    return _budget(load_cycles(config), stalls)


def inference_budget(config: NetworkConfig, n_samples: int, n_steps: int, stalls: Stalls | None = None) -> int:
    """Return a budget of cycles for samples in a core that does not learn, its weights loaded."""
    return _budget(latency_cycles(config, n_steps) + n_samples * inference_cycles(config, n_steps), stalls)


def learning_budget(config: LearningNetworkConfig, n_samples: int, n_steps: int, stalls: Stalls | None = None) -> int:
    """Return a budget of cycles for samples to learn from, with a weight load, fresh weights and a read-out."""
    host = load_cycles(config) + initialise_cycles(config) + read_cycles(config)
    return _budget(host + n_samples * learning_cycles(config, n_steps), stalls)


def _budget(cycles: int, stalls: Stalls | None) -> int:
    slow = 1.0 if stalls is None else 1 / ((1 - stalls.gap) * (1 - stalls.stall))
    return int(_MARGIN * slow * (cycles + _START))
