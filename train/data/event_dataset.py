"""A labelled data set of samples that are events already: cameras and cochleas that spike."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from golden.config import EncodingConfig
from golden.digest import digest
from golden.encoding import Events
from golden.errors import DataError
from golden.fixed import IntArray
from train.data.dataset import Part
from train.data.split import check_counts, held_out


@dataclass(frozen=True, eq=False, kw_only=True)
class EventDataset:
    """Samples as counts of events by time step and input, with their classes; the sibling of :class:`Dataset`.

    Members
    -------
    name : str
        With all options that made it, so that :func:`train.data.load` makes the same of it.
    train, test : Events
        Levels 1 .. 255, not brought to a spike width yet.
    train_y, test_y : int64 (n,), classes 0 .. n_classes - 1
    n_classes : int
    shape : tuple of int
        Of the inputs: (polarities, rows, columns) of a camera, (channels,) of a cochlea. Addresses are in C order.
    groups : int64 (n,) or None
        Who speaks or moves in each training sample; None where it is not known.
    by_group : bool
        Whether a validation split holds out whole groups, as the test part does.
    level_width : int or None
        None: levels are counts, which narrower spikes clip. Else levels are values of so many bits, of which narrower
        spikes take the upper ones.
    """

    name: str
    train: Events
    train_y: NDArray[np.int64]
    test: Events
    test_y: NDArray[np.int64]
    n_classes: int
    shape: tuple[int, ...]
    groups: NDArray[np.int64] | None = None
    by_group: bool = True
    level_width: int | None = None

    @property
    def n_inputs(self) -> int:
        """Inputs of a network that takes the samples."""
        return self.train.n_inputs

    @property
    def n_steps(self) -> int:
        """Time steps of a sample."""
        return self.train.n_steps

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All samples and labels, to tell equal sets by."""
        return *self.train[:3], self.train_y, *self.test[:3], self.test_y

    @property
    def digest(self) -> str:
        """A name for all samples and labels."""
        return digest(*(array.tobytes() for array in self.arrays))

    def events(self, part: Part, encoding: EncodingConfig, n_steps: int, order: IntArray | None = None) -> Events:
        """Return the samples of a part, or those of ``order``, with levels of ``spike_width`` bits.

        Raises
        ------
        DataError
            An encoding of another kind than ``events``, or other time steps than the set has.
        """
        if encoding.kind != "events":
            raise DataError(f"{self.name}: holds events, which encoding kind {encoding.kind!r} does not take")
        if n_steps != self.n_steps:
            raise DataError(f"{self.name}: has {self.n_steps} time steps, not {n_steps}")
        found = {"train": self.train, "test": self.test}[part]
        found = found if order is None else found.select(order)
        if self.level_width is not None and encoding.spike_width < self.level_width:
            return _shifted(found, self.level_width - encoding.spike_width)
        return found._replace(levels=np.minimum(found.levels, (1 << encoding.spike_width) - 1).astype(np.uint8))

    def validation_split(self, fraction: float = 1 / 6, seed: int = 0, by_group: bool | None = None) -> Self:
        """Hold out a piece of the training part as the test part of a new set, to choose settings by.

        Parameters
        ----------
        fraction, seed
            As of :func:`train.data.split.held_out`.
        by_group : bool, optional
            Hold out whole groups, so people whom training never meets; None: where groups are known and the set's own
            `by_group` says so.

        Raises
        ------
        DataError
            A fraction out of range or that leaves a piece empty, or groups asked for that are not known.
        """
        if by_group and self.groups is None:
            raise DataError(f"{self.name}: no groups are known to hold out; leave by_group out")
        groups = self.groups if by_group or (by_group is None and self.by_group) else None
        held = held_out(self.name, self.train_y, self.n_classes, fraction, seed, groups)
        kept = np.flatnonzero(~held)
        return replace(
            self,
            name=f"{self.name}-validation",
            train=self.train.select(kept),
            train_y=self.train_y[kept],
            test=self.train.select(np.flatnonzero(held)),
            test_y=self.train_y[held],
            groups=None if self.groups is None else self.groups[kept],
        )

    def take(self, n_train: int | None = None, n_test: int | None = None) -> Self:
        """Return the first ``n_train`` and ``n_test`` samples, all where None.

        Raises
        ------
        DataError
            A count below 1 or above what there is.
        """
        check_counts(self.name, n_train, self.train_y, n_test, self.test_y)
        return replace(
            self,
            train=self.train if n_train is None else self.train.take(0, n_train),
            train_y=self.train_y[:n_train],
            test=self.test if n_test is None else self.test.take(0, n_test),
            test_y=self.test_y[:n_test],
            groups=None if self.groups is None else self.groups[:n_train],
        )


def _shifted(events: Events, shift: int) -> Events:
    """Return events with the upper bits of their levels; those of which nothing is left are none."""
    levels = events.levels >> shift
    kept = levels != 0
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return events._replace(offsets=before[events.offsets], addresses=events.addresses[kept], levels=levels[kept])
