"""The network object: trained in place, looked into, written and read."""

import json

import numpy as np
import pytest

import intsnn_hw
from golden.kernels import Kernel
from golden.network import LearningNetwork, run
from golden.presets import preset


def test_the_ways_in_give_the_same(tmp_path, trained, checkpoint):
    options = {"hidden": (4,), "lanes": 2}
    net = intsnn_hw.preset("digits-64", **options)
    assert net.config == preset("digits-64", hidden=(4,), lanes=2) and not net.has_weights
    assert intsnn_hw.preset("digits-64", hidden=4, lanes=[2]).config == net.config, "one value, or a list"
    (tmp_path / "mine.toml").write_text(net.to_toml())
    assert intsnn_hw.from_toml(tmp_path / "mine.toml").config == net.config
    assert intsnn_hw.from_toml(tmp_path / "mine.toml", fire_lanes=1).config.hardware.fire_lanes == (1,)
    loaded = intsnn_hw.load(checkpoint, lanes=4)
    assert loaded.config.hardware.lanes == (4,) and loaded.config.learning == trained.config.learning
    assert all(np.array_equal(a, b) for a, b in zip(loaded.weights, trained.weights, strict=True))


def test_training_changes_the_network_and_goes_on_from_it(mine, trained, tmp_path):
    net = intsnn_hw.preset("digits-64", hidden=(4,), lanes=2)
    before = net.golden
    result = net.train(mine, epochs=1, progress=False)
    assert net.has_weights and result.checkpoint is None and net.notes["data"] == "arrays"
    assert not np.array_equal(net.weights[0], before.weights[0])
    assert all(np.array_equal(a, b) for a, b in zip(net.weights, trained.weights, strict=True))
    path = net.save(tmp_path / "net.npz")
    assert path.read_bytes() == trained.save(tmp_path / "same.npz").read_bytes()
    again = net.train(mine, epochs=1, progress=False)
    assert again.history[0].training_accuracy != result.history[0].training_accuracy


def test_an_interrupted_training_leaves_the_network_as_it_was(mine, trained, monkeypatch):
    net = intsnn_hw.load(trained.source)
    before = net.weights

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Kernel, "learn", interrupt)
    with pytest.raises(KeyboardInterrupt):
        net.train(mine, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(net.weights, before, strict=True))


def test_weights_are_copies(trained):
    trained.weights[0][:] = 7
    assert not (trained.weights[0] == 7).all()


def test_classes_and_traces_are_those_of_the_model(mine, trained):
    x = mine["x_test"]
    spikes = trained.trace(x).inputs
    record = run(trained.golden, spikes)
    trace = trained.trace(x.reshape(-1, 8, 8))
    assert trace.inputs.shape == (20, 2, 64) and [entry.shape for entry in trace.spikes] == [(20, 2, 4), (20, 2, 10)]
    for ours, theirs in zip((*trace.spikes, *trace.membranes), (*record.spikes, *record.membranes), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(trace.scores, record.scores)
    np.testing.assert_array_equal(trained.predict(x), record.classes)
    assert trace.spikes[0].any() and (trace.classes == mine["y_test"]).mean() == trained.evaluate(mine).accuracy
    assert "time steps: 2" in repr(trace) and json.dumps(trace.to_dict())


def test_networks_of_events_take_spikes():
    net = intsnn_hw.preset("cues-64r", hidden=(3,), n_steps=5)
    x = np.zeros((2, 5, 40), np.uint8)
    x[0, 1, 3] = 1
    assert isinstance(net.golden, LearningNetwork)
    trace = net.trace(x)
    np.testing.assert_array_equal(trace.inputs, x)
    assert trace.classes.shape == (2,)


def test_learning_hardware_and_its_rule_can_be_left_out(trained):
    assert trained.config.learns and not trained.inference_only().config.learns
    assert trained.with_hardware(banks=1).config.hardware.banks == 1 and trained.config.hardware.banks == 2


def test_surrogate_gradients_and_models_of_torch(mine):
    from train.bptt import SpikingNetwork

    net = intsnn_hw.preset("digits-64", hidden=(4,), lanes=2).inference_only()
    result = net.train(mine, method="bptt", epochs=1, batch_size=20, progress=False)
    assert result.mismatches == 0 and net.has_weights and net.notes["method"] == "bptt"
    same = intsnn_hw.from_torch(result.model)
    assert all(np.array_equal(a, b) for a, b in zip(same.weights, net.weights, strict=True))
    shifts = [layer.neuron.threshold_shift for layer in net.config.layers]
    assert result.threshold_shifts == net.notes["threshold_shifts"] == {"configured": [8, 8], "chosen": shifts}
    assert shifts != [8, 8] and "the configuration had 8, 8" in repr(result)
    kept = intsnn_hw.preset("digits-64", hidden=(4,)).inference_only()
    found = kept.train(mine, method="bptt", epochs=1, keep_thresholds=True, progress=False)
    assert found.threshold_shifts == {"configured": [8, 8], "chosen": [8, 8]} and "as configured" in repr(found)
    plain = intsnn_hw.from_torch(SpikingNetwork(kept.config), weight_width=6)
    assert {layer.weight_width for layer in plain.config.layers} == {6}


def test_hardware_and_model_are_compared(mine, trained):
    """On Icarus Verilog, which compiles nothing; the commands' tests run the other back ends."""
    weights = trained.weights
    learned = trained.colearn(mine, samples=4, backend="icarus", progress=False)
    assert learned.mismatches == 0 and learned.weights_compared > 0 and json.dumps(learned.to_dict())
    assert all(np.array_equal(a, b) for a, b in zip(trained.weights, weights, strict=True))
    report = trained.cosimulate(mine, samples=3, backend="icarus", stalls=1, progress=False)
    assert report.mismatches == 0 and report.samples == 3 and json.dumps(report.to_dict())


def test_known_sets_are_listed(tmp_path):
    found = {each.name: each for each in intsnn_hw.datasets(tmp_path).sets}
    assert found["digits"].where() == "needs no files" and found["mnist"].where() == "missing"
    assert not found["mnist"].there and str(tmp_path) in (found["mnist"].missing or "")
    assert "mnist: handwritten digits, 28x28 pixels, missing" in repr(intsnn_hw.datasets(tmp_path))
