"""Data sets: contents and splits, and one clear DataError for every damaged form."""

import gzip
import math
import struct
import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest

from golden.config import ConvConfig, EncodingConfig, LayerConfig, NetworkConfig
from golden.encoding import encode_events
from golden.errors import ConfigError, DataError, InputWarning
from train.data import Dataset, download_mnist, find_mnist, load
from train.data.dataset import Part
from train.data.fit import check_fit, load_set
from train.data.idx import IDX_SET, read_idx


def idx_bytes(values: np.ndarray, code: int = 0x08) -> bytes:
    shape = values.shape
    return struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape) + values.tobytes()


def small_arrays() -> dict[str, np.ndarray]:
    """Six training and four test images of 2x3 values up to 200, in three classes."""
    train = np.arange(36, dtype=np.uint8).reshape(6, 2, 3)
    test = 177 + np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    return {
        "x_train": train,
        "y_train": np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8),
        "x_test": test,
        "y_test": np.array([2, 1, 0, 1], dtype=np.uint8),
    }


def write_idx_set(folder, compress=True):
    for name, values in zip(IDX_SET, small_arrays().values(), strict=True):
        data = idx_bytes(values)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (f"{name}.gz" if compress else name)
        path.write_bytes(gzip.compress(data) if compress else data)
    return folder


def make(**changes) -> Dataset:
    arrays = small_arrays() | changes
    return Dataset.from_arrays("small", *arrays.values(), source="small.npz")


