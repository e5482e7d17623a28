"""Cycles of a sample where no data is given: the worst case, from the configuration alone."""

from __future__ import annotations

from golden.config import LearningNetworkConfig, NetworkConfig, require_learning_hardware

from .forward import inference_cycles, score_cycles, trace_pass_cycles
from .update import update_bound


def worst_case(config: NetworkConfig) -> tuple[float, float | None]:
    """Return the most cycles that a sample takes in inference, samples back to back, and in learning.

    No input takes longer, as long as nobody stalls the outputs. Inference counts from class to class. Learning counts
    from the first event of a sample to that of the next, which enters when all is learned from; it is None for a
    network without learning. Both are floating point, as the means that they stand for.

    Raises
    ------
    ConfigError
        No hardware learns such a network.
    """
    if not isinstance(config, LearningNetworkConfig):
        return float(inference_cycles(config)), None
    require_learning_hardware(config)
    return float(inference_cycles(config)), float(learning_cycles(config))


def learning_cycles(config: LearningNetworkConfig, n_steps: int | None = None) -> int:
    """Return the most cycles of a sample that is learned from; `n_steps` are the configuration's where left out."""
    steps = config.n_steps if n_steps is None else n_steps
    update = update_bound(config)
    between = max(trace_pass_cycles(layer) for layer in config.resolved)
    if not config.learning.every_step:
        return score_cycles(config, steps) + update + between
    first, later = (score_cycles(config, 1, later=later) for later in (False, True))
    return first + (steps - 1) * later + steps * update + between
