"""Round trips, and faults of dictionaries and files."""

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from golden.config import (
    ConvConfig,
    LayerConfig,
    NetworkConfig,
)
from golden.errors import ConfigError
from tests.golden.config.builders import network
from tests.strategies import network_configs, spatial_configs


@given(network_configs(learning=True))
def test_round_trips_with_learning(config):
    assert NetworkConfig.from_dict(config.to_dict()) == config


@given(st.one_of(network_configs(), spatial_configs()))
def test_round_trips_of_inference(config):
    assert NetworkConfig.from_dict(config.to_dict()) == config


@given(st.one_of(network_configs(learning=True), spatial_configs()))
def test_toml_round_trips(tmp_path_factory, config):
    path = tmp_path_factory.getbasetemp() / "network.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    assert NetworkConfig.from_toml(path) == config
    assert NetworkConfig.from_toml(str(path)).resolved == config.resolved


def test_names_survive_toml(tmp_path):
    config = network(name='größe "1" \\ = [x]')
    (tmp_path / "n.toml").write_text(config.to_toml(), encoding="utf-8")
    assert NetworkConfig.from_toml(tmp_path / "n.toml") == config


def test_a_short_file_takes_the_defaults():
    config = NetworkConfig.from_dict({"n_inputs": 4, "n_steps": 1, "layers": [{"size": 2}]})
    assert config == NetworkConfig(n_inputs=4, n_steps=1, layers=(LayerConfig(size=2),))
    assert config.learning is None and config.readout == "membrane"
    assert config.to_dict()["layers"][0]["neuron"] == {
        "membrane_width": 16, "spike_width": 4, "threshold_shift": 8, "reset": "soft"
    }  # fmt: skip


def test_a_file_of_maps():
    config = NetworkConfig.from_dict(
        {
            "n_inputs": 64,
            "n_steps": 1,
            "input_shape": [1, 8, 8],
            "layers": [{"size": 2, "conv": {"kernel": 3}}, {"size": 10, "pool": 2}],
        }
    )
    assert config.input_shape == (1, 8, 8)
    assert config.layers == (LayerConfig(size=2, conv=ConvConfig(kernel=3)), LayerConfig(size=10, pool=2))
    plain = config.to_dict()
    assert plain["input_shape"] == [1, 8, 8]
    assert "pool" not in plain["layers"][0] and "conv" not in plain["layers"][1]
    assert plain["layers"][0]["conv"] == {"kernel": 3, "stride": 1, "padding": 0}
    assert plain["layers"][1]["pool"] == 2


def test_a_field_that_does_not_fit_its_place_is_named_with_its_path():
    layers = [{"size": 2, "conv": {"kernel": 3}}, {"size": 3, "conv": {"kernel": 7}}, {"size": 10}]
    with pytest.raises(ConfigError) as caught:
        NetworkConfig.from_dict({"n_inputs": 64, "input_shape": [1, 8, 8], "n_steps": 2, "layers": layers})
    assert str(caught.value).startswith("configuration.layers[1].conv.kernel: must fit into the 6x6 input of layer 1")


def test_files_of_dense_networks_are_as_before_there_were_maps():
    plain = network().to_dict()
    assert list(plain) == ["name", "n_inputs", "n_steps", "readout", "encoding", "layers", "learning", "hardware"]
    assert [list(entry) for entry in plain["layers"]] == [["size", "weight_width", "neuron"]] * 2


def change(path: list, value: object = None, *, drop: bool = False) -> dict:
    data = network().to_dict()
    at = data
    for key in path[:-1]:
        at = at[key]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    "data, message",
    [
        ([], "configuration: must be a table, got []"),
        (change(["speed"], 3), "configuration: unknown field 'speed'; known are name, n_inputs, n_steps, readout, "),
        (change(["n_inputs"], drop=True), "configuration: field 'n_inputs' is missing"),
        (change(["layers"], drop=True), "configuration: field 'layers' is missing"),
        (change(["layers", 1, "size"], drop=True), "configuration.layers[1]: field 'size' is missing"),
        (change(["layers", 0, "sise"], 3), "configuration.layers[0]: unknown field 'sise'; known are size, "),
        (change(["layers", 0, "neuron", "beta"], 3), "configuration.layers[0].neuron: unknown field 'beta'; "),
        (change(["layers"], 3), "configuration.layers: must be a list, got 3"),
        (change(["layers"], [3]), "configuration.layers[0]: must be a table, got 3"),
        (change(["learning"], 3), "configuration.learning: must be a table, got 3"),
        (change(["learning", "rate_shifts"], 3), "configuration.learning.rate_shifts: must be a list, got 3"),
        (change(["learning", "rate_shifts"], [3, "x"]), "configuration.learning.rate_shifts[1]: must be an integer, "),
        (change(["learning", "rate_shifts"], [3, True]), "configuration.learning.rate_shifts[1]: must be an integer, "),
        (change(["n_inputs"], "5"), "configuration.n_inputs: must be an integer, got '5'"),
        (change(["n_inputs"], 5.0), "configuration.n_inputs: must be an integer, got 5.0"),
        (change(["n_inputs"], True), "configuration.n_inputs: must be an integer, got True"),
        (change(["n_inputs"], None), "configuration.n_inputs: must be an integer, got None"),
        (change(["name"], 5), "configuration.name: must be a string, got 5"),
        (change(["readout"], 5), "configuration.readout: must be a string, got 5"),
        (
            change(["readout"], "best"),
            "configuration.readout: must be one of membrane, membrane_sum, spike_count, got 'best'",
        ),
        (
            change(["layers", 0, "neuron", "leak_shift"], "4"),
            "configuration.layers[0].neuron.leak_shift: must be an integer",
        ),
        (change(["input_shape"], 5), "configuration.input_shape: must be a list, got 5"),
        (change(["input_shape"], [1, 5, "x"]), "configuration.input_shape[2]: must be an integer, got 'x'"),
        (change(["layers", 0, "conv"], 3), "configuration.layers[0].conv: must be a table, got 3"),
        (change(["layers", 0, "conv"], {}), "configuration.layers[0].conv: field 'kernel' is missing"),
        (change(["layers", 0, "pool"], "2"), "configuration.layers[0].pool: must be an integer, got '2'"),
        (
            change(["layers", 0, "neuron", "membrane_width"], 99),
            "configuration.layers[0].neuron.membrane_width: must be 4..32, got 99",
        ),
    ],
)
def test_faulty_dictionaries(data, message):
    with pytest.raises(ConfigError) as caught:
        NetworkConfig.from_dict(data)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content, reason",
    [
        (None, "cannot be read (No such file or directory)"),
        (b"n_inputs = ", "not a TOML file (Invalid value"),
        (b"name = '\xff'", "not a TOML file ('utf-8' codec"),
        (b"n_inputs = " + b"9" * 5000, "not a TOML file (Exceeds the limit"),
        (b"n_inputs = 0", "configuration: field 'n_steps' is missing"),
        (tomli_w.dumps(change(["n_steps"], 0)).encode(), "configuration.n_steps: must be 1..4096, got 0"),
    ],
)
def test_faulty_files_are_named(tmp_path, content, reason):
    path = tmp_path / "net.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        NetworkConfig.from_toml(path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        NetworkConfig.from_toml(tmp_path)


# Learning-rate schedule