def message_of(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def assert_is_small(data):
    arrays = small_arrays()
    assert isinstance(data, Dataset)
    np.testing.assert_array_equal(data.train_x, arrays["x_train"].reshape(6, 6))
    np.testing.assert_array_equal(data.test_x, arrays["x_test"].reshape(4, 6))
    np.testing.assert_array_equal(data.train_y, arrays["y_train"])
    np.testing.assert_array_equal(data.test_y, arrays["y_test"])
    assert (data.n_classes, data.value_width, data.n_features, data.n_inputs) == (3, 8, 6, 6)
    assert data.shape == (1, 2, 3)
    assert data.train_x.dtype == data.test_x.dtype == np.uint8
    assert data.train_y.dtype == data.test_y.dtype == np.int64
    assert all(a.flags.writeable and a.flags.c_contiguous for a in (data.train_x, data.test_x, data.train_y))


@pytest.mark.parametrize(
    "highest, width, dtype",
    [(0, 1, "u1"), (1, 1, "u1"), (15, 4, "u1"), (255, 8, "u1"), (256, 9, "u2"), (65535, 16, "u2")],
)
def test_width_of_the_values_is_derived(highest, width, dtype):
    x_train, x_test = np.zeros((6, 5), np.int32), np.zeros((4, 5), np.int32)
    x_test[-1, -1] = highest
    data = make(x_train=x_train, x_test=x_test)
    assert (data.value_width, data.train_x.dtype, data.test_x.dtype) == (width, np.dtype(dtype), np.dtype(dtype))
    assert data.test_x[-1, -1] == highest


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
@pytest.mark.parametrize(
    "damage, words",
    [
        (lambda a: a + 0.5, ".5 (of type float64) is no whole number; "),
        (lambda a: a.astype(complex), "(of type complex128) is no whole number"),
        (lambda a: a[:0], "are empty"),
        (lambda a: a.astype(np.int16) - a.max() - 1, "down to"),
        (lambda a: a.astype(np.int32) + 65536 - a.max(), "up to 65536"),
        (lambda a: a[:-1], "each image needs one"),
        (lambda a: a[..., np.newaxis] if a.ndim == 1 else a[:, 0, 0], "is needed"),
    ],
    ids=["float", "complex", "empty", "negative", "too-large", "count", "shape"],
)
def test_bad_arrays_are_refused(key, damage, words):
    with pytest.raises(DataError) as error:
        make(**{key: damage(small_arrays()[key])})
    text = message_of(error)
    assert words in text and "small.npz" in text
    assert ("training" if key.endswith("train") else "test") in text


@pytest.mark.parametrize("kind", [float, np.float16, np.uint64, object])
def test_whole_numbers_of_any_type_are_integers(kind):
    assert_is_small(make(**{name: values.astype(kind) for name, values in small_arrays().items()}))


def test_booleans_are_0_and_1():
    arrays = small_arrays()
    data = make(**{name: values % 2 == 1 for name, values in arrays.items()})
    assert (data.n_classes, data.value_width) == (2, 1)
    np.testing.assert_array_equal(data.train_x, arrays["x_train"].reshape(6, 6) % 2)
    np.testing.assert_array_equal(data.test_y, arrays["y_test"] % 2)


def test_a_set_to_test_on_alone(tmp_path):
    arrays = {name: values for name, values in small_arrays().items() if name.endswith("test")}
    np.savez(tmp_path / "own.npz", x_test=arrays["x_test"], y_test=arrays["y_test"])
    data = load(tmp_path / "own.npz")
    assert isinstance(data, Dataset) and (data.n_classes, data.value_width, data.shape) == (3, 8, (1, 2, 3))
    assert data.train_x.shape == (0, 6) and len(data.train_y) == 0 and data.take(n_test=2).test_x.shape == (2, 6)
    np.testing.assert_array_equal(data.test_x, arrays["x_test"].reshape(4, 6))
    with pytest.raises(DataError, match="own: has no training samples, so none can be held out"):
        data.validation_split()
    with pytest.raises(DataError, match="own: holds no samples"):
        Dataset.from_arrays("own", None, None, None, None)


def test_parts_of_different_size_are_refused():
    with pytest.raises(DataError) as error:
        make(x_test=np.zeros((4, 5), np.uint8))
    assert "training images have shape (2, 3), test images (5,)" in message_of(error)


@pytest.mark.parametrize(
    "given, shape", [((5,), (5,)), ((2, 3), (1, 2, 3)), ((3, 2, 4), (3, 2, 4)), ((1, 1), (1, 1, 1))]
)
def test_the_shape_of_a_sample_is_kept(given, shape):
    data = make(x_train=np.zeros((6, *given), int), x_test=np.zeros((4, *given), int))
    assert data.shape == shape == data.take(2, 2).shape == data.validation_split(1 / 2).shape
    assert data.train_x.shape == (6, data.n_inputs)


def test_parts_of_different_shape_are_refused():
    with pytest.raises(DataError) as error:
        make(x_test=np.zeros((4, 3, 2), np.uint8))
    assert "(2, 3), test images (3, 2)" in message_of(error)


@pytest.mark.parametrize("kind", ["single_shot", "every_step", "rate", "latency"])
def test_values_become_the_events_of_the_golden_encoding(kind):
    data, encoding = make(), EncodingConfig(kind=kind, spike_width=3)
    order = np.array([4, 0, 0])
    parts: tuple[tuple[Part, np.ndarray], ...] = (("train", data.train_x), ("test", data.test_x))
    for part, values in parts:
        for chosen, expected in ((None, values), (order % len(values), values[order % len(values)])):
            for ours, golden in zip(
                data.events(part, encoding, 4, chosen), encode_events(expected, encoding, 4), strict=True
            ):
                np.testing.assert_array_equal(ours, golden)


def test_values_are_no_events():
    with pytest.raises(ConfigError) as error:
        make().events("train", EncodingConfig(kind="events"), 2)
    assert "not values to encode" in message_of(error)


def test_validation_split_is_stratified_and_leaves_the_test_part_alone():
    labels = np.repeat(np.arange(3), [120, 60, 7])[np.random.RandomState(1).permutation(187)]
    numbers = np.arange(187, dtype=np.uint8)[:, np.newaxis]
    data = Dataset.from_arrays("counted", numbers, labels, numbers[:3] + 250, np.arange(3))
    split = data.validation_split()
    assert np.bincount(split.test_y).tolist() == [20, 10, 1]
    assert np.bincount(split.train_y).tolist() == [100, 50, 6]
    for x, y in ((split.train_x, split.train_y), (split.test_x, split.test_y)):
        np.testing.assert_array_equal(labels[x[:, 0]], y)
        assert (np.diff(x[:, 0].astype(int)) > 0).all()
    np.testing.assert_array_equal(np.union1d(split.train_x, split.test_x), numbers[:, 0])
    assert len(split.train_x) + len(split.test_x) == 187
    assert (split.n_classes, split.value_width, split.name) == (3, data.value_width, "counted-validation")


def test_validation_split_depends_on_its_seed_only():
    data = make(x_train=np.arange(60).reshape(60, 1), y_train=np.arange(60) % 3, x_test=np.zeros((4, 1), int))
    pieces = [data.validation_split(seed=seed).test_x[:, 0].tolist() for seed in (0, 0, 1)]
    # Recorded once: the same on every machine and with every version of numpy.
    assert pieces[0] == pieces[1] == [3, 4, 34, 38, 41, 47, 54, 55, 57]
    assert pieces[2] == [8, 9, 14, 18, 25, 46, 48, 49, 56]


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 2, math.nan, 1e-9, 0.999])
def test_validation_split_refuses_senseless_fractions(fraction):
    with pytest.raises(DataError) as error:
        make().validation_split(fraction)
    assert str(fraction) in message_of(error)


