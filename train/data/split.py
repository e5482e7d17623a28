"""Which training samples to hold out, to choose settings by; shared by all kinds of data set."""

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError


def held_out(
    name: str, labels: NDArray, n_classes: int, fraction: float, seed: int, groups: NDArray | None = None
) -> NDArray[np.bool_]:
    """Return which samples are held out, bool (n,); the same on any machine: numpy keeps RandomState frozen.

    Of every class, ``fraction`` of its samples (rounded half up), drawn by ``seed``. With ``groups`` (who speaks, who
    moves) whole groups instead, in an order drawn by ``seed``, as many as come nearest to ``fraction`` of the samples,
    at least one and not all: what is held out is then of people that training never meets.

    Parameters
    ----------
    name : str
        Of the set, for messages.
    labels : int (n,), 0 .. n_classes - 1
    n_classes : int
    fraction : float
        Between 0 and 1, both excluded.
    seed : int
    groups : int (n,), optional

    Raises
    ------
    DataError
        A fraction out of range, or that leaves one of the two pieces empty.
    """
    if not 0 < fraction < 1:
        raise DataError(f"validation fraction {fraction}: must lie between 0 and 1, both excluded")
    if not len(labels):
        raise DataError(f"{name}: has no training samples, so none can be held out; add x_train, y_train")
    random = np.random.RandomState(seed)
    if groups is not None:
        return _held_groups(name, groups, fraction, random)
    held = np.zeros(len(labels), dtype=bool)
    for label in range(n_classes):
        members = np.flatnonzero(labels == label)
        count = int(len(members) * fraction + 0.5)
        held[members[random.permutation(len(members))[:count]]] = True
    if not held.any() or held.all():
        raise DataError(
            f"{name}: a validation fraction of {fraction:.3g} leaves {held.sum()} of {len(held)} training "
            "samples held out; choose a fraction that leaves both parts some"
        )
    return held


def _held_groups(name: str, groups: NDArray, fraction: float, random: np.random.RandomState) -> NDArray[np.bool_]:
    known, sizes = np.unique(groups, return_counts=True)
    if len(known) < 2:
        raise DataError(f"{name}: all training samples are of one group; to hold out groups, at least 2 are needed")
    order = random.permutation(len(known))
    totals = np.cumsum(sizes[order])[:-1]
    count = 1 + int(np.argmin(np.abs(totals - fraction * len(groups))))
    return np.isin(groups, known[order[:count]])


def check_counts(name: str, n_train: int | None, train_y: NDArray, n_test: int | None, test_y: NDArray) -> None:
    """Raise DataError where fewer than 1 or more samples than there are shall be taken; None stands for all."""
    for part, count, y in (("training", n_train, train_y), ("test", n_test, test_y)):
        if count is not None and not 1 <= count <= len(y):
            raise DataError(f"{name}: {count} {part} samples asked for; choose 1 to {len(y)}")
