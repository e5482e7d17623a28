"""Spoken digits: a small set of its layout, and FSDD itself where it is there."""

import tarfile

import numpy as np
import pytest

from golden.config import EncodingConfig
from golden.errors import DataError
from tests.needed import needed
from tests.train.audio_files import RATE, tone, wav_bytes, write_words
from tests.train.event_files import load_events
from tests.train.test_event_dataset import dense
from train.audio.collection import NamePattern, open_collection
from train.audio.encoding import encode_collection, words_of
from train.audio.front_end import FrontEnd
from train.audio.wav import read_wav
from train.data.fsdd import find_fsdd
from train.data.spoken import FRONT_END

SPEAKERS = ("ann", "bob", "eve")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with fsdd/recordings: 10 digits, 3 speakers, recordings 0 to 7."""
    folder = tmp_path_factory.mktemp("data")
    write_words(folder / "fsdd" / "recordings", speakers=SPEAKERS, indices=range(8))
    return folder


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """One cache for all tests, so that each content is encoded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_the_official_split(place):
    data = load_events("fsdd", place)
    assert data.name == "fsdd:bins=80,bin_ms=8,channels=64,split=official"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (128, 80, 10, (2, 64))
    assert (len(data.train_y), len(data.test_y)) == (90, 150)  # recordings 5..7, and 0..4
    assert data.train_y.tolist() == [*range(10)] * 9 and data.groups is not None
    assert (
        data.groups.tolist()
        == [0] * 10 + [1] * 10 + [2] * 10 + [0] * 10 + [1] * 10 + [2] * 10 + [0] * 10 + [1] * 10 + [2] * 10
    )
    front_end = FrontEnd(FRONT_END, RATE)
    expected = np.zeros((80, 128), np.int64)
    path = place / "fsdd/recordings/3_bob_6.wav"
    times, units = front_end.encode(read_wav(path.read_bytes(), ""), "")
    np.add.at(expected, (times // 8000, units), 1)
    np.testing.assert_array_equal(dense(data.train)[30 + 13], expected)
    assert expected.sum() > 20


def test_speakers_are_in_both_parts_so_validation_does_not_hold_them_out(place):
    split = load_events("fsdd", place).validation_split()
    assert split.groups is not None and set(split.groups) == {0, 1, 2} and len(split.test_y) == 20
    assert np.bincount(split.test_y).tolist() == [2] * 10


def test_one_speaker_is_test(place):
    data = load_events("fsdd:split=bob,bins=40", place)
    assert data.name == "fsdd:bins=40,bin_ms=16,channels=64,split=bob" and data.n_steps == 40
    assert (len(data.train_y), len(data.test_y)) == (160, 80)
    assert data.groups is not None and set(data.groups) == {0, 2}
    split = data.validation_split()
    assert split.groups is not None and len(set(split.groups)) == 1 and len(split.test_y) == 80
    assert load_events(data.name, place).name == data.name


def test_channels_are_joined_within_each_kind_of_cell(place):
    whole, joined = load_events("fsdd", place), load_events("fsdd:channels=16", place)
    assert joined.shape == (2, 16) and joined.n_inputs == 32
    expected = dense(whole.test).reshape(-1, 80, 2, 16, 4).sum(axis=4).reshape(-1, 80, 32)
    np.testing.assert_array_equal(dense(joined.test), expected)


def test_reversed_digits(place):
    plain, data = load_events("fsdd", place), load_events("fsdd-reversed", place)
    assert data.name == "fsdd-reversed:bins=80,bin_ms=8,channels=64,split=official"
    assert (data.n_classes, len(data.train_y), len(data.test_y)) == (20, 180, 300)
    np.testing.assert_array_equal(dense(data.train)[::2], dense(plain.train))
    totals = dense(data.test).sum(axis=1)
    np.testing.assert_array_equal(totals[::2], totals[1::2])
    assert len(load_events("fsdd-reversed:split=ann", place).test_y) == 160


def test_an_archive_and_a_clone_are_found(place, tmp_path):
    (tmp_path / "fsdd").mkdir()
    with tarfile.open(tmp_path / "fsdd" / "recordings.tar.xz", "w:xz") as archive:
        archive.add(place / "fsdd" / "recordings", "recordings")
    assert find_fsdd(tmp_path) == tmp_path / "fsdd" / "recordings.tar.xz"
    for first, second in zip(load_events("fsdd", tmp_path).arrays, load_events("fsdd", place).arrays, strict=True):
        np.testing.assert_array_equal(first, second)
    (tmp_path / "clone" / "free-spoken-digit-dataset" / "recordings").mkdir(parents=True)
    assert find_fsdd(tmp_path / "clone").parent.name == "free-spoken-digit-dataset"


@pytest.mark.parametrize(
    "name, words",
    [
        ("fsdd:split=carl", "fsdd: split=carl: no speaker 'carl'; known are ann, bob, eve"),
        ("fsdd-reversed:split=carl", "fsdd-reversed: split=carl"),
        ("fsdd:split=", "no speaker ''"),
        ("fsdd:channels=3", "channels=3 does not divide 64"),
        ("fsdd:colour=3", "with bins, bin_ms, over, channels or split"),
    ],
)
def test_bad_options(place, name, words):
    with pytest.raises(DataError) as error:
        load_events(name, place)
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"labels": "012345678"}, "holds recordings of 0, 1, 2, 3, 4, 5, 6, 7, 8; the digits 0 to 9 are needed"),
        ({"labels": [*"0123456789", "x"]}, "the digits 0 to 9 are needed"),
        ({"indices": range(5)}, "selects all of 50 recordings"),
        ({"indices": (7, 8)}, "selects none of 20 recordings"),
    ],
)
def test_sets_that_lack_something(tmp_path, change, words):
    write_words(tmp_path / "fsdd" / "recordings", **({"speakers": ("ann",), "indices": (0, 7)} | change))
    with pytest.raises(DataError) as error:
        load_events("fsdd", tmp_path)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_digit_that_a_speaker_lacks(tmp_path):
    folder = write_words(tmp_path / "fsdd" / "recordings", speakers=("ann", "bob"), indices=(0, 7))
    for path in folder.glob("4_bob_*.wav"):
        path.unlink()
    assert len(load_events("fsdd", tmp_path).test_y) == 19
    with pytest.raises(DataError, match="fsdd: class 4 has no test sample with split=bob"):
        load_events("fsdd:split=bob", tmp_path)


