"""What a user can do wrong ends in one line, exit code 2, and nothing half-written."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest

from golden.config import ConvConfig, NetworkConfig
from golden.errors import ConfigError
from golden.presets import PRESETS
from intsnn_hw.cost.worst_case import worst_case
from intsnn_hw.rtl.core import Core


def fails(outcome, *words):
    """One line on stderr that holds the words; nothing on stdout; exit code 2."""
    assert outcome.code == 2, outcome.err
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("intsnn: error: "), outcome.err
    assert not outcome.out and "Traceback" not in outcome.err
    for word in words:
        assert str(word) in lines[0], lines[0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), ["COMMAND"]),
        (("fly",), ["fly"]),
        (("train",), ["--preset", "--config"]),
        (("train", "--preset", "mnist-63"), ["mnist-63", *PRESETS]),
        (("train", "--preset", "digits-64", "--epochs", "0"), ["--epochs", "0"]),
        (("train", "--preset", "digits-64", "--epochs", "many"), ["--epochs", "many"]),
        (("train", "--preset", "digits-64", "--weight-width", "0"), ["--weight-width:", "2..24", "0"]),
        (("train", "--preset", "digits-64", "--weight-width", "99"), ["--weight-width:", "99"]),
        (("train", "--preset", "digits-64", "--shadow-width", "7"), ["--shadow-width:", "7"]),
        (("train", "--preset", "digits-64", "--spike-width", "0"), ["--spike-width:", "0"]),
        (("train", "--preset", "digits-64", "--route", "scenic"), ["route", "scenic", "feedback"]),
        (("train", "--preset", "digits-64", "--data", "nothing"), ["nothing", "digits", "mnist"]),
        (("train", "--preset", "mnist-64", "--data", "digits"), ["digits", "784"]),
        (("train", "--preset", "digits-64", "--data", "absent.npz"), ["absent.npz: no such file"]),
        (("train", "--preset", "digits-64", "--resume"), ["--resume", "--out"]),
        (("train", "--preset", "digits-64", "--out", ""), ["--out: is empty; give a value"]),
        (("train", "--preset", "digits-64", "--data", ""), ["--data: is empty"]),
        (("generate", "--preset", "digits-64", "-o", ""), ["--out: is empty"]),
        (("eval", ""), ["CHECKPOINT: is empty"]),
        (("presets", "digits-64", "--toml", "--json"), ["--toml", "--json", "choose one"]),
        (("train", "--preset", "digits-64", "--data", "own.npz", "--out", "own.npz"), ["--out own.npz", "data set"]),
        (("train", "--preset", "digits-64", "--on", "abacus"), ["abacus", "golden", "rtl"]),
        (
            ("cosim", "--learn", "--preset", "digits-64", "--vcd", "x.vcd", "--backend", "verilator"),
            ["--vcd", "icarus"],
        ),
        (("cosim", "--preset", "digits-64", "--epochs", "2"), ["--epochs", "--learn"]),
        (("cosim", "--preset", "digits-64", "--seed", "0"), ["--seed", "--learn"]),
        (("cosim", "--preset", "digits-64", "--interval", "1000"), ["--interval", "--learn"]),
        (("describe", "--preset", "digits-64", "--lanes", "0"), ["lanes", "0"]),
        (("describe", "--preset", "digits-64", "--lanes", "1,2,3"), ["lanes", "3"]),
        (("describe", "--preset", "digits-64", "--lanes", "a"), ["lanes", "a"]),
        (("describe", "--preset", "digits-64", "--activity", "7"), ["activity", "7"]),
        (
            ("describe", "--preset", "digits-64", "--config", "x.toml"),
            ["--preset digits-64 and --config x.toml: each is a network; give one of them"],
        ),
        (("describe",), ["no network is given; give a CHECKPOINT, --preset NAME or --config FILE"]),
        (("cosim", "missing.npz"), ["missing.npz"]),
        (("cosim", "--preset", "digits-64", "--backend", "abacus"), ["abacus", "icarus"]),
        (("eval", "digits-64"), ["--preset digits-64"]),
        (
            ("bench", "--what", "infer", "--samples", "5"),
            ["--samples: is of the hardware; it goes with --what rtl or all"],
        ),
        (
            ("bench", "--what", "rtl", "--torch-batch", "5"),
            ["--torch-batch: is of the PyTorch loop; it goes with --what train, infer or all, got rtl"],
        ),
        (("bench", "--what", "train", "--lanes", "4"), ["--lanes: is of the hardware; it goes with --what rtl or all"]),
        (("presets", "mnist-63"), ["mnist-63"]),
        (("generate", "--preset", "digits-64"), ["--out"]),
    ],
    ids=" ".join,
)
def test_one_clear_line(intsnn, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    fails(intsnn(*arguments), *words)
    assert not list(tmp_path.iterdir())


def test_missing_mnist_says_where_it_looked_and_how_to_get_it(intsnn, tmp_path, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    fails(intsnn("train", "--preset", "mnist-64"), "--data-dir")
    fails(intsnn("train", "--preset", "mnist-64", "--data-dir", tmp_path), tmp_path)


def test_an_idx_file_cut_short(intsnn, tmp_path, mnist_dir):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in os.listdir(mnist_dir):
        (folder / name).write_bytes(Path(mnist_dir, name).read_bytes())
    images = next(path for path in folder.iterdir() if path.name.startswith("t10k-images"))
    whole = images.read_bytes()
    images.write_bytes(whole[: len(whole) // 2])
    fails(intsnn("train", "--preset", "mnist-64", "--data-dir", tmp_path), images.name)
    images.write_bytes(gzip.compress(gzip.decompress(whole)[:-5]))
    fails(intsnn("train", "--preset", "mnist-64", "--data-dir", tmp_path), images.name)


@pytest.mark.parametrize("command", ["eval", "cosim", "generate", "describe"])
def test_damaged_checkpoints(intsnn, trained, tmp_path, command):
    whole, out = trained.read_bytes(), tmp_path / "out"
    damaged = tmp_path / "damaged.npz"
    more = ("-o", out) if command == "generate" else ()
    for content in (b"", whole[: len(whole) // 2], whole[:-1], b"PK\x03\x04 not ours", os.urandom(100)):
        damaged.write_bytes(content)
        fails(intsnn(command, damaged, *more), damaged)
    assert not out.exists()


@pytest.mark.parametrize("text", ["not toml [", "n_inputs = 4", "n_inputs = 4\nwings = 2", "n_inputs = 'four'"])
def test_damaged_configurations(intsnn, tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    fails(intsnn("describe", "--config", path), path)


def test_places_that_cannot_be_written(intsnn, trained, tmp_path):
    (tmp_path / "file").write_text("")
    blocked = tmp_path / "file" / "below"
    fails(intsnn("generate", trained, "-o", blocked), "file")
    fails(intsnn("train", "--preset", "digits-64", "--out", blocked / "net.npz"), "file")
    fails(intsnn("train", "--preset", "digits-64", "--out", tmp_path), tmp_path)
    fails(intsnn("demo", "--out", blocked), "file")
    fails(intsnn("cosim", trained, "--vcd", blocked), "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_run_of_another_length_is_not_resumed(intsnn, trained, tmp_path):
    out = tmp_path / "digits.npz"
    out.write_bytes(trained.read_bytes())
    for options in (("--epochs", 3), ("--epochs", 2, "--seed", 1), ("--epochs", 2, "--validation"), ("--on", "rtl")):
        fails(intsnn("train", "--preset", "digits-64", *options, "--resume", "--out", out), out, "resume it")
    assert out.read_bytes() == trained.read_bytes()


def test_no_folder_is_made_for_what_is_not_written(intsnn, trained, tmp_path):
    below = tmp_path / "a" / "b"
    assert intsnn("cosim", trained, "--samples", 2, "--vcd", below / "wave.vcd", "--backend", "icarus").code == 0
    fails(intsnn("train", "--preset", "digits-64", "--data", "nothing", "--out", below / "net.npz"), "nothing")
    assert not list(tmp_path.iterdir())


def test_a_missing_compiler_is_told_before_anything_is_written(intsnn, tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    fails(intsnn("demo", "--out", tmp_path), "CXX", "no-such-compiler")
    assert not list(tmp_path.iterdir())


def test_weights_and_learning_that_are_not_there(intsnn, trained, tmp_path):
    fails(intsnn("generate", "--preset", "digits-64", "--with-weights", "-o", tmp_path / "a"), "--with-weights")
    text = intsnn("presets", "digits-64", "--toml").out
    config = tmp_path / "inference.toml"
    config.write_text(text[: text.index("[learning]")] + text[text.index("[hardware]") :])
    fails(intsnn("generate", "--config", config, "--learn", "-o", tmp_path / "a"), "--learn")
    fails(intsnn("cosim", "--config", config, "--data", "digits"), "checkpoint")
    fails(intsnn("train", "--config", config, "--data", "digits"), "learning")
    fails(intsnn("eval", trained, "--data", config), config)
    assert [path.name for path in tmp_path.iterdir()] == ["inference.toml"]


@pytest.fixture
def windows_as_classes(learning_maps, tmp_path):
    """The network without its readout, and four windows: classes are places of a map."""
    config = NetworkConfig.from_toml(learning_maps)
    assert config.learning is not None
    layer = replace(config.layers[0], conv=ConvConfig(kernel=5, stride=3))
    rule = replace(config.learning, rate_shifts=(2,), error_shifts=(), init_shifts=(7,))
    path = tmp_path / "windows.toml"
    path.write_text(replace(config, layers=(layer,), learning=rule).to_toml())
    return path


@pytest.mark.parametrize("command", ["generate", "synth", "cosim", "energy", "train"])
def test_classes_of_many_windows_are_not_learned_in_hardware(intsnn, windows_as_classes, tmp_path, command):
    """One place says it for all commands."""
    learns = {
        "synth": ["--target", "ecp5-25k"],
        "train": ["--on", "rtl"],
        "generate": ["--learn", "-o", tmp_path / "a"],
    }
    done = intsnn(command, "--config", windows_as_classes, *learns.get(command, ["--learn"]))
    *_, last = done.err.splitlines()  # a warning before it names the classes that the digits lack
    assert done.code == 2 and "layer 0 of learning maps has 4 windows" in last and "no hardware learns" in last
    assert [path.name for path in tmp_path.iterdir()] == ["windows.toml"]


def test_classes_of_many_windows_are_not_learned_in_python(windows_as_classes):
    config = NetworkConfig.from_toml(windows_as_classes)
    for refused in (Core, worst_case):
        with pytest.raises(ConfigError, match="layer 0 of learning maps has 4 windows"):
            refused(config)
    assert worst_case(config.inference_only())[1] is None


def test_a_defect_of_ours_is_one_line_too_and_verbose_shows_where(intsnn, monkeypatch):
    import intsnn_hw.cli.presets as command

    monkeypatch.setattr(command, "columns", None)
    done = intsnn("presets")
    assert done.code == 1 and "defect" in done.err and "Traceback" not in done.err
    assert "Traceback" in intsnn("presets", "--verbose").err
