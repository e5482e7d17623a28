"""The hardware against the golden model, value by value, in inference."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError
from golden.places import whole_file, writable_file

from .evaluate import activity_rows
from .hardware_run import HardwareRun, summary
from .progress import Display
from .report import PRIVATE, Facts, Grid, Shown
from .wording import number, percent

if TYPE_CHECKING:
    from sim.result import Stalls
    from sim.verify.inference import Backend, CosimReport, Mismatch
    from sim.verify.measure import Measured
    from train.data import AnyDataset

    from .source import Source

BACKENDS = ("fast", "icarus", "verilator")
SLOW_SAMPLES = 20
"""Samples by default where an interpreted test bench takes every cycle."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Cosimulation(HardwareRun):
    """What a comparison of hardware and model found.

    Attributes
    ----------
    source, network, data, backend : str
    stalls : int or None
        Seed of the random stalls.
    lanes : tuple of int
        Of each layer.
    seconds : float
    first_mismatches : tuple of Mismatch
    vcd : str or None
        Waveform of the first sample that differs.
    notes : tuple of str
        What else to say.
    """

    source: str
    network: str
    data: str
    backend: str
    stalls: int | None
    lanes: tuple[int, ...]
    seconds: float
    first_mismatches: tuple[Mismatch, ...]
    vcd: str | None
    notes: tuple[str, ...] = field(metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return facts, accesses, and the first mismatches."""
        by_layer = ", ".join(percent(share) for share in self.layer_utilisation)
        pace = "samples back to back" if self.stalls is None else "every stream stalled at random"
        facts = (
            ("mismatches", f"{self.verdict} in {self.compared:,} values of {self.samples:,} samples"),
            ("accuracy", percent(self.accuracy)),
            ("cycles per sample", f"{self.cycles_per_sample:,.1f}, {pace}"),
            ("lane utilisation", f"{percent(self.lane_utilisation)} (by layer: {by_layer})"),
            *activity_rows(self.input_events, self.hidden_events, self.synaptic_operations),
            ("samples per second", self.samples_per_second),
        )
        items: list[Shown] = [
            Facts(facts, f"{self.network} on {self.data}, back end {self.backend}"),
            accesses_grid(self.per_sample),
        ]
        if self.first_mismatches:
            items.append(Grid(("first mismatches",), tuple((str(entry),) for entry in self.first_mismatches)))
        return items


def cosimulate(
    source: Source,
    dataset: AnyDataset,
    *,
    samples: int | None,
    backend: Backend,
    stalls: int | None,
    vcd: Path | str | None,
    show: Display,
) -> Cosimulation:
    """Run test samples through the inference core and the golden model, and compare every value."""
    from sim.verify.measure import measure_inference

    dataset = dataset.take(n_test=sample_count(samples, backend, len(dataset.test_y)))
    network, stalled = source.with_weights(), stalls_of(stalls)
    check_vcd(vcd, backend)
    measured = measure_inference(
        network, dataset, len(dataset.test_y), backend=backend, stalls=stalled, watch=show.watch, may_differ=True
    )
    found = _waveform(measured, backend, stalled, vcd)
    return Cosimulation(
        source=source.where,
        network=source.config.name,
        data=dataset.name,
        backend=backend,
        stalls=stalls,
        lanes=tuple(layer.lanes for layer in source.config.resolved),
        **summary(measured, dataset.test_y),
        seconds=measured.seconds,
        first_mismatches=tuple(measured.report.first),
        vcd=None if found is None else str(vcd),
        notes=() if found is None else (f"{vcd}: waveform of samples {found[0]}..{found[-1]}",),
    )


def sample_count(samples: int | None, backend: Backend, available: int) -> int:
    """Return how many samples to run: those asked for, or a default that ends in seconds on any back end."""
    if backend not in BACKENDS:
        raise ConfigError(f"`backend`: must be one of {', '.join(BACKENDS)}, got {backend!r}")
    if samples is None:
        return available if backend == "fast" else min(available, SLOW_SAMPLES)
    if type(samples) is not int or samples < 1:
        raise ConfigError(f"`samples`: must be a whole number of at least 1, got {samples!r}")
    return samples


def stalls_of(seed: int | None) -> Stalls | None:
    """Return random stalls drawn by a seed."""
    from sim.result import Stalls

    if seed is not None and (type(seed) is not int or seed < 0):
        raise ConfigError(f"`stalls`: must be a seed, a whole number of at least 0, got {seed!r}")
    return None if seed is None else Stalls(seed)


def check_vcd(vcd: Path | str | None, backend: Backend) -> None:
    """See that a waveform can be written, before anything is simulated."""
    if vcd is None:
        return
    if backend == "verilator":
        raise ConfigError("`vcd`: verilator writes no waveform here; use `backend` fast or icarus")
    if writable_file(vcd, make_folder=False).suffix != ".vcd":
        raise ConfigError(f"`vcd` {vcd}: the name of a waveform ends in .vcd; give such a name")


def accesses_grid(phases: dict[str, Any]) -> Grid:
    """Return memory accesses and additions: a row for each memory of a layer, a column for each phase."""
    rows: list[tuple[object, ...]] = []
    for index, layers in enumerate(zip(*(phase["layers"] for phase in phases.values()), strict=True)):
        for name in dict.fromkeys(name for layer in layers for name in layer if name != "adds"):
            rows.append((f"layer {index}, {name.replace('_', ' ')}", *(_pair(layer.get(name)) for layer in layers)))
        rows.append((f"layer {index}, additions", *(layer["adds"] for layer in layers)))
    return Grid(("", *phases), tuple(rows), "memory words read / written, and additions, a sample")


def _pair(access: dict[str, float] | None) -> str:
    return "-" if access is None else f"{number(access['reads'])} / {number(access['writes'])}"


def _waveform(
    measured: Measured[CosimReport], backend: Backend, stalls: Stalls | None, vcd: Path | str | None
) -> range | None:
    """Write the waveform of the first sample that differs, where wanted and there is one; return what it shows."""
    from sim.verify.measure import write_inference_vcd

    if vcd is None or not measured.report.first:
        return None
    with whole_file(vcd) as temporary:
        return write_inference_vcd(measured, temporary, backend, stalls=stalls)
