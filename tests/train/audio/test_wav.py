"""Wav files of every usual kind, and one line for each damaged one."""

import struct

import numpy as np
import pytest
from scipy.io import wavfile

from golden.errors import DataError
from tests.train.audio_files import RATE, tone, wav_bytes, with_chunk
from train.audio.wav import MAX_SECONDS, read_wav, resampled


@pytest.mark.parametrize("width", [8, 16, 24, 32])
def test_every_width_of_pcm(width):
    step = 2.0 ** (1 - width)
    samples = np.concatenate([[-1, 0, 1 - step, step, -step], tone(440)])
    sound = read_wav(wav_bytes(samples, width=width), "a.wav")
    assert sound.rate == RATE and sound.samples.dtype == np.float64
    np.testing.assert_array_equal(sound.samples[:5], samples[:5])
    np.testing.assert_allclose(sound.samples, samples, atol=step / 2 + 1e-15)


def test_floating_point(tmp_path):
    wavfile.write(tmp_path / "a.wav", 16_000, tone(440).astype(np.float32))
    sound = read_wav((tmp_path / "a.wav").read_bytes(), "a.wav")
    assert sound.rate == 16_000
    np.testing.assert_allclose(sound.samples, tone(440), atol=1e-7)


def test_channels_are_averaged():
    both = np.stack([tone(440), -0.5 * tone(440)], axis=1)
    np.testing.assert_allclose(read_wav(wav_bytes(both), "a.wav").samples, 0.25 * tone(440), atol=1e-4)


def test_titles_in_a_file_do_not_matter():
    plain = wav_bytes(tone(440))
    sound = read_wav(with_chunk(plain, b"cue ", bytes(24)), "a.wav")
    np.testing.assert_array_equal(sound.samples, read_wav(plain, "a.wav").samples)


def patched(wav: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(wav)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


GOOD = wav_bytes(tone(440))


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "not a readable wav file"),
        (b"<html>no such file</html>", "not a readable wav file"),
        (GOOD[:30], "not a readable wav file"),
        (GOOD[:-1], "not a readable wav file"),
        (GOOD[: len(GOOD) // 2], "not a readable wav file"),
        (patched(GOOD, 20, "<H", 0x55), "not a readable wav file"),  # MP3 inside
        (patched(GOOD, 24, "<I", 0), "not a readable wav file"),
        (wav_bytes(tone(440), rate=3999), "3999 samples a second; 4000 to 384000"),
        (wav_bytes(np.zeros(0)), "of zero length"),
        (wav_bytes(np.zeros((MAX_SECONDS + 1) * 4000), rate=4000), "61 s long, at most 60 allowed"),
    ],
)  # fmt: skip
def test_bad_files(content, words):
    with pytest.raises(DataError) as error:
        read_wav(content, "set.zip: a.wav")
    assert (
        words in str(error.value) and str(error.value).startswith("set.zip: a.wav: ") and "\n" not in str(error.value)
    )


def test_samples_that_are_no_numbers(tmp_path):
    wavfile.write(tmp_path / "a.wav", RATE, np.array([0, np.nan, 1], np.float32))
    with pytest.raises(DataError, match=r"a.wav: samples that are no numbers"):
        read_wav((tmp_path / "a.wav").read_bytes(), "a.wav")


def test_files_damaged_anywhere_never_end_in_another_exception():
    whole, random, refused = wav_bytes(tone(440, 0.01)), np.random.RandomState(0), 0
    for position in [*range(44), *random.randint(44, len(whole), 20)]:
        for value in (0xFF, 0x01, 0x80):
            flipped = bytearray(whole)
            flipped[position] ^= value
            try:
                read_wav(bytes(flipped), "a.wav")
            except DataError as error:
                refused += 1
                assert "\n" not in str(error)
    assert refused > 20


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 44_100])
def test_resampling_keeps_a_tone(rate):
    sound = read_wav(wav_bytes(tone(440, 0.2, rate), rate), "a.wav")
    found = resampled(sound, 8000)
    assert found.rate == 8000 and abs(len(found.samples) - 1600) <= 1
    middle = slice(400, 1200)
    np.testing.assert_allclose(found.samples[middle], tone(440, 0.2)[middle], atol=0.01)
    assert resampled(sound, rate) is sound
