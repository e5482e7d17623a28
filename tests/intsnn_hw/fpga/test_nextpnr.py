"""What is read of a report of nextpnr, and how a full device is told from a failure."""

import json

import pytest

from golden.errors import ToolError
from intsnn_hw.fpga import nextpnr, tools
from intsnn_hw.fpga.targets import target


def hop(kind, delay, cell, port):
    return {"type": kind, "delay": delay, "from": {"cell": "x", "port": "y"}, "to": {"cell": cell, "port": port}}


def path(start, end, *hops):
    return {"from": start, "to": end, "path": list(hops)}


# Shortened from `nextpnr-ice40 --report` of digits-64.
REPORT = {
    "critical_paths": [
        path("<async>", "posedge clk", hop("routing", 90.0, "a", "I0")),
        path("posedge clk", "posedge clk", hop("clk-to-q", 1.39, "a", "O"), hop("routing", 2.5, "b", "I0"),
             hop("setup", 1.2345, "b", "I0")),
        path("posedge other", "posedge other", hop("clk-to-q", 1.0, "c", "O")),
    ],
    "fmax": {"clk": {"achieved": 40.2523, "constraint": 24.0}, "other": {"achieved": 800.0, "constraint": 24.0}},
    "utilization": {
        "ICESTORM_LC": {"available": 5280, "used": 2208}, "ICESTORM_PLL": {"available": 1, "used": 0},
        "ICESTORM_RAM": {"available": 30, "used": 20},
    },
}  # fmt: skip


def test_the_slowest_clock_and_its_longest_path():
    placed = nextpnr.read_report(REPORT, b"bits")
    assert placed.fmax_mhz == 40.25 and placed.bitstream == b"bits"
    assert placed.utilisation == {"ICESTORM_LC": [2208, 5280], "ICESTORM_RAM": [20, 30]}
    assert placed.critical_path == [
        {"type": "clk-to-q", "delay_ns": 1.39, "cell": "a", "port": "O"},
        {"type": "routing", "delay_ns": 2.5, "cell": "b", "port": "I0"},
        {"type": "setup", "delay_ns": 1.234, "cell": "b", "port": "I0"},
    ]


def test_a_design_without_a_clock_has_no_highest_one():
    with pytest.raises(ToolError, match="no path between registers"):
        nextpnr.read_report({**REPORT, "fmax": {}}, b"")


def pretend(monkeypatch, error=None, report=None):
    """Put tools in place that leave a report, or fail; returns what they are called with."""
    calls = []

    def run(program, arguments, folder, cache):
        calls.append((program, arguments))
        if error is not None:
            raise ToolError(f"{program} failed: {error}")
        if report is not None:
            (folder / "report.json").write_text(json.dumps(report))
            (folder / "design.bit").write_bytes(b"bits")

    monkeypatch.setattr(tools, "run", run)
    return calls


@pytest.mark.parametrize("name, packer", [("ice40up5k", "icepack"), ("ecp5-25k", "ecppack")])
def test_placement_packs_a_bitstream(monkeypatch, tmp_path, name, packer):
    calls = pretend(monkeypatch, report=REPORT)
    placed = nextpnr.place(target(name), seed=7, folder=tmp_path, cache=tmp_path)
    assert placed.fmax_mhz == 40.25 and placed.bitstream == b"bits"
    (program, options), (packing, _) = calls
    assert (program, packing) == nextpnr.programs(target(name)) and packing == packer
    assert options[options.index("--seed") + 1] == "7"
    assert not any(str(tmp_path) in option for option in options), "the tools see relative paths only"


@pytest.mark.parametrize(
    "message",
    [
        "Unable to place cell 'a', no BELs remaining to implement cell type 'ICESTORM_LC'",
        "Unable to find legal placement for cell 'a'",
        "failed to place chain starting at cell 'a'",
    ],
)
def test_a_full_device_is_an_answer(monkeypatch, tmp_path, message):
    pretend(monkeypatch, error=message)
    with pytest.raises(nextpnr.DoesNotFit) as told:
        nextpnr.place(target("ice40up5k"), seed=1, folder=tmp_path, cache=tmp_path)
    assert str(told.value) == message


def test_any_other_failure_is_an_error(monkeypatch, tmp_path):
    pretend(monkeypatch, error="out of memory")
    with pytest.raises(ToolError, match="out of memory"):
        nextpnr.place(target("ice40up5k"), seed=1, folder=tmp_path, cache=tmp_path)
    pretend(monkeypatch)
    with pytest.raises(ToolError, match="no report"):
        nextpnr.place(target("ice40up5k"), seed=1, folder=tmp_path, cache=tmp_path)
