"""``intsnn import nir``: files in, checkpoint and report out, or one line."""

import json

import numpy as np
import pytest

import intsnn_hw
from tests.cli.test_errors import fails
from tests.train.nir.graphs import FIXTURES, NAMES
from tests.train.nir.test_convert import CONVERTIBLE


def files(name):
    return FIXTURES / f"{name}.nir", "--verify", FIXTURES / f"{name}.npz"


def test_a_network_from_file_to_verilog(intsnn, tmp_path):
    out, report = tmp_path / "net.npz", tmp_path / "net.json"
    found = intsnn("import", "nir", *files("snntorch-conv"), "-o", out, "--report", report, "--json")
    assert found.code == 0 and found.json == json.loads(report.read_text())
    assert found.json["dialect"] == "snntorch" and found.json["checkpoint"] == str(out) and not found.err
    net = intsnn_hw.load(out)
    assert net.config.topology == "8x8x2-3c3p1-2a-4c3s2p1-5" and net.config.n_steps == 12
    assert intsnn("generate", out, "--with-weights", "-o", tmp_path / "rtl").code == 0
    assert intsnn("describe", out).code == 0


def test_options_reach_the_network(intsnn, tmp_path):
    out = tmp_path / "net.npz"
    options = ("--weight-width", "12,10", "--membrane-width", "20", "--leak-frac", "9", "--threshold", "pow2")
    found = intsnn(
        "import", "nir", *files("snntorch-leaky"), "-o", out, *options, "--dialect", "snntorch", "--name", "n"
    )
    assert found.code == 0 and "spikes that differ" in found.out and "2^" in found.out
    config = intsnn_hw.load(out).config
    assert config.name == "n" and [layer.weight_width for layer in config.layers] == [12, 10]
    assert {(layer.neuron.membrane_width, layer.neuron.leak_frac) for layer in config.layers} == {(20, 9)}


def test_exact_networks_pass_and_others_write_nothing(intsnn, tmp_path):
    out, report = tmp_path / "net.npz", tmp_path / "net.json"
    given = ("import", "nir", *files("norse-box"), "-o", out, "--report", report, "--require-exact")
    fails(intsnn(*given), "--require-exact: layer '1' differs in", "sample", "step", "neuron", "--exact")
    assert not out.exists() and not report.exists()
    assert intsnn(*given, "--exact").code == 0 and out.exists() and report.exists()


def test_two_runs_write_the_same_bytes(intsnn, tmp_path):
    for name in ("a.npz", "b.npz"):
        assert intsnn("import", "nir", *files("sinabs-lif"), "-o", tmp_path / name).code == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(CONVERTIBLE)))
def test_networks_that_are_not_supported_yet(intsnn, tmp_path, name):
    out = tmp_path / "net.npz"
    fails(intsnn("import", "nir", *files(name), "-o", out), f"{name}.nir: node '", "support")
    assert not out.exists()


FILE, SPIKES = FIXTURES / "snntorch-leaky.nir", FIXTURES / "snntorch-leaky.npz"
NAMED = ("--dialect", "snntorch", "--steps", "5")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), ["FORMAT"]),
        (("nir",), ["FILE", "--out"]),
        (("nir", FILE), ["--out"]),
        (("nir", FILE, "-o", "net.nir", *NAMED), ["net.nir", "ends in .npz"]),
        (("nir", "absent.nir", "-o", "net.npz"), ["absent.nir: no such file"]),
        (("nir", SPIKES, "-o", "net.npz"), [SPIKES, "no HDF5"]),
        (("nir", FILE, "-o", "net.npz"), ["snnTorch default or literal?"]),
        (("nir", FILE, "-o", "net.npz", "--dialect", "snntorch"), ["--steps:"]),
        (("nir", FILE, "-o", "net.npz", "--dialect", "norse", "--verify", SPIKES), ["norse", "--dialect auto"]),
        (("nir", FILE, "-o", "net.npz", "--dialect", "sinabs", "--steps", "5", "--gain", "two"), ["gain", "two"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--weight-width", "25"), ["--weight-width: must be 2..24, got 25"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--weight-width", "8,8,8"), ["--weight-width:", "2 layers"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--spike-width", "wide"), ["--spike-width", "wide"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--spike-width", "2"), ["--spike-width: no layer sends graded"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--threshold", "neuron"), ["--threshold:", "not there yet"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--exact", "--leak-frac", "8"), ["--leak-frac:", "--exact"]),
        (("nir", FILE, "-o", "net.npz", *NAMED, "--require-exact"), ["--require-exact:", "--verify"]),
        (("nir", FILE, "-o", "net.npz", "--verify", FILE), [FILE, "not a readable .npz"]),
        (("nir", FILE, "-o", "net.npz", "--verify", SPIKES, "--report", "net.npz"), ["net.npz: is the checkpoint"]),
        (
            ("nir", FILE, "-o", "net.npz", "--verify", FIXTURES / "sinabs-conv-iaf.npz"),
            ["sinabs-conv-iaf.npz: input is"],
        ),
        (
            ("nir", FILE, "-o", "net.npz", "--verify", SPIKES, "--weight-width", "2", "--membrane-width", "4"),
            [FILE, "node '1': weights up to", "give larger widths"],
        ),
    ],
)
def test_one_clear_line(intsnn, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    fails(intsnn("import", *arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_read_is_not_replaced(intsnn, tmp_path):
    spikes = tmp_path / "spikes.npz"
    spikes.write_bytes(SPIKES.read_bytes())
    fails(intsnn("import", "nir", FILE, "--verify", spikes, "-o", spikes), spikes)
    fails(intsnn("import", "nir", FILE, "--verify", spikes, "-o", tmp_path / "n.npz", "--report", spikes), "is read")
    assert spikes.read_bytes() == SPIKES.read_bytes() and [*tmp_path.iterdir()] == [spikes]


def test_damaged_files(intsnn, tmp_path):
    data = FILE.read_bytes()
    for name, content in (("short.nir", data[: len(data) // 2]), ("text.nir", b"NIR"), ("empty.nir", b"")):
        (tmp_path / name).write_bytes(content)
        fails(intsnn("import", "nir", tmp_path / name, "-o", tmp_path / "net.npz", *NAMED), name)
    (tmp_path / "short.npz").write_bytes(SPIKES.read_bytes()[:1000])
    fails(intsnn("import", "nir", FILE, "-o", tmp_path / "net.npz", "--verify", tmp_path / "short.npz"), "short.npz")
    wrong = dict(np.load(SPIKES))
    wrong["1"] = 1 - wrong["1"]
    np.savez(tmp_path / "wrong.npz", **wrong)
    found = intsnn("import", "nir", FILE, "-o", tmp_path / "net.npz", "--verify", tmp_path / "wrong.npz")
    fails(found, "wrong.npz: no dialect reproduces these spikes", "snntorch", "sinabs", "--dt")
    assert not (tmp_path / "net.npz").exists()
