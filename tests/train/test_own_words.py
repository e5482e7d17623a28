"""Words of one's own in SHD's format: written, read back, and bad files."""

import h5py
import numpy as np
import pytest

from golden.errors import DataError
from tests.train.audio_files import write_words
from tests.train.event_files import spoken, write_h5
from tests.train.test_event_dataset import dense
from train.audio.collection import NamePattern, open_collection
from train.audio.config import FrontEndConfig
from train.audio.encoding import encode_collection, words_of
from train.audio.selection import is_test
from train.data import EventDataset, load
from train.data.heidelberg_file import heidelberg_bytes, open_heidelberg

CONFIG = FrontEndConfig(channels=8)
LABELS = ("go", "stop", "up")


def words(name) -> EventDataset:
    data = load(str(name))
    assert isinstance(data, EventDataset)
    return data


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    collection = open_collection(write_words(tmp_path_factory.mktemp("wavs"), labels=LABELS, indices=range(4)))
    return encode_collection(collection, words_of(collection, NamePattern()), CONFIG)


@pytest.fixture
def pair(tmp_path, encoded):
    test = is_test("index=0", encoded.words)
    for part, chosen in (("train", ~test), ("test", test)):
        content = heidelberg_bytes(encoded.select(np.flatnonzero(chosen)), CONFIG)
        (tmp_path / f"mine_{part}.h5").write_bytes(content)
    return tmp_path


@pytest.fixture
def single(tmp_path, encoded):
    (tmp_path / "mine.h5").write_bytes(heidelberg_bytes(encoded, CONFIG))
    return tmp_path / "mine.h5"


