"""The second back end: emitted Verilog in an independent simulator, driven by cocotb, behind the fast one's API."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.lib import wiring

from golden.errors import InputError, ToolError
from intsnn_hw.emit.verilog import emit
from sim.hdl_tools import lint_icarus, lint_verilator, require_icarus, verilator_environment
from sim.job import Job
from sim.ports import Ports
from sim.result import ProtocolError, RunResult, SimulationTimeout, Stalls

__all__ = ["VerilogCore", "build_component", "lint_icarus", "lint_verilator"]


_DUMP = """\
module intsnn_dump;
  string path;
  initial if ($value$plusargs("vcd=%s", path)) begin
    $dumpfile(path);
    $dumpvars(0, {top});
  end
endmodule
"""


def build_component(
    component: wiring.Component,
    name: str = "top",
    simulator: str = "icarus",
    build_dir: str | os.PathLike | None = None,
) -> VerilogCore:
    """Emits a component as ``{build_dir}/{name}.v``, else in a temporary folder, and builds it; see VerilogCore."""
    build = _BuildFolder(build_dir)
    verilog = emit(component, name)  # first of all: Amaranth warns of a component that was made for nothing
    if simulator == "verilator":
        _check_no_space(build.path)
    source = build.path / f"{name}.v"
    source.write_text(verilog, encoding="utf-8")
    return VerilogCore(source, Ports.of(component), top=name, simulator=simulator, build_dir=build)


class VerilogCore:
    """A Verilog module with stream ports in Icarus Verilog or Verilator.

    Has the members that :class:`sim.fast.CompiledCore` has, so that one test body runs on both; but each :meth:`run`
    starts at power-on, as a simulator's process does not outlive it.

    Parameters
    ----------
    verilog   : the Verilog file, or several
    ports     : its ports; a stream ``i`` is the signals ``i__payload``, ``i__valid``, ``i__ready``
    top       : name of the module
    simulator : ``icarus`` or ``verilator``
    build_dir : folder for everything built and run, made if absent; None is a temporary one

    Raises
    ------
    ToolError
        When the simulator is missing or rejects the Verilog.
    """

    def __init__(
        self,
        verilog: str | os.PathLike | Sequence[str | os.PathLike],
        ports: Ports,
        *,
        top: str = "top",
        simulator: str = "icarus",
        build_dir: str | os.PathLike | _BuildFolder | None = None,
    ) -> None:
        self.ports = ports
        self._top, self._simulator = top, simulator
        self._environment = _environment(simulator)
        self._build = build_dir if isinstance(build_dir, _BuildFolder) else _BuildFolder(build_dir)
        sources = [verilog] if isinstance(verilog, str | os.PathLike) else list(verilog)
        self._make([Path(source).resolve() for source in sources])

    def reset(self) -> None:
        """Does nothing: every run starts at power-on."""

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        expected: Mapping[str, int],
        cycle_budget: int,
        stalls: Stalls | None = None,
        settings: Mapping[str, int] | None = None,
        extra_cycles: int = 0,
        vcd: str | os.PathLike | None = None,
    ) -> RunResult:
        """As :meth:`sim.fast.CompiledCore.run`, cycle for cycle, from power-on.

        Undefined bits (x, z) in a valid payload, in ``valid`` or ``ready``, or in a probe raise ProtocolError as well.
        A waveform can be had from Icarus Verilog only.
        """
        job = Job.of(self.ports, inputs, expected, cycle_budget, stalls, settings, extra_cycles)
        if vcd and self._simulator != "icarus":
            raise InputError(f"{self._simulator} writes no waveform here: use icarus or the fast back end")
        with tempfile.TemporaryDirectory(dir=self._build.path, prefix="run-") as folder:
            job.save(Path(folder, "job.npz"))
            self._simulate(Path(folder), vcd)
            head, result = self._result(Path(folder, "result.npz"))
        if head["broken"]:
            raise ProtocolError(head["broken"])
        if not head["complete"]:
            raise SimulationTimeout(job.awaited(result), result)
        return result

    def _make(self, sources: list[Path]) -> None:
        log = self._build.path / "build.log"
        arguments = ["-Wno-fatal"]
        if self._simulator == "icarus":
            dump = self._build.path / "intsnn_dump.v"
            dump.write_text(_DUMP.format(top=self._top), encoding="utf-8")
            sources, arguments = [*sources, dump], ["-s", "intsnn_dump"]
        with _scope(self._environment):
            self._runner = _runner(self._simulator)
            try:
                self._runner.build(
                    sources=sources,
                    hdl_toplevel=self._top,
                    build_dir=self._build.path,
                    build_args=arguments,
                    timescale=("1ns", "1ps"),
                    always=True,
                    log_file=log,
                )
            except (RuntimeError, SystemExit):
                raise ToolError(f"{self._simulator} rejected the Verilog: {_first_error(log)}") from None

    def _simulate(self, folder: Path, vcd: str | os.PathLike | None) -> None:
        log, result = folder / "run.log", folder / "result.npz"
        job = {"INTSNN_JOB": str(folder / "job.npz"), "INTSNN_RESULT": str(result)}
        # cocotb would import pytest to rewrite assertions, of which the bench has none: two thirds of its start.
        job["COCOTB_REWRITE_ASSERTION_FILES"] = ""
        if vcd:
            # The runner's last word to vvp is to dump nothing; this comes after it.
            job["SIM_CMD_SUFFIX"] = "-vcd +vcd=run.vcd"
        with _scope({**self._environment, **job}):
            try:
                self._runner.test(
                    test_module="sim.bench",
                    hdl_toplevel=self._top,
                    hdl_toplevel_lang="verilog",
                    build_dir=self._build.path,
                    test_dir=folder,
                    results_xml=str(folder / "results.xml"),
                    log_file=log,
                )
            except (RuntimeError, SystemExit):
                raise ToolError(f"{self._simulator} failed: {_first_error(log)}") from None
        if not result.exists():
            raise ToolError(f"{self._simulator} gave no result: {_first_error(log)}")
        if vcd:
            try:
                shutil.copyfile(folder / "run.vcd", vcd)
            except OSError as error:
                raise InputError(f"waveform {os.fspath(vcd)} cannot be written ({error.strerror})") from None

    def _result(self, path: Path) -> tuple[dict[str, Any], RunResult]:
        with np.load(path, allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            out, probes = self.ports.out_streams, self.ports.probes
            return head, RunResult(
                outputs={port.name: stored[f"items_{port.name}"] for port in out},
                output_cycles={port.name: stored[f"cycles_{port.name}"] for port in out},
                input_cycles={port.name: stored[f"accepted_{port.name}"] for port in self.ports.in_streams},
                probes={port.name: stored[f"items_{port.name}"] for port in probes},
                probe_cycles={port.name: stored[f"cycles_{port.name}"] for port in probes},
                counts=head["counts"],
                values={name: int(value) for name, value in head["values"].items()},
                cycles=head["cycles"],
                shapes=self.ports.shapes,
            )


class _BuildFolder:
    """The folder asked for, or a temporary one that goes with this object."""

    def __init__(self, path: str | os.PathLike | None) -> None:
        if path is None:
            path = tempfile.mkdtemp(prefix="intsnn-")
            weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        self.path = Path(path).resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"build folder {self.path} cannot be made ({error.strerror})") from None


def _check_no_space(folder: Path) -> None:
    """Raise ToolError where Verilator's makefile would take a folder for two."""
    if any(letter.isspace() for letter in str(folder)):
        raise ToolError(f"build folder '{folder}': has a space, which Verilator cannot take; set TMPDIR to another")


def _environment(simulator: str) -> dict[str, str]:
    if simulator == "icarus":
        require_icarus()
        return {}
    if simulator == "verilator":
        if shutil.which("c++") is None:
            raise ToolError("c++ not found: Verilator compiles with it (apt install g++)")
        return verilator_environment()
    raise InputError(f"no simulator is named {simulator!r}: there are icarus and verilator")


def _runner(simulator: str) -> Any:
    try:
        from cocotb_tools.runner import get_runner
    except ImportError:
        raise ToolError("cocotb not found: pip install 'intsnn-hw[cosim]'") from None
    runner = get_runner(simulator)
    runner.log.setLevel(logging.CRITICAL)
    return runner


@contextlib.contextmanager
def _scope(variables: Mapping[str, str]) -> Iterator[None]:
    """The environment that cocotb's runner hands on: it takes the process's own, and reads pytest's variable."""
    root = str(Path(__file__).resolve().parents[1])
    saved, path = dict(os.environ), list(sys.path)
    try:
        os.environ.update(variables)
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        sys.path[:] = [root, *(entry for entry in path if entry not in ("", root))]
        yield
    finally:
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(saved)


def _first_error(log: Path) -> str:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines[-1:] or ["no message"])[0]
