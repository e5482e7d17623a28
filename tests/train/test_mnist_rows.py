"""Pictures row by row, as graded spikes of any width."""

import gzip

import numpy as np
import pytest

from golden.config import EncodingConfig
from golden.encoding import encode
from tests.train.event_files import load_events
from tests.train.test_data import idx_bytes
from tests.train.test_event_dataset import dense
from train.data.dataset import Part
from train.data.idx import IDX_SET


@pytest.fixture(scope="module")
def pictures():
    random = np.random.RandomState(0)
    train, test = (random.randint(0, 256, (n, 4, 3)) * random.randint(0, 2, (n, 4, 3)) for n in (12, 6))
    train[0, 0, 0] = 255
    train[0, 0, 1] = 1  # nothing is left of it in narrow spikes
    return train.astype(np.uint8), np.arange(12) % 3, test.astype(np.uint8), np.arange(6) % 3


@pytest.fixture(scope="module")
def place(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("data")
    (folder / "mnist").mkdir()
    for name, values in zip(IDX_SET, pictures, strict=True):
        (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(values.astype(np.uint8))))
    return folder


@pytest.mark.parametrize("spike_width", range(1, 9))
def test_rows_are_steps_and_pixels_are_graded(place, pictures, spike_width):
    data = load_events("mnist-rows", place)
    assert (data.name, data.n_steps, data.n_inputs, data.shape, data.n_classes) == ("mnist-rows", 4, 3, (3,), 3)
    encoding = EncodingConfig(kind="events", spike_width=spike_width)
    parts: tuple[Part, ...] = ("train", "test")
    for part, images, labels in zip(parts, pictures[::2], pictures[1::2], strict=True):
        events = data.events(part, encoding, 4)
        # The upper bits, as the encoding of values at every step takes them.
        values = EncodingConfig(kind="every_step", value_width=8, spike_width=spike_width)
        np.testing.assert_array_equal(dense(events), encode(images.reshape(-1, 3), values, 1).reshape(-1, 4, 3))
        assert (events.levels > 0).all() and [column.dtype for column in events[:3]] == [np.int64, np.int32, np.uint8]
        order = np.array([3, 0, 3])
        np.testing.assert_array_equal(dense(data.events(part, encoding, 4, order)), dense(events)[order])
        assert (data.train_y if part == "train" else data.test_y).tolist() == labels.tolist()
    np.testing.assert_array_equal(dense(data.train), pictures[0])  # what it holds stays as it is


def test_validation(place):
    split = load_events("mnist-rows", place).validation_split(1 / 4)
    assert np.bincount(split.test_y).tolist() == [1, 1, 1] and split.level_width == 8


def test_mnist_itself(mnist_dir):
    data = load_events("mnist-rows", mnist_dir)
    assert (data.n_steps, data.n_inputs, len(data.train_y), len(data.test_y)) == (28, 28, 60_000, 10_000)
    assert data.train.levels.max() == 255
