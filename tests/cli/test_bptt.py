"""Training by surrogate gradients from the command line: to integers, to on-line learning, to hardware."""

import csv
import json

import numpy as np
import pytest
import torch

from golden import checkpoint
from golden.network import LearningNetwork

BPTT = ("train", "--method", "bptt", "--preset", "digits-64", "--hidden", "16", "--learning-rate", "0.01")


@pytest.fixture(scope="module")
def bptt(tmp_path_factory):
    """A folder with runs of two epochs: digits.npz and digits.pt, in integers; float.pt, not."""
    from intsnn_hw.cli.main import main

    folder = tmp_path_factory.mktemp("bptt")
    for name, more in (("digits", []), ("float", ["--float"])):
        assert main([*BPTT, "--epochs", "4", "--out", str(folder / f"{name}.npz"), "--json", *more]) == 0
    return folder


def test_from_gradients_to_integers_to_on_line_learning_to_hardware(intsnn, bptt, tmp_path):
    stored = checkpoint.load(bptt / "digits.npz")
    assert stored.training["method"] == "bptt" and stored.training["epoch"] == 4
    assert isinstance(stored.network, LearningNetwork)
    evaluated = intsnn("eval", bptt / "digits.npz", "--json").json
    assert evaluated["accuracy"] > 0.7
    refined = intsnn("train", bptt / "digits.npz", "--epochs", 2, "--out", tmp_path / "on.npz", "--json")
    assert refined.code == 0 and refined.json["accuracy"] > evaluated["accuracy"]
    fresh = intsnn("train", "--preset", "digits-64", "--hidden", "16", "--epochs", 2, "--json").json
    assert refined.json["history"][0]["training_accuracy"] > fresh["history"][0]["training_accuracy"]
    cosim = intsnn("cosim", tmp_path / "on.npz", "--samples", 50, "--json")
    assert cosim.code == 0 and cosim.json["mismatches"] == 0


@pytest.mark.parametrize("method", [BPTT, ("train", "--preset", "digits-64", "--hidden", "16")])
def test_curves_of_test_accuracy_are_measured_when_asked_for(intsnn, method):
    found = intsnn(*method, "--epochs", 2, "--test-each-epoch", "--json").json
    first, last = (epoch["test_accuracy"] for epoch in found["history"])
    assert last == pytest.approx(found["accuracy"]) and last != first
    plain = intsnn(*method, "--epochs", 2, "--json").json
    assert [epoch["test_accuracy"] for epoch in plain["history"]] == [None, None]
    assert plain["accuracy"] == found["accuracy"]


CUES = ("--data", "cues:cues=3,delay_ms=150,train=200,test=100")
RECURRENT = ("train", "--method", "bptt", "--preset", "cues-64r", "--steps", "75", *CUES, "--learning-rate", "0.005")


def test_recurrent_networks_take_the_same_way(intsnn, tmp_path):
    run = (*RECURRENT, "--hidden", "12", "--epochs", 4, "--json")
    whole = intsnn(*run, "--out", tmp_path / "whole.npz")
    assert whole.code == 0 and whole.json["mismatches"] == 0 and whole.json["compared"] == 100 * (75 * 14 + 2)
    assert intsnn("eval", tmp_path / "whole.npz", *CUES, "--json").json["accuracy"] == whole.json["accuracy"] > 0.8
    refined = intsnn("train", tmp_path / "whole.npz", *CUES, "--epochs", 2, "--out", tmp_path / "on.npz", "--json")
    assert refined.code == 0 and refined.json["history"][0]["training_accuracy"] > 0.75
    for path in (tmp_path / "whole.npz", tmp_path / "on.npz"):
        cosim = intsnn("cosim", path, *CUES, "--samples", 10, "--json")
        assert cosim.code == 0 and cosim.json["mismatches"] == 0


def test_a_recurrent_run_in_floating_point_goes_on_and_is_quantised(intsnn, tmp_path, monkeypatch):
    from train.bptt.loop import Trainer

    options = (*RECURRENT, "--hidden", "12,8", "--recurrence", "fixed", "--float", "--epochs", 3, "--json")
    assert intsnn(*options, "--out", tmp_path / "whole.npz").code == 0
    epoch = Trainer._epoch
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "epochs", lambda self, tell: iter([self.history.append(epoch(self, tell))]))
        intsnn(*options, "--out", tmp_path / "part.npz")
    resumed = intsnn(*options, "--out", tmp_path / "part.npz", "--resume")
    assert resumed.code == 0 and len(resumed.json["history"]) == 3
    found = []
    for name in ("whole", "part"):
        done = intsnn("export", tmp_path / f"{name}.pt", *CUES, "--weight-width", 6, "--out", tmp_path / f"{name}.npz")
        assert done.code == 0, done.err
        found.append((tmp_path / f"{name}.npz").read_bytes())
    assert found[0] == found[1]
    network = checkpoint.load(tmp_path / "whole.npz").network
    assert [weight.shape for weight in network.weights] == [(12, 52), (8, 20), (2, 8)]
    assert network.config.topology == "40-12r-8r-2" and network.config.learning is None


def test_the_result_tells_the_run(intsnn, tmp_path):
    done = intsnn(*BPTT, "--epochs", 2, "--out", tmp_path / "a.npz", "--log", tmp_path / "a.csv", "--json")
    result = done.json
    assert done.code == 0 and result["mismatches"] == 0 and result["compared"] > 10_000
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [float(row["loss"]) for row in rows] == [epoch["loss"] for epoch in result["history"]]
    assert intsnn(*BPTT, "--epochs", 2, "--log", tmp_path / "a.json", "--json").code == 0
    assert len(json.loads((tmp_path / "a.json").read_text())["epochs"]) == 2
    shown = intsnn(*BPTT, "--epochs", 1)
    assert "equal to the model" in shown.out and "last.npz" in shown.out and "no --out FILE" in shown.err


