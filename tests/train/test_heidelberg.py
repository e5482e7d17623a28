"""SHD and SSC from HDF5 files of their layout."""

import sys

import h5py
import numpy as np
import pytest

from golden.errors import DataError
from tests.train.event_files import load_events, spoken, write_h5, write_shd
from tests.train.test_event_dataset import dense
from train.data import heidelberg_file


def expected(first, count, n_steps, bin_us, factor):
    counts = np.zeros((count, n_steps, 700 // factor), np.int64)
    for index in range(count):
        for time, unit in zip(*spoken(first + index), strict=True):
            step = round(float(time) * 1e6) // bin_us
            if step < n_steps:
                counts[index, step, unit // factor] += 1
    return counts


@pytest.mark.parametrize("name, n_classes", [("shd", 20), ("ssc", 35)])
@pytest.mark.parametrize("upper", [False, True])
def test_spoken_words(tmp_path, monkeypatch, name, n_classes, upper):
    monkeypatch.setattr(heidelberg_file, "_CHUNK", 17)
    write_shd(tmp_path / (name.upper() if upper else name), n_classes, name)
    data = load_events(f"{name}:bins=10,channels=140", tmp_path)
    assert data.name == f"{name}:bins=10,bin_ms=140,channels=140"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (140, 10, n_classes, (140,))
    assert data.train_y.tolist() == data.test_y.tolist() == [*range(n_classes)] * 2
    assert data.groups is not None and data.groups.tolist() == [0] * n_classes + [1] * n_classes
    np.testing.assert_array_equal(dense(data.train), expected(0, 2 * n_classes, 10, 140_000, 5))
    np.testing.assert_array_equal(dense(data.test), expected(1000, 2 * n_classes, 10, 140_000, 5))


def test_late_events_are_left_out(tmp_path):
    write_shd(tmp_path)
    data = load_events("shd:bins=5,bin_ms=100", tmp_path)
    counts = expected(0, 40, 5, 100_000, 1)
    np.testing.assert_array_equal(dense(data.train), counts)
    assert 0 < counts.sum() < 40 * 50


def test_speakers_need_not_be_known(tmp_path):
    data = load_events("shd:bins=2,channels=7", write_shd(tmp_path, speakers=False))
    assert data.groups is None and len(data.validation_split(1 / 2).test_y) == 20
    with pytest.raises(DataError, match="no groups are known"):
        data.validation_split(by_group=True)


def test_a_word_may_be_silent(tmp_path):
    write_shd(tmp_path)
    silent = (np.zeros(0, np.float16), np.zeros(0, np.uint16))
    write_h5(tmp_path / "shd_test.h5", range(20), [spoken(number) if number else silent for number in range(20)])
    assert np.diff(load_events("shd", tmp_path).test.offsets)[:100].sum() == 0


def test_without_h5py(tmp_path, monkeypatch):
    write_shd(tmp_path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError) as error:
        load_events("shd", tmp_path)
    assert "pip install 'intsnn-hw[data]'" in str(error.value)


SAMPLES = [spoken(number) for number in range(20)]


def rewritten(path, labels=range(20), samples=SAMPLES, speakers=None, drop=None, **replace):
    write_h5(path, labels, samples, speakers)
    with h5py.File(path, "r+") as file:
        if drop is not None:
            del file[drop]
        for name, value in replace.items():
            del file[name.replace("__", "/")]
            file[name.replace("__", "/")] = value


def sample_0(times, units=(1, 2, 3)):
    return [(np.array(times), np.array(units)), *SAMPLES[1:]]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"drop": "labels"}, "lacks labels"),
        ({"drop": "spikes/times"}, "lacks spikes/times"),
        ({"drop": "spikes"}, "lacks spikes/times"),
        ({"labels": range(19), "samples": SAMPLES[:19]}, "class 19 has no sample"),
        ({"labels": [20, *range(1, 20)]}, "sample 0: class 20, 0 to 19 allowed"),
        ({"labels": range(19)}, "labels, times and units of [19, 20, 20] samples"),
        ({"speakers": range(19)}, "all must be of one number"),
        ({"samples": sample_0([0.1, 0.3, 0.2])}, "sample 0: event 2 is earlier"),
        ({"samples": sample_0([-0.1, 0.3, 0.4])}, "sample 0: an event at -99976 us, before the start"),
        ({"samples": sample_0([0.1, 0.3, np.nan])}, "sample 0: a time that is no number"),
        ({"samples": sample_0([0.1, 0.3, np.inf])}, "sample 0: a time that is no number"),
        ({"samples": sample_0([0.1, 0.3, 3600.0])}, "sample 0: a time that is no number"),
        ({"samples": sample_0([0.1, 0.3, 0.3], (0, 700, 0))}, "sample 0: an event at 700, outside 0..699"),
        ({"samples": sample_0([0.1, 0.3], (0, 1, 0))}, "sample 0: 2 times for 3 places"),
        ({"spikes__units": np.zeros((20, 50), np.uint16)}, "spikes/units is uint16 (20, 50); a list of numbers"),
        ({"spikes__units": np.zeros(20, np.uint16)}, "a list of numbers a sample is needed"),
        ({"labels": [], "samples": []}, "class 0 has no sample"),
    ],
)  # fmt: skip
def test_damaged_files(tmp_path, changes, words):
    path = write_shd(tmp_path) / "shd_test.h5"
    rewritten(path, **changes)
    with pytest.raises(DataError) as error:
        load_events("shd", tmp_path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_labels_that_are_no_whole_numbers(tmp_path):
    path = write_shd(tmp_path) / "shd_train.h5"
    with h5py.File(path, "r+") as file:
        del file["labels"]
        file["labels"] = np.zeros(40)
    with pytest.raises(DataError, match=r"labels is float64 \(40,\); whole numbers"):
        load_events("shd", tmp_path)


def test_a_file_cut_short_or_of_another_kind(tmp_path):
    path = write_shd(tmp_path) / "shd_test.h5"
    whole = path.read_bytes()
    for content in (b"", b"<html>", whole[:100], whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            load_events("shd", tmp_path)
        assert "not a readable HDF5 file" in str(error.value) and str(path) in str(error.value)
        assert "\n" not in str(error.value)
    path.unlink()
    with pytest.raises(DataError) as error:
        load_events("shd", tmp_path)
    assert str(path) in str(error.value)


def test_files_damaged_anywhere_never_end_in_another_exception(tmp_path):
    path = write_shd(tmp_path, repeats=1) / "shd_test.h5"
    whole, random = path.read_bytes(), np.random.RandomState(0)
    refused = 0
    for position in random.permutation(min(len(whole), 12_000))[:150]:
        flipped = bytearray(whole)
        flipped[position] ^= 0xFF
        path.write_bytes(bytes(flipped))
        try:
            load_events("shd:bins=2,channels=7", tmp_path)
        except DataError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 5