def test_take_returns_the_first_samples():
    data = make()
    part = data.take(4, 1)
    np.testing.assert_array_equal(part.train_x, data.train_x[:4])
    np.testing.assert_array_equal(part.train_y, data.train_y[:4])
    np.testing.assert_array_equal(part.test_x, data.test_x[:1])
    np.testing.assert_array_equal(part.test_y, data.test_y[:1])
    assert part.n_classes == 3
    assert len(data.take(None, 2).train_x) == 6 and len(data.take(6, 4).test_x) == 4


@pytest.mark.parametrize(
    "counts, words", [((0, 1), "0 training"), ((7, 1), "1 to 6"), ((1, -1), "-1 test"), ((1, 5), "1 to 4")]
)
def test_take_refuses_what_is_not_there(counts, words):
    with pytest.raises(DataError) as error:
        make().take(*counts)
    assert words in message_of(error)


def test_digits_and_their_split():
    data = load("digits")
    assert (data.name, data.n_classes, data.value_width, data.n_features) == ("digits", 10, 4, 64)
    assert (len(data.train_x), len(data.test_x)) == (1352, 445) and data.shape == (1, 8, 8)
    assert data.train_x.max() == data.test_x.max() == 15 and data.train_x.dtype == np.uint8
    assert np.bincount(data.train_y).tolist() == [134, 137, 133, 138, 136, 137, 136, 135, 131, 135]
    assert np.bincount(data.test_y).tolist() == [44, 45, 44, 45, 45, 45, 45, 44, 43, 45]
    # Checksums of content and order, recorded once.
    assert zlib.crc32(data.train_x.tobytes() + data.train_y.astype(np.uint8).tobytes()) == 0xD52C2E6A
    assert zlib.crc32(data.test_x.tobytes() + data.test_y.astype(np.uint8).tobytes()) == 0x76CE15B7


def test_data_sets_need_no_torch():
    code = "import sys, train.data; train.data.load('digits'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize(
    "code, dtype", [(0x08, ">u1"), (0x09, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
def test_idx_of_every_type(tmp_path, code, dtype, compress):
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    data = idx_bytes(values, code)
    path = tmp_path / "values"
    path.write_bytes(gzip.compress(data) if compress else data)
    read = read_idx(path, 3)
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.dtype(dtype).newbyteorder("=")


GOOD = idx_bytes(np.arange(12, dtype=np.uint8).reshape(3, 4))
ZIPPED = gzip.compress(GOOD, mtime=0)  # no time of day: all processes must name the cases alike


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "not an IDX file (it starts with nothing)"),
        (GOOD[:3], "not an IDX file"),
        (b"\1" + GOOD[1:], "not an IDX file"),
        (GOOD[:1] + b"\1" + GOOD[2:], "not an IDX file"),
        (GOOD[:2] + b"\x0a" + GOOD[3:], "not an IDX file"),
        (GOOD[:3] + b"\0" + GOOD[4:], "0 dimensions"),
        (GOOD[:3] + b"\1" + GOOD[4:], "1 dimensions, 2 needed"),
        (GOOD[:11], "cut short inside its header (11 of 12 bytes)"),
        (GOOD[:12], "cut short: 12 bytes"),
        (GOOD[:-1], "cut short: 23 bytes where its shape (3, 4) makes 24"),
        (GOOD + b"\0", "followed by foreign bytes"),
        (GOOD[:4] + b"\xff" * 8 + GOOD[12:], "cut short: 24 bytes"),
        (b"<html>not found</html>", "not an IDX file"),
        (ZIPPED[:-9], "gzip"),
        (ZIPPED[:5], "gzip"),
        (ZIPPED[:-8] + b"\0" * 8, "gzip"),
        (ZIPPED[:10] + b"\xff" * 20, "gzip"),
        (ZIPPED + b"more", "gzip"),
        (gzip.compress(GOOD[:-1], mtime=0), "cut short"),
    ],
)
def test_damaged_idx_is_refused(tmp_path, data, words):
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with pytest.raises(DataError) as error:
        read_idx(path, 2)
    assert words in message_of(error) and str(path) in str(error.value)


