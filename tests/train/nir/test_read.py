"""NIR files: what is read, and one line about each that cannot be."""

import h5py
import nir
import numpy as np
import pytest

from golden.errors import InputError, NirError
from tests.train.nir.graphs import FIXTURES, affine, conv, copy_of, graph, lif, row
from train.nir.chain import load_chain
from train.nir.read import read_graph


def message(path, error: type[InputError] = NirError):
    with pytest.raises(error) as caught:
        read_graph(path)
    text = str(caught.value)
    assert "\n" not in text and str(path) in text and ";" in text
    return text


def test_a_written_graph_is_read(tmp_path):
    inner = graph(
        {"i": nir.Input(np.array([3])), "n": lif(3), "o": nir.Output(np.array([3]))}, [("i", "n"), ("n", "o")]
    )
    nir.write(tmp_path / "a.nir", row((4,), fc=affine(3, 4), block=inner))
    found = read_graph(str(tmp_path / "a.nir"))
    assert list(found.nodes) == ["block", "fc", "input", "output"]
    assert sorted(found.nodes["block"].nodes) == ["i", "n", "o"]
    np.testing.assert_array_equal(found.nodes["fc"].weight, affine(3, 4).weight)


def test_files_whose_types_nir_rejects_are_read():
    with pytest.raises(ValueError):
        nir.read(FIXTURES / "sinabs-lif.nir")
    assert len(load_chain(FIXTURES / "sinabs-lif.nir").layers) == 2


def test_a_convolution_may_leave_out_its_size(tmp_path):
    path = tmp_path / "a.nir"
    nir.write(path, row((1, 5, 5), conv=conv(2, 1, 3, 3, input_shape=(5, 5)), lif=lif(2, 3, 3)))
    with h5py.File(path, "a") as file:
        del file["node/nodes/conv/input_shape"]
    assert load_chain(path).layers[0].output_shape == (2, 3, 3)


def test_paths(tmp_path):
    assert "no such file" in message(tmp_path / "none.nir")
    assert "is a folder" in message(tmp_path)


def test_no_hdf5(tmp_path):
    for data in (b"", b"PK\x03\x04 a zip"):
        (path := tmp_path / "a.nir").write_bytes(data)
        assert "is no HDF5 file" in message(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_short(tmp_path, share):
    path = copy_of("snntorch-leaky", tmp_path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "cut short" in message(path)


def test_hdf5_that_is_no_nir(tmp_path):
    for name in ("spikes", "node"):
        with h5py.File(path := tmp_path / f"{name}.h5", "w") as file:
            file[name] = np.zeros(3) if name == "spikes" else "text"
        assert "is HDF5 but no NIR" in message(path)


def test_a_node_alone(tmp_path):
    nir.write(path := tmp_path / "a.nir", affine(2, 3))
    assert "holds a single Affine and no graph" in message(path)


def test_an_unknown_node(tmp_path):
    path = copy_of("snntorch-leaky", tmp_path)
    with h5py.File(path, "a") as file:
        del file["node/nodes/1/type"]
        file["node/nodes/1/type"] = "Izhikevich"
    assert "node '1' is of the unknown type Izhikevich" in message(path)


@pytest.mark.parametrize("field", ["tau", "v_threshold"])
def test_a_node_that_lacks_a_field(tmp_path, field):
    path = copy_of("snntorch-leaky", tmp_path)
    with h5py.File(path, "a") as file:
        del file[f"node/nodes/1/{field}"]
    assert f"node '1' (LIF) is damaged: {field}" in message(path).replace("'" + field + "'", field) or field in message(
        path
    )


def test_a_node_with_arrays_of_unequal_shape(tmp_path):
    path = copy_of("snntorch-leaky", tmp_path)
    with h5py.File(path, "a") as file:
        del file["node/nodes/1/tau"]
        file["node/nodes/1/tau"] = np.ones(7)
    assert "node '1' (LIF) is damaged: All parameters must have the same shape" in message(path)


def test_a_damaged_name(tmp_path):
    path = copy_of("snntorch-leaky", tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Affine", b"Aff\xaene"))
    assert "cannot be read ('utf-8' codec can't decode" in message(path)


def test_damaged_edges(tmp_path):
    path = copy_of("snntorch-leaky", tmp_path)
    with h5py.File(path, "a") as file:
        del file["node/edges"]
        file["node/edges"] = np.zeros((2, 3))
    assert "its edges are no pairs of names" in message(path)


def test_without_the_package(monkeypatch):
    def missing(name):
        raise ImportError(name=name)

    monkeypatch.setattr("train.nir.read.import_module", missing)
    text = message(FIXTURES / "snntorch-leaky.nir", InputError)
    assert "needs the package nir; install the extra: pip install 'intsnn-hw[nir]'" in text