def test_an_interrupted_run_goes_on(intsnn, tmp_path, monkeypatch):
    from train.bptt.loop import Trainer

    options = (*BPTT, "--epochs", 3, "--schedule", "cosine", "--dropout", 0.2, "--json")
    assert intsnn(*options, "--out", tmp_path / "whole.npz").code == 0
    epoch = Trainer._epoch

    def interrupted(self, progress):
        if len(self.history) == 1:
            raise KeyboardInterrupt
        return epoch(self, progress)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_epoch", interrupted)
        left = intsnn(*options, "--out", tmp_path / "part.npz")
    assert left.code == 130 and "--resume" in left.err
    assert intsnn(*options, "--out", tmp_path / "part.npz", "--resume").code == 0
    assert (tmp_path / "part.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    places, load = [], torch.load
    monkeypatch.setattr(torch, "load", lambda path, **how: (places.append(how["map_location"]), load(path, **how))[1])
    assert intsnn(*options, "--device", "cpu:0", "--out", tmp_path / "part.npz", "--resume").code == 0
    assert places == ["cpu"], "states of generators lie there, whatever the device"
    other = intsnn(*options, "--out", tmp_path / "part.npz", "--resume", "--batch-size", 64)
    assert other.code == 2 and "another run" in other.err


def test_export_quantises_a_float_network(intsnn, bptt, tmp_path):
    done = intsnn("export", bptt / "float.pt", "--out", tmp_path / "e.npz", "--json")
    result = done.json
    assert done.code == 0 and result["mismatches"] == 0 and len(result["layers"]) == 2
    assert intsnn("eval", tmp_path / "e.npz", "--json").json["accuracy"] == result["accuracy"]
    small = intsnn("export", bptt / "float.pt", "--weight-width", 2, "--membrane-width", 12, "--out",
                   tmp_path / "s.npz", "--json")  # fmt: skip
    assert small.json["accuracy"] < result["accuracy"]
    config = checkpoint.load(tmp_path / "s.npz").network.config
    assert {layer.weight_width for layer in config.layers} == {2} and config.learning is None
    assert {layer.neuron.membrane_width for layer in config.layers} == {12}
    assert "quantised alone" in intsnn("export", bptt / "float.pt", "--out", tmp_path / "e.npz").out


def test_export_keeps_the_integers_of_a_quantised_network(intsnn, bptt, tmp_path):
    done = intsnn("export", bptt / "digits.pt", "--out", tmp_path / "e.npz", "--json")
    assert done.code == 0 and done.json["layers"] == []
    ours, theirs = (checkpoint.load(path).network for path in (tmp_path / "e.npz", bptt / "digits.npz"))
    assert all(np.array_equal(a, b) for a, b in zip(ours.weights, theirs.weights, strict=True))
    assert (tmp_path / "e.npz").read_bytes() == (bptt / "digits.npz").read_bytes()


@pytest.mark.parametrize("arguments, words", [
    (("train", "--preset", "digits-64", "--batch-size", "8"), ("--batch-size", "--method bptt")),
    ((*BPTT, "--on", "rtl"), ("--on", "on-line")),
    ((*BPTT, "--device", "cuda:77"), ("--device cuda:77",)),
    ((*BPTT, "--learn-decay"), ("--learn-decay", "no layer of digits-16 leaks")),
    ((*BPTT, "--device", "meta"), ("--device meta",)),
    ((*BPTT, "--out", "run.pt"), ("--out run.pt", "run.npz")),
    ((*BPTT, "--loss", "count"), ("loss", "count", "membrane")),
    ((*BPTT, "--loss", "membrane_sum"), ("loss", "membrane_sum", "membrane")),
    (("train", "--method", "bptt", "--preset", "cues-64r", "--steps", "80", *CUES), ("75 time steps", "80")),
    ((*BPTT, "--log", "run.txt"), ("--log", ".csv")),
    ((*BPTT, "--learning-rate", "-1"), ("--learning-rate", "above 0")),
    ((*BPTT, "--dropout", "1"), ("--dropout", "below 1")),
    ((*BPTT, "--resume"), ("--resume", "--out")),
    (("export", "absent.pt", "--out", "x.npz"), ("absent.pt", "cannot be read")),
])  # fmt: skip
def test_faults_are_one_line(intsnn, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = intsnn(*arguments)
    assert outcome.code == 2 and all(word in outcome.err for word in words), outcome.err
    assert "Traceback" not in outcome.err and not list(tmp_path.iterdir())


def test_other_faults(intsnn, bptt, tmp_path):
    from_checkpoint = intsnn("train", "--method", "bptt", bptt / "digits.npz")
    assert from_checkpoint.code == 2 and "trained already" in from_checkpoint.err
    widths = intsnn("export", bptt / "digits.pt", "--weight-width", 4, "--out", tmp_path / "x.npz")
    assert widths.code == 2 and "--weight-width" in widths.err
    impossible = intsnn("export", bptt / "float.pt", "--weight-width", 40, "--out", tmp_path / "x.npz")
    assert impossible.code == 2 and "--weight-width: must be 2..24, got 40" in impossible.err
    assert intsnn("export", bptt / "float.pt", "--out", tmp_path / "e.npz", "--json").code == 0
    state = (bptt / "digits.pt").read_bytes()
    over = intsnn("export", bptt / "digits.pt", "--out", bptt / "digits.pt")
    assert over.code == 2 and "digits.npz" in over.err and (bptt / "digits.pt").read_bytes() == state
    no_shadows = intsnn("train", tmp_path / "e.npz")
    assert no_shadows.code == 2 and "learning" in no_shadows.err
