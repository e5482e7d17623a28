"""Wav files of one channel, as numbers of -1 to 1."""

import math
import warnings
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from golden.errors import DataError

MAX_SECONDS = 60
"""Of a recording: a word or a sentence, not an hour of speech."""
MIN_RATE, MAX_RATE = 4000, 384_000


class Sound(NamedTuple):
    """A recording.

    Attributes
    ----------
    rate : int
        Samples a second.
    samples : (n,) float64
        Full scale is 1.
    """

    rate: int
    samples: NDArray[np.float64]


def read_wav(data: bytes, where: str) -> Sound:
    """Read the content of a wav file: PCM of 8, 16, 24 or 32 bits, or floating point; channels are averaged.

    Raises
    ------
    DataError
        No such file, damaged or cut short, a rate out of range, without a sample, longer than :data:`MAX_SECONDS`, or
        with samples that are no numbers.
    """
    try:
        with warnings.catch_warnings():
            # A file cut short is only warned of; of chunks that hold no sound (titles, cue points) nothing is needed.
            warnings.simplefilter("error", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood", wavfile.WavFileWarning)
            rate, samples = wavfile.read(BytesIO(data))
    except Exception as error:  # a damaged file raises anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{where}: not a readable wav file ({reason}); fetch it again, or leave it out") from error
    if not MIN_RATE <= rate <= MAX_RATE:
        raise DataError(f"{where}: {rate} samples a second; {MIN_RATE} to {MAX_RATE} can be used")
    if samples.size == 0:
        raise DataError(f"{where}: of zero length; leave it out")
    if len(samples) > MAX_SECONDS * rate:
        raise DataError(f"{where}: {len(samples) / rate:.0f} s long, at most {MAX_SECONDS} allowed; cut it into words")
    if samples.dtype.kind == "u":
        values = (samples.astype(np.float64) - 128) / 128
    elif samples.dtype.kind == "i":
        values = samples.astype(np.float64) / -float(np.iinfo(samples.dtype).min)
    else:
        values = samples.astype(np.float64)
    if not np.isfinite(values).all():
        raise DataError(f"{where}: samples that are no numbers; fetch it again, or leave it out")
    return Sound(int(rate), values if values.ndim == 1 else values.mean(axis=1))


def resampled(sound: Sound, rate: int) -> Sound:
    """Return a recording at another rate, filtered against aliases; itself where it has that rate."""
    if rate == sound.rate:
        return sound
    common = math.gcd(rate, sound.rate)
    return Sound(rate, resample_poly(sound.samples, rate // common, sound.rate // common))