def counts(encoded, chosen, n_steps, bin_us):
    found = np.zeros((len(chosen), n_steps, encoded.n_units), np.int64)
    for place, index in enumerate(chosen):
        events = slice(encoded.offsets[index], encoded.offsets[index + 1])
        np.add.at(found[place], (encoded.times[events] // bin_us, encoded.units[events]), 1)
    return found


def test_what_is_written_is_read(pair, encoded):
    test = is_test("index=0", encoded.words)
    data = words(pair / "mine_train.h5")
    assert data.name == "mine:bins=100,bin_ms=10,channels=16,split=official"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (16, 100, 3, (16,))
    for part, labels, chosen in ((data.train, data.train_y, ~test), (data.test, data.test_y, test)):
        order = np.flatnonzero(chosen)
        np.testing.assert_array_equal(dense(part), counts(encoded, order, 100, 10_000))
        np.testing.assert_array_equal(labels, encoded.labels[order])
    assert data.groups is not None and data.groups.tolist() == encoded.speakers[~test].tolist() and not data.by_group


def test_the_layout_is_that_of_shd(single, encoded):
    with h5py.File(single) as file:
        assert set(file) == {"spikes", "labels", "extra"} and set(file["spikes"]) == {"times", "units"}
        times, units = file["spikes/times"], file["spikes/units"]
        assert h5py.check_vlen_dtype(times.dtype) == np.float32 and h5py.check_vlen_dtype(units.dtype) == np.uint16
        assert len(times) == len(units) == len(file["labels"]) == len(file["extra/speaker"]) == 36
        np.testing.assert_array_equal(np.rint(np.float64(times[5]) * 1e6), encoded.times[slice(*encoded.offsets[5:7])])
        np.testing.assert_array_equal(units[5], encoded.units[slice(*encoded.offsets[5:7])])
        assert [key.decode() for key in file["extra/keys"]] == [*LABELS]
        assert [name.decode() for name in file["extra/meta_info/speaker"]] == ["ann", "bob", "eve"]
        assert file["extra/meta_info/n_units"][()] == 16 and file["extra/meta_info/rate"][()] == 8000


def test_equal_recordings_make_equal_bytes(single, encoded):
    assert heidelberg_bytes(encoded, CONFIG) == single.read_bytes()


def test_a_folder_and_either_file_name_the_pair(pair):
    expected = words(pair / "mine_train.h5:bins=7")
    for name in (f"{pair}:bins=7", pair / "mine_test.h5:bins=7"):
        found = words(name)
        assert found.name == expected.name
        for first, second in zip(found.arrays, expected.arrays, strict=True):
            np.testing.assert_array_equal(first, second)


def test_one_file_needs_a_speaker(single):
    with pytest.raises(DataError) as error:
        words(single)
    assert "choose split=SPEAKER, one of ann, bob, eve, or encode the recordings with `test`" in str(error.value)
    data = words(f"{single}:split=bob,channels=4,bins=20")
    assert data.name == "mine:bins=20,bin_ms=50,channels=4,split=bob"
    assert (len(data.train_y), len(data.test_y), data.by_group) == (24, 12, True)
    assert data.groups is not None and set(data.groups) == {0, 2}
    with pytest.raises(DataError, match="mine: split=carl: no speaker 'carl'; known are ann, bob, eve"):
        words(f"{single}:split=carl")


def test_both_files_together_leave_a_speaker_out(pair):
    data = words(f"{pair}:split=eve")
    assert (len(data.train_y), len(data.test_y)) == (24, 12)


def test_words_of_unknown_speakers(tmp_path):
    for label in LABELS:
        write_words(tmp_path / "wavs" / label, labels=("x",), speakers=("ann",))
    collection = open_collection(tmp_path / "wavs")
    encoded = encode_collection(collection, words_of(collection, NamePattern("{label}/*.wav")), CONFIG)
    (tmp_path / "mine.h5").write_bytes(heidelberg_bytes(encoded, CONFIG))
    assert encoded.speaker_names == ()
    with pytest.raises(DataError, match="class 0 has no training sample with split=unknown; choose another split"):
        words(f"{tmp_path / 'mine.h5'}:split=unknown")


def test_a_file_of_shd_itself(tmp_path):
    """Without what our files tell beyond the format: 700 units, and speakers by their numbers."""
    for part in ("train", "test"):
        write_h5(tmp_path / f"few_{part}.h5", [*range(20)] * 2, [spoken(n) for n in range(40)], [3] * 20 + [8] * 20)
    data = words(f"{tmp_path}:channels=70")
    assert data.name == "few:bins=100,bin_ms=10,channels=70,split=official" and data.n_classes == 20
    assert len(words(f"{tmp_path}:split=8").test_y) == 40
    with pytest.raises(DataError, match="known are 3, 8"):
        words(f"{tmp_path}:split=0")


def test_files_that_do_not_fit(pair, encoded, tmp_path):
    train, test = pair / "mine_train.h5", pair / "mine_test.h5"
    other = FrontEndConfig(channels=4)
    whole = test.read_bytes()
    with h5py.File(test, "r+") as file:
        file["extra/meta_info/n_units"][()] = 2 * other.channels
    with pytest.raises(DataError, match=r"mine_test\.h5: have 16 and 8 units; encode both in one run"):
        words(train)
    test.unlink()
    with pytest.raises(DataError, match=r"mine_test\.h5: is not there, but mine_train\.h5 needs it beside it"):
        words(train)
    test.write_bytes(whole)
    (pair / "yours_train.h5").write_bytes(train.read_bytes())
    with pytest.raises(DataError, match=r"holds mine_train\.h5 and yours_train\.h5; give one of them"):
        words(pair)


@pytest.mark.parametrize(
    "name, value, words_",
    [
        ("extra/meta_info/n_units", 0, "tells of 0 units, 1 to 65536 allowed"),
        ("extra/meta_info/n_units", -5, "tells of -5 units"),
        ("extra/meta_info/n_units", np.zeros(3, int), "not a readable HDF5 file"),
        ("extra/meta_info/n_units", 3, "outside 0..2"),
        ("extra/speaker", np.full(36, 3), "speakers 3 to 3, but 3 names of speakers"),
        ("extra/speaker", np.full(36, -1), "speakers -1 to -1"),
        ("labels", np.full(36, 3), "class 3, 0 to 2 allowed"),
        ("labels", np.zeros(36, int), "all labels are 0; at least two classes"),
        ("extra/keys", 7, "not a readable HDF5 file"),
        ("extra/keys", np.array([b"a", b"b", b"c", b"d"]), "class 3 has a word and no recording"),
    ],
)
def test_damaged_files(single, name, value, words_):
    with h5py.File(single, "r+") as file:
        del file[name]
        file[name] = value
    with pytest.raises(DataError) as error:
        words(f"{single}:split=ann")
    assert words_ in str(error.value) and str(single) in str(error.value) and "\n" not in str(error.value)


def test_a_file_without_keys_has_the_classes_of_its_labels(single):
    with h5py.File(single, "r+") as file:
        del file["extra/keys"]
    assert open_heidelberg(single).n_classes == 3


@pytest.mark.parametrize("name", ["nothing.h5", "nothing.h5:bins=3", "nothing/mine_train.h5"])
def test_files_that_are_not_there(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as error:
        load(name)
    assert f"unknown data set '{name}'" in str(error.value) and ".h5 file" in str(error.value)


def test_options_for_a_folder_of_pictures(tmp_path):
    (tmp_path / "pictures").mkdir()
    with pytest.raises(DataError, match=r"pictures: takes no options, got 'bins=3'"):
        load(f"{tmp_path / 'pictures'}:bins=3")


@pytest.mark.parametrize(
    "first, second, words",
    [
        (
            [1, 2, 3],
            [1, 2, 3],
            "class 0 has no recording; labels run from 1 to 3, and classes count from 0; subtract 1",
        ),
        (
            [0, 1, 3],
            [0, 1, 3],
            "class 2 has no recording; labels go up to 3, but only 3 different ones occur, none is 2",
        ),
        ([2, 2], [2], "all labels are 2; at least two classes are needed"),
    ],
)
def test_labels_that_are_no_classes(tmp_path, first, second, words):
    for part, labels in (("train", first), ("test", second)):
        write_h5(tmp_path / f"few_{part}.h5", labels, [spoken(n) for n in range(len(labels))])
        with h5py.File(tmp_path / f"few_{part}.h5", "r+") as file:
            del file["extra/keys"]
    with pytest.raises(DataError) as error:
        load(f"{tmp_path}:channels=70")
    assert words in str(error.value)


def test_a_word_missing_in_the_test_part_alone_is_named(tmp_path):
    for part, labels in (("train", [0, 1, 2]), ("test", [0, 1, 1])):
        write_h5(tmp_path / f"few_{part}.h5", labels, [spoken(n) for n in range(3)])
        with h5py.File(tmp_path / f"few_{part}.h5", "r+") as file:
            del file["extra/keys"]
    with pytest.raises(DataError, match="class 2 has no test sample"):
        load(f"{tmp_path}:channels=70")


def test_one_file_without_speakers_says_what_to_do(tmp_path):
    write_h5(tmp_path / "few.h5", [*range(20)], [spoken(n) for n in range(20)])
    with pytest.raises(DataError, match="one file has no test part; encode the recordings with `test`"):
        load(f"{tmp_path / 'few.h5'}:channels=70")
