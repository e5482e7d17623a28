"""The fast back end's usual engine: the emitted Verilog, compiled by Verilator.

Compared with CXXRTL it compiles a learning core in a fraction of the time and runs it faster (docs/architecture.md).
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from golden.errors import ToolError
from intsnn_hw.emit.verilog import verilog_of
from sim import fast_binding
from sim.compiler import compile_shared
from sim.fast_binding import binding, function
from sim.hdl_tools import verilator_root
from sim.nets import mangled
from sim.ports import Ports

__all__ = ["VerilatedDesign"]

_ENGINE = Path(__file__).with_name("verilated_engine.h")
_MODEL = "Vmodel"
_OPTIONS = ("--cc", "-O3", "--x-assign", "0", "--x-initial", "0", "--noassert", "-Wno-lint", "-Wno-fatal")
_FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-DVERILATOR=1", "-DVL_TIME_CONTEXT", "-fno-strict-aliasing")
_RUNTIME = ("verilated.cpp", "verilated_threads.cpp")
_ONCE = '#pragma GCC optimize("O0")\n'
"""Before code that runs once, at the start."""


class VerilatedDesign:
    """A component to be compiled by Verilator.

    Parameters
    ----------
    rtl : str
        RTLIL.
    name : str
        Of the top module.
    ports : Ports
    is_input : dict
        Whether each port of the top module is an input, by name.
    """

    def __init__(self, rtl: str, name: str, ports: Ports, is_input: dict[str, bool]) -> None:
        self._rtl, self._name, self._ports, self._is_input = rtl, name, ports, is_input

    def library(self, driver: str, key: Sequence[str], cache_dir: str | os.PathLike | None) -> Path:
        """Return the path of the shared object; what it needs of Verilator is loaded."""
        root = verilator_root()
        assert root is not None
        include = [str(root / "include"), str(root / "include/vltstd")]
        engine = _ENGINE.read_text(encoding="utf-8")
        binder = "".join(map(inspect.getsource, (fast_binding, _head)))
        made_by = (_release(root), *_OPTIONS)

        def runtime() -> dict[str, str]:
            return {"runtime.cpp": "".join(f"#include <{name}>\n" for name in _RUNTIME)}

        def sources() -> dict[str, str]:
            model = _verilate(root, verilog_of(self._rtl), self._name)
            parts = sorted((name for name in model if name.endswith(".cpp")), key=_is_run_once)
            return {
                **{name: _ONCE + text if _is_run_once(name) else text for name, text in model.items()},
                "ports.h": binding(self._ports, _head(model[f"{_MODEL}.h"], self._ports, self._is_input)),
                "engine.h": engine,
                "driver.cpp": driver + "".join(f'#include "{name}"\n' for name in parts),
            }

        def compiled(what: Sequence[str], files: Callable[[], dict[str, str]], main: str) -> Path:
            return compile_shared((*what, *made_by), files, main, include=include, flags=_FLAGS, cache_dir=cache_dir)

        _load_once(compiled(("verilated", *_RUNTIME), runtime, "runtime.cpp"))
        return compiled((*key, self._rtl, engine, binder), sources, "driver.cpp")


def _verilate(root: Path, verilog: str, name: str) -> dict[str, str]:
    """Return the files of C++ that Verilator makes of a design."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "design.v").write_text(verilog, encoding="utf-8")
        options = [*_OPTIONS, "--top-module", name, "--prefix", _MODEL, "--Mdir", "made", "design.v"]
        done = _run(root, *options, cwd=folder)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("%Error")] or ["no message"]
            raise ToolError(f"Verilator rejected the hardware: {lines[0]}")
        made = (path for path in Path(folder, "made").iterdir() if path.suffix in (".cpp", ".h"))
        return {path.name: path.read_text(encoding="utf-8") for path in made}


def _run(root: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VERILATOR_ROOT": str(root)}
    command = [str(root / "bin/verilator_bin"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **options)


def _is_run_once(name: str) -> bool:
    return name.endswith("Slow.cpp")


def _head(header: str, ports: Ports, is_input: dict[str, bool]) -> list[str]:
    """Return ``top_module``: the model, and the values of its ports, which it moves into the model and out of it."""
    members = {
        _plain(name): (name, int(high) - int(low) + 1)
        for name, high, low in re.findall(r"VL_(?:IN|OUT)\w*\(&(\w+),(\d+),(\d+)", header)
    }
    lines = ["struct top_module {", "\tVerilatedContext context;", f"\t{_MODEL} model{{&context}};"]
    inputs, outputs = [], []
    for name in sorted(ports.signals() & set(members)):
        member, width = members[name]
        lines.append(f"\tvalue<{width}> {mangled(name)};")
        if is_input[name]:
            inputs.append(f"put(model.{member}, {mangled(name)});")
        else:
            outputs.append(f"get({mangled(name)}, model.{member});")
    lines += [f"\tvoid write_inputs() {{ {' '.join(inputs)} }}", f"\tvoid read_outputs() {{ {' '.join(outputs)} }}"]
    clock = function("set_clock(top_module &top, uint32_t level)", "top.model.clk = level;", "clk" in members)
    return [*lines, "};", "", *clock]


def _plain(name: str) -> str:
    """Return the name in Verilog of a name in Verilator's C++."""
    return re.sub(r"__0([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), name)


@functools.cache
def _load_once(runtime: Path) -> ctypes.CDLL:
    """Load Verilator's own functions where all models find them."""
    return ctypes.CDLL(str(runtime), mode=ctypes.RTLD_GLOBAL)


@functools.cache
def _release(root: Path) -> str:
    """Return what Verilator says it is: part of the cache key."""
    return _run(root, "--version").stdout
