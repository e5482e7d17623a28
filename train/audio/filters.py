"""A bank of gammatone filters, as narrow and as far apart as the bands of the human cochlea."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import gammatone

_EAR_Q, _MIN_BANDWIDTH = 9.26449, 24.7
"""Of the equivalent rectangular bandwidth (Glasberg and Moore, 1990): frequency / 9.26449 + 24.7 Hz."""
_BANDWIDTHS = 1.7
"""Length of a response, in the inverse of its bandwidth: what is cut off has decayed to 2 % of the peak."""
_BLOCK = 1024
"""Recordings are filled up to multiples, so that the spectra of the filters are made for few lengths only."""


def bandwidth(frequency: float) -> float:
    """Return the equivalent rectangular bandwidth at a frequency, both in Hz."""
    return frequency / _EAR_Q + _MIN_BANDWIDTH


def centre_frequencies(n: int, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Return `n` frequencies from `low_hz` to `high_hz`, ascending, in equal steps of their bandwidth."""
    offset = _EAR_Q * _MIN_BANDWIDTH
    return np.geomspace(low_hz + offset, high_hz + offset, n) - offset


class GammatoneBank:
    """Gammatone filters of order 4 with gain 1 at their centres, as finite impulse responses.

    scipy's recursive form has 8 poles in one fraction, which is unstable where the band is narrow for the rate.

    Parameters
    ----------
    n : int
    low_hz, high_hz : float
        Centres of the first and the last.
    rate : int
    """

    def __init__(self, n: int, low_hz: float, high_hz: float, rate: int) -> None:
        length = int(np.ceil(_BANDWIDTHS / bandwidth(low_hz) * rate))
        self._responses = np.stack(
            [gammatone(centre, "fir", numtaps=length, fs=rate)[0] for centre in centre_frequencies(n, low_hz, high_hz)]
        )
        self._spectra = lru_cache(maxsize=16)(lambda size: rfft(self._responses, size, axis=1))

    def __len__(self) -> int:
        return len(self._responses)

    def bands(self, samples: NDArray[np.float64]):
        """Yield what each filter makes of the samples (n,), of their length, one band after the other."""
        filled = -(-len(samples) // _BLOCK) * _BLOCK
        size = next_fast_len(filled + self._responses.shape[1] - 1, real=True)
        spectrum = rfft(samples, size)
        for response in self._spectra(size):
            yield irfft(spectrum * response, size)[: len(samples)]
