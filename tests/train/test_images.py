"""Fashion-MNIST and CIFAR-10 from files in their published formats."""

import gzip
import pickle
import tarfile

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.test_data import small_arrays, write_idx_set
from train.data import load
from train.data.cifar10 import read_binary, read_python
from train.data.fashion_mnist import find_fashion_mnist
from train.data.pickled import read_pickled

BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def images(number, count=20):
    return np.random.RandomState(number).randint(0, 256, (count, 3072)).astype(np.uint8)


def labels(number, count=20):
    return (np.arange(count) * 3 + number) % 10


def binary_batch(number):
    return np.hstack([labels(number)[:, None].astype(np.uint8), images(number)]).tobytes()


def python_batch(number, **changes):
    """As the published files are pickled, but by Python 3: texts are written as bytes are in Python 2."""
    batch = {
        b"batch_label": b"training batch",
        b"labels": labels(number).tolist(),
        b"data": images(number),
        b"filenames": [b"a.png"] * 20,
    }
    return pickle.dumps(batch | changes, 2)


def write_files(folder, version):
    inner = folder / {"binary": "cifar-10-batches-bin", "python": "cifar-10-batches-py"}[version]
    inner.mkdir(parents=True)
    for number, name in enumerate(BATCHES):
        if version == "binary":
            (inner / f"{name}.bin").write_bytes(binary_batch(number))
        else:
            (inner / name).write_bytes(python_batch(number))
    (inner / "readme.html").write_text("more")
    return inner


def write_archive(folder, version, tmp_path):
    inner = write_files(tmp_path / "unpacked", version)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"cifar-10-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(inner, inner.name)
    return path


def assert_is_cifar(data):
    assert (data.name, data.n_classes, data.value_width, data.shape) == ("cifar-10", 10, 8, (3, 32, 32))
    assert data.train_x.shape == (100, 3072) and data.train_x.dtype == np.uint8 and data.train_x.flags.writeable
    for number in range(5):
        part = slice(20 * number, 20 * number + 20)
        np.testing.assert_array_equal(data.train_x[part], images(number))
        np.testing.assert_array_equal(data.train_y[part], labels(number))
    np.testing.assert_array_equal(data.test_x, images(5))
    np.testing.assert_array_equal(data.test_y, labels(5))


@pytest.mark.parametrize("below", ["cifar-10", ""])
@pytest.mark.parametrize("version", ["binary", "python"])
def test_cifar_extracted(tmp_path, monkeypatch, version, below):
    inner = write_files(tmp_path / below, version)
    assert_is_cifar(load("cifar-10", tmp_path))
    assert_is_cifar(load("cifar-10", inner))
    monkeypatch.setenv("INTSNN_DATA", str(tmp_path))
    assert_is_cifar(load("cifar-10"))


@pytest.mark.parametrize("version", ["binary", "python"])
def test_cifar_in_its_archive(tmp_path, version):
    write_archive(tmp_path / "here", version, tmp_path)
    assert_is_cifar(load("cifar-10", tmp_path / "here"))


