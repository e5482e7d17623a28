"""Recordings: what is read, and one line about each that cannot be."""

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.nir.graphs import affine, chain, li, lif
from train.nir.recording import read_recording, recording

T, B = 4, 3


def two():
    return chain((1, 2, 2), fc=affine(3, 4), hid=lif(3), fc2=affine(2, 3), out=li(2))


def arrays(**given):
    good = {"input": np.ones((T, B, 1, 2, 2), bool), "hid": np.zeros((T, B, 3), np.uint8), "labels": np.arange(B)}
    return {key: value for key, value in (good | given).items() if value is not None}


def test_arrays_are_taken_by_the_names_of_layers(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays(output=np.ones((T, B, 2)), dialect=np.array("nir")))
    found = read_recording(tmp_path / "a.npz", two())
    assert found.input.shape == (T, B, 4) and found.n_samples == B and set(found.layers) == {"hid", "out"}
    assert found.samples(1, 9).input.shape == (T, 2, 4) and found.samples(1, 9).layers["out"].shape == (T, 2, 2)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"input": None}, "holds no array 'input'; write input (steps, samples, ...)"),
        ({"input": np.ones((T, B, 5))}, "input is (4, 3, 5), but must be (steps, samples, 4)"),
        ({"input": np.ones((T, 4))}, "input is (4, 4), but must be"),
        ({"input": np.ones((0, B, 4))}, "input is (0, 3, 4), but must be"),
        ({"input": np.full((T, B, 4), 0.5)}, "input holds 0.5; spikes are whole numbers from 0"),
        ({"input": np.full((T, B, 4), -1)}, "input holds -1"),
        ({"input": np.full((T, B, 4), "x")}, "'input' does not hold finite numbers"),
        ({"hid": None}, "holds no spikes of a layer"),
        ({"hid": np.full((T, B, 3), np.nan)}, "'hid' does not hold finite numbers"),
        ({"hid": np.zeros((T + 1, B, 3))}, "'hid' is (5, 3, 3), but must be (4, 3, 3) by input and graph"),
        ({"output": np.zeros((T, B, 3))}, "'output' is (4, 3, 3), but must be (4, 3, 2)"),
        ({"fc": np.zeros((T, B, 3))}, "'fc' is no layer; name arrays after hid, out, output"),
    ],
)
def test_arrays_that_do_not_fit(given, words):
    with pytest.raises(DataError) as caught:
        recording(arrays(**given), two())
    text = str(caught.value)
    assert words in text and "\n" not in text and text.startswith("the recording: ")


def test_files_that_are_none(tmp_path):
    for data, words in (
        (None, "no such file"),
        (b"", "not a readable .npz file"),
        (b"PK\3\4 x", "not a readable .npz file"),
    ):
        path = tmp_path / "a.npz"
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(DataError) as caught:
            read_recording(path, two())
        assert f"{path}: {words}" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_one_array(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    with pytest.raises(DataError, match="not a readable"):
        read_recording(tmp_path / "a.npy", two())
