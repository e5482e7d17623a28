"""The wrapper connects every port, and every port bit costs what it says."""

import re
import shutil

import pytest

from golden.presets import preset
from intsnn_hw.emit.verilog import MODULE, emit
from intsnn_hw.fpga.wrapper import WRAPPER, ports, wrap
from intsnn_hw.rtl.core import Core
from sim.hdl_tools import lint_icarus

# A bit of q follows each output of the module, and each output an input.
MODEL = """\
module dut(input clk, input rst, input [2:0] a, output [1:0] x, input b, output y);
  assign x = {a[2] ^ rst, a[1]};
  assign y = b & a[0];
endmodule
"""

BENCH = """\
module bench;
  reg clk = 0, load = 0, d = 0;
  wire q;
  integer i, wrong = 0;
  reg [4:0] word;
  reg [2:0] seen;
  wrapper w(.clk(clk), .load(load), .d(d), .q(q));
  task beat; begin #1 clk = 1; #1 clk = 0; end endtask
  initial begin
    for (i = 0; i < 32; i = i + 1) begin
      word = i;
      // The highest bit enters first: b, a[2], a[1], a[0], rst.
      repeat (5) begin d = word[4]; word = word << 1; beat; end
      load = 1; beat; load = 0;
      repeat (3) begin seen = {seen[1:0], q}; beat; end
      word = i;
      if (seen !== {word[4] & word[1], word[3] ^ word[0], word[2]}) wrong = wrong + 1;
    end
    $display("wrong %0d", wrong);
  end
endmodule
"""


@pytest.mark.parametrize("learns", [False, True])
def test_every_port_of_a_core_is_connected(tmp_path, learns):
    from dataclasses import replace

    config = preset("digits-64", hidden=(4,), lanes=2)
    core = Core(config if learns else replace(config, learning=None))
    verilog = emit(core)
    (module,) = re.findall(rf"^module {MODULE}\(.*?^endmodule", verilog, re.M | re.S)
    declared = {
        (name, direction == "output", int(high) + 1 if high else 1)
        for direction, high, name in re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", module, re.M)
    }
    listed = ports(core)
    assert {*listed, ("clk", False, 1), ("rst", False, 1)} == declared and len(listed) == len(declared) - 2
    wrapped = wrap(verilog, MODULE, listed)
    outputs = sum(width for _, is_output, width in listed if is_output)
    assert wrapped.lut == outputs and wrapped.ff == sum(width for *_, width in listed) + 1
    if shutil.which("iverilog"):
        source = tmp_path / "wrapped.v"
        source.write_text(wrapped.verilog)
        assert lint_icarus([source]) == []


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog")
def test_inputs_are_driven_and_outputs_shown_bit_by_bit(tmp_path):
    import subprocess

    found = [("a", False, 3), ("x", True, 2), ("b", False, 1), ("y", True, 1)]
    wrapped = wrap(MODEL, "dut", found)
    assert f"module {WRAPPER}(" in wrapped.verilog and (wrapped.ff, wrapped.lut) == (5 + 3, 3)
    (tmp_path / "bench.v").write_text(wrapped.verilog + BENCH)
    command = ["iverilog", "-g2012", "-o", "bench.vvp", "-s", "bench", "bench.v"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(["vvp", "bench.vvp"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "wrong 0"