def test_damaged_recordings_are_named(tmp_path):
    folder = write_words(tmp_path / "fsdd" / "recordings", speakers=("ann",), indices=(0, 7))
    for name, content, words in (
        ("3_ann_7.wav", wav_bytes(np.zeros(0)), "3_ann_7.wav: of zero length"),
        ("3_ann_7.wav", wav_bytes(tone(300))[:60], "3_ann_7.wav: not a readable wav file"),
        ("noise.wav", wav_bytes(tone(300)), "noise.wav does not fit the pattern"),
    ):
        before = (folder / name).read_bytes() if (folder / name).exists() else None
        (folder / name).write_bytes(content)
        with pytest.raises(DataError) as error:
            load_events("fsdd", tmp_path)
        assert words in str(error.value) and str(folder) in str(error.value)
        (folder / name).unlink() if before is None else (folder / name).write_bytes(before)


def test_where_it_is_not(tmp_path):
    with pytest.raises(DataError) as error:
        load_events("fsdd", tmp_path)
    assert "free-spoken-digit-dataset" in str(error.value) and str(tmp_path / "fsdd") in str(error.value)


@pytest.fixture(scope="module")
def real():
    """FSDD's archive; without it skip on a user's machine, fail in CI."""
    return needed(find_fsdd)


def test_real_speech(real):
    """A tenth of FSDD: events as dense as they are meant to be, and rates alone tell the digits of known speakers."""
    from sklearn.linear_model import LogisticRegression

    collection = open_collection(real)
    everything = words_of(collection, NamePattern())
    assert len(everything) == 3000 and {word.speaker for word in everything} >= {"jackson", "theo"}
    words = [word for word in everything if word.speaker in ("jackson", "theo") and (word.index or 0) < 15]
    encoded = encode_collection(collection, words, FRONT_END)
    samples = np.repeat(np.arange(300), np.diff(encoded.offsets))
    steps = encoded.times // 8000
    kept = steps < 80
    seen = np.unique(np.stack([samples[kept], steps[kept], encoded.units[kept]]), axis=1)
    assert 500 < seen.shape[1] / 300 < 800
    rates = np.zeros((300, 128))
    np.add.at(rates, (seen[0], seen[2]), 1)
    test = np.array([(word.index or 0) < 5 for word in encoded.words])
    model = LogisticRegression(max_iter=500).fit(rates[~test] / 10, encoded.labels[~test])
    assert model.score(rates[test] / 10, encoded.labels[test]) > 0.9


def test_spikes_of_one_bit(place):
    data = load_events("fsdd", place)
    events = data.events("test", EncodingConfig(kind="events", spike_width=1), 80)
    assert events.levels.max() == 1 and data.test.levels.max() > 1
