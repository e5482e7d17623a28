"""Event sets in hand: clipping, selection, splits."""

import numpy as np
import pytest

from golden.config import EncodingConfig
from golden.encoding import to_events
from golden.errors import DataError
from train.data import EventDataset
from train.data.dataset import Part


def spikes(n, seed):
    random = np.random.RandomState(seed)
    counts = random.randint(0, 20, (n, 3, 8)) * (random.random_sample((n, 3, 8)) < 0.5)
    counts[0, 1] = 255
    counts[:, 2, 7] = np.arange(n) + 1  # tells the samples apart
    return counts


def dense(events):
    found = np.zeros((events.n_samples * events.n_steps, events.n_inputs), np.int64)
    found[np.repeat(np.arange(len(found)), np.diff(events.offsets)), events.addresses] = events.levels
    return found.reshape(-1, events.n_steps, events.n_inputs)


def make(groups=None):
    return EventDataset(
        name="small", train=to_events(spikes(24, 0)), train_y=np.arange(24) % 3, test=to_events(spikes(6, 1)),
        test_y=np.arange(6) % 3, n_classes=3, shape=(2, 2, 2), groups=groups,
    )  # fmt: skip


def encoding(spike_width):
    return EncodingConfig(kind="events", spike_width=spike_width)


@pytest.mark.parametrize("spike_width", [1, 2, 4, 8])
def test_levels_are_clipped_to_the_spike_width(spike_width):
    data, order = make(), np.array([5, 0, 0])
    parts: tuple[tuple[Part, np.ndarray], ...] = (("train", spikes(24, 0)), ("test", spikes(6, 1)))
    for part, counts in parts:
        clipped = np.minimum(counts, 2**spike_width - 1)
        events = data.events(part, encoding(spike_width), 3)
        np.testing.assert_array_equal(dense(events), clipped)
        assert [column.dtype for column in events[:3]] == [np.int64, np.int32, np.uint8]
        np.testing.assert_array_equal(dense(data.events(part, encoding(spike_width), 3, order)), clipped[order])
    np.testing.assert_array_equal(dense(data.train), spikes(24, 0))  # what it holds stays as it is


def test_what_it_tells_of_itself():
    data = make()
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (8, 3, 3, (2, 2, 2))
    assert [len(array) for array in data.arrays] == [73, len(data.train.levels), len(data.train.levels), 24, 19] + 2 * [
        len(data.test.levels)
    ] + [6]


def test_other_encodings_and_steps_are_refused():
    for config, n_steps, words in (
        (EncodingConfig(), 3, "'single_shot' does not take"),
        (encoding(4), 4, "3 time steps"),
    ):
        with pytest.raises(DataError) as error:
            make().events("test", config, n_steps)
        assert words in str(error.value) and str(error.value).startswith("small: ")


def test_take_returns_the_first_samples():
    data = make(np.arange(24))
    part = data.take(4, 1)
    np.testing.assert_array_equal(dense(part.train), spikes(24, 0)[:4])
    np.testing.assert_array_equal(dense(part.test), spikes(6, 1)[:1])
    assert part.train_y.tolist() == [0, 1, 2, 0] and part.test_y.tolist() == [0] and part.groups is not None
    assert part.groups.tolist() == [0, 1, 2, 3]
    assert data.take().train is data.train
    with pytest.raises(DataError, match="25 training samples asked for; choose 1 to 24"):
        data.take(25)


def test_validation_split_by_class():
    data = make()
    split = data.validation_split(1 / 4)
    held = [int(sample[2, 7]) - 1 for sample in dense(split.test)]
    kept = [int(sample[2, 7]) - 1 for sample in dense(split.train)]
    assert np.bincount(split.test_y).tolist() == [2, 2, 2] and sorted(held + kept) == list(range(24))
    assert held == sorted(held) and kept == sorted(kept)
    assert split.test_y.tolist() == [sample % 3 for sample in held] and split.train_y.tolist() == [s % 3 for s in kept]
    np.testing.assert_array_equal(dense(split.test), spikes(24, 0)[held])
    assert split.name == "small-validation" and split.groups is None
    # Recorded once: the same on every machine and with every version of numpy.
    assert held == [4, 6, 8, 17, 18, 19]


def test_validation_split_by_group():
    people = np.repeat([3, 9, 1, 4], [12, 2, 4, 6])
    data = make(people)
    for seed in range(10):
        split = data.validation_split(1 / 6, seed)
        held = [int(sample[2, 7]) - 1 for sample in dense(split.test)]
        alone = set(people[held])
        assert split.groups is not None and alone.isdisjoint(split.groups) and len(split.groups) + len(held) == 24
        assert alone | set(split.groups) == {1, 3, 4, 9}
    sizes = {len(data.validation_split(1 / 6, seed).test_y) for seed in range(20)}
    assert len(sizes) > 1 and max(sizes) <= 12
    assert len(data.validation_split(1 / 6, by_group=False).test_y) == 3  # rounded half up in each class: 8/6
    np.testing.assert_array_equal(data.validation_split(0.5, 3).test_y, data.validation_split(0.5, 3).test_y)


def test_groups_that_cannot_be_held_out():
    with pytest.raises(DataError, match="small: no groups are known"):
        make().validation_split(by_group=True)
    with pytest.raises(DataError, match="all training samples are of one group"):
        make(np.zeros(24, np.int64)).validation_split()
    for fraction in (0, 1, -1, float("nan")):
        with pytest.raises(DataError, match="fraction"):
            make(np.arange(24)).validation_split(fraction)
