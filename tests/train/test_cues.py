"""Cue accumulation: what a sample holds, which class it has, and that seeds decide all of it."""

from collections import Counter

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.test_event_dataset import dense
from train.data import EventDataset, load
from train.data.cues import CUE_MS, LEFT, NOISE, PAUSE_MS, RECALL, RECALL_MS, RIGHT


def cues(options="") -> EventDataset:
    data = load(f"cues:{options}" if options else "cues")
    assert isinstance(data, EventDataset)
    return data


@pytest.fixture(scope="module")
def fine():
    """Steps of a millisecond, so that cues and pauses are seen one by one."""
    return cues("bin_ms=1,train=40,test=40")


def populations(part):
    """Events of each sample, step and population."""
    return dense(part).reshape(part.n_samples, part.n_steps, 4, 10).sum(axis=3)


def strings(part):
    """Which side each cue of each sample is on: events of the two populations in the time of the cue."""
    found = populations(part)
    windows = [slice(start := cue * (PAUSE_MS + CUE_MS) + PAUSE_MS, start + CUE_MS) for cue in range(7)]
    left, right = (np.stack([found[:, w, side].sum(axis=1) for w in windows], axis=1) for side in (LEFT, RIGHT))
    assert ((left == 0) != (right == 0)).all()
    return (right > 0).astype(int)


def test_the_usual_task():
    data = cues()
    assert data.name == "cues:cues=7,delay_ms=1000,bin_ms=10,train=2000,test=1000,seed=0"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (40, 220, 2, (4, 10))
    assert np.bincount(data.train_y).tolist() == [1000, 1000] and np.bincount(data.test_y).tolist() == [500, 500]
    assert load(data.name).name == data.name and data.groups is None
    assert 400 < data.train.offsets[-1] / 2000 < 600


def test_the_class_is_the_side_with_more_cues(fine):
    for part, labels in ((fine.train, fine.train_y), (fine.test, fine.test_y)):
        sides = strings(part)
        np.testing.assert_array_equal(labels, sides.sum(axis=1) > 3)
        np.testing.assert_array_equal(sides[::2], 1 - sides[1::2])
        assert len({tuple(row) for row in sides}) > 20
        sums = Counter(sides.sum(axis=1).tolist())
        assert {3, 4} <= set(sums) and all(sums[n] == sums[7 - n] for n in range(8))


def test_when_each_population_fires(fine):
    assert fine.n_steps == 7 * 150 + 1000 + 150
    totals = populations(fine.train).sum(axis=0)
    silent = np.ones(fine.n_steps, bool)
    for cue in range(7):
        start = cue * (PAUSE_MS + CUE_MS) + PAUSE_MS
        silent[start : start + CUE_MS] = False
    assert not totals[silent][:, [LEFT, RIGHT]].any() and totals[~silent][:, [LEFT, RIGHT]].sum(axis=1).mean() > 10
    assert not totals[:-RECALL_MS, RECALL].any()
    seconds = 40 * 10 / 1000  # neurons of all samples, a millisecond
    assert totals[-RECALL_MS:, RECALL].mean() == pytest.approx(40 * seconds, rel=0.1)
    assert totals[:, NOISE].mean() == pytest.approx(10 * seconds, rel=0.1)
    assert totals[~silent][:, [LEFT, RIGHT]].sum(axis=1).mean() == pytest.approx(40 * seconds, rel=0.1)


def test_wider_bins_count_the_same_events(fine):
    wide = cues("bin_ms=10,train=40,test=40")
    np.testing.assert_array_equal(dense(fine.train).reshape(40, 220, 10, 40).sum(axis=2), dense(wide.train))


def test_a_seed_decides_everything():
    arrays = cues("train=8,test=8,seed=5").arrays
    for first, second in zip(arrays, cues("seed=5,test=8,train=8").arrays, strict=True):
        np.testing.assert_array_equal(first, second)
    other = cues("train=8,test=8,seed=6")
    assert len(other.train.levels) != len(arrays[1]) or (other.train.addresses != arrays[1]).any()
    # Parts are drawn independently: neither holds the other, nor changes with the other's size.
    longer = cues("train=16,test=8,seed=5")
    np.testing.assert_array_equal(longer.test.addresses, cues("train=8,test=8,seed=5").test.addresses)
    np.testing.assert_array_equal(longer.take(8).train.addresses, arrays[1])
    assert (strings_of_seed := dense(longer.test)).shape == (8, 220, 40)
    assert not any((strings_of_seed[0] == sample).all() for sample in dense(longer.train))


def test_recorded_once():
    """The same on every machine and with every version of numpy."""
    data = cues("train=2,test=2,cues=3,delay_ms=0")
    assert (len(data.train.levels), data.train.addresses[:8].tolist(), data.train_y.tolist()) == (
        428, [32, 37, 36, 36, 32, 11, 13, 16], [1, 0],
    )  # fmt: skip


def test_other_lengths():
    data = cues("cues=1,delay_ms=0,bin_ms=7,train=2,test=2")
    assert data.n_steps == 43  # 300 ms, the last step of 6
    assert data.name == "cues:cues=1,delay_ms=0,bin_ms=7,train=2,test=2,seed=0"
    assert cues("bin_ms=2.5,train=2,test=2").n_steps == 880


@pytest.mark.parametrize(
    "options, words",
    [
        ("cues=6", "cues=6 must be odd"),
        ("cues=0", "cues=0 must be a whole number of 1 to 99"),
        ("train=3", "train=3 must be even"),
        ("test=0", "test=0 must be a whole number of 2 to 1000000"),
        ("delay_ms=-1", "delay_ms=-1"),
        ("delay_ms=1.5", "delay_ms=1.5"),
        ("bin_ms=0", "bin_ms=0 must be milliseconds"),
        ("bin_ms=0.1", "2200 ms are 22000 time steps, at most 4096; choose a longer bin_ms"),
        ("seed=x", "seed=x"),
        ("seed=1,seed=2", "option seed is given twice"),
        ("pause=3", "unknown option 'pause=3'; write cues:NAME=VALUE,.. with cues, delay_ms"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(DataError) as error:
        cues(options)
    assert words in str(error.value) and str(error.value).startswith("cues: ") and "\n" not in str(error.value)
