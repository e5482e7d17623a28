"""From a recording, events at times and places, to the graded spikes of time steps and inputs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.encoding import Events
from golden.errors import DataError
from golden.fixed import IntArray

MAX_COUNT = 255
"""Counts are kept in 8 bits, as wide as a spike can be; higher ones would be clipped to that anyway."""


class Recording(NamedTuple):
    """The events of one sample, as a file holds them.

    Attributes
    ----------
    times : (n,) int64
        Microseconds from the start of the sample, ascending.
    places : tuple of (n,) int arrays
        Coordinates in the order of :attr:`Grid.sensor`.
    label : int
    group : int
        Who speaks or moves; 0 where it is not known.
    where : str
        File and sample, for messages.
    """

    times: NDArray[np.int64]
    places: tuple[IntArray, ...]
    label: int
    group: int
    where: str


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The inputs that the places of a sensor are joined to, `factors` neighbours to one along each axis.

    Parameters
    ----------
    sensor : tuple of int
        Size of the sensor along each axis, as (polarities, rows, columns).
    factors : tuple of int
        Divisors of these sizes.
    """

    sensor: tuple[int, ...]
    factors: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Size along each axis after joining."""
        return tuple(size // factor for size, factor in zip(self.sensor, self.factors, strict=True))

    def addresses(self, recording: Recording) -> NDArray[np.int64]:
        """Return the input of each event, in C order of `shape`.

        Raises
        ------
        DataError
            A place outside the sensor.
        """
        address = np.zeros(len(recording.times), np.int64)
        for size, factor, kept, place in zip(self.sensor, self.factors, self.shape, recording.places, strict=True):
            if len(place) and not 0 <= place.min() <= place.max() < size:
                worst = place.min() if place.min() < 0 else place.max()
                raise DataError(f"{recording.where}: an event at {worst}, outside 0..{size - 1}; is the file damaged?")
            address = address * kept + place.astype(np.int64) // factor
        return address


@dataclass(frozen=True, kw_only=True)
class Binning:
    """The time steps that the times of events fall into.

    Parameters
    ----------
    n_steps : int
    bin_us : int or None
        Microseconds of a step, the first from the start of the sample; events after the last step are left out.
        None: `n_steps` equal steps from the first event of each sample to its last.
    """

    n_steps: int
    bin_us: int | None

    def steps(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the step of each event, `n_steps` or above for one that is left out."""
        if self.bin_us is not None:
            return times // self.bin_us
        if not len(times):
            return times
        return (times - times[0]) * self.n_steps // (times[-1] - times[0] + 1)


def collect(
    recordings: Iterable[Recording], grid: Grid, binning: Binning, n_classes: int, where: str
) -> tuple[Events, NDArray[np.int64], NDArray[np.int64]]:
    """Count the events of each step and input: returns events, labels (n,) and groups (n,).

    A level is a count, at most :data:`MAX_COUNT`.

    Raises
    ------
    DataError
        No recording, events out of order or outside the sensor, a label out of range, a class without a sample, or
        events of which not one falls into a time step.
    """
    n_inputs, n_events = math.prod(grid.shape), 0
    counts, addresses, levels, labels, groups = [], [], [], [], []
    for recording in recordings:
        _check(recording, n_classes)
        steps, inputs = binning.steps(recording.times), grid.addresses(recording)
        kept = steps < binning.n_steps
        n_events += len(kept)
        places, found = np.unique(steps[kept] * n_inputs + inputs[kept], return_counts=True)
        step, address = np.divmod(places, n_inputs)
        counts.append(np.bincount(step, minlength=binning.n_steps))
        addresses.append(address.astype(np.int32))
        levels.append(np.minimum(found, MAX_COUNT).astype(np.uint8))
        labels.append(recording.label)
        groups.append(recording.group)
    present = np.bincount(np.array(labels, np.int64), minlength=n_classes)
    if not labels or not present.all():
        raise DataError(
            f"{where}: class {int(np.argmin(present))} has no sample; fetch the files again, or give a set of your own "
            "by the path of its file"
        )
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(counts))])
    if n_events and not offsets[-1]:
        raise DataError(
            f"{where}: none of {n_events:,} events falls into the {binning.n_steps} time steps of "
            f"{(binning.bin_us or 0) / 1000:g} ms; choose longer steps, or see in what unit its times are"
        )
    events = Events(offsets, np.concatenate(addresses), np.concatenate(levels), binning.n_steps, n_inputs)
    return events, np.array(labels, np.int64), np.array(groups, np.int64)


def _check(recording: Recording, n_classes: int) -> None:
    times, where = recording.times, recording.where
    if any(len(place) != len(times) for place in recording.places):
        raise DataError(f"{where}: {len(times)} times for {len(recording.places[0])} places; is the file damaged?")
    backwards = np.flatnonzero(np.diff(times) < 0)
    if len(backwards):
        at = int(backwards[0]) + 1
        raise DataError(f"{where}: event {at} is earlier than the one before it; is the file damaged?")
    if len(times) and times[0] < 0:
        raise DataError(f"{where}: an event at {times[0]} us, before the start; is the file damaged?")
    if not 0 <= recording.label < n_classes:
        raise DataError(f"{where}: class {recording.label}, 0 to {n_classes - 1} allowed; is the file damaged?")
