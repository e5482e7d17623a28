"""How fast the compiled kernels learn and infer, on one thread and in processor time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from golden.errors import DataError
from golden.kernels import Kernel
from golden.network import Network
from train.data import AnyDataset
from train.online import for_run


@dataclass(frozen=True, kw_only=True)
class TrainingSpeed:
    """Samples per second of the integer learning rule over a run, its first and its last epoch.

    Attributes
    ----------
    samples_per_second, first_epoch_samples_per_second, last_epoch_samples_per_second : float
    updated_samples : float
        Share of the samples with an update, 0..1.
    epochs, samples : int
    """

    samples_per_second: float
    first_epoch_samples_per_second: float
    last_epoch_samples_per_second: float
    updated_samples: float
    epochs: int
    samples: int


@dataclass(frozen=True, kw_only=True)
class InferenceSpeed:
    """Samples per second of the kernel on encoded events, and of encoding them; accuracy is 0..1."""

    samples_per_second: float
    accuracy: float
    samples: int
    encoded_per_second: float


def training_speed(
    network: Network,
    dataset: AnyDataset,
    epochs: int | None = None,
    progress: Callable[[int], None] = lambda epochs: None,
) -> tuple[TrainingSpeed, Network]:
    """Time a whole run of on-line learning; returns the trained network as well.

    Raises
    ------
    DataError
        The network has no learning rule.
    """
    config = network.config
    if not config.learns:
        raise DataError(f"{config.name}: has no [learning], so there is no training to measure")
    learning = for_run(config, epochs).learning
    kernel, n_samples = Kernel(network), len(dataset.train_y)
    events = dataset.events("train", config.encoding, config.n_steps)
    random = np.random.RandomState(learning.seed)
    Kernel(network).learn(events, dataset.train_y, np.arange(1))  # compiles, on a copy
    seconds, updated = [], []
    for epoch in range(learning.epochs):
        order = random.permutation(n_samples)
        start = time.process_time()
        activity = kernel.learn(events, dataset.train_y, order, learning.rate_boost(epoch))
        seconds.append(time.process_time() - start)
        updated.append(activity.updated_samples / n_samples)
        progress(1)
    speed = TrainingSpeed(
        samples_per_second=learning.epochs * n_samples / sum(seconds),
        first_epoch_samples_per_second=n_samples / seconds[0],
        last_epoch_samples_per_second=n_samples / seconds[-1],
        updated_samples=sum(updated) / len(updated),
        epochs=learning.epochs,
        samples=n_samples,
    )
    return speed, kernel.network()


def inference_speed(network: Network, dataset: AnyDataset) -> InferenceSpeed:
    """Time inference of the test part."""
    config, kernel = network.config, Kernel(network)
    start = time.process_time()
    events = dataset.events("test", config.encoding, config.n_steps)
    encoding = time.process_time() - start
    kernel.infer(events.take(0, 1))  # compiles
    correct = kernel.infer(events, dataset.test_y).activity.correct
    return InferenceSpeed(
        samples_per_second=_speed(lambda: kernel.infer(events), events.n_samples),
        accuracy=correct / events.n_samples,
        samples=events.n_samples,
        encoded_per_second=events.n_samples / encoding,
    )


def _speed(work: Callable[[], object], n_samples: int, repeats: int = 5) -> float:
    """Return samples per second of processor time, the best of some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return n_samples / best
