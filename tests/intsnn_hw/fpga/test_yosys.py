"""The commands given to Yosys, and what is read of its statistics."""

import json

import pytest

from golden.errors import ToolError
from intsnn_hw.cost.memories import Memory
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


@pytest.mark.parametrize(
    "shapes, taken",
    [
        ({}, []),
        ({"a": (64, 6272)}, ["a"]),  # four blocks side by side
        ({"a": (65, 6272)}, []),
        ({"a": (16, 4 * 16384)}, ["a"]),  # four in a row
        ({"a": (16, 4 * 16384 + 1)}, []),
        ({"a": (8, 100), "b": (48, 16384)}, ["b", "a"]),
        ({"a": (16, 640), "b": (64, 6272)}, ["b"]),
        ({"a": (8, 100), "b": (80, 784), "c": (48, 784)}, ["c", "a"]),
    ],
    ids=str,
)
def test_the_largest_memories_take_the_large_blocks_while_there_are_any(shapes, taken):
    memories = {place: Memory(word_bits=width, depth=depth) for place, (width, depth) in shapes.items()}
    assert list(yosys.large_memories(memories, target("ice40up5k"))) == taken
    for name in set(TARGETS) - {"ice40up5k"}:
        assert yosys.large_memories(memories, target(name)) == ()


def test_the_script_tells_which_memories_take_large_blocks():
    family = target("ice40up5k").family
    steps = yosys.script(family, "wrapper", netlist=True, large=("layer0.synapses.weights",)).split("; ")
    mark = steps.index('setattr -set ram_style "huge" intsnn.layer0.synapses.weights/m:memory')
    assert steps.index("read_verilog source.v") < mark < len(steps) - 2 and steps[-2].startswith(family.synth)


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
