"""The fast back end: a component compiled to machine code, driven through whole transactions by compiled code."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from amaranth.lib import wiring

from golden.errors import InputError
from intsnn_hw.emit.yosys import rtlil_of
from sim import payload
from sim.cxxrtl import CxxrtlDesign
from sim.fast_binding import ports_of_rtl
from sim.hdl_tools import verilator_root
from sim.job import Job
from sim.nets import Net
from sim.ports import Ports
from sim.result import ProtocolError, RunResult, SimulationTimeout, Stalls, Toggles
from sim.verilated import VerilatedDesign

__all__ = ["CompiledCore", "compile_component"]

_T = TypeVar("_T")
_CHUNK_CYCLES = 1 << 20
_RUNNING, _COMPLETE, _DROPPED_VALID, _CHANGED_PAYLOAD = range(4)


def compile_component(
    component: wiring.Component,
    name: str = "top",
    cache_dir: str | os.PathLike | None = None,
    *,
    waves: bool = False,
    toggles: bool = False,
) -> CompiledCore:
    """Compiles any component with stream ports and at most the ``sync`` clock domain; see :class:`sim.ports.Ports`.

    Verilator compiles it; CXXRTL where that is not installed, and where a run is to write waveforms (`waves`) or to
    count the bit flips of every net (`toggles`, :attr:`sim.result.RunResult.toggles`).

    The shared object is kept in the cache (:func:`sim.compiler.cache_folder`) under a hash of everything it is made
    from, so that the second call for equal hardware takes milliseconds.

    Raises
    ------
    InputError
        When a port cannot be driven: an ``always_ready`` stream, a second clock domain.
    ToolError
        When there is no C++ compiler, it fails, or the cache cannot be written.
    """
    ports = Ports.of(component)
    rtl = rtlil_of(component, name)
    is_input = ports_of_rtl(rtl, name, ports)
    driver = Path(__file__).with_name("fast_driver.cpp").read_text(encoding="utf-8")
    key = (repr(ports.to_json()), driver)
    if not waves and not toggles and verilator_root() is not None:
        library = VerilatedDesign(rtl, name, ports, is_input).library(driver, key, cache_dir)
        return CompiledCore(library, ports)
    design = CxxrtlDesign(rtl, name, ports, waves=waves, toggles=toggles)
    return CompiledCore(design.library(driver, key, cache_dir), ports, design.watched, waves=waves)


class CompiledCore:
    """A compiled component and its state, which lasts from one :meth:`run` to the next.

    Parameters
    ----------
    library : path of the shared object made by :func:`compile_component`
    ports   : the ports it was made for
    watched : nets whose bit flips it counts
    waves   : whether a run may write a waveform
    """

    def __init__(self, library: Path, ports: Ports, watched: Sequence[Net] = (), *, waves: bool = False) -> None:
        self.ports, self._watched, self._waves = ports, watched, waves
        self._library = _load(library)
        self._simulation: int | None = None
        self.reset()

    def __del__(self) -> None:
        if getattr(self, "_simulation", None):
            self._library.sim_delete(self._simulation)

    def reset(self) -> None:
        """Returns to the state after power-on: registers and memories have their initial values."""
        if self._simulation:
            self._library.sim_delete(self._simulation)
        self._simulation = self._library.sim_new()

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
        """Feeds the inputs, and ends with the cycle in which the last of them and of the expected outputs has moved.

        Parameters
        ----------
        inputs       : items of each In stream: packed words, or the dict of fields; see :mod:`sim.payload`
        expected     : number of items to wait for on each Out stream; all others are taken as well, and reported
        cycle_budget : most cycles to spend
        stalls       : random stalls on all streams; None offers each item at once and is always ready
        settings     : packed value of plain inputs for this run; one not named has its initial value
        extra_cycles : cycles to go on for after the end, to see that nothing more comes
        vcd          : file to write a waveform of the run to, memories left out, by a core that was compiled with
                       `waves`; cycle t begins at 2 t ns

        The compiled loop releases the interpreter lock, and Ctrl-C ends it within 2**20 cycles; call :meth:`reset`
        before the next run then.

        Raises
        ------
        InputError
            On a name that is no such port, or an item that does not fit.
        SimulationTimeout
            When the budget is spent; call :meth:`reset` before the next run.
        ProtocolError
            When the component drops ``valid`` or changes the payload of a stalled Out stream.
        """
        job = Job.of(self.ports, inputs, expected, cycle_budget, stalls, settings, extra_cycles)
        self._prepare(job)
        status = self._run(job, vcd)
        result = self._result()
        if status >= _DROPPED_VALID:
            stream = self.ports.out_streams[self._library.sim_blamed(self._simulation)].name
            what = "valid was dropped" if status == _DROPPED_VALID else "the payload changed"
            raise ProtocolError(f"stream {stream}: {what} while stalled, in cycle {result.cycles - 1}")
        if status != _COMPLETE:
            raise SimulationTimeout(job.awaited(result), result)
        return result

    def _prepare(self, job: Job) -> None:
        library, simulation = self._library, self._simulation
        for index, port in enumerate(self.ports.inputs):
            words = payload.from_ints([job.settings[port.name]], port.width)
            library.sim_set(simulation, index, words.ctypes.data)
        for index, port in enumerate(self.ports.in_streams):
            items = job.inputs[port.name]
            library.sim_feed(simulation, index, items.ctypes.data, len(items), *job.coin(port))
        for index, port in enumerate(self.ports.out_streams):
            library.sim_expect(simulation, index, job.expected[port.name], *job.coin(port))
        library.sim_start(simulation)

    def _run(self, job: Job, vcd: str | os.PathLike | None) -> int:
        library, simulation = self._library, self._simulation
        if vcd and not self._waves:
            raise InputError(
                f"waveform {os.fspath(vcd)}: the component was compiled without; compile it with waves=True"
            )
        if vcd and not library.sim_open_vcd(simulation, os.fsencode(vcd)):
            raise InputError(f"waveform {os.fspath(vcd)} cannot be written")
        try:
            status = _RUNNING
            while status == _RUNNING and (left := job.cycle_budget - library.sim_cycle(simulation)) > 0:
                status = library.sim_run(simulation, min(left, _CHUNK_CYCLES), False)
            if status == _COMPLETE and job.extra_cycles:
                status = library.sim_run(simulation, job.extra_cycles, True)
            return status
        finally:
            library.sim_close_vcd(simulation)

    def _result(self) -> RunResult:
        library, simulation, ports = self._library, self._simulation, self.ports

        def recorded(is_probe: bool, index: int, width: int) -> tuple[np.ndarray, np.ndarray]:
            n = library.sim_recorded(simulation, is_probe, index)
            words = _copy(library.sim_words(simulation, is_probe, index), (n, payload.n_words(width)), np.uint32)
            cycles = _copy(library.sim_cycles(simulation, is_probe, index), (n,), np.int64)
            return payload.as_words(words, width), cycles

        taken = {port.name: recorded(False, index, port.width) for index, port in enumerate(ports.out_streams)}
        probed = {port.name: recorded(True, index, port.width) for index, port in enumerate(ports.probes)}
        accepted = {}
        for index, port in enumerate(ports.in_streams):
            n = library.sim_accepted(simulation, index)
            accepted[port.name] = _copy(library.sim_accepted_cycles(simulation, index), (n,), np.int64)
        last = {}
        for index, port in enumerate(ports.outputs if library.sim_cycle(simulation) else ()):
            words = _copy(library.sim_last(simulation, index), (1, payload.n_words(port.width)), np.uint32)
            last[port.name] = payload.to_ints(payload.as_words(words, port.width))[0]
        return RunResult(
            outputs={name: words for name, (words, _) in taken.items()},
            output_cycles={name: cycles for name, (_, cycles) in taken.items()},
            input_cycles=accepted,
            probes={name: words for name, (words, _) in probed.items()},
            probe_cycles={name: cycles for name, (_, cycles) in probed.items()},
            counts={tally.name: library.sim_count(simulation, index) for index, tally in enumerate(ports.tallies)},
            values=last,
            cycles=library.sim_cycle(simulation),
            toggles=tuple(
                Toggles(net=net, flips=library.sim_flips(simulation, index)) for index, net in enumerate(self._watched)
            ),
            shapes=ports.shapes,
        )


def _copy(address: int | None, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """A copy of memory that the library owns."""
    array = np.empty(shape, dtype)
    if array.size and address:
        ctypes.memmove(array.ctypes.data, address, array.nbytes)
    return array


def _load(library: Path) -> Any:
    """The functions of a shared object, with their types."""
    loaded = ctypes.CDLL(str(library))
    pointer, integer, count = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64
    for name, result, arguments in (
        ("sim_new", pointer, ()),
        ("sim_delete", None, (pointer,)),
        ("sim_set", None, (pointer, integer, pointer)),
        ("sim_feed", None, (pointer, integer, pointer, count, count, count)),
        ("sim_expect", None, (pointer, integer, count, count, count)),
        ("sim_open_vcd", integer, (pointer, ctypes.c_char_p)),
        ("sim_close_vcd", None, (pointer,)),
        ("sim_flips", count, (pointer, integer)),
        ("sim_start", None, (pointer,)),
        ("sim_run", integer, (pointer, count, integer)),
        ("sim_cycle", count, (pointer,)),
        ("sim_blamed", integer, (pointer,)),
        ("sim_accepted", count, (pointer, integer)),
        ("sim_accepted_cycles", pointer, (pointer, integer)),
        ("sim_recorded", count, (pointer, integer, integer)),
        ("sim_words", pointer, (pointer, integer, integer)),
        ("sim_cycles", pointer, (pointer, integer, integer)),
        ("sim_last", pointer, (pointer, integer)),
        ("sim_count", count, (pointer, integer)),
    ):
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded
