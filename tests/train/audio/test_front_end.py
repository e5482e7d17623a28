"""What the model of the ear does to tones, silence and loudness."""

from itertools import pairwise

import numpy as np
import pytest

from golden.errors import ConfigError, DataError
from tests.train.audio_files import tone
from train.audio.cells import FACTOR_SHIFT, LEVEL_SHIFT, decay, fire
from train.audio.config import FrontEndConfig
from train.audio.filters import GammatoneBank, bandwidth, centre_frequencies
from train.audio.front_end import FrontEnd
from train.audio.wav import Sound


def sound(samples, rate=8000):
    return Sound(rate, np.asarray(samples, np.float64))


def burst(hertz, rate=8000, start=0.2, stop=0.4, length=0.6):
    """A tone from `start` to `stop`, over faint noise."""
    times = np.arange(round(length * rate)) / rate
    noise = 1e-4 * np.random.RandomState(0).standard_normal(len(times))
    return sound(noise + 0.5 * np.sin(2 * np.pi * hertz * times) * ((times >= start) & (times < stop)), rate)


def test_centres_are_spaced_by_their_bandwidth():
    centres = centre_frequencies(64, 80, 3600)
    np.testing.assert_allclose(centres[[0, -1]], [80, 3600])
    spacing = np.diff(centres) / [bandwidth((low + high) / 2) for low, high in pairwise(centres)]
    np.testing.assert_allclose(spacing, spacing[0], rtol=1e-3)
    assert bandwidth(1000) == pytest.approx(132.6, abs=0.1)  # Glasberg and Moore
    assert centre_frequencies(1, 80, 3600).tolist() == [80]


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_a_filter_passes_its_centre_and_not_its_neighbours(rate):
    bank = GammatoneBank(16, 100, 3000, rate)
    assert len(bank) == 16
    centres = centre_frequencies(16, 100, 3000)
    times = np.arange(rate // 2) / rate
    for channel in (0, 7, 15):
        heard = [band[rate // 4 :].std() * 2**0.5 for band in bank.bands(np.sin(2 * np.pi * centres[channel] * times))]
        assert heard[channel] == pytest.approx(1, abs=0.05)
        assert max(heard[: max(channel - 1, 0)] + heard[channel + 2 :]) < 0.5


@pytest.mark.parametrize("length", [5, 1023, 1024, 1025, 3000])
def test_what_is_filled_up_does_not_come_out(length):
    """A recording ends where it ends: neither its end nor the block that holds it comes round to its beginning."""
    random = np.random.RandomState(1)
    samples = random.standard_normal(5000)
    whole, part = (list(GammatoneBank(4, 200, 3000, 8000).bands(samples[:count])) for count in (5000, length))
    for long, short in zip(whole, part, strict=True):
        np.testing.assert_allclose(short, long[:length], atol=1e-12)


def constant(level, frames):
    return fired(np.full(frames, level))


def fired(course, threshold=0.5, onset_threshold=0.25):
    """The events of both cells of a channel: frames of the sustained, frames of the onset cell."""
    levels = np.rint(np.asarray(course)[None] * 2**LEVEL_SHIFT).astype(np.int64)
    shares = [round(decay(0.001, seconds) * 2**FACTOR_SHIFT) for seconds in (0.02, 0.01, 0.06)]
    times, units = np.empty((2, 2 * levels.size), np.int32)
    count = fire(
        levels, shares[0], round(threshold * 2**LEVEL_SHIFT), shares[1], round(onset_threshold * 2**LEVEL_SHIFT),
        shares[2], times, units,
    )  # fmt: skip
    return times[:count][units[:count] == 0], times[:count][units[:count] == 1]


def test_a_sustained_cell_fires_above_its_threshold_for_as_long_as_it_lasts():
    assert not len(constant(0.49, 1000)[0])
    slow, fast = constant(0.55, 1000)[0], constant(1.0, 1000)[0]
    assert 0 < len(slow) < len(fast)
    assert fast[0] == pytest.approx(20 * np.log(2), abs=1)  # 1 - exp(-t / 20 ms) reaches 0.5
    gaps = np.diff(fast[-10:])
    assert gaps.max() - gaps.min() <= 1 and fast[-1] > 1000 - 2 * gaps.max()


def test_an_onset_cell_fires_at_the_rise_only():
    onsets = constant(1.0, 1000)[1]
    assert len(onsets) >= 2 and onsets[-1] < 150
    assert len(constant(0.3, 1000)[1]) < len(onsets)


def test_a_fall_does_not_hinder_the_next_rise():
    """Had the onset cell charged below zero while the level fell, it would still be there when the level rises."""
    course = np.repeat([1.0, 0.0, 1.6], [500, 30, 100])
    rise = fired(course)[1]
    assert not ((rise > 200) & (rise < 530)).any() and rise[rise >= 530][0] <= 536


def test_events_of_many_channels_come_in_order():
    levels = np.random.RandomState(0).randint(0, 2 << LEVEL_SHIFT, (5, 300)).astype(np.int64)
    frames, units = np.empty((2, 2 * levels.size), np.int32)
    settings = (3000, 500, 6000, 200, 1000)
    count = fire(levels, *settings, frames, units)
    keys = frames[:count].astype(np.int64) * 10 + units[:count]
    assert count > 200 and (np.diff(keys) > 0).all() and set(units[:count]) == set(range(10))
    alone_frames, alone_units = np.empty((2, 600), np.int32)
    for channel in range(5):
        alone = fire(levels[channel : channel + 1], *settings, alone_frames, alone_units)
        for cell in range(2):
            np.testing.assert_array_equal(
                alone_frames[:alone][alone_units[:alone] == cell],
                frames[:count][units[:count] == channel + 5 * cell],
            )


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000])
def test_a_tone_excites_the_cells_of_its_band(rate):
    front_end = FrontEnd(FrontEndConfig(levelling=0), rate)
    centres = centre_frequencies(64, 80, front_end.config.top_hz(rate))
    for channel in (10, 30, 60):
        times, units = front_end.encode(burst(centres[channel], rate), "a.wav")
        assert (np.diff(times) >= 0).all() and times.min() > 0 and times.max() <= 600_000 and units.max() < 128
        sustained = units < 64
        assert abs(np.bincount(units[sustained], minlength=64).argmax() - channel) <= 3
        own = times[units == channel]
        assert 200_000 < own.min() < 230_000 and 380_000 < own.max() < 440_000
        first = times[units == channel + 64]
        assert len(first) and 200_000 < first.min() < 225_000 and first.max() < 350_000
    assert front_end.config.n_units == 128


def test_gain_plays_no_role():
    front_end = FrontEnd(FrontEndConfig(), 8000)
    loud = burst(700)
    expected = front_end.encode(loud, "a.wav")
    assert len(expected[0]) > 50
    for gain in (0.5, 2.0**-10):
        for found, wanted in zip(front_end.encode(sound(gain * loud.samples), "a.wav"), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_levelling_takes_off_the_colour_of_a_microphone():
    """A filter that favours high frequencies changes the levels of a sound less where its spectrum is taken off."""
    random = np.random.RandomState(0)
    plain = np.convolve(random.standard_normal(4000), np.hanning(9))[:4000] * np.sin(np.pi * np.arange(4000) / 4000)
    coloured = np.append(plain[0], plain[1:] - 0.8 * plain[:-1])
    change = []
    for levelling in (0.0, 0.5, 1.0):
        front_end = FrontEnd(FrontEndConfig(levelling=levelling), 8000)
        before, after = (front_end.levels(sound(samples), "a.wav") for samples in (plain, coloured))
        change.append(np.abs(after - before).mean())
    assert change[0] > 1.3 * change[1] and change[1] > change[2]


def test_silence_has_no_events():
    front_end = FrontEnd(FrontEndConfig(), 8000)
    assert not front_end.levels(sound(np.zeros(800)), "a.wav").any()
    assert [len(column) for column in front_end.encode(sound(np.zeros(800)), "a.wav")] == [0, 0]


def test_a_recording_shorter_than_a_frame():
    front_end = FrontEnd(FrontEndConfig(), 8000)
    with pytest.raises(DataError, match=r"a\.wav: 7 samples, shorter than a millisecond"):
        front_end.encode(sound(np.ones(7)), "a.wav")
    front_end.encode(sound(np.ones(8)), "a.wav")


def test_the_same_again():
    samples = tone(500, 0.3)
    found = [FrontEnd(FrontEndConfig(), 8000).encode(sound(samples), "a.wav") for _ in range(2)]
    for first, second in zip(*found, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"channels": 0}, "`channels`: must be a whole number 1..1024, got 0"),
        ({"channels": 1025}, "channels"),
        ({"channels": "a"}, "`channels`: must be a whole number"),
        ({"channels": 2.5}, "`channels`: must be a whole number"),
        ({"low_hz": 5.0}, "`low_hz`: must be a number 20..20000"),
        ({"low_hz": 500.0, "high_hz": 400.0}, "`high_hz`: must be above `low_hz` 500, got 400"),
        ({"high_hz": float("nan")}, "high_hz"),
        ({"threshold": 0.0}, "`threshold`: must be a number 0.01..10, got 0.0"),
        ({"onset_threshold": -1.0}, "onset_threshold"),
        ({"membrane_s": 0.0}, "membrane_s"),
        ({"levelling": 1.5}, "`levelling`: must be a number 0..1"),
    ],
)
def test_settings_out_of_range(changes, words):
    with pytest.raises(ConfigError) as error:
        FrontEndConfig(**changes)
    assert words in str(error.value)


def test_bands_that_a_rate_does_not_hold():
    assert FrontEndConfig().top_hz(8000) == 3600 and FrontEndConfig().top_hz(44_100) == 8000
    for config, rate in ((FrontEndConfig(high_hz=4000.0), 8000), (FrontEndConfig(low_hz=2000.0), 4000)):
        with pytest.raises(ConfigError, match=f"do not lie below half the rate of {rate} Hz"):
            FrontEnd(config, rate)
