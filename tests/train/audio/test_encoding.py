"""Collections of recordings as events."""

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.audio_files import tone, wav_bytes, write_words
from train.audio.collection import NamePattern, open_collection
from train.audio.config import FrontEndConfig
from train.audio.encoding import encode_collection, words_of
from train.audio.front_end import FrontEnd
from train.audio.wav import read_wav

CONFIG = FrontEndConfig(channels=8)


def encoded(path, pattern=None, **options):
    collection = open_collection(path)
    return encode_collection(collection, words_of(collection, pattern or NamePattern()), CONFIG, **options)


def test_every_recording_is_encoded_and_in_order(tmp_path):
    found = encoded(write_words(tmp_path, labels=("2", "10", "b"), speakers=("ann", "bob"), indices=(0, 2, 10)))
    assert found.keys == ("2", "10", "b") and found.speaker_names == ("ann", "bob")
    assert (found.n_units, found.rate, len(found.words)) == (16, 8000, 18)
    order = [(word.index, word.speaker, word.label) for word in found.words]
    assert order == [(i, s, x) for i in (0, 2, 10) for s in ("ann", "bob") for x in ("2", "10", "b")]
    assert [found.keys[label] for label in found.labels] == [word.label for word in found.words]
    assert [found.speaker_names[speaker] for speaker in found.speakers] == [word.speaker for word in found.words]
    front_end = FrontEnd(CONFIG, 8000)
    for index, word in enumerate(found.words):
        events = slice(found.offsets[index], found.offsets[index + 1])
        times, units = front_end.encode(read_wav((tmp_path / word.path).read_bytes(), ""), "")
        assert len(times) > 5
        np.testing.assert_array_equal(found.times[events], times)
        np.testing.assert_array_equal(found.units[events], units)
    assert (found.times.dtype, found.units.dtype, found.offsets.dtype) == (np.int32, np.uint16, np.int64)


def test_some_of_the_recordings(tmp_path):
    whole = encoded(write_words(tmp_path, labels=("a", "b"), speakers=("ann",), indices=(0, 1)))
    part = whole.select(np.array([3, 0]))
    assert part.words == (whole.words[3], whole.words[0]) and part.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(
        part.times, np.concatenate([whole.times[whole.offsets[3] :], whole.times[: whole.offsets[1]]])
    )
    assert part.offsets[-1] == len(part.units) and part.keys == whole.keys
    assert len(whole.select(np.zeros(0, np.int64)).times) == 0


def test_other_rates_need_a_rate(tmp_path):
    write_words(tmp_path, labels=("a",), speakers=("ann",))
    write_words(tmp_path, labels=("b",), speakers=("ann",), rate=16_000)
    with pytest.raises(DataError) as error:
        encoded(tmp_path)
    assert "b_ann_0.wav: 16000 samples a second where a_ann_0.wav has 8000; give `rate` HZ" in str(error.value)
    found = encoded(tmp_path, rate=8000)
    assert found.rate == 8000 and (np.diff(found.offsets) > 0).all()


def test_progress_is_told_of_each_recording(tmp_path):
    seen = []

    def track(words):
        for word in words:
            yield word
            seen.append(word.path)

    found = encoded(write_words(tmp_path, labels=("a", "b"), speakers=("ann",)), track=track)
    assert sorted(seen) == sorted(word.path for word in found.words) and len(seen) == 12


def test_names_that_do_not_fit(tmp_path):
    write_words(tmp_path, labels=("a",), speakers=("ann",))
    (tmp_path / "noise.wav").write_bytes(wav_bytes(tone(300)))
    collection = open_collection(tmp_path)
    with pytest.raises(DataError, match=r"noise\.wav does not fit the pattern .*; .* `ignore_others`"):
        words_of(collection, NamePattern())
    assert len(words_of(collection, NamePattern(), ignore_others=True)) == 6
    for ignore in (False, True):
        with pytest.raises(DataError, match=r"a_ann_0\.wav does not fit the pattern {label}/\*\.wav; "):
            words_of(collection, NamePattern("{label}/*.wav"), ignore_others=ignore)


def test_an_empty_class(tmp_path):
    for label in ("yes", "no"):
        write_words(tmp_path / label, labels=("x",), speakers=("ann",))
    (tmp_path / "maybe").mkdir()
    pattern = NamePattern("{label}/*.wav")
    with pytest.raises(DataError, match="class maybe has no recording, its folder is empty"):
        words_of(open_collection(tmp_path), pattern)
    found = words_of(open_collection(tmp_path), pattern, ignore_others=True)
    assert {word.label for word in found} == {"yes", "no"} and {word.speaker for word in found} == {""}


@pytest.mark.parametrize(
    "content, words",
    [
        (wav_bytes(np.zeros(0)), "of zero length"),
        (wav_bytes(np.zeros(3)), "shorter than a millisecond"),
        (wav_bytes(tone(300))[:-5], "not a readable wav file"),
    ],
)
def test_a_bad_recording_is_named(tmp_path, content, words):
    write_words(tmp_path, labels=("a",), speakers=("ann",))
    (tmp_path / "b_ann_0.wav").write_bytes(content)
    with pytest.raises(DataError) as error:
        encoded(tmp_path)
    assert words in str(error.value) and str(error.value).startswith(f"{tmp_path}: b_ann_0.wav: ")
