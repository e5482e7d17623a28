"""The C++ that binds ``fast_driver.cpp`` to the ports of one design compiled by CXXRTL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from golden.errors import InputError
from sim.nets import Net, mangled
from sim.ports import Ports, Stream

__all__ = ["binding", "without_names"]


def binding(design: str, name: str, ports: Ports, nets: Sequence[Net] = ()) -> str:
    """The text of ``ports.h`` for the C++ ``design`` of the component ``name``, with the ``nets`` to count flips of.

    Raises
    ------
    InputError
        When the design has a port that is neither in ``ports`` nor the clock or reset of ``sync``.
    """
    signals = set(re.findall(r"/\*(?:in|out)put\*/ (?:value|wire)<\d+> (p_\w+);", design))
    if unknown := signals - {mangled(signal) for signal in ports.signals()} - {"p_clk", "p_rst"}:
        raise InputError(f"component {name}: port {min(unknown)} is not driven; use one clock domain, named sync")
    edges = set(re.findall(r"value<1> prev_(p_\w+);", design))
    counts = {
        "n_in_streams": len(ports.in_streams),
        "n_out_streams": len(ports.out_streams),
        "n_probes": len(ports.probes),
        "n_counts": len(ports.tallies),
        "n_outputs": len(ports.outputs),
        "n_nets": len(nets),
    }
    # A derived clock is an edge that rewind_clock() does not reach; feedback takes several evaluations.
    at_once = "bool converged = true;" in design and edges <= {"p_clk"}
    lines = ["#pragma once", "", f"using top_module = cxxrtl_design::{mangled(name)};"]
    lines += [f"constexpr int {key} = {value};" for key, value in counts.items()]
    lines += [f"constexpr bool settles_at_once = {'true' if at_once else 'false'};", ""]
    lines += _function("set_clock(top_module &top, uint32_t level)", "top.p_clk.data[0] = level;", "p_clk" in signals)
    lines += _function("rewind_clock(top_module &top)", "top.prev_p_clk.data[0] = 0;", "p_clk" in edges)
    # The build that made the object bound this to its own debug_eval(), which may be empty.
    outlines = "top.debug_eval_outline.eval = [&top] { top.debug_eval(); };"
    lines += _function("bind_outlines(top_module &top)", outlines, "debug_eval_outline" in design)
    lines += ["template<class V> inline void visit(top_module &top, V &&visitor) {"]
    lines += [f"\tvisitor.{call};" for call in _calls(ports)]
    lines += ["}", "", "template<class V> inline void visit_nets(top_module &top, V &visitor) {"]
    lines += [f"\tvisitor.net({index}, {_top(net.signal)}, {_mask(net.mask)});" for index, net in enumerate(nets)]
    return "\n".join([*lines, "}", ""])


def without_names(design: str) -> str:
    """The C++ of a design without what only a waveform needs: the names of the signals, and those it optimised away."""
    return re.sub(r"(?ms)^(void \w+::debug_(?:eval|info)\([^\n]*\{\n).*?^\}$", r"\1}", design)


def _calls(ports: Ports) -> list[str]:
    calls = [f"in_stream({index}, {_members(port)})" for index, port in enumerate(ports.in_streams)]
    calls += [f"out_stream({index}, {_members(port)})" for index, port in enumerate(ports.out_streams)]
    calls += [f"probe({index}, {_top(port.name)}, {port.valid_offset})" for index, port in enumerate(ports.probes)]
    calls += [
        f"tally({index}, {_top(tally.port)}, {tally.offset}, {tally.width})"
        for index, tally in enumerate(ports.tallies)
    ]
    for kind, plain in (("input", ports.inputs), ("output", ports.outputs)):
        calls += [f"{kind}({index}, {_top(port.name)})" for index, port in enumerate(plain)]
    return calls


def _function(head: str, body: str, wanted: bool) -> list[str]:
    return [f"inline void {head} {{", *([f"\t{body}"] if wanted else []), "}", ""]


def _members(port: Stream) -> str:
    return ", ".join(_top(f"{port.name}__{part}") for part in ("payload", "valid", "ready"))


def _mask(mask: int) -> str:
    chunks = [mask >> at & 0xFFFFFFFF for at in range(0, mask.bit_length(), 32)]
    return "{" + ", ".join(f"{chunk}u" for chunk in chunks) + "}"


def _top(signal: str) -> str:
    return f"top.{mangled(signal)}"
