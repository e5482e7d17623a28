"""The commands given to Yosys, and what is read of its statistics."""

import json

import pytest

from golden.errors import ToolError
from intsnn_hw.fpga import tools, yosys
from intsnn_hw.fpga.targets import TARGETS, target

STAT = {
    "creator": "Yosys 0.70",
    "modules": {"\\top": {"num_cells": 5, "num_cells_by_type": {"LUT4": 3, "TRELLIS_FF": 2}}},
    "design": {"num_cells": 5, "num_cells_by_type": {"LUT4": 3, "TRELLIS_FF": 2}},
}


def test_cells_are_those_of_the_whole_design():
    assert yosys.cells_of(STAT) == {"LUT4": 3, "TRELLIS_FF": 2}


@pytest.mark.parametrize("name", TARGETS)
def test_the_script_hides_indexed_names_before_it_maps(name):
    family = target(name).family
    steps = yosys.script(family, "intsnn", netlist=False).split("; ")
    assert steps.index("rename -hide w:*[[]*") < steps.index(f"{family.synth} -top intsnn")
    assert "-json" in yosys.script(family, "intsnn", netlist=True) and steps[-1].endswith("stat -json")


def pretend(monkeypatch, *, log=None, stat=None, error=None):
    """Put a Yosys in place that leaves these files, and fails where an error is given."""

    def run(program, arguments, folder, cache):
        assert program == "yosys" and (folder / "source.v").read_text() == "module top; endmodule"
        if log is not None:
            (folder / "yosys.log").write_text(log)
        if stat is not None:
            (folder / "stat.json").write_text(stat)
        if error is not None:
            raise ToolError(error)
        return ""

    monkeypatch.setattr(tools, "run", run)


def synthesise(tmp_path):
    return yosys.synthesise("module top; endmodule", target("xc7").family, top="top", cache=tmp_path)


def test_statistics_are_read(monkeypatch, tmp_path):
    pretend(monkeypatch, stat=json.dumps(STAT))
    assert synthesise(tmp_path) == {"LUT4": 3, "TRELLIS_FF": 2}
    assert not list(tmp_path.iterdir())


def test_the_error_in_the_log_is_told(monkeypatch, tmp_path):
    pretend(monkeypatch, log="chatter\nERROR: syntax error\nmore\n", error="yosys failed: exit code 1")
    with pytest.raises(ToolError, match=r"^yosys failed: syntax error$"):
        synthesise(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stat", [None, "{", "{}"])
def test_a_run_that_ends_early_is_told(monkeypatch, tmp_path, stat):
    pretend(monkeypatch, stat=stat)
    with pytest.raises(ToolError, match="no statistics"):
        synthesise(tmp_path)
