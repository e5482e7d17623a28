"""The nets of a component, each by one name, so that its bit flips can be counted once."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from intsnn_hw.emit.yosys import run_yosys

__all__ = ["Net", "compiled_with_nets"]


@dataclass(frozen=True, kw_only=True)
class Net:
    """Bits of a signal that nothing else counts.

    Attributes
    ----------
    signal : str
        Name, with the modules it lies in, joined by dots; of an unnamed net the name of the cell that drives it.
    module : str
        Of what drives the bits, empty for the top module and its inputs.
    is_register : bool
        Whether a flip-flop, or the output register of a memory, drives them.
    mask : int
        The bits.
    """

    signal: str
    module: str
    is_register: bool
    mask: int


def compiled_with_nets(rtl: str) -> tuple[str, list[Net]]:
    """Return the C++ of a design in which every net is a member, and the nets.

    Nets are those of the RTL as Amaranth elaborates it, unnamed ones inside expressions included: the output bits of
    its adders, multiplexers, comparisons, gates, registers and memories, and the inputs. Bits that are wired together,
    in whatever modules and by whatever names, are one net. Constants are none, nor the clock, nor what memories hold.

    Parameters
    ----------
    rtl : str
        RTLIL.
    """
    # -O4 keeps each named net as a member, so nets without a name get one.
    text = run_yosys(_all_named(run_yosys(rtl, "proc", "flatten", "write_rtlil")), "write_json", "write_cxxrtl -O4")
    netlist, end = json.JSONDecoder().raw_decode(text, text.index("{"))
    design = text[end:]
    (module,) = netlist["modules"].values()
    members = set(re.findall(r"(?m)^\t(?:/\*\w+\*/ )?(?:value|wire)<\d+> (p_\w+)[; ]", design))
    return design, list(_nets(module, members))


def mangled(name: str) -> str:
    """Return the C++ name that CXXRTL gives to a public signal or module."""
    return "p_" + re.sub("[^a-zA-Z0-9]", lambda match: "__" if match[0] == "_" else f"_{ord(match[0]):x}_", name)


def _all_named(rtl: str) -> str:
    """Give the unnamed nets of a flat design public names."""
    found = re.findall(r"(?m)^  wire .*?([$\\]\S+)$", rtl)
    taken = {name for name in found if name.startswith("\\")}
    names = {}
    for hidden in (name for name in found if name.startswith("$")):
        name = "\\" + re.sub(r"\$flatten|\\", "", hidden)
        while name in taken:
            name += "_"
        taken.add(name)
        names[hidden] = name
    return re.sub(r"(?<=[\s{])\$\S+", lambda match: names.get(match[0], match[0]), rtl)


def _nets(module: dict[str, Any], members: set[str]) -> Iterator[Net]:
    drivers = dict(_drivers(module["cells"]))
    clock = module["netnames"].get("clk", {"bits": []})["bits"]
    chosen: dict[int, tuple] = {}
    for name, net in module["netnames"].items():
        if mangled(name) not in members:
            continue
        for at, bit in enumerate(net["bits"]):
            if not isinstance(bit, int) or bit in clock:
                continue
            home, is_register = drivers.get(bit, ("", False))
            # The name in the module of its driver; of several the first in the alphabet, so that builds agree.
            offer = (_module_of(name) != home, "$" in name, name, at, home, is_register)
            chosen[bit] = min(chosen.get(bit, offer), offer)
    masks: defaultdict[tuple, int] = defaultdict(int)
    for _, _, name, at, home, is_register in chosen.values():
        masks[name, home, is_register] |= 1 << at
    for (name, home, is_register), mask in sorted(masks.items()):
        yield Net(signal=name, module=home, is_register=is_register, mask=mask)


def _drivers(cells: dict[str, Any]) -> Iterator[tuple[int, tuple[str, bool]]]:
    for name, cell in cells.items():
        kind = cell["type"]
        is_register = "dff" in kind or (kind == "$memrd_v2" and int(cell["parameters"]["CLK_ENABLE"], 2) == 1)
        home = _module_of(re.sub(r"\$flatten|\\", "", name))
        for port, direction in cell["port_directions"].items():
            if direction == "output":
                yield from ((bit, (home, is_register)) for bit in cell["connections"][port] if isinstance(bit, int))


def _module_of(name: str) -> str:
    """The modules of a name, without what it is called in the last of them."""
    plain, unnamed, _ = f".{name}".partition(".$")
    return plain[1:] if unnamed else name.rpartition(".")[0]
