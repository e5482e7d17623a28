"""Every command on small inputs: what it prints, writes and returns."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from golden import checkpoint
from golden.config import HardwareConfig, NetworkConfig
from golden.encoding import encode
from golden.kernels import Kernel
from golden.network import run
from golden.presets import PRESETS, preset
from intsnn_hw.cli import COMMANDS
from train import online
from train.data import load

VERILOG = {"intsnn.v", "intsnn.vlt", "manifest.json", "config.toml"}


def test_help_teaches_and_loads_nothing_heavy():
    heavy = ("amaranth", "numpy", "torch", "matplotlib", "rich")
    for arguments in ([], *([name] for name in COMMANDS)):
        names = heavy if arguments else (*heavy, "golden.config")
        program = (
            "import sys; from intsnn_hw.cli.main import main\n"
            f"try: main([*{arguments!r}, '--help'])\n"
            "except SystemExit: pass\n"
            f"print([name for name in {names!r} if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert "example" in done.stdout or "start here" in done.stdout
        assert done.stdout.endswith("[]\n") and not done.stderr


def test_version(capsys, intsnn):
    with pytest.raises(SystemExit) as stop:
        intsnn("--version")
    assert stop.value.code == 0 and capsys.readouterr().out.startswith("intsnn ")


def test_demo(intsnn, tmp_path):
    done = intsnn("demo", "--out", tmp_path / "demo", "--json")
    assert done.code == 0
    result = done.json
    assert result["mismatches"] == 0 and result["accuracy"] == result["model_accuracy"] >= 0.96
    assert result["samples"] == 445 and result["compared"] == 445 * (2 * 2 * 74 + 2)
    assert 0 < result["lane_utilisation"] <= 1 and result["cycles_per_sample"] > 0
    written = {path.name for path in (tmp_path / "demo").iterdir()}
    assert written == {*VERILOG, "digits-64.npz", "report.json", "demo.png"}
    assert json.loads((tmp_path / "demo" / "report.json").read_text()) == result
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")
    stored = checkpoint.load(tmp_path / "demo" / "digits-64.npz").network
    assert online.evaluate(stored.inference_only(), load_digits()).accuracy == result["accuracy"]


def test_demo_shows_a_table(intsnn, tmp_path):
    done = intsnn("demo", "--out", tmp_path)
    assert done.code == 0 and "mismatches" in done.out and "none in" in done.out and "demo.png" in done.out


def load_digits():
    from train.data import load

    return load("digits")


def test_a_mismatch_ends_with_exit_code_1_and_names_its_place(intsnn, trained, monkeypatch, tmp_path):
    from sim.verify import inference as comparison

    real = comparison.Kernel.infer

    def off_by_one(self, *arguments, **options):
        inference = real(self, *arguments, **options)
        if inference.state is not None:
            inference.state.membrane[3, 1, 5] += 1
        return inference

    monkeypatch.setattr(comparison.Kernel, "infer", off_by_one)
    vcd = tmp_path / "first.vcd"
    done = intsnn("cosim", trained, "--samples", 10, "--vcd", vcd, "--json")
    assert done.code == 1 and done.json["mismatches"] == 1
    found = done.json["first_mismatches"][0]
    assert (found["sample"], found["step"], found["layer"], found["neuron"]) == (3, 1, 0, 5)
    assert found["golden"] == found["rtl"] + 1
    assert vcd.read_text().startswith("$") and not list(tmp_path.glob("*.part"))
    done = intsnn("cosim", trained, "--samples", 10)
    assert done.code == 1 and "sample 3, step 1, layer 0, neuron 5" in done.out


@pytest.mark.parametrize("backend", ["fast", "icarus"])
def test_cosim(intsnn, trained, backend):
    done = intsnn("cosim", trained, "--samples", 6, "--backend", backend, "--stalls", 1, "--lanes", "8,2", "--json")
    assert done.code == 0
    result = done.json
    assert result["mismatches"] == 0 and result["samples"] == 6 and result["lanes"] == [8, 2]
    counted = result["per_sample"]["inference"]
    assert counted["adds"] == pytest.approx(result["synaptic_operations"]) and len(counted["layers"]) == 2
    assert counted["memory_reads"] > counted["memory_writes"] > 0 and "update" not in result["per_sample"]
    assert set(result) >= {"accuracy", "cycles_per_sample", "lane_utilisation", "layer_utilisation"}
    assert len(result["layer_utilisation"]) == 2 and result["samples_per_second"] > 0


def test_mnist_through_the_hardware(intsnn, mnist_dir, tmp_path):
    path, data = tmp_path / "mnist.npz", ("--data-dir", mnist_dir, "--json")
    assert intsnn("train", "--preset", "mnist-64", "--epochs", 1, "--out", path, *data).json["accuracy"] > 0.94
    done = intsnn("cosim", path, "--samples", 500, "--lanes", 16, *data)
    result = done.json
    assert done.code == 0 and result["mismatches"] == 0 and result["samples"] == 500
    assert result["accuracy"] > 0.85 and result["lane_utilisation"] > 0.95


def test_the_lanes_are_at_work_while_mnist_is_learned(intsnn, mnist_dir):
    options = ("--samples", 300, "--lanes", "8,5", "--data-dir", mnist_dir, "--json")
    done = intsnn("cosim", "--learn", "--preset", "mnist-64", *options)
    result = done.json
    assert done.code == 0 and result["mismatches"] == 0 and result["updated_samples"] > 200
    assert result["update_lane_share"] >= 0.9


def test_hardware_options_go_with_any_network(intsnn, tmp_path):
    options = ("--lanes", "8,2", "--fire-lanes", 4, "--banks", 1, "--weight-memory", "single_port,dual_port",
               "--multiplier", "operator")  # fmt: skip
    expected = HardwareConfig(
        lanes=(8, 2), fire_lanes=(4,), banks=1, weight_memory=("single_port", "dual_port"), multiplier="operator"
    )
    path = tmp_path / "digits.npz"
    assert intsnn("train", "--preset", "digits-64", "--epochs", 1, "--out", path).code == 0
    for source in ((path,), ("--preset", "digits-64")):
        assert intsnn("generate", *source, *options, "--learn", "-o", tmp_path).code == 0
        assert NetworkConfig.from_toml(tmp_path / "config.toml").hardware == expected


def test_cosim_of_an_untrained_preset(intsnn):
    done = intsnn("cosim", "--preset", "digits-64", "--samples", 3, "--json")
    assert done.code == 0 and done.json["mismatches"] == 0


def test_train_eval_and_resume(intsnn, tmp_path):
    whole, parts = tmp_path / "whole.npz", tmp_path / "parts.npz"
    options = ("train", "--preset", "digits-64", "--seed", 3, "--epochs", 3, "--json", "--out")
    done = intsnn(*options, whole)
    result = done.json
    assert done.code == 0 and result["epochs"] == len(result["history"]) == 3 and result["seed"] == 3
    assert result["checkpoint"] == str(whole) and result["samples_per_second"] > 0
    assert intsnn("eval", whole, "--json").json["accuracy"] == result["accuracy"] > 0.8
    confusion = np.array(intsnn("eval", whole, "--json").json["confusion"])
    assert np.trace(confusion) / confusion.sum() == result["accuracy"]

    learn, calls = Kernel.learn, []

    def interrupt(self, events, labels, order, boost=0):
        calls.append(len(order))
        if sum(calls) > 2 * 1352:
            raise KeyboardInterrupt
        return learn(self, events, labels, order, boost)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Kernel, "learn", interrupt)
        done = intsnn(*options, parts)
    assert done.code == 130 and "--resume" in done.err
    assert checkpoint.load(parts).training["epoch"] == 2
    assert intsnn(*options, parts, "--resume").code == 0
    assert parts.read_bytes() == whole.read_bytes()


def test_eval_of_a_convolutional_network(intsnn, convolutional):
    """By the kernels, as the numpy steps have it."""
    network, data = checkpoint.load(convolutional).network, load("digits")
    config = network.config
    record = run(network, encode(data.test_x, config.encoding, config.n_steps))
    result = intsnn("eval", convolutional, "--json").json
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (data.test_y, record.classes), 1)
    assert result["confusion"] == expected.tolist() and np.count_nonzero(expected.sum(axis=0)) > 2
    assert result["accuracy"] == (record.classes == data.test_y).mean()
    assert result["hidden_events"] == (record.spikes[0] > 0).sum() / len(data.test_y) > 0
    assert "8x8-6c3p1-2a-10" in intsnn("eval", convolutional).out


def test_the_hardware_of_a_convolutional_network(intsnn, convolutional, tmp_path):
    described = intsnn("describe", convolutional, "--json").json
    assert described["n_synapses"] == 54 + 6 * 16 * 10 and described["predicted_cycles_per_step"] > 0
    assert [layer["cycles_per_event"] for layer in described["layers"]] == [9, 1]
    assert intsnn("generate", convolutional, "-o", tmp_path / "core").code == 0
    record = json.loads((tmp_path / "core" / "manifest.json").read_text())
    assert record["memories"][0]["accumulators"] == {"depth": 64, "width": 6 * 16 + 1, "copies": 2}
    assert "of a convolution" in record["weight_load"]["order"]
    done = intsnn("cosim", convolutional, "--samples", 2, "--backend", "icarus", "--json")
    assert done.code == 0 and done.json["mismatches"] == 0


def test_a_convolutional_network_learns(intsnn, learning_maps, tmp_path, monkeypatch):
    """Trained, evaluated, described, and gone on with after an interruption, to the same bytes."""
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    trained = intsnn("train", "--config", learning_maps, "--out", whole, "--json").json
    assert trained["accuracy"] > 0.75 and trained["topology"] == "8x8-6c3-2a-10"
    assert intsnn("eval", whole, "--json").json["accuracy"] == trained["accuracy"]
    network, learn = checkpoint.load(whole).network, Kernel.learn

    def interrupted(self, events, labels, order, boost=0):
        if boost > 0:
            raise KeyboardInterrupt
        return learn(self, events, labels, order, boost)

    with monkeypatch.context() as patched:
        patched.setattr(Kernel, "learn", interrupted)
        assert intsnn("train", "--config", learning_maps, "--out", part).code == 130
    assert intsnn("train", "--config", learning_maps, "--out", part, "--resume").code == 0
    assert part.read_bytes() == whole.read_bytes()
    described = intsnn("describe", whole, "--json").json
    assert described["n_synapses"] == sum(weight.size for weight in network.weights) == 54 + 540
    assert described["predicted_cycles_per_step"] > 0


def test_a_convolutional_network_learns_in_hardware(intsnn, learning_maps, tmp_path):
    assert intsnn("generate", "--config", learning_maps, "--learn", "-o", tmp_path / "core").code == 0
    record = json.loads((tmp_path / "core" / "manifest.json").read_text())
    assert record["learning"]["lfsr"]["width"] == 32 and record["learning"]["lfsr"]["steps_per_draw"] == 32
    assert record["memories"][0]["gradient"]["depth"] == 9 and record["memories"][1]["carried"]["depth"] == 54
    done = intsnn("cosim", "--config", learning_maps, "--learn", "--samples", 2, "--backend", "icarus", "--json")
    assert done.code == 0 and done.json["mismatches"] == 0 and done.json["updated_samples"] == 2


def test_train_on_the_hardware_gives_the_same_bytes(intsnn, tmp_path, monkeypatch):
    from sim.verify.engine import RtlEngine

    golden, rtl = tmp_path / "golden.npz", tmp_path / "rtl.npz"
    options = ("train", "--preset", "digits-64", "--hidden", 12, "--lanes", 4, "--epochs", 3, "--json", "--out")
    expected = intsnn(*options, golden).json
    learn, calls = RtlEngine.learn, []

    def interrupt(self, events, labels, order, boost=0):
        calls.append(len(order))
        if sum(calls) > 1352 + 500:
            raise KeyboardInterrupt
        return learn(self, events, labels, order, boost)

    with monkeypatch.context() as patch:
        patch.setattr(RtlEngine, "learn", interrupt)
        assert intsnn(*options, rtl, "--on", "rtl").code == 130
    assert checkpoint.load(rtl).training["epoch"] == 1
    with monkeypatch.context() as patch:  # no golden step takes part
        patch.setattr("golden.kernels.Kernel.learn", None)
        patch.setattr("golden.network.learn", None)
        done = intsnn(*options, rtl, "--on", "rtl", "--resume")
    assert done.code == 0 and rtl.read_bytes() == golden.read_bytes()
    assert (done.json["on"], expected["on"]) == ("rtl", "golden") and done.json["accuracy"] == expected["accuracy"]
    assert expected["cycles_per_sample"] is None and done.json["cycles_per_sample"] > 50
    cycles = [epoch["cycles_per_sample"] for epoch in done.json["history"]]
    assert cycles[0] is None and cycles[1] > cycles[2] > 50


def test_train_variants_and_table(intsnn):
    done = intsnn("train", "--preset", "digits-64", "--epochs", 1, "--shadow-width", 8, "--weight-width", 4,
                  "--route", "direct", "--timing", "every_step", "--hidden", "20,10", "--validation")  # fmt: skip
    assert done.code == 0 and "64-20-10-10" in done.out and "digits-validation" in done.out


def test_config_file_round_trip(intsnn, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(intsnn("presets", "digits-64", "--toml").out)
    assert NetworkConfig.from_toml(path) == preset("digits-64")
    done = intsnn("train", "--config", path, "--data", "digits", "--epochs", 1, "--json")
    assert done.code == 0 and done.json["topology"] == "64-64-10"


def test_presets(intsnn):
    listed = intsnn("presets", "--json").json["presets"]
    assert [entry["name"] for entry in listed] == list(PRESETS)
    out = intsnn("presets").out
    assert all(name in out for name in PRESETS)


def test_variants_of_presets(intsnn):
    """Every option of a variant changes a preset, and what changes none is told."""
    options = ("--hidden", "6,5", "--steps", 20, "--recurrence", "fixed", "--rounding", "nearest", "--toml")
    wanted = preset("cues-64r", hidden=(6, 5), n_steps=20, recurrence="fixed", rounding="nearest")
    assert intsnn("presets", "cues-64r", *options).out == wanted.to_toml()
    done = intsnn("presets", "--hidden", 6)
    assert done.code == 2 and "--hidden: changes a preset; give its NAME" in done.err
    done = intsnn("describe", "missing.npz", "--steps", 2)
    assert done.code == 2 and "--steps: changes presets only; missing.npz has its own value" in done.err


def test_generate(intsnn, trained, tmp_path):
    done = intsnn("generate", trained, "-o", tmp_path / "rtl", "--lanes", 8, "--with-weights", "--json")
    assert done.code == 0 and done.json["lanes"] == [8, 8] and not done.json["learn"]
    files = {path.name: path for path in (tmp_path / "rtl").iterdir()}
    assert set(files) == VERILOG
    manifest = json.loads(files["manifest.json"].read_text())
    assert manifest["weight_load"]["preloaded"] and set(manifest["streams"]) == {"i", "weights", "o"}
    done = intsnn("generate", "--preset", "digits-64", "-o", tmp_path / "learning", "--learn", "--json")
    manifest = json.loads((tmp_path / "learning" / "manifest.json").read_text())
    assert done.json["learn"] and {"control", "shadow"} <= set(manifest["streams"])


def test_describe(intsnn, trained):
    summary = intsnn("describe", "--preset", "mnist-128", "--lanes", "16,2", "--json").json
    assert [layer["lanes"] for layer in summary["layers"]] == [16, 2]
    assert summary["weight_memory_bits"] == (784 * 128 + 128 * 10) * 8
    assert summary["predicted_cycles_per_step"] == pytest.approx(78.4 * 8)
    assert "784-128-10" in intsnn("describe", "--preset", "mnist-128").out
    assert intsnn("describe", trained, "--json").json["topology"] == "64-64-10"
    fixed = ("describe", "--preset", "fsdd-128r", "--recurrence", "fixed")
    assert "graded error" in intsnn(*fixed).out and "fixed recurrence" in intsnn(*fixed).out
    rule = intsnn(*fixed, "--json").json["learning"]
    assert (rule["error"], rule["recurrence"]) == ("graded", "fixed") and "recurrence" not in summary["learning"]


@pytest.mark.parametrize("what", ["train", "infer", "rtl"])
def test_bench(intsnn, what):
    options = ("--samples", 5) if what == "rtl" else ("--torch-steps", 3, "--torch-batch", 16)
    done = intsnn("bench", "--what", what, "--preset", "digits-64", "--epochs", 1, *options, "--json")
    assert done.code == 0 and set(done.json) & {"train", "infer", "rtl"} == {what}
    loop = done.json.get("torch_steps"), done.json.get("torch_batch")
    assert loop == ((None, None) if what == "rtl" else (3, 16))


def test_cosim_learns(intsnn, trained):
    options = ("--samples", 8, "--backend", "icarus", "--interval", 5, "--hidden", 12)
    done = intsnn("cosim", "--learn", "--preset", "digits-64", "--epochs", 2, "--seed", 4, *options, "--json")
    assert done.code == 0, done.err
    result = done.json
    assert result["mismatches"] == 0 and result["samples"] == 16 and result["epochs"] == 2 and result["seed"] == 4
    assert result["weights_compared"] == 2 * 2 * (64 * 12 + 12 * 10) and result["updated_samples"] > 0
    assert result["cycles_per_sample"] > 0 and sum(result["words_written"]) > 0
    assert 0 < result["update_lane_share"] < 1 and result["first_differing"] is result["vcd"] is None
    written = [layer["weights"]["writes"] * 16 for layer in result["per_sample"]["update"]["layers"]]
    assert written == pytest.approx(result["words_written"])
    assert intsnn("cosim", "--learn", trained, "--samples", 100_000).code == 2


def test_cosim_tells_of_a_layer_that_did_not_learn(intsnn, tmp_path):
    config = preset("digits-64", hidden=(6,))
    assert config.learning is not None
    (tmp_path / "mine.toml").write_text(
        replace(config, learning=replace(config.learning, error_shifts=(24,))).to_toml()
    )
    options = ("--samples", 4, "--backend", "icarus")
    done = intsnn("cosim", "--learn", "--config", tmp_path / "mine.toml", *options)
    assert done.code == 0 and "layer 0: no weight was updated, so its updates are not verified" in done.err
    assert "no weight was updated" not in intsnn("cosim", "--learn", "--preset", "digits-64", *options).err


def test_cosim_learns_on_the_core_that_generate_writes_by_the_schedule_of_the_configuration(
    intsnn, monkeypatch, tmp_path
):
    from golden.kernels import Kernel
    from intsnn_hw.emit.verilog import emit
    from intsnn_hw.rtl.core import Core

    config = preset("digits-64", hidden=(6,))
    assert config.learning is not None
    learning = replace(config.learning, epochs=3, schedule=(1, 2, 3))
    (tmp_path / "mine.toml").write_text(replace(config, learning=learning).to_toml())
    built, boosts, real = [], [], Kernel.learn_recorded

    def core(config, *, probe):
        built.append(config)
        return Core(config, probe=probe)

    def learn_recorded(self, events, labels, order, boost):
        boosts.append(boost)
        return real(self, events, labels, order, boost)

    monkeypatch.setattr("sim.verify.learning.Core", core)
    monkeypatch.setattr(Kernel, "learn_recorded", learn_recorded)
    monkeypatch.setenv("COLUMNS", "80")
    source = ("--config", tmp_path / "mine.toml")
    done = intsnn("cosim", "--learn", *source, "--epochs", 5, "--samples", 2, "--backend", "icarus")
    assert done.code == 0, done.err
    assert boosts == [0, 1, 2, 2, 2]
    for row in ("layer 0, weights", "layer 0, trace list", "layer 0, additions", "layer 1, errors"):
        assert f"  {row} " in done.out
    assert intsnn("generate", "--learn", *source, "-o", tmp_path).code == 0
    assert [emit(Core(config)) for config in built] == [(tmp_path / "intsnn.v").read_text()]


def test_cosim_shows_how_the_first_sample_that_differs_was_learned(intsnn, monkeypatch, tmp_path):
    from intsnn_hw.rtl.learning.lane import UpdateLane

    class Broken(UpdateLane):
        def _rounded(self, product, negative):
            return super()._rounded(product, negative ^ self._layer.is_readout)

    monkeypatch.setattr("intsnn_hw.rtl.learning.update.UpdateLane", Broken)
    vcd = tmp_path / "waves" / "sample.vcd"
    options = ("--backend", "icarus", "--samples", 6, "--hidden", 6, "--vcd", vcd)
    done = intsnn("cosim", "--learn", "--preset", "digits-64", *options)
    assert done.code == 1 and "first to differ: sample 0 of epoch 1, number 367 of the training set" in done.out
    assert "mismatch: sample 0, layer 1, neuron" in done.out and "waveform of sample 0 alone" in done.err
    assert vcd.read_text().startswith("$") and [path.name for path in vcd.parent.iterdir()] == [vcd.name]