@pytest.mark.parametrize("version", ["binary", "python"])
def test_cifar_archive_cut_short_or_of_other_files(tmp_path, version):
    path = write_archive(tmp_path / "here", version, tmp_path)
    whole = path.read_bytes()
    for content, words in (
        (whole[: len(whole) // 2], "damaged or cut-short"),
        (whole[:-8], "damaged or cut-short"),
        (b"", "damaged or cut-short"),
        (b"<html>", "damaged or cut-short"),
        (gzip.compress(b"\0" * 10240, mtime=0), "lacks data_batch_1"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            load("cifar-10", tmp_path / "here")
        assert words in str(error.value) and str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("version", ["binary", "python"])
def test_cifar_without_a_batch_or_a_class(tmp_path, version):
    inner = write_files(tmp_path, version)
    last = inner / f"test_batch{'.bin' if version == 'binary' else ''}"
    data = images(0, 9)
    if version == "binary":
        last.write_bytes(np.hstack([np.arange(9, dtype=np.uint8)[:, None], data]).tobytes())
    else:
        last.write_bytes(pickle.dumps({b"labels": list(range(9)), b"data": data}, 2))
    with pytest.raises(DataError, match="class 9 has no test image"):
        load("cifar-10", tmp_path)
    last.unlink()
    with pytest.raises(DataError) as error:
        load("cifar-10", tmp_path)
    assert str(last) in str(error.value) and "cannot be read" in str(error.value)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "0 bytes are no whole number of images"),
        (binary_batch(0)[:-1], "61459 bytes are no whole number of images"),
        (b"\x0a" + binary_batch(0)[1:], "classes 0 to 10, 0 to 9 allowed"),
    ],
)
def test_damaged_binary_batches(data, words):
    with pytest.raises(DataError) as error:
        read_binary(data, "here")
    assert words in str(error.value) and str(error.value).startswith("here: ")


def calling(module, name, *arguments):
    """A pickle that calls a function."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n" + pickle.dumps(arguments, 0)[:-1] + b"R."


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "not a readable batch"),
        (b"<html>", "not a readable batch"),
        (python_batch(0)[:-1], "not a readable batch"),
        (python_batch(0)[:30000], "not a readable batch"),
        (pickle.dumps([1, 2], 2), "it holds a value of type list, not a dictionary"),
        (pickle.dumps({b"labels": [1]}, 2), "lacks b'data'"),
        (pickle.dumps({b"data": images(0)}, 2), "lacks b'labels'"),
        (python_batch(0, more=1), None),
        (python_batch(0, **{"x": np.zeros(3, np.float32)}), "not of unsigned bytes"),
        (python_batch(0, **{"x": np.array([{}], object)}), "not of unsigned bytes"),
        (pickle.dumps({b"labels": list(range(9)), b"data": images(0)}, 2), "20 images, but labels of shape (9,)"),
        (pickle.dumps({b"labels": [0.5] * 20, b"data": images(0)}, 2), "labels"),
        (pickle.dumps({b"labels": [[1], [2, 3]], b"data": images(0)}, 2), "not a readable batch"),
        (pickle.dumps({b"labels": [10] * 20, b"data": images(0)}, 2), "classes 10 to 10"),
        (pickle.dumps({b"labels": [-1] * 20, b"data": images(0)}, 2), "classes -1 to -1"),
        (pickle.dumps({b"labels": [], b"data": images(0)[:0]}, 4), "no array of images"),
        (pickle.dumps({b"labels": [1] * 20, b"data": images(0)[:, 1:].copy()}, 2), "no array of images of 3,072"),
        (pickle.dumps({b"labels": [1] * 20, b"data": [1] * 20}, 2), "no array of images"),
        (calling("os", "system", "touch evil"), "it asks for os.system"),
        (calling("builtins", "eval", "1"), "it asks for builtins.eval"),
        (calling("numpy", "load", "x"), "it asks for numpy.load"),
        (calling("_codecs", "encode", "x", "zlib"), "bytes are written as 'zlib'"),
        (calling("numpy", "ndarray", (1 << 40,)), "not a readable batch"),
        (b"}r\xff\xff\xff\x7f.", "it numbers an object 2147483647"),  # would take 16 GiB of memory
    ],
)
def test_damaged_and_hostile_python_batches(tmp_path, monkeypatch, data, words):
    monkeypatch.chdir(tmp_path)
    if words is None:  # another key beside the array does no harm
        assert len(read_python(data, "here")[0]) == 20
        return
    with pytest.raises(DataError) as error:
        read_python(data, "here")
    assert words in str(error.value) and str(error.value).startswith("here: ") and "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_python_batches_damaged_anywhere_end_in_one_error():
    whole = python_batch(0)
    random = np.random.RandomState(0)
    ends = [*range(0, 400), *range(len(whole) - 400, len(whole))]
    refused = 0
    for position in ends:
        flipped = bytearray(whole)
        flipped[position] ^= 1 << random.randint(8)
        for content in (whole[:position], bytes(flipped)):
            try:
                read_python(content, "here")
            except DataError:
                refused += 1
    assert refused > len(ends)  # every truncation, and some


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_pickled_arrays(order, protocol):
    array = np.asarray(np.arange(24, dtype=np.uint8).reshape(4, 6), order=order)
    found = read_pickled(pickle.dumps({"a": array, b"text": b"\x00\xff", "more": [1, "two"]}, protocol))
    np.testing.assert_array_equal(found["a"], array)
    assert found[b"text"] == b"\x00\xff" and found["more"] == [1, "two"]


def test_a_pickle_as_python_2_writes_it():
    """The opcodes of a published batch, at 2x2: texts are SHORT_BINSTRING, the array is built from one."""
    text = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b"
        b"\x87Rq\x05(K\x01K\x02K\x02\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x04\x01\x02\x03\xfftbU\x06labels]q\x08(K\x06K\x09eu."
    )
    found = read_pickled(text)
    assert found[b"data"].tolist() == [[1, 2], [3, 255]] and found[b"labels"] == [6, 9]


@pytest.fixture
def system(tmp_path, monkeypatch):
    """The folder of the system's data sets, empty."""
    monkeypatch.setattr("train.data.place.SYSTEM", tmp_path / "system")
    (tmp_path / "system").mkdir()
    return tmp_path / "system"


def test_fashion_mnist_of_a_package_is_found_last(tmp_path, system, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    packaged = system / "fashion-mnist"
    for base, words in ((None, "and its four files are not in"), (tmp_path, "nor in")):
        with pytest.raises(DataError) as error:
            find_fashion_mnist(base)
        assert f"{words} {packaged}; install Debian's package dataset-fashion-mnist, or get" in str(error.value)
    write_idx_set(packaged)
    assert find_fashion_mnist() == find_fashion_mnist(tmp_path) == packaged
    assert load("fashion-mnist").name == "fashion-mnist"
    monkeypatch.setenv("INTSNN_DATA", str(tmp_path))
    assert find_fashion_mnist() == packaged
    own = write_idx_set(tmp_path / "fashion-mnist")
    assert find_fashion_mnist() == find_fashion_mnist(tmp_path) == own


@pytest.mark.parametrize("below", ["fashion-mnist", "FashionMNIST/raw"])
def test_fashion_mnist(tmp_path, below):
    folder = tmp_path / below
    folder.mkdir(parents=True)
    write_idx_set(folder)
    data = load("fashion-mnist", tmp_path)
    assert (data.name, data.shape, data.n_inputs) == ("fashion-mnist", (1, 2, 3), 6)
    np.testing.assert_array_equal(data.train_x, small_arrays()["x_train"].reshape(6, 6))


def test_mnist_is_not_taken_for_fashion_mnist(tmp_path, system):
    write_idx_set(tmp_path)
    with pytest.raises(DataError) as error:
        load("fashion-mnist", tmp_path)
    text = str(error.value)
    assert "its four files are neither in" in text and "https://github.com/zalandoresearch/fashion-mnist" in text
    fashion = tmp_path / "my-fashion"
    fashion.mkdir()
    assert load("fashion-mnist", write_idx_set(fashion)).name == "fashion-mnist"
    (fashion / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\[.gz\] is missing"):
        load("fashion-mnist", fashion)


@pytest.mark.parametrize(
    "name, url",
    [
        ("fashion-mnist", "https://github.com/zalandoresearch/fashion-mnist"),
        ("cifar-10", "https://www.cs.toronto.edu/~kriz/cifar.html"),
        ("nmnist", "https://www.garrickorchard.com/datasets/n-mnist"),
        ("dvs-gesture", "https://research.ibm.com/interactive/dvsgesture/"),
        ("shd", "https://zenkelab.org/datasets/"),
        ("ssc:bins=5", "https://zenkelab.org/datasets/"),
        ("speech-commands", "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"),
    ],
)
def test_a_set_that_is_not_there_says_where_to_get_it_and_where_to_put_it(tmp_path, system, monkeypatch, name, url):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    with pytest.raises(DataError) as error:
        load(name)
    own = name.partition(":")[0]
    for words in (f" from {url}, ", f"into DIR/{own}", "`data_dir` DIR", "INTSNN_DATA not set"):
        assert words in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(DataError) as error:
        load(name, tmp_path)
    for words in (f" from {url}, ", str(tmp_path / own), "set INTSNN_DATA=DIR"):
        assert words in str(error.value) and "\n" not in str(error.value)


def test_sets_of_values_take_no_options(tmp_path):
    with pytest.raises(DataError, match="mnist: takes no options, got 'bins=3'; nmnist, dvs-gesture"):
        load("mnist:bins=3", tmp_path)
