"""N-MNIST from files packed by hand, and recordings of the set itself where they are there."""

import numpy as np
import pytest

from golden.errors import DataError
from tests.needed import needed
from tests.train.event_files import load_events, nmnist_bytes, nmnist_events, write_nmnist
from tests.train.test_event_dataset import dense
from train.data.nmnist import find_nmnist, read_nmnist

CORNERS = [(0, 0, 0, 0), (33, 0, 1, 0), (0, 33, 0, 0x7FFF), (33, 33, 1, 0x10000), (1, 2, 1, 0x7FFFFF)]


def test_the_fields_of_an_event(tmp_path):
    path = tmp_path / "1.bin"
    path.write_bytes(nmnist_bytes(CORNERS))
    found = read_nmnist(path, 4)
    polarity, row, column = found.places
    assert list(zip(column, row, polarity, found.times, strict=True)) == CORNERS
    assert (found.label, found.where) == (4, str(path)) and found.times.dtype == np.int64


def test_the_clock_may_overflow(tmp_path):
    path = tmp_path / "1.bin"
    path.write_bytes(nmnist_bytes([(1, 1, 0, 8000), (0, 240, 0, 0), (2, 2, 0, 5), (0, 240, 0, 3), (3, 3, 0, 4)]))
    found = read_nmnist(path, 0)
    assert found.times.tolist() == [8000, 5 + 8192, 4 + 2 * 8192] and found.places[2].tolist() == [1, 2, 3]


@pytest.mark.parametrize("below", ["nmnist", "N-MNIST", ""])
def test_a_set_in_the_order_of_its_file_names(tmp_path, below):
    write_nmnist(tmp_path / below, per_class=2)
    data = load_events("nmnist:downsample=2,bins=5", tmp_path)
    assert data.name == "nmnist:bins=5,bin_ms=60,downsample=2"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (578, 5, 10, (2, 17, 17))
    assert data.train_y.tolist() == data.test_y.tolist() == [index * 7 % 10 for index in range(20)]
    assert data.groups is None
    for first, events in ((1, data.train), (1001, data.test)):
        counts = np.zeros((20, 5, 2, 17, 17), np.int64)
        for index in range(20):
            for x, y, p, t in nmnist_events(first + index):
                counts[index, t // 60_000, p, y // 2, x // 2] += 1
        assert counts.max() > 1
        np.testing.assert_array_equal(dense(events), counts.reshape(20, 5, 578))


def test_late_events_are_left_out(tmp_path):
    write_nmnist(tmp_path, last=500_000)
    events = load_events("nmnist", tmp_path).train
    inside = [event for number in range(1, 11) for event in nmnist_events(number, last=500_000) if event[3] < 300_000]
    assert int(events.levels.sum()) == len(inside) < 600


def test_a_missing_class_or_part(tmp_path):
    write_nmnist(tmp_path)
    for path in (tmp_path / "Test" / "3").iterdir():
        path.unlink()
    with pytest.raises(DataError) as error:
        load_events("nmnist", tmp_path)
    assert f"{tmp_path / 'Test' / '3'}: holds no .bin file" in str(error.value)
    for folder in (tmp_path / "Train").iterdir():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    with pytest.raises(DataError) as error:
        load_events("nmnist", tmp_path)
    assert f"{tmp_path / 'Train' / '0'}: holds no .bin file" in str(error.value)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "0 bytes are no whole number of events"),
        (nmnist_bytes(CORNERS)[:-1], "24 bytes are no whole number of events"),
        (nmnist_bytes([(34, 0, 0, 0)]), "an event at 34, outside 0..33"),
        (nmnist_bytes([(0, 34, 0, 0)]), "an event at 34, outside 0..33"),
        (nmnist_bytes([(0, 0, 0, 7), (0, 0, 0, 6)]), "event 1 is earlier than the one before it"),
    ],
)
def test_damaged_files(tmp_path, content, words):
    path = next((write_nmnist(tmp_path) / "Train" / "7").iterdir())
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_events("nmnist", tmp_path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_nmnist(tmp_path, 0)


@pytest.fixture(scope="module")
def real():
    """N-MNIST or a part of it; without it skip on a user's machine, fail in CI."""
    return needed(find_nmnist)


def test_real_recordings(real):
    """Three saccades of about 100 ms, of both polarities, on all of the sensor."""
    for label in range(10):
        found = read_nmnist(min((real / "Test" / str(label)).iterdir()), label)
        polarity, row, column = found.places
        assert 1_000 < len(found.times) < 10_000 and (np.diff(found.times) >= 0).all()
        assert 290_000 < found.times[-1] < 340_000 and found.times[0] < 30_000
        assert 0.3 < polarity.mean() < 0.7
        assert 25 < row.max() <= 33 and 25 < column.max() <= 33
        thirds = np.bincount(np.minimum(found.times // 105_000, 2), minlength=3)
        assert thirds.min() > len(found.times) / 6
