"""A model of the ear: band filters, envelopes, compression, cells that spike."""

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError
from train.audio.cells import FACTOR_SHIFT, LEVEL_SHIFT, decay, fire, follow
from train.audio.config import FrontEndConfig
from train.audio.filters import GammatoneBank
from train.audio.wav import Sound

FRAME_S = 0.001
"""The time between two values of an envelope, rounded to whole samples; an event lies at the end of one."""
_LOUD = 95
"""The loudness of a recording: this percentile of the mean envelope over its bands."""
_VOICED = 0.1
"""Frames of at least this share of the loudest make the spectrum of a recording."""
_SILENT = 1e-9
"""A loudness below this, -180 dB of full scale, is none; an 8-bit recording of one step has -60."""


class FrontEnd:
    """Makes events of recordings of one rate.

    1. Gammatone filters, their centres in equal steps of the equivalent rectangular bandwidth.
    2. Half-wave rectified, low-passed twice, sampled about each millisecond.
    3. Level: decibels above the loudness of the whole recording, `range_db` of them to one unit, 0 below. Gain plays
       no role therefore. A share `levelling` of the mean level in each band goes off, against the colour of voices and
       microphones.
    4. For each band a sustained cell, which fires as long as there is sound, and an onset cell, which fires where
       the level rises; both leaky integrate-and-fire.

    Levels are rounded to 2^-10, and the cells are integers: filters that differ in their last bits from one machine to
    the next make the same events but in one case of many millions.

    Parameters
    ----------
    config : FrontEndConfig
    rate : int
        Samples a second.

    Raises
    ------
    ConfigError
        The rate does not hold the frequencies of the configuration.
    """

    def __init__(self, config: FrontEndConfig, rate: int) -> None:
        self.config, self.rate = config, rate
        self._bank = GammatoneBank(config.channels, config.low_hz, config.top_hz(rate), rate)
        self._frame = max(1, round(rate * FRAME_S))

    def levels(self, sound: Sound, where: str) -> NDArray[np.int64]:
        """Return the compressed envelopes in 2^-10, shape (channels, frames); all 0 for a silent recording.

        Raises
        ------
        DataError
            A recording shorter than a frame.
        """
        assert sound.rate == self.rate
        n_frames = len(sound.samples) // self._frame
        if not n_frames:
            raise DataError(f"{where}: {len(sound.samples)} samples, shorter than a millisecond; leave it out")
        envelopes = np.empty((len(self._bank), n_frames))
        share = decay(1 / self.rate, self.config.envelope_s)
        for band, envelope in zip(self._bank.bands(sound.samples), envelopes, strict=True):
            follow(band, share, self._frame, envelope)
        mean = envelopes.mean(axis=0)
        loudness = np.percentile(mean, _LOUD)
        if loudness < _SILENT:
            return np.zeros(envelopes.shape, np.int64)
        config = self.config
        decibels = 20 * np.log10(np.maximum(envelopes / loudness, 1e-9))
        levels = np.maximum((decibels - config.top_db) / config.range_db + 1, 0)
        spectrum = levels[:, mean > _VOICED * mean.max()].mean(axis=1)
        levels -= config.levelling * (spectrum - spectrum.mean())[:, None]
        return np.rint(np.maximum(levels, 0) * (1 << LEVEL_SHIFT)).astype(np.int64)

    def encode(self, sound: Sound, where: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Return the events of a recording: microseconds from its start, ascending, and units.

        Raises
        ------
        DataError
            A recording shorter than a frame.
        """
        levels, config = self.levels(sound, where), self.config
        frames, units = np.empty((2, 2 * levels.size), np.int32)
        step_s = self._frame / self.rate
        count = fire(
            levels,
            _fixed(decay(step_s, config.membrane_s), FACTOR_SHIFT),
            _fixed(config.threshold, LEVEL_SHIFT),
            _fixed(decay(step_s, config.onset_membrane_s), FACTOR_SHIFT),
            _fixed(config.onset_threshold, LEVEL_SHIFT),
            _fixed(decay(step_s, config.adaptation_s), FACTOR_SHIFT),
            frames,
            units,
        )
        ends = (frames[:count].astype(np.int64) + 1) * self._frame * 1_000_000 // self.rate
        return ends.astype(np.int32), units[:count].astype(np.uint16)


def _fixed(value: float, shift: int) -> int:
    return round(value * (1 << shift))
