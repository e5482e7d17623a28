"""The compiled inner loops of the audio front end: envelopes in floating point, cells that spike in integers."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEVEL_SHIFT = 10
"""A level of 1 is 2^10."""
_STATE_SHIFT = 12
"""Bits behind the point of a level in the state of a cell."""
FACTOR_SHIFT = 16
"""A factor of 1 is 2^16."""


def _compiled(function: Any) -> Any:
    """Compile a function, kept on disk from one process to the next where numba finds a folder for it."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # neither the source's folder nor one of the user's can be written
        return njit(function)


def decay(step_s: float, constant_s: float) -> float:
    """Return the share of a distance that is covered in a step towards a value that is kept up."""
    return -float(np.expm1(-step_s / constant_s))


@_compiled
def follow(band: NDArray[np.float64], share: float, frame: int, envelope: NDArray[np.float64]) -> None:
    """Rectify a band, low-pass it twice, and take the value at the end of each frame.

    Parameters
    ----------
    band : float64 (n,)
    share : float
        Of the distance that a low-pass covers from one sample to the next.
    frame : int
        Samples of a frame.
    envelope : float64 (n // frame,)
        Is filled.
    """
    first = 0.0
    second = 0.0
    for index in range(len(envelope)):
        for sample in range(index * frame, (index + 1) * frame):
            value = band[sample]
            first += share * ((value if value > 0.0 else 0.0) - first)
            second += share * (first - second)
        envelope[index] = second


@_compiled
def fire(levels, sustained_share, sustained_threshold, onset_share, onset_threshold, adaptation_share, frames, units):
    """Run a sustained and an onset cell of each channel over the levels, in integers.

    Both are leaky integrators, reset by subtraction. The sustained cell takes the level itself; the onset cell what the
    level exceeds a slow mean of it by. At most one event a cell and frame.

    Parameters
    ----------
    levels : int64 (channels, n), 0 and more, in 2^-10
    sustained_share, onset_share, adaptation_share : int
        Of the distance that membranes and slow mean cover in a frame, in 2^-16.
    sustained_threshold, onset_threshold : int
        Levels, in 2^-10.
    frames, units : int32 (2 * channels * n,)
        Are filled with the events, in order of frame and unit; unit `channels` + c is the onset cell of channel c.

    Returns
    -------
    int
        How many there are.
    """
    channels, n = levels.shape
    membranes = np.zeros(2 * channels, np.int64)
    used_to = np.zeros(channels, np.int64)
    count = 0
    for frame in range(n):
        for unit in range(2 * channels):
            channel = unit % channels
            drive = levels[channel, frame] << _STATE_SHIFT
            share, threshold = sustained_share, sustained_threshold << _STATE_SHIFT
            if unit >= channels:
                drive -= used_to[channel]
                used_to[channel] += (drive * adaptation_share) >> FACTOR_SHIFT
                drive = max(drive, 0)
                share, threshold = onset_share, onset_threshold << _STATE_SHIFT
            membranes[unit] += ((drive - membranes[unit]) * share) >> FACTOR_SHIFT
            if membranes[unit] >= threshold:
                membranes[unit] -= threshold
                frames[count] = frame
                units[count] = unit
                count += 1
    return count
