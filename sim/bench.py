"""The cocotb side of the Verilog back end: stream drivers, monitors, and the test that runs a job.

Runs inside the simulator's process, started by :class:`sim.verilog.VerilogCore`. Inputs change just after the rising
edge of ``clk``; everything is sampled at the falling edge, when it has settled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from sim import payload
from sim.job import Job
from sim.ports import Plain, Probe, Stream, Tally
from sim.result import ProtocolError

__all__ = ["Coin", "OutputMonitor", "ProbeMonitor", "StreamDriver", "StreamMonitor", "run_transactions"]

_HALF_PERIOD_NS = 5


class Coin:
    """A seeded yes or no per draw: splitmix64 below a 32-bit threshold, as in ``fast_driver.cpp``."""

    def __init__(self, state: int, threshold: int) -> None:
        self._state, self._threshold = state, threshold

    def draw(self) -> bool:
        if not self._threshold:
            return False
        mask = (1 << 64) - 1
        self._state = z = (self._state + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 32) < self._threshold


class StreamDriver:
    """Offers items on an In stream, each held until taken; ``gap`` says when none is offered though one is left."""

    def __init__(self, dut: Any, port: Stream, items: Sequence[int], gap: Coin) -> None:
        self._payload, self._valid = dut[f"{port.name}__payload"], dut[f"{port.name}__valid"]
        self._ready = _reader(dut, f"{port.name}__ready")
        self._items, self._gap = items, gap
        self._offered = False
        self._payload.value = 0
        self._valid.value = 0
        self.cycles: list[int] = []

    @property
    def done(self) -> bool:
        """Whether every item has been taken."""
        return len(self.cycles) == len(self._items)

    def drive(self) -> None:
        """Sets the inputs of a cycle."""
        if self._offered:
            return
        self._offered = not self.done and not self._gap.draw()
        self._valid.value = int(self._offered)
        if self._offered:
            self._payload.value = self._items[len(self.cycles)]

    def sample(self, cycle: int) -> None:
        """Sees whether the item offered was taken in ``cycle``."""
        if self._ready() and self._offered:
            self.cycles.append(cycle)
            self._offered = False


class StreamMonitor:
    """Takes and checks the items of an Out stream; ``stall`` says when it is not ready.

    Raises
    ------
    ProtocolError
        When a stalled stream drops ``valid`` or changes its payload, or has undefined bits while valid.
    """

    def __init__(self, dut: Any, port: Stream, expected: int, stall: Coin) -> None:
        self._name, self._ready = port.name, dut[f"{port.name}__ready"]
        self._payload, self._valid = _reader(dut, f"{port.name}__payload"), _reader(dut, f"{port.name}__valid")
        self._expected, self._stall = expected, stall
        self._is_ready = False
        self._held: int | None = None
        self._ready.value = 0
        self.items: list[int] = []
        self.cycles: list[int] = []

    @property
    def done(self) -> bool:
        """Whether the expected number of items has come."""
        return len(self.items) >= self._expected

    def drive(self) -> None:
        """Sets ``ready`` for a cycle."""
        self._is_ready = not self._stall.draw()
        self._ready.value = int(self._is_ready)

    def sample(self, cycle: int) -> None:
        """Checks that a stalled item has stayed, and takes what is there."""
        if not self._valid():
            if self._held is not None:
                raise ProtocolError(f"stream {self._name}: valid was dropped while stalled, in cycle {cycle}")
            return
        item = self._payload()
        if self._held not in (None, item):
            raise ProtocolError(f"stream {self._name}: the payload changed while stalled, in cycle {cycle}")
        self._held = None if self._is_ready else item
        if self._is_ready:
            self.items.append(item)
            self.cycles.append(cycle)


class ProbeMonitor:
    """Records a probe in every cycle in which its field ``valid`` is high."""

    done = True

    def __init__(self, dut: Any, port: Probe) -> None:
        self._value, self._handle, self._valid = _reader(dut, port.name), dut[port.name], port.valid_offset
        self.items: list[int] = []
        self.cycles: list[int] = []

    def drive(self) -> None:
        """A probe has no inputs."""

    def sample(self, cycle: int) -> None:
        """Records the value of ``cycle``, if any; other fields may be undefined while ``valid`` is low."""
        if str(self._handle.value)[-1 - self._valid] != "0":
            self.items.append(self._value())
            self.cycles.append(cycle)


class OutputMonitor:
    """Sums up what is tallied of an output; ``value()`` reads it as it stands."""

    done = True

    def __init__(self, dut: Any, port: Plain, tallies: Sequence[Tally]) -> None:
        self.value, self._tallies = _reader(dut, port.name), tallies
        self.counts = dict.fromkeys((tally.name for tally in tallies), 0)

    def drive(self) -> None:
        """An output has no inputs."""

    def sample(self, cycle: int) -> None:
        """Adds ``cycle``."""
        value = self.value() if self._tallies else 0
        for tally in self._tallies:
            self.counts[tally.name] += value >> tally.offset & ((1 << tally.width) - 1)


@cocotb.test()
async def run_transactions(dut: Any) -> None:
    """Runs the job named by ``INTSNN_JOB`` and writes what came of it to ``INTSNN_RESULT``, as ``.npz``."""
    job = Job.load(os.environ["INTSNN_JOB"])
    drivers = {
        port.name: StreamDriver(dut, port, _ints(job.inputs[port.name], port.width), Coin(*job.coin(port)))
        for port in job.ports.in_streams
    }
    monitors = {
        port.name: StreamMonitor(dut, port, job.expected[port.name], Coin(*job.coin(port)))
        for port in job.ports.out_streams
    }
    probes = {port.name: ProbeMonitor(dut, port) for port in job.ports.probes}
    outputs = {
        port.name: OutputMonitor(dut, port, [tally for tally in job.ports.tallies if tally.port == port.name])
        for port in job.ports.outputs
    }
    for port in job.ports.inputs:
        dut[port.name].value = job.settings[port.name]

    agents = [*drivers.values(), *monitors.values(), *probes.values(), *outputs.values()]
    broken, cycles, values = "", 0, {}
    try:
        cycles = await _run(dut, agents, job)
        values = {name: monitor.value() for name, monitor in outputs.items()} if cycles else {}
    except ProtocolError as error:
        broken = str(error)
    head = {
        "cycles": cycles,
        "complete": all(agent.done for agent in agents),
        "broken": broken,
        "counts": {name: count for monitor in outputs.values() for name, count in monitor.counts.items()},
        "values": {name: str(value) for name, value in values.items()},
    }
    arrays = {f"accepted_{name}": np.array(driver.cycles, np.int64) for name, driver in drivers.items()}
    for port in (*job.ports.out_streams, *job.ports.probes):
        record = monitors[port.name] if isinstance(port, Stream) else probes[port.name]
        arrays[f"items_{port.name}"] = payload.from_ints(record.items, port.width)
        arrays[f"cycles_{port.name}"] = np.array(record.cycles, np.int64)
    np.savez(os.environ["INTSNN_RESULT"], head=np.array(json.dumps(head)), allow_pickle=False, **arrays)


async def _run(dut: Any, agents: Sequence[Any], job: Job) -> int:
    """Drives and samples until every agent is done or the budget is spent; returns the number of cycles."""
    clocked = hasattr(dut, "clk")
    if hasattr(dut, "rst"):
        dut.rst.value = 0
    if clocked:
        Clock(dut.clk, 2 * _HALF_PERIOD_NS, unit="ns").start(start_high=False)
    half = Timer(_HALF_PERIOD_NS, unit="ns")
    rising, falling = (RisingEdge(dut.clk), FallingEdge(dut.clk)) if clocked else (half, half)
    cycle, extra_cycles = 0, job.extra_cycles
    while True:
        if all(agent.done for agent in agents):
            if not extra_cycles:
                return cycle
            extra_cycles -= 1
        elif cycle >= job.cycle_budget:
            return cycle
        if cycle:
            await rising
        for agent in agents:
            agent.drive()
        await (falling if cycle else Timer(_HALF_PERIOD_NS - 1, unit="ns"))
        for agent in agents:
            agent.sample(cycle)
        cycle += 1


def _reader(dut: Any, name: str) -> Callable[[], int]:
    """A function that reads the signal as an unsigned integer, and refuses undefined bits."""
    handle = dut[name]

    def read() -> int:
        try:
            return int(handle.value)
        except ValueError:
            raise ProtocolError(f"{name} has undefined bits: {handle.value}") from None

    return read


def _ints(chunks: np.ndarray, width: int) -> list[int]:
    return payload.to_ints(payload.as_words(chunks, width))
