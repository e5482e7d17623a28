"""Random samples that can be learned, where no data set is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from golden.fixed import IntArray
from train.data.dataset import Dataset

if TYPE_CHECKING:
    from golden.config import NetworkConfig


def made_up(config: NetworkConfig, n_train: int = 20_000, n_test: int = 2_000) -> Dataset:
    """Return samples for a network, of MNIST's sparsity: a noisy copy of its class's pattern each, a fifth set.

    Parameters
    ----------
    config : NetworkConfig
        That takes values, not events.
    n_train, n_test : int
    """
    random = np.random.RandomState(0)
    high = (1 << config.encoding.value_width) - 1
    patterns = random.random_sample((config.n_classes, config.n_inputs)) < 0.25

    def samples(n: int) -> tuple[np.ndarray, IntArray]:
        labels = random.randint(config.n_classes, size=n)
        kept = patterns[labels] & (random.random_sample((n, config.n_inputs)) < 0.7)
        noise = random.random_sample((n, config.n_inputs)) < 0.03
        values = random.randint(high // 2, high + 1, size=kept.shape).astype(np.uint16)
        return values * (kept | noise), labels

    (train_x, train_y), (test_x, test_y) = samples(n_train), samples(n_test)
    return Dataset.from_arrays("made-up", train_x, train_y, test_x, test_y)
