"""One run as every back end takes it: checked, complete, and able to travel through a file."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from golden.errors import InputError
from sim import payload
from sim.ports import Ports, Stream
from sim.result import RunResult, Stalls

__all__ = ["Job"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """The arguments of a run, with every port named.

    Members
    -------
    ports        : the ports it was checked against
    inputs       : uint32 chunks of shape (n, n_words(width)) for each In stream
    expected     : number of items awaited on each Out stream
    cycle_budget : most cycles to spend
    stalls       : random stalls on all streams, or None
    settings     : packed value of each plain input
    extra_cycles : cycles to go on for after the end
    """

    ports: Ports
    inputs: dict[str, np.ndarray]
    expected: dict[str, int]
    cycle_budget: int
    stalls: Stalls | None
    settings: dict[str, int]
    extra_cycles: int

    @classmethod
    def of(
        cls,
        ports: Ports,
        inputs: Mapping[str, Any],
        expected: Mapping[str, int],
        cycle_budget: int,
        stalls: Stalls | None,
        settings: Mapping[str, int] | None,
        extra_cycles: int,
    ) -> Job:
        """Checks the arguments of :meth:`sim.fast.CompiledCore.run` and fills in what they leave out.

        Raises
        ------
        InputError
            On a name that is no such port, an item that does not fit, or a negative count.
        """
        settings = settings or {}
        _known("In stream", inputs, [port.name for port in ports.in_streams])
        _known("Out stream", expected, [port.name for port in ports.out_streams])
        _known("plain input", settings, [port.name for port in ports.inputs])
        for name, count in {**expected, "cycle_budget": cycle_budget, "extra_cycles": extra_cycles}.items():
            if count < 0:
                raise InputError(f"{name}: a count must be at least 0, not {count}")
        for port in ports.inputs:
            if not 0 <= (value := settings.get(port.name, 0)) < 1 << port.width:
                raise InputError(f"input {port.name}: {value} does not fit into {port.width} bits, unsigned")
        return cls(
            ports=ports,
            inputs={port.name: _items(port, inputs.get(port.name)) for port in ports.in_streams},
            expected={port.name: int(expected.get(port.name, 0)) for port in ports.out_streams},
            cycle_budget=int(cycle_budget),
            stalls=stalls,
            settings={port.name: int(settings.get(port.name, port.init)) for port in ports.inputs},
            extra_cycles=int(extra_cycles),
        )

    def coin(self, port: Stream) -> tuple[int, int]:
        """Initial state and 32-bit threshold of the generator that stalls ``port``."""
        if self.stalls is None:
            return 0, 0
        return self.stalls.state(self.ports.streams.index(port)), self.stalls.threshold(is_input=port.is_input)

    def awaited(self, result: RunResult) -> str:
        """One line that says what had not moved when the cycle budget was spent."""
        moved = [(name, len(result.input_cycles[name]), len(items)) for name, items in self.inputs.items()]
        moved += [(name, len(result.outputs[name]), count) for name, count in self.expected.items()]
        short = ", ".join(f"{name} moved {done} of {wanted} items" for name, done, wanted in moved if done < wanted)
        return f"no end after {self.cycle_budget} cycles: {short}"

    def save(self, path: str | os.PathLike) -> None:
        """Writes the job as ``.npz``."""
        head = {
            "ports": self.ports.to_json(),
            "expected": self.expected,
            "cycle_budget": self.cycle_budget,
            "stalls": dataclasses.asdict(self.stalls) if self.stalls else None,
            "settings": {name: str(value) for name, value in self.settings.items()},
            "extra_cycles": self.extra_cycles,
        }
        arrays = {f"items_{name}": items for name, items in self.inputs.items()}
        np.savez(Path(path), head=np.array(json.dumps(head)), allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Job:
        """The inverse of :meth:`save`; the ports come back without shapes."""
        with np.load(path, allow_pickle=False) as stored:
            head = json.loads(str(stored["head"]))
            ports = Ports.from_json(head["ports"])
            return cls(
                ports=ports,
                inputs={port.name: stored[f"items_{port.name}"] for port in ports.in_streams},
                expected=head["expected"],
                cycle_budget=head["cycle_budget"],
                stalls=Stalls(**head["stalls"]) if head["stalls"] else None,
                settings={name: int(value) for name, value in head["settings"].items()},
                extra_cycles=head["extra_cycles"],
            )


def _known(kind: str, given: Collection[str], names: list[str]) -> None:
    if unknown := sorted(set(given) - set(names)):
        raise InputError(f"no {kind} is named {unknown[0]!r}: there are {names}")


def _items(port: Stream, items: Any) -> np.ndarray:
    if items is None:
        items = np.zeros(0, np.uint64)
    elif isinstance(items, Mapping):
        items = payload.pack(port.shape, items)
    return payload.check_words(port.name, items, port.width)
