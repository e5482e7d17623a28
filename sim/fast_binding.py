"""The C++ that binds ``fast_driver.cpp`` to the ports of one compiled design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from golden.errors import InputError
from sim.nets import Net, mangled
from sim.ports import Ports, Stream

__all__ = ["binding", "function", "ports_of_rtl"]


def ports_of_rtl(rtl: str, name: str, ports: Ports) -> dict[str, bool]:
    """Return the ports of the component `name` in its RTLIL, whether each is an input, clock and reset included.

    Raises
    ------
    InputError
        When it has a port that is neither in `ports` nor the clock or reset of ``sync``.
    """
    module = re.search(rf"(?ms)^module \\{re.escape(name)}$.*?^end$", rtl)
    assert module is not None
    found = re.findall(r"(?m)^  wire (?:.* )?(input|output) \d+ .*?\\(\S+)$", module[0])
    known = {signal: direction == "input" for direction, signal in found}
    if unknown := set(known) - ports.signals() - {"clk", "rst"}:
        raise InputError(f"component {name}: port {min(unknown)} is not driven; use one clock domain, named sync")
    return known


def binding(ports: Ports, head: Iterable[str], nets: Sequence[Net] = ()) -> str:
    """Return the text of ``ports.h``, with the `nets` to count flips of; `head` has what is the engine's."""
    counts = {
        "n_in_streams": len(ports.in_streams),
        "n_out_streams": len(ports.out_streams),
        "n_probes": len(ports.probes),
        "n_counts": len(ports.tallies),
        "n_outputs": len(ports.outputs),
        "n_nets": len(nets),
    }
    lines = ["#pragma once", "", *head]
    lines += [f"constexpr int {key} = {value};" for key, value in counts.items()]
    lines += ["", "template<class V> inline void visit(top_module &top, V &&visitor) {"]
    lines += [f"\tvisitor.{call};" for call in _calls(ports)]
    lines += ["}", "", "template<class V> inline void visit_nets(top_module &top, V &visitor) {"]
    lines += [f"\tvisitor.net({index}, {_top(net.signal)}, {_mask(net.mask)});" for index, net in enumerate(nets)]
    return "\n".join([*lines, "}", ""])


def function(head: str, body: str, wanted: bool) -> list[str]:
    """Return the lines of a function of C++, without its body where that is not `wanted`."""
    return [f"inline void {head} {{", *([f"\t{body}"] if wanted else []), "}", ""]


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


def _members(port: Stream) -> str:
    return ", ".join(_top(f"{port.name}__{part}") for part in ("payload", "valid", "ready"))


def _mask(mask: int) -> str:
    chunks = [mask >> at & 0xFFFFFFFF for at in range(0, mask.bit_length(), 32)]
    return "{" + ", ".join(f"{chunk}u" for chunk in chunks) + "}"


def _top(signal: str) -> str:
    return f"top.{mangled(signal)}"
