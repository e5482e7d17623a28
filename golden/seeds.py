"""Where the pseudo-random streams of a network begin, and the order of its samples; shared by model and hardware."""

import numpy as np

from .config import LearningConfig, ResolvedLayer
from .fixed import LFSR_WIDTH, IntArray, Lfsr, seed_state


def initial_seed(layer: ResolvedLayer, seed: int) -> int:
    """Return the seed of a layer's initial weights."""
    return 0x10000 * (2 * layer.index + 1) + seed


def direct_seed(layer: ResolvedLayer, seed: int) -> int:
    """Return the seed of a layer's direct-route matrix."""
    return 0x10000 * (2 * layer.index + 2) + seed


def update_lfsr_seed(seed: int) -> int:
    """Return the first state, ``1..65535``, of the LFSR of 16 bits that draws for stochastic rounding."""
    return seed * 40503 % 0xFFFF + 1


def update_lfsr(learning: LearningConfig) -> Lfsr:
    """Return the LFSR that draws for stochastic rounding, at the beginning of a run."""
    width, seed = learning.lfsr_width, learning.seed
    return Lfsr(update_lfsr_seed(seed) if width == LFSR_WIDTH else seed_state(seed), width)


def sample_order(n_samples: int, seed: int, epoch: int) -> IntArray:
    """Return the order of the samples in `epoch` (from 0), each once; numpy keeps the stream of RandomState frozen."""
    return np.random.RandomState([seed, epoch]).permutation(n_samples)
