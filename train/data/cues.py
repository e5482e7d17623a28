"""Cue accumulation: which side had more cues, asked after a pause (Bellec et al., 2020; Frenkel and Indiveri, 2022)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from golden.config import MAX_STEPS
from golden.errors import DataError
from train.data.binning import Binning, Grid, Recording, collect
from train.data.event_dataset import EventDataset
from train.data.event_options import given_options, microseconds, whole_number

CUE_MS, PAUSE_MS, RECALL_MS = 100, 50, 150
LEFT, RIGHT, RECALL, NOISE = range(4)
N_NEURONS = 10
"""Of each of the four populations."""
_RATE, _NOISE_RATE = 0.04, 0.01
"""Events of a neuron a millisecond: of a population whose turn it is, and of the noise."""
_SAME_SIDE = 0.7
"""With this probability a cue is on the side that its sample leans to."""
_TITLE = "cues"


def load_cues(options: str = "") -> EventDataset:
    """Make the task: 40 inputs, 4 populations of 10 neurons; class 0 where most cues are left, 1 where right.

    Each sample: `cues` cues, an odd number, each 50 ms of pause and 100 ms in which the population of its side fires;
    `delay_ms` of waiting; 150 ms in which the recall population fires. A fourth population is noise throughout. Events
    are Bernoulli draws each millisecond, with 40 events a second of a neuron, 10 of one of the noise. As in the
    literature a sample leans to one side, and each cue is there with probability 0.7; the class is where more cues
    were in fact. For each sample another of the same part has the mirrored cues, so that classes are balanced for any
    number of cues on one side.

    Parameters
    ----------
    options : str
        ``cues=7,delay_ms=1000,bin_ms=10,train=2000,test=1000,seed=0``, in any order; each has that value where it is
        left out. `train` and `test` are numbers of samples, even ones; the two parts are drawn independently. The last
        step is filled up where `bin_ms` does not divide a sample.

    Raises
    ------
    DataError
        Bad options, or a sample of more time steps than a network can have.
    """
    known = {"cues": 7, "delay_ms": 1000, "bin_ms": 10, "train": 2000, "test": 1000, "seed": 0}
    given = given_options(options, _TITLE, tuple(known))
    limits = {
        "cues": (1, 99),
        "delay_ms": (0, 100_000),
        "train": (2, 10**6),
        "test": (2, 10**6),
        "seed": (0, 2**31 - 1),
    }
    chosen = {
        name: whole_number(_TITLE, name, given.get(name, str(known[name])), high, low)
        for name, (low, high) in limits.items()
    }
    bin_us = microseconds(_TITLE, "bin_ms", given.get("bin_ms", str(known["bin_ms"])))
    if chosen["cues"] % 2 == 0:
        raise DataError(f"{_TITLE}: cues={chosen['cues']} must be odd, so that one side has more")
    for part in ("train", "test"):
        if chosen[part] % 2:
            raise DataError(f"{_TITLE}: {part}={chosen[part]} must be even, half for each class")
    length_ms = chosen["cues"] * (PAUSE_MS + CUE_MS) + chosen["delay_ms"] + RECALL_MS
    n_steps = -(-length_ms * 1000 // bin_us)
    if n_steps > MAX_STEPS:
        raise DataError(
            f"{_TITLE}: {length_ms} ms are {n_steps} time steps, at most {MAX_STEPS}; choose a longer bin_ms"
        )
    grid, binning = Grid(sensor=(4, N_NEURONS), factors=(1, 1)), Binning(n_steps=n_steps, bin_us=bin_us)
    parts = []
    for number, part in enumerate(("train", "test")):
        # A stream of its own for each part: neither changes with the size of the other.
        random = np.random.RandomState([chosen["seed"], number])
        samples = _samples(random, chosen[part], chosen["cues"], length_ms)
        parts.append(collect(samples, grid, binning, 2, _TITLE))
    (train, train_y, _), (test, test_y, _) = parts
    shown = {**chosen, "bin_ms": f"{bin_us / 1000:.15g}"}
    return EventDataset(
        name=f"{_TITLE}:" + ",".join(f"{name}={shown[name]}" for name in known),
        train=train, train_y=train_y, test=test, test_y=test_y, n_classes=2, shape=grid.shape,
    )  # fmt: skip


def _samples(random: np.random.RandomState, count: int, n_cues: int, length_ms: int) -> Iterator[Recording]:
    for pair in range(count // 2):
        leaning = random.randint(2)
        cues = np.where(random.random_sample(n_cues) < _SAME_SIDE, leaning, 1 - leaning)
        for sides in (cues, 1 - cues):
            fired = random.random_sample((length_ms, 4, N_NEURONS)) < _chances(sides, length_ms)[:, :, None]
            times, populations, neurons = np.nonzero(fired)
            label = int(2 * sides.sum() > n_cues)
            yield Recording(times.astype(np.int64) * 1000, (populations, neurons), label, 0, f"{_TITLE}: pair {pair}")


def _chances(sides: NDArray[np.int64], length_ms: int) -> NDArray[np.float64]:
    """Return the chance of an event of each population at each millisecond, shape (length_ms, 4)."""
    chances = np.zeros((length_ms, 4))
    chances[:, NOISE] = _NOISE_RATE
    chances[length_ms - RECALL_MS :, RECALL] = _RATE
    for index, side in enumerate(sides):
        start = index * (PAUSE_MS + CUE_MS) + PAUSE_MS
        chances[start : start + CUE_MS, RIGHT if side else LEFT] = _RATE
    return chances