def test_idx_without_dimensions_is_refused_whatever_is_asked(tmp_path):
    path = tmp_path / "scalar"
    path.write_bytes(GOOD[:3] + b"\0")
    with pytest.raises(DataError) as error:
        read_idx(path)
    assert "0 dimensions, at least 1 needed" in message_of(error)


def test_idx_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DataError) as error:
            read_idx(path)
        assert "cannot be read" in message_of(error)


@pytest.mark.parametrize("compress", [False, True])
def test_folder_with_four_idx_files(tmp_path, compress):
    data = load(write_idx_set(tmp_path / "letters", compress))
    assert_is_small(data)
    assert data.name == "letters"


@pytest.mark.parametrize("missing", IDX_SET)
def test_folder_that_lacks_a_file(tmp_path, missing):
    (write_idx_set(tmp_path) / f"{missing}.gz").unlink()
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert f"{missing}[.gz] is missing" in message_of(error)


def test_images_in_the_place_of_labels(tmp_path):
    write_idx_set(tmp_path)
    (tmp_path / f"{IDX_SET[1]}.gz").write_bytes((tmp_path / f"{IDX_SET[0]}.gz").read_bytes())
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert "3 dimensions, 1 needed" in message_of(error)


def test_fewer_labels_than_images(tmp_path):
    write_idx_set(tmp_path)
    (tmp_path / f"{IDX_SET[3]}.gz").write_bytes(idx_bytes(np.zeros(3, np.uint8)))
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert "4 test images but 3 test labels" in message_of(error) and str(tmp_path) in str(error.value)


def write_npz(path, save=np.savez, **changes):
    arrays = {k: v for k, v in (small_arrays() | changes).items() if v is not None}
    save(path, allow_pickle=True, **arrays)
    return path


def test_npz(tmp_path):
    path = write_npz(tmp_path / "own.npz")
    data = load(path)
    assert_is_small(data)
    assert data.name == load(str(path)).name == "own"


def test_npz_with_other_arrays(tmp_path):
    path = write_npz(tmp_path / "own.npz", x_val=np.zeros(2), notes=np.zeros(1))
    with pytest.warns(InputWarning, match=r"own.npz: does not use x_val, notes; a set has x_train, .*, y_test"):
        assert_is_small(load(path))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"y_test": None}, "lacks y_test"),
        ({"y_test": np.array([{}, {}, {}, {}], dtype=object)}, "plain arrays"),
        ({"x_test": small_arrays()["x_test"] / 255}, "float64"),
        ({"x_test": np.zeros(4, [(f"field{i}", "u1") for i in range(1000)])}, "plain arrays"),
        ({"y_train": np.zeros(5, int)}, "6 training images but 5 training labels"),
    ],
)
def test_npz_with_wrong_arrays(tmp_path, changes, words):
    path = write_npz(tmp_path / "own.npz", **changes)
    with pytest.raises(DataError) as error:
        load(path)
    assert words in message_of(error) and str(path) in str(error.value)


def test_npz_that_is_none(tmp_path):
    path = tmp_path / "own.npz"
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    contents = [path.read_bytes(), b"", b"PK\3\4 and so on", b"text"]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            load(path)
        assert "not a readable .npz" in message_of(error)
    path.unlink()
    with pytest.raises(DataError) as error:
        load(path)
    assert "No such file" in message_of(error)


@pytest.mark.filterwarnings("ignore:.*does not use:golden.errors.InputWarning")
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_damaged_anywhere_never_ends_in_another_exception(tmp_path, save):
    path = write_npz(tmp_path / "own.npz", save)
    whole = path.read_bytes()
    refused = 0
    for position in range(0, len(whole), 3):
        flipped = bytearray(whole)
        flipped[position] ^= 0xFF
        for content in (whole[:position], bytes(flipped)):
            path.write_bytes(content)
            try:
                load(path)
            except DataError as error:
                refused += 1
                assert "\n" not in str(error)
    assert refused > len(whole) / 3  # every truncation at least


