"""DVS Gesture as published and as converted to numpy."""

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.event_files import aedat_bytes, gesture_events, load_events, recording, write_gestures
from tests.train.test_event_dataset import dense
from train.data.dvs_gesture import read_labels


def counts_of(events, start, n_steps, bin_us, factor):
    counts = np.zeros((n_steps, 2, 128 // factor, 128 // factor), np.int64)
    for x, y, p, t in events:
        if (t - start) // bin_us < n_steps:
            counts[(t - start) // bin_us, p, y // factor, x // factor] += 1
    return counts.reshape(n_steps, -1)


@pytest.mark.parametrize("below", ["dvs-gesture", "DvsGesture", "dvs-gesture/DvsGesture", ""])
def test_gestures_are_cut_out_of_recordings(tmp_path, below):
    write_gestures(tmp_path / below, 2, 1)
    data = load_events("dvs-gesture:bins=4,bin_ms=2,downsample=32", tmp_path)
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (32, 4, 11, (2, 4, 4))
    assert data.name == "dvs-gesture:bins=4,bin_ms=2,downsample=32"
    assert data.train_y.tolist() == [*range(11)] * 2 and data.test_y.tolist() == [*range(11)]
    assert data.groups is not None and data.groups.tolist() == [0] * 11 + [1] * 11
    for number, events in ((0, dense(data.train)[:11]), (1, dense(data.train)[11:]), (50, dense(data.test))):
        for label in range(11):
            gesture = gesture_events(100 * number + 2 * label, 20_000 * label, 10_000)
            np.testing.assert_array_equal(events[label], counts_of(gesture, 20_000 * label, 4, 2000, 32))
    assert len(data.validation_split(1 / 3).test_y) == 11  # one of two people


def test_bins_over_each_sample(tmp_path):
    data = load_events("dvs-gesture:bins=3,over=sample,downsample=128", write_gestures(tmp_path))
    times = np.array([event[3] for event in gesture_events(4, 40_000, 10_000)])
    steps = (times - times[0]) * 3 // (times[-1] - times[0] + 1)
    assert dense(data.train)[2].sum(axis=1).tolist() == np.bincount(steps).tolist() and int(steps[-1]) == 2


def write_converted(folder):
    for part, numbers in (("Train", (1, 2)), ("Test", (24,))):
        for number in numbers:
            for label in range(11):
                path = folder / f"ibmGesture{part}" / f"user{number:02}_lab" / f"{label}.npy"
                path.parent.mkdir(parents=True, exist_ok=True)
                events = [(x, y, p, t // 1000) for x, y, p, t in gesture_events(number * 20 + label, 5000, 90_000)]
                np.save(path, np.array(events, np.float64 if label % 2 else np.int64))
    return folder


def test_the_form_of_tonic(tmp_path):
    write_converted(tmp_path / "dvs-gesture")
    data = load_events("dvs-gesture:bins=9,bin_ms=10,downsample=64", tmp_path)
    assert data.train_y.tolist() == [*range(11)] * 2 and data.test_y.tolist() == [*range(11)]
    assert data.groups is not None and data.groups.tolist() == [0] * 11 + [1] * 11
    for number, events in ((1, dense(data.train)[:11]), (2, dense(data.train)[11:]), (24, dense(data.test))):
        for label in range(11):
            gesture = [(x, y, p, t // 1000 * 1000) for x, y, p, t in gesture_events(number * 20 + label, 5000, 90_000)]
            np.testing.assert_array_equal(events[label], counts_of(gesture, gesture[0][3], 9, 10_000, 64))


@pytest.mark.parametrize(
    "content, words",
    [
        (np.zeros((3, 5)), "float64 (3, 5); x, y, polarity and time"),
        (np.zeros((0, 4)), "float64 (0, 4)"),
        (np.zeros(4), "float64 (4,)"),
        (np.zeros((3, 4), bool), "bool (3, 4)"),
        (np.full((3, 4), np.nan), "no numbers"),
        (np.array([[128, 0, 0, 0]]), "an event at 128, outside 0..127"),
        (np.array([[0, 0, 2, 0]]), "an event at 2, outside 0..1"),
        (np.array([[0, 0, 0, 5], [0, 0, 0, 4]]), "event 1 is earlier"),
        (np.array([{}], object), "not a readable .npy file"),
        (None, "not a readable .npy file"),
    ],
)
def test_damaged_converted_files(tmp_path, content, words):
    path = write_converted(tmp_path) / "ibmGestureTest" / "user24_lab" / "3.npy"
    if content is None:
        path.write_bytes(path.read_bytes()[:-9])
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(DataError) as error:
        load_events("dvs-gesture", tmp_path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "lines, words",
    [
        ("1,0,9\n", "holds no gesture"),  # the first line is the heading
        ("class,start,end\n", "holds no gesture"),
        ("class,start,end\n1,2\n", "line 2 is '1,2'"),
        ("class,start,end\n1,2,3\n1,2,3,4\n", "line 3 is '1,2,3,4'"),
        ("class,start,end\n1,-2,3\n", "line 2 is '1,-2,3'"),
        ("class,start,end\n0,2,3\n", "a class 1 to 11"),
        ("class,start,end\n12,2,3\n", "a class 1 to 11"),
        ("class,start,end\n1,3,3\n", "a begin before its end"),
        (f"class,start,end\n1,3,{1 << 50}\n", "a begin before its end"),
        ("class,start,end\n1,3," + "9" * 5000, "class, begin and end are needed"),
        ("class,start,end\n\u00e9", "not a text file"),
    ],
)
def test_damaged_labels(tmp_path, lines, words):
    path = write_gestures(tmp_path) / "user01_led_labels.csv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_events("dvs-gesture", tmp_path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ")


def test_labels(tmp_path):
    path = tmp_path / "x_labels.csv"
    path.write_text("class,startTime_usec,endTime_usec\r\n1,80048239,85092709\r\n11, 89431170, 95231007\r\n\r\n")
    assert read_labels(path) == [(0, 80048239, 85092709), (10, 89431170, 95231007)]


@pytest.mark.parametrize("name", ["user01_led.aedat", "user50_led_labels.csv", "trials_to_test.txt"])
def test_a_missing_file(tmp_path, name):
    (write_gestures(tmp_path) / name).unlink()
    with pytest.raises(DataError) as error:
        load_events("dvs-gesture", tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name}: cannot be read")


def test_recordings_that_do_not_fit_their_labels(tmp_path):
    path = write_gestures(tmp_path) / "user01_led.aedat"
    path.write_bytes(aedat_bytes(recording(1)[:600]))
    with pytest.raises(DataError) as error:
        load_events("dvs-gesture", tmp_path)
    assert f"{path}: no event in its gesture from 160000 to 170000 us" in str(error.value)
    path.write_bytes(aedat_bytes([*recording(1), (128, 0, 0, 10**6)]))
    load_events("dvs-gesture", tmp_path)  # outside the sensor, but in no gesture
    path.write_bytes(aedat_bytes([(0, 128, 0, 0), *recording(1)]))
    with pytest.raises(DataError, match=r"an event at 128, outside 0\.\.127"):
        load_events("dvs-gesture", tmp_path)


def test_a_gesture_that_nobody_makes(tmp_path):
    write_gestures(tmp_path)
    for path in tmp_path.glob("user0*_labels.csv"):
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(DataError) as error:
        load_events("dvs-gesture", tmp_path)
    assert f"{tmp_path / 'trials_to_train.txt'}: class 10 has no sample" in str(error.value)
