"""Networks of NIR through the front door."""

import json

import numpy as np
import pytest

import intsnn_hw
from golden.encoding import to_events
from golden.errors import ConfigError, DataError, InputError, NirError
from intsnn_hw.api.nir import ImportedNetwork
from sim.verify.inference import cosimulate
from tests.train.nir.graphs import FIXTURES, affine, lif, recorded, row
from train.nir.read import read_graph


def net(name: str, *, data: bool = True, **options) -> ImportedNetwork:
    verify = {"verify": FIXTURES / f"{name}.npz"} if data else {}
    return intsnn_hw.from_nir(FIXTURES / f"{name}.nir", **verify, **options)


def test_a_file_becomes_a_network_like_any_other(tmp_path):
    found = net("snntorch-leaky", weight_width=np.int64(12), membrane_width=24)
    assert isinstance(found, intsnn_hw.IntegerNetwork) and found.has_weights
    assert found.config.topology == "16-20-6" and found.config.n_steps == 12 and found.config.name == "snntorch-leaky"
    assert [layer.weight_width for layer in found.config.layers] == [12, 12]
    again = intsnn_hw.load(found.save(tmp_path / "x.npz"))
    assert again.notes["nir"]["dialect"] == found.report.dialect == "snntorch"
    x = recorded("snntorch-leaky")["input"].transpose(1, 0, 2).astype(np.int64)
    np.testing.assert_array_equal(again.predict(x), found.predict(x))
    assert found.describe().summary["topology"] == "16-20-6"


def test_the_report_is_plain_and_readable():
    report = net("snntorch-rleaky").report
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["dialect"] == "snntorch" and len(plain["layers"]) == 2 and plain["exact"] is False
    assert plain["layers"][0]["kind"] == "recurrent" and plain["layers"][0]["first"]["sample"] >= 0
    assert "spikes that differ" in repr(report) and "<table>" in report._repr_html_()
    assert "neuron" in repr(report) and "thresholds from firing" in repr(report)


def test_graphs_and_arrays_are_taken_as_files_are():
    name = "spikingjelly-lif"
    found = intsnn_hw.from_nir(read_graph(FIXTURES / f"{name}.nir"), verify=recorded(name), name="mine")
    assert found.report.layers == net(name).report.layers and found.config.name == "mine"
    assert found.report.others == ("nir",)


def test_exact_is_exact_and_may_be_required():
    found = net("sinabs-lif", exact=True, require_exact=True)
    assert found.report.exact and found.report.agreement == 1
    with pytest.raises(
        ConfigError, match=r"`require_exact`: layer '1' differs in .* first in sample .*give larger widths"
    ):
        net("sinabs-lif", require_exact=True)
    with pytest.raises(ConfigError, match="`require_exact`: needs spikes that the framework recorded"):
        net("sinabs-lif", data=False, dialect="sinabs", n_steps=5, require_exact=True)


def test_without_data_random_spikes_stand_for_it():
    found = net("snntorch-leaky", data=False, dialect="snntorch", n_steps=20).report
    assert found.reference == "simulated in float on random spikes" and found.steps == 20 and found.why == "as given"
    assert all(each.saturated == 0 for each in found.layers)


def test_calibration_widens_the_range_of_membranes():
    x = recorded("snntorch-leaky")["input"]
    small = net("snntorch-leaky", weight_width=16, calibrate=x)
    large = net("snntorch-leaky", weight_width=16, calibrate={"input": 8 * x})
    assert large.report.layers[0].lsb < small.report.layers[0].lsb
    wide, narrow = large.report.layers[0].headroom, small.report.layers[0].headroom
    assert wide is not None and narrow is not None and wide > 3 * narrow


def test_a_dialect_is_changed_by_parts_of_it():
    found = net("sinabs-lif-normed", data=False, dialect="sinabs", gain="nir", n_steps=4).report
    assert found.dialect == "sinabs --gain nir"
    with pytest.raises(InputError, match="dialect sinabs does not reproduce these spikes"):
        net("sinabs-lif-normed", dialect="sinabs")
    assert net("snntorch-leaky-now", reset="subtract").report.dialect == "snntorch --reset subtract"


def test_labels_give_accuracies():
    arrays = recorded("snntorch-leaky") | {"labels": recorded("snntorch-leaky")["output"].sum(axis=0).argmax(axis=-1)}
    report = intsnn_hw.from_nir(FIXTURES / "snntorch-leaky.nir", verify=arrays, exact=True).report
    assert report.accuracy == report.float_accuracy == 1 and "accuracy" in repr(report)
    with pytest.raises(DataError, match="labels are"):
        intsnn_hw.from_nir(FIXTURES / "snntorch-leaky.nir", verify=arrays | {"labels": np.zeros(3)})


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({}, InputError, "snnTorch default or literal"),
        ({"dialect": "snntorch"}, ConfigError, "`n_steps`: a NIR file does not say them"),
        ({"dialect": "snntorch", "n_steps": 0}, ConfigError, "`n_steps`: must be 1..4096, got 0"),
        ({"dialect": "brian", "n_steps": 5}, ConfigError, "dialect: must be one of nir, snntorch"),
        ({"dialect": "snntorch", "reset": "soft", "n_steps": 5}, ConfigError, "reset: must be one of zero"),
        ({"dialect": "snntorch", "dt": -1.0, "n_steps": 5}, ConfigError, "dt: must be above 0"),
        (
            {"dialect": "snntorch", "n_steps": 5, "exact": True, "leak_frac": 3},
            ConfigError,
            "`leak_frac`: goes without",
        ),
        ({"dialect": "snntorch", "n_steps": 5, "exact": 1}, ConfigError, "`exact`: must be True or False"),
        ({"dialect": "snntorch", "calibrate": np.zeros((4, 2, 3))}, DataError, "input is .4, 2, 3., but must be"),
        ({"dialect": "snntorch", "calibrate": {"x": 1}}, DataError, "holds no array 'input'"),
        ({"dialect": "snntorch", "n_steps": 7, "calibrate": np.zeros((4, 2, 16))}, ConfigError, "has 4 steps, got 7"),
    ],
)
def test_wrong_arguments(options, error, words):
    with pytest.raises(error, match=words):
        net("snntorch-leaky", data=False, **options)


def test_messages_name_file_and_node():
    with pytest.raises(NirError, match=r"snntorch-leaky-vectors.nir: node '1': has thresholds of 0.7"):
        net("snntorch-leaky-vectors")
    wide = row((3,), a=affine(4, 3), b=lif(4, v_threshold=1e-6))
    with pytest.raises(NirError, match=r"the graph: node 'b': weights up to .* have no room"):
        intsnn_hw.from_nir(wide, dialect="nir", n_steps=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snntorch-leaky", "snntorch-rsynaptic"])
def test_hardware_gives_the_spikes_of_the_framework(name):
    """RTL equals the golden model in every spike and membrane, and at the widest the golden model the framework."""
    found = net(name, exact=True, require_exact=True)
    events = to_events(recorded(name)["input"].transpose(1, 0, 2).astype(np.int64))
    report = cosimulate(found.golden, events)
    assert report.n_mismatches == 0 and report.n_compared > 10_000
