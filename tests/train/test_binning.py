"""Binning against naive loops, and recordings that cannot be."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from golden.errors import DataError
from train.data.binning import MAX_COUNT, Binning, Grid, Recording, collect


def naive(recordings, grid, binning):
    """Counts (n, n_steps, *shape), event by event."""
    counts = np.zeros((len(recordings), binning.n_steps, *grid.shape), np.int64)
    for sample, (times, places, *_) in enumerate(recordings):
        for index, time in enumerate(times.tolist()):
            if binning.bin_us is not None:
                step = time // binning.bin_us
            else:
                step = (time - times[0]) * binning.n_steps // (times[-1] - times[0] + 1)
            if step < binning.n_steps:
                place = (axis[index] // factor for axis, factor in zip(places, grid.factors, strict=True))
                counts[(sample, step, *place)] += 1
    return counts


def dense(events, shape):
    counts = np.zeros((events.n_samples * events.n_steps, events.n_inputs), np.int64)
    for row, (start, stop) in enumerate(zip(events.offsets[:-1], events.offsets[1:], strict=True)):
        assert (np.diff(events.addresses[start:stop]) > 0).all()  # ascending, each input at most once
        counts[row, events.addresses[start:stop]] = events.levels[start:stop]
    return counts.reshape(events.n_samples, events.n_steps, *shape)


@st.composite
def grids(draw):
    axes = [draw(st.tuples(st.integers(1, 4), st.integers(1, 3))) for _ in range(draw(st.integers(1, 3)))]
    return Grid(sensor=tuple(kept * factor for kept, factor in axes), factors=tuple(factor for _, factor in axes))


@given(grids(), st.integers(1, 5), st.none() | st.integers(1, 30), st.lists(st.integers(0, 40), max_size=3), st.data())
def test_events_are_counted_by_step_and_input(grid, n_steps, bin_us, sizes, data):
    binning = Binning(n_steps=n_steps, bin_us=bin_us)
    random = np.random.RandomState(data.draw(st.integers(0, 2**32 - 1)))
    recordings = [
        Recording(
            np.sort(random.randint(0, 60, size)),
            tuple(random.randint(axis, size=size) for axis in grid.sensor),
            number % 2, number, "a file",
        )
        for number, size in enumerate([5, 0, *sizes])
    ]  # fmt: skip
    expected = naive(recordings, grid, binning)
    assume(expected.any())
    events, labels, groups = collect(recordings, grid, binning, 2, "the set")
    assert [column.dtype for column in events[:3]] == [np.int64, np.int32, np.uint8]
    assert (events.n_samples, events.n_steps) == (len(recordings), n_steps) and (events.levels > 0).all()
    np.testing.assert_array_equal(dense(events, grid.shape), expected)
    assert labels.tolist() == [number % 2 for number in range(len(recordings))]
    assert groups.tolist() == list(range(len(recordings)))


def one(times, *places, label=0):
    return Recording(np.array(times, np.int64), tuple(map(np.array, places)), label, 0, "file.bin")


GRID, BINNING = Grid(sensor=(2, 4), factors=(1, 2)), Binning(n_steps=3, bin_us=10)


def test_counts_stop_at_what_a_spike_can_hold():
    for count in (MAX_COUNT - 1, MAX_COUNT, MAX_COUNT + 1, 1000):
        events, *_ = collect([one([12] * count, [1] * count, [3] * count)], GRID, BINNING, 1, "set")
        assert events.levels.tolist() == [min(count, MAX_COUNT)] and events.addresses.tolist() == [3]
        assert events.offsets.tolist() == [0, 0, 1, 1]


def test_events_at_the_edges_of_the_bins():
    times = [0, 9, 10, 29, 30]
    events, *_ = collect([one(times, [0] * 5, [0, 1, 2, 3, 3])], GRID, BINNING, 1, "set")
    assert np.diff(events.offsets).tolist() == [1, 1, 1]  # 30 us is after the last step; 0 and 1 join to one input
    assert events.levels.tolist() == [2, 1, 1] and events.addresses.tolist() == [0, 1, 1]
    stretched = Binning(n_steps=3, bin_us=None)
    assert stretched.steps(np.array([100, 101, 102, 105])).tolist() == [0, 0, 1, 2]
    assert stretched.steps(np.array([7])).tolist() == [0] and stretched.steps(np.array([], np.int64)).tolist() == []


@pytest.mark.parametrize(
    "recording, words",
    [
        (one([0, 5, 4], [0, 0, 0], [0, 0, 0]), "event 2 is earlier than the one before"),
        (one([-1, 5], [0, 0], [0, 0]), "an event at -1 us, before the start"),
        (one([0, 1], [0, 2], [0, 0]), "an event at 2, outside 0..1"),
        (one([0, 1], [0, 0], [-3, 0]), "an event at -3, outside 0..3"),
        (one([99], [0], [4]), "an event at 4, outside 0..3"),  # also where it is in no bin
        (one([0, 1], [0], [0]), "2 times for 1 places"),
        (one([0], [0], [0], label=1), "class 1, 0 to 0 allowed"),
        (one([0], [0], [0], label=-1), "class -1, 0 to 0 allowed"),
    ],
)
def test_recordings_that_cannot_be(recording, words):
    good = one([0], [0], [0])
    with pytest.raises(DataError) as error:
        collect([good, recording], GRID, BINNING, 1, "set")
    assert str(error.value).startswith("file.bin: ") and words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("recordings", [[], [one([0], [0], [0])]])
def test_a_class_without_a_sample(recordings):
    with pytest.raises(DataError) as error:
        collect(recordings, GRID, BINNING, 2, "the/folder")
    assert f"the/folder: class {len(recordings)} has no sample" in str(error.value)


def test_events_that_no_time_step_holds():
    late = one([10**6], [0], [0])
    with pytest.raises(DataError) as error:
        collect([late, late], GRID, BINNING, 1, "the/file")
    assert "the/file: none of 2 events falls into the" in str(error.value) and "\n" not in str(error.value)
    for few in ([late, one([0], [0], [0])], [one([], [], [])]):
        assert collect(few, GRID, BINNING, 1, "the/file")[0].n_samples == len(few)
