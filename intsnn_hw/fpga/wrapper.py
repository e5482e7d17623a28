"""A core behind few pins: what is placed and routed, as a core has more port bits than small packages have pins."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Shape
from amaranth.lib import wiring

WRAPPER = "wrapper"


@dataclass(frozen=True, kw_only=True)
class Wrapped:
    """A core and its wrapper.

    Every input of the core is a bit of a shift register fed by one pin; every output is caught by another, which
    shifts to one pin. So each path of the core begins and ends in a register, each input takes any value, each output
    matters, and nothing can be optimised away.

    Attributes
    ----------
    verilog : str
        Both modules; the top one is :data:`WRAPPER`.
    ff, lut : int
        What the wrapper adds: a flip-flop for each port bit, and for each output bit a multiplexer, one LUT.
    """

    verilog: str
    ff: int
    lut: int


def ports(component: wiring.Component) -> list[tuple[str, bool, int]]:
    """List the data ports of a component's Verilog: name, whether it is an output, width; none of width 0."""
    found = []
    for path, member, _ in component.signature.flatten(component):
        width = Shape.cast(member.shape).width
        if width:
            found.append(("__".join(map(str, path)), member.flow is wiring.Out, width))
    return found


def wrap(verilog: str, module: str, data_ports: list[tuple[str, bool, int]]) -> Wrapped:
    """Put a module with ports ``clk``, ``rst`` and `data_ports` behind the pins clk, load, d and q.

    Parameters
    ----------
    verilog : str
    module : str
        Name of the module in it.
    data_ports : list of (name, is output, width)
    """
    inputs = [("rst", 1), *((name, width) for name, is_output, width in data_ports if not is_output)]
    outputs = [(name, width) for name, is_output, width in data_ports if is_output]
    n_in, n_out = sum(width for _, width in inputs), sum(width for _, width in outputs)
    connections = [".clk(clk)", *_slices("driven", inputs), *_slices("shown", outputs)]
    text = f"""\
module {WRAPPER}(input clk, input load, input d, output q);
  reg [{n_in - 1}:0] driven;
  reg [{n_out - 1}:0] caught;
  wire [{n_out - 1}:0] shown;
  always @(posedge clk) begin
    driven <= {{driven, d}};
    caught <= load ? shown : {{caught, 1'b0}};
  end
  assign q = caught[{n_out - 1}];
  {module} core(
    {f",{chr(10)}    ".join(connections)}
  );
endmodule
"""
    return Wrapped(verilog=verilog + "\n" + text, ff=n_in + n_out, lut=n_out)


def _slices(vector: str, members: list[tuple[str, int]]) -> list[str]:
    connections, at = [], 0
    for name, width in members:
        connections.append(f".{name}({vector}[{at + width - 1}:{at}])")
        at += width
    return connections
