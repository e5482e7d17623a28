"""intsnn energy: figures that hang together, and what a user can do wrong."""

from dataclasses import replace

import pytest
import tomli_w

from golden.presets import preset
from intsnn_hw.energy import Coefficients
from tests.cli.test_errors import fails

SMALL = ("--preset", "digits-64", "--hidden", "6", "--lanes", "4", "--steps", "2", "--samples", "12")


def test_energy_of_inference_and_training(intsnn, tmp_path):
    outcome = intsnn("energy", *SMALL, "--learn", "--json")
    assert outcome.code == 0, outcome.err
    result = outcome.json
    inference, training = result["inference"], result["training"]
    parts = ("memory_reads", "memory_writes", "adds", "products")
    for energy in (inference["energy"], training["energy"]["inference"], training["energy"]["update"]):
        assert energy["total"] == pytest.approx(sum(energy[part] for part in parts))
        assert (
            energy["total"] == pytest.approx(sum(layer["total"] for layer in energy["layers"])) and energy["total"] > 0
        )
    each, updated = training["each"], training["updated_samples"]
    assert each["mean"] == pytest.approx(each["skipped"] + (each["updated"] - each["skipped"]) * updated / 12)

    # F * fr * T is the number of synaptic operations: the model is off by what an operation costs, and by firing.
    eth = inference["eth"]
    for layer, counted in zip(eth["layers"], inference["per_sample"]["layers"], strict=True):
        assert layer["F"] * layer["fr"] * layer["T"] == pytest.approx(counted["adds"])
        assert layer["E"] < layer["E_counted"]
    assert eth["energy"] == pytest.approx(sum(layer["energy"] for layer in eth["layers"]))
    assert 1 < eth["counted_over_model"] < 3
    model = training["eth"]
    assert model["T"] * model["S"] * model["c"] == pytest.approx(12 * each["mean"]) == model["energy"]

    table = Coefficients.load().to_dict()
    table["name"], table["add"]["value"] = "mine", 2 * table["add"]["value"]
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(table))
    other = intsnn("energy", *SMALL, "--coefficients", tmp_path / "mine.toml", "--json").json
    assert other["inference"]["energy"]["adds"] == pytest.approx(2 * inference["energy"]["adds"])
    assert other["coefficients"]["name"] == "mine" and other["training"] is None


def test_own_neurons_are_inputs_of_a_recurrent_layer(intsnn):
    data = "cues:cues=1,delay_ms=100,bin_ms=20,train=4,test=4"
    small = ("--preset", "cues-64r", "--hidden", 6, "--steps", 20, "--lanes", 2, "--data", data)
    inference = intsnn("energy", *small, "--json").json["inference"]
    first, adds = inference["eth"]["layers"][0], inference["per_sample"]["layers"][0]["adds"]
    assert first["F"] == (40 + 6) * 6 and first["fr"] == inference["firing_rates"][0]
    assert first["F"] * first["fr"] * 20 == pytest.approx(adds) and adds > 0


def test_bit_flips(intsnn):
    outcome = intsnn("energy", *SMALL, "--toggles", "--json")
    flips = outcome.json["inference"]["toggles"]
    assert flips["flips"] == pytest.approx(sum(entry["flips"] for entry in flips["modules"])) and flips["flips"] > 1000
    assert flips["flips"] == pytest.approx(flips["registers"] + flips["nets"])
    assert {"layer0.synapses", "layer0.synapses.weights", "layer1.sweep.pipeline"} <= {
        row["module"] for row in flips["modules"]
    }


def test_tables_are_readable_in_80_columns(intsnn, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    flips, shown = (intsnn("energy", *SMALL, option).out for option in ("--toggles", "--learn"))
    for text, words in ((flips, ["layer0.synapses.weights"]), (shown, ["F*fr*E*T", "T*S*c"])):
        assert "…" not in text and max(map(len, text.splitlines())) <= 80 and all(word in text for word in words)
    titles = [line.split(" of ", 2)[2] for line in shown.splitlines() if line.startswith("energy of operations")]
    assert titles == ["an inference, pJ"] + [f"a training sample, its {part}, pJ" for part in ("inference", "update")]
    layers = [line for line in shown.splitlines() if line[:3] in (" 0 ", " 1 ")]
    assert len(layers) == 6 and all(line.rstrip().endswith(" %") for line in layers), "a line each"


def test_what_a_user_can_do_wrong(intsnn, tmp_path):
    table = Coefficients.load().to_dict()
    del table["supply_voltage"]
    (tmp_path / "bad.toml").write_text(tomli_w.dumps(table))
    (tmp_path / "infer.toml").write_text(replace(preset("digits-64"), learning=None).to_toml())
    for arguments, words in (
        ((*SMALL, "--coefficients", tmp_path / "bad.toml"), ["bad.toml", "supply_voltage", "missing"]),
        ((*SMALL, "--coefficients", tmp_path / "none.toml"), ["none.toml", "cannot be read"]),
        (("missing.npz",), ["missing.npz"]),
        ((), ["CHECKPOINT, --preset NAME"]),
        ((*SMALL[:-1], "0"), ["--samples", "0"]),
        ((*SMALL, "--data", "nothing"), ["nothing", "digits", "mnist"]),
        (("--config", tmp_path / "infer.toml", "--learn"), ["infer.toml", "--learn", "no learning rule"]),
    ):
        fails(intsnn("energy", *arguments), *words)