@pytest.mark.parametrize("name", ["minst", "", "MNIST", "no/such/folder", "file.txt"])
def test_unknown_names_list_the_known(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").touch()
    with pytest.raises(DataError) as error:
        load(name)
    assert f"'{name}'" in message_of(error) and "known are digits, mnist" in str(error.value)


def test_mnist_is_found_in_the_folder_or_below(tmp_path, monkeypatch):
    below = write_idx_set(tmp_path / "mnist")
    monkeypatch.setenv("INTSNN_DATA", str(tmp_path))
    assert find_mnist() == find_mnist(tmp_path) == find_mnist(below) == below
    assert_is_small(load("mnist"))
    monkeypatch.delenv("INTSNN_DATA")
    assert_is_small(load("mnist", tmp_path))
    raw = write_idx_set(tmp_path / "raw", compress=False)
    assert find_mnist(raw) == raw


def test_missing_mnist_says_where_and_how(tmp_path, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    with pytest.raises(DataError) as error:
        load("mnist")
    assert "INTSNN_DATA not set" in message_of(error)
    monkeypatch.setenv("INTSNN_DATA", str(tmp_path))
    with pytest.raises(DataError) as error:
        load("mnist")
    text = message_of(error)
    assert (
        str(tmp_path / "mnist") in text
        and f"nor in {tmp_path};" in text
        and "fetch it with `download` to a folder, give that as `data_dir`" in text
    )


def test_mnist_itself(mnist_dir):
    data = load("mnist", mnist_dir)
    assert data.train_x.shape == (60000, 784) and data.test_x.shape == (10000, 784)
    assert (data.name, data.n_classes, data.value_width, data.train_x.dtype) == ("mnist", 10, 8, np.uint8)
    assert data.shape == (1, 28, 28)
    assert np.bincount(data.test_y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train_y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_download_from_a_mirror(mnist_dir, tmp_path):
    files = sorted(mnist_dir.glob("*-ubyte.gz"))
    assert len(files) == 4, "this test takes the compressed files for its mirror"
    folder = download_mnist(tmp_path, mnist_dir.as_uri())
    assert folder == tmp_path / "mnist" == find_mnist(tmp_path)
    assert [path.name for path in sorted(folder.iterdir())] == [path.name for path in files]
    # A second call keeps what is whole, and mends what is not.
    kept, damaged = (folder / path.name for path in files[:2])
    before = kept.stat().st_mtime_ns
    damaged.write_bytes(damaged.read_bytes()[:-1])
    download_mnist(tmp_path, mnist_dir.as_uri())
    assert kept.stat().st_mtime_ns == before and damaged.read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    "make_mirror, words", [(write_idx_set, "SHA-256"), (lambda folder: folder, "cannot be downloaded")]
)
def test_download_of_something_else_leaves_nothing(tmp_path, make_mirror, words):
    with pytest.raises(DataError) as error:
        download_mnist(tmp_path / "here", make_mirror(tmp_path / "mirror").as_uri())
    assert words in message_of(error)
    assert list((tmp_path / "here" / "mnist").iterdir()) == []


def test_download_into_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError) as error:
        download_mnist(tmp_path / "file", tmp_path.as_uri())
    assert "check network and folder" in message_of(error)


@pytest.mark.parametrize("name, folder", [("digits", None), ("fashion-mnist", "x"), ("own.npz", None)])
def test_what_cannot_be_downloaded(name, folder, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    with pytest.raises(DataError, match=f"`download`: fetches mnist into a folder, not {name}; give `data` mnist"):
        load_set(name, folder, download=True)


@pytest.mark.parametrize("name", ["digits", "cues", "own.npz"])
def test_a_folder_for_a_set_that_lies_in_none(name, tmp_path):
    with pytest.raises(DataError, match=f"`data_dir` .*: {name} is not looked for in a folder; leave it out"):
        load_set(name, str(tmp_path))


@pytest.mark.parametrize("shape", [(1, 4, 16), (4, 4, 4)])
def test_maps_of_another_shape_do_not_fit(shape):
    """As many values in all, but other rows and columns: windows would see pixels that are no neighbors."""
    config = NetworkConfig(
        n_inputs=64, n_steps=1, input_shape=shape, encoding=EncodingConfig(value_width=4),
        layers=(LayerConfig(size=2, conv=ConvConfig(kernel=3)), LayerConfig(size=10)),
    )  # fmt: skip
    data = load("digits")
    with pytest.raises(DataError, match=r"it has maps of 1x8x8 \(channels, rows, columns\), the network "):
        check_fit(config, data)
    check_fit(replace(config, input_shape=(1, 8, 8)), data)
    check_fit(replace(config, layers=(LayerConfig(size=10),)), data)
