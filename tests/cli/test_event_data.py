"""Commands on a data set of events, from its file to hardware that computes the same."""

import numpy as np
import pytest

from golden import checkpoint
from golden.config import EncodingConfig, HardwareConfig, LayerConfig, LearningConfig, NetworkConfig, NeuronConfig
from tests.train.event_files import write_nmnist, write_shd
from train.data import load

DATA = "shd:bins=12,channels=70"


def config(n_inputs=70, n_steps=12, n_classes=20, **encoding):
    hidden = NeuronConfig(membrane_width=16, spike_width=2, threshold_shift=8, leak_shift=3)
    readout = NeuronConfig(membrane_width=18, spike_width=2, threshold_shift=8, leak_shift=None)
    return NetworkConfig(
        name="words", n_inputs=n_inputs, n_steps=n_steps,
        encoding=EncodingConfig(**({"kind": "events", "spike_width": 2} | encoding)),
        layers=(
            LayerConfig(size=16, weight_width=8, neuron=hidden),
            LayerConfig(size=n_classes, weight_width=8, neuron=readout),
        ),
        learning=LearningConfig(
            timing="every_step", margin=512, rate_shifts=(2, -4), error_shifts=(1,), init_shifts=(13, 12),
            trace_shifts=(3, 3), epochs=2,
        ),
        hardware=HardwareConfig(lanes=(4,)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a small SHD and the configuration of a network for it."""
    folder = tmp_path_factory.mktemp("words")
    write_shd(folder / "shd", repeats=3)
    (folder / "words.toml").write_text(config().to_toml(), encoding="utf-8")
    return folder


def test_from_a_file_of_events_to_hardware(intsnn, place):
    path = place / "words.npz"
    data = ("--data", DATA, "--data-dir", place, "--json")
    trained = intsnn("train", "--config", place / "words.toml", *data, "--out", path)
    assert trained.code == 0, trained.err
    name = "shd:bins=12,bin_ms=116.667,channels=70"
    assert trained.json["data"] == name and trained.json["history"][-1]["updated"] > 0
    stored = checkpoint.load(path)
    assert stored.training["data"] == name and stored.network.config.encoding.kind == "events"
    resumed = intsnn("train", "--config", place / "words.toml", "--data", name, *data[2:], "--out", path, "--resume")
    assert resumed.code == 0 and resumed.json["accuracy"] == trained.json["accuracy"]

    evaluated = intsnn("eval", path, *data)
    assert evaluated.code == 0 and evaluated.json["samples"] == 60
    assert evaluated.json["accuracy"] == trained.json["accuracy"] and evaluated.json["hidden_events"] > 0
    dataset = load(DATA, place)
    assert evaluated.json["input_events"] == len(dataset.events("test", stored.network.config.encoding, 12).levels) / 60

    compared = intsnn("cosim", path, *data)
    assert compared.code == 0 and compared.json["mismatches"] == 0
    assert compared.json["compared"] == 60 * (12 * 2 * (16 + 20) + 2)
    assert compared.json["accuracy"] == trained.json["accuracy"]
    learned = intsnn("cosim", "--learn", "--config", place / "words.toml", *data, "--samples", 40)
    assert learned.code == 0 and learned.json["mismatches"] == 0 and learned.json["updated_samples"] > 0

    energy = intsnn("energy", path, *data, "--learn", "--samples", 20)
    assert energy.code == 0 and energy.json["inference"]["energy"]["total"] > 0 and energy.json["data"] == name


def test_validation_holds_out_a_speaker(intsnn, place):
    done = intsnn(
        "train",
        "--config",
        place / "words.toml",
        "--data",
        DATA,
        "--data-dir",
        place,
        "--validation",
        "--epochs",
        1,
        "--json",
    )
    assert done.code == 0 and done.json["data"].endswith("-validation") and done.json["samples"] == 40  # of 3 speakers


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"n_inputs": 140}, ["70 places of events", "140 inputs"]),
        (
            {"n_steps": 13},
            ["12 time steps", "13; give --steps 12 with a preset, bins=13 with its name or another network"],
        ),
        ({"n_classes": 19}, ["20 classes", "19"]),
        ({"kind": "single_shot"}, ["it has events", "kind 'single_shot', which takes values"]),
    ],
)
def test_a_network_of_other_events(intsnn, place, tmp_path, changes, words):
    (tmp_path / "other.toml").write_text(config(**changes).to_toml(), encoding="utf-8")
    done = intsnn("train", "--config", tmp_path / "other.toml", "--data", DATA, "--data-dir", place)
    assert done.code == 2 and len(done.err.splitlines()) == 1 and not done.out
    for word in ("does not fit network words", *words):
        assert word in done.err


def test_values_for_a_network_of_events(intsnn, tmp_path):
    (tmp_path / "events.toml").write_text(config(n_inputs=64).to_toml(), encoding="utf-8")
    done = intsnn("train", "--config", tmp_path / "events.toml", "--data", "digits")
    assert done.code == 2 and "it has values, the network an input encoding of kind 'events'" in done.err
    for command in ("train", "bench"):
        done = intsnn(command, "--config", tmp_path / "events.toml")
        assert done.code == 2 and "64 inputs of events, which tells no data set; give --data" in done.err


def test_a_preset_is_named_for_data_without_a_network(intsnn):
    done = intsnn("train", "--data", "fsdd:bins=80")
    assert done.code == 2 and done.err.endswith("--config FILE; presets for fsdd:bins=80: fsdd-128, fsdd-128r\n")
    done = intsnn("train", "--data", "digits")
    assert done.code == 2 and done.err.endswith("--config FILE; presets for digits: digits-64\n")
    done = intsnn("train", "--data", "mine.npz")
    assert done.code == 2 and done.err.endswith("--config FILE\n")


def test_a_sample_of_other_length_is_told_the_option(intsnn):
    done = intsnn("train", "--preset", "cues-64r", "--data", "cues:cues=3,train=20,test=10")
    assert done.code == 2 and "it has 160 time steps, the network 220; give --steps 160 with a preset" in done.err


def test_bad_options_and_absent_files_end_in_one_line(intsnn, place, tmp_path):
    for data, words in (
        ("shd:bin=3", "unknown option 'bin=3'"),
        ("nmnist", "garrickorchard"),
        ("mnist:bins=3", "options"),
    ):
        done = intsnn("train", "--config", place / "words.toml", "--data", data, "--data-dir", tmp_path)
        assert done.code == 2 and words in done.err and len(done.err.splitlines()) == 1


def test_a_camera_of_events(intsnn, tmp_path):
    write_nmnist(tmp_path / "nmnist", per_class=2)
    network = config(n_inputs=2 * 2 * 2, n_steps=6, n_classes=10, spike_width=4)
    (tmp_path / "camera.toml").write_text(network.to_toml(), encoding="utf-8")
    done = intsnn(
        "bench", "--config", tmp_path / "camera.toml", "--data", "nmnist:bins=6,downsample=17", "--data-dir", tmp_path,
        "--what", "infer", "--epochs", 1, "--json",
    )  # fmt: skip
    assert done.code == 0 and "PyTorch loop shows values" in done.err
    assert done.json["torch"] is False and done.json["infer"]["samples"] == 20
    assert np.isfinite(done.json["infer"]["samples_per_second"])
