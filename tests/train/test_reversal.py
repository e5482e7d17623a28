"""Samples and their reversals differ in nothing but order."""

import numpy as np

from golden.config import EncodingConfig
from golden.encoding import to_events
from tests.train.test_event_dataset import dense
from train.data import EventDataset
from train.data.reversal import with_reversed


def counts(n, seed):
    random = np.random.RandomState(seed)
    spikes = random.randint(0, 4, (n, 9, 5)) * (random.random_sample((n, 9, 5)) < 0.3)
    for index in range(n):
        spikes[index, : index % 4] = 0
        spikes[index, 9 - index % 3 :] = 0
    spikes[1] = 0  # silent
    return spikes


def make(groups=None, by_group=True):
    return EventDataset(
        name="words", train=to_events(counts(20, 0)), train_y=np.arange(20) % 4, test=to_events(counts(8, 1)),
        test_y=np.arange(8) % 4, n_classes=4, shape=(5,), groups=groups, by_group=by_group,
    )  # fmt: skip


def test_each_sample_has_its_reversal_behind_it():
    data = with_reversed(make())
    assert data.n_classes == 8 and data.name == "words"
    for part, seed, labels in ((data.train, 0, data.train_y), (data.test, 1, data.test_y)):
        found, plain = dense(part), counts(part.n_samples // 2, seed)
        np.testing.assert_array_equal(found[::2], plain)
        for forward, backward in zip(plain, found[1::2], strict=True):
            steps = np.flatnonzero(forward.any(axis=1))
            expected = forward.copy()
            if len(steps):
                inside = slice(steps[0], steps[-1] + 1)
                expected[inside] = forward[inside][::-1]
                np.testing.assert_array_equal(np.flatnonzero(backward.any(axis=1))[[0, -1]], steps[[0, -1]])
            np.testing.assert_array_equal(backward, expected)
        np.testing.assert_array_equal(labels[1::2], labels[::2] + 4)
        np.testing.assert_array_equal(labels[::2], np.arange(len(plain)) % 4)
        assert (found[1::2] != found[::2]).any(axis=(1, 2)).sum() == len(plain) - 1  # all but the silent one


def test_counts_tell_nothing():
    data = with_reversed(make())
    for spike_width in (1, 2):  # clipped counts as well
        events = data.events("train", EncodingConfig(kind="events", spike_width=spike_width), 9)
        totals = dense(events).sum(axis=1)
        np.testing.assert_array_equal(totals[::2], totals[1::2])


def test_validation_keeps_the_two_together():
    for groups, by_group in ((None, True), (np.arange(20) % 2, False)):
        split = with_reversed(make(groups, by_group)).validation_split(1 / 5)
        held = dense(split.test)
        assert len(held) == 8 and (split.test_y[1::2] == split.test_y[::2] + 4).all()
        np.testing.assert_array_equal(held.sum(axis=1)[::2], held.sum(axis=1)[1::2])


def test_validation_holds_out_the_groups_of_the_set():
    data = with_reversed(make(np.repeat([0, 1, 2, 3], 5)))
    assert data.groups is not None and data.groups.tolist() == np.repeat([0, 1, 2, 3], 10).tolist()
    assert len(data.validation_split(1 / 4).test_y) == 10
