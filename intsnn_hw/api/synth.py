"""What a core costs on an FPGA, and how fast it runs there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError
from golden.places import writable_folder, write_files

from .cosim import sample_count
from .progress import Display
from .report import PRIVATE, Facts, Grid, Result, Shown, to_json

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from intsnn_hw.fpga.report import Report
    from train.data import AnyDataset

    from .source import Source

SAMPLES = 1000
"""By default, to measure cycles on."""


@dataclass(frozen=True, kw_only=True)
class Cycles:
    """Cycles of a sample; `learning` is None for a core that does not learn, `origin` says how they were found."""

    inference: float
    learning: float | None
    measured: bool
    origin: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Synthesis(Result):
    """What a core takes of a device.

    Attributes
    ----------
    source, network, topology : str
    core : {"learning", "inference"}
    lanes : tuple of int
    report : intsnn_hw.fpga.report.Report
        Resources, fit, clock, Verilog and bitstream.
    cycles : Cycles
    files : tuple of str
        Written into the folder that was asked for.
    """

    source: str
    network: str
    topology: str
    core: str
    lanes: tuple[int, ...]
    report: Report = field(metadata=PRIVATE)
    cycles: Cycles = field(metadata=PRIVATE)
    files: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the device holds the core."""
        return self.report.fits

    @property
    def fmax_mhz(self) -> float | None:
        """Clock after place and route; None where it was not asked for or does not fit."""
        return None if self.report.placed is None else self.report.placed.fmax_mhz

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        found = super().to_dict()
        files = found.pop("files")
        return {**found, **self._summary(), "files": files}

    def _summary(self) -> dict[str, Any]:
        from intsnn_hw.fpga.targets import RESOURCES

        report, cycles, fmax = self.report, self.cycles, self.fmax_mhz
        placed, wrapped, target = report.placed, report.wrapped, report.target
        return {
            "target": target.name,
            "device": target.device,
            **asdict(report.resources),
            "bram_unit": target.family.bram_unit,
            "share": report.resources.shares(target),
            "capacity": {name: target.capacity(name) for name in RESOURCES},
            "fits": report.fits,
            "fits_by": "place and route" if wrapped is not None else "synthesis",
            "misfits": report.misfits,
            "fmax_mhz": fmax,
            "cycles_per_sample": cycles.inference,
            "cycles_per_training_sample": cycles.learning,
            "cycles_measured": cycles.measured,
            "cycles_origin": cycles.origin,
            "microseconds_per_sample": None if fmax is None else cycles.inference / fmax,
            "microseconds_per_training_sample": (
                None if fmax is None or cycles.learning is None else cycles.learning / fmax
            ),
            "seed": report.seed,
            "wrapper": None if wrapped is None else {"ff": wrapped.ff, "lut": wrapped.lut},
            "placed_cells": None if placed is None else placed.utilisation,
            "critical_path": None if placed is None else placed.critical_path,
            "cells": report.cells,
            "tools": report.versions,
        }

    def shown(self) -> list[Shown]:
        """Return the share of the device, and facts."""
        from intsnn_hw.fpga.targets import RESOURCES

        report, cycles, fmax = self.report, self.cycles, self.fmax_mhz
        target, placed, resources = report.target, report.placed, asdict(report.resources)
        units = {"lut": "LUT", "ff": "flip-flops", "bram": target.family.bram_unit, "spram": "SPRAM", "dsp": "DSP"}
        used = tuple(
            (units[name], resources[name], room, f"{100 * resources[name] / room:.1f} %")
            for name in RESOURCES
            if (room := target.capacity(name))
        )
        verdict = "yes" if report.fits else f"no: {', '.join(report.misfits)}"
        if report.fits and report.wrapped is None:
            verdict = "yes, by synthesis; place and route decides" if target.family.nextpnr else "yes, by synthesis"
        rows: list[tuple[str, object]] = [("fits", verdict), ("bits of memory blocks", resources["bram_bits"])]
        if placed is not None:
            delay = sum(hop["delay_ns"] for hop in placed.critical_path)
            routing = sum(hop["delay_ns"] for hop in placed.critical_path if hop["type"] == "routing")
            cells = ", ".join(f"{used:,} {kind}" for kind, (used, _) in placed.utilisation.items())
            rows += [
                ("clock", f"{placed.fmax_mhz:.2f} MHz, wrapped, seed {report.seed}"),
                ("critical path", f"{_ends(placed.critical_path)}, {delay:.1f} ns, {routing:.1f} of them routing"),
                ("placed, with wrapper", cells),
            ]
        if report.wrapped is not None:
            rows.append(("wrapper", f"{report.wrapped.ff} flip-flops, {report.wrapped.lut} LUT"))
        trained = "" if cycles.learning is None else f", {cycles.learning:,.0f} a training sample"
        rows.append(("cycles", f"{cycles.inference:,.0f} a sample{trained}"))
        if fmax is not None:
            trained = "" if cycles.learning is None else f", {cycles.learning / fmax:,.1f} us a training sample"
            rows.append(("time", f"{cycles.inference / fmax:,.1f} us a sample{trained}"))
        versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
        rows += [("cycles are", cycles.origin), ("tools", versions)]
        if self.files:
            rows.append(("files", ", ".join(self.files)))
        title = f"{self.network}, {self.core} core, on {target.name} ({target.device})"
        return [Grid(("the bare core", "used", "device", "share"), used, title), Facts(tuple(rows))]


def check_target(name: str, *, pnr: bool) -> None:
    """See that there is such a device, and the tools for it.

    Raises
    ------
    ConfigError, ToolError
        As :func:`intsnn_hw.fpga.report.check`.
    """
    from intsnn_hw.fpga.report import check
    from intsnn_hw.fpga.targets import target

    check(target(name), pnr=pnr)


def synthesize(
    source: Source,
    target: str,
    *,
    pnr: bool,
    seed: int | None,
    dataset: AnyDataset | None,
    samples: int | None,
    out: Path | str | None,
    show: Display,
) -> Synthesis:
    """Synthesise the core of a network, place and route it where wanted; cycles are measured where there is data."""
    from intsnn_hw.fpga import targets
    from intsnn_hw.fpga.report import make_report
    from intsnn_hw.rtl.core import Core
    from sim.compiler import cache_folder

    if seed is not None and (type(seed) is not int or seed < 0):
        raise ConfigError(f"`seed`: must be a whole number of at least 0, got {seed!r}")
    if seed is not None and not pnr:
        raise ConfigError("`seed`: is of the placement; it goes with `pnr`")
    folder = None if out is None else writable_folder(out)
    cycles = estimated(source.config) if dataset is None else measured(source, dataset, samples, show)
    report = make_report(
        Core(source.config), targets.target(target), pnr=pnr, seed=1 if seed is None else seed, folder=cache_folder(),
        tell=show.status,
    )  # fmt: skip
    result = Synthesis(
        source=source.where,
        network=source.config.name,
        topology=source.config.topology,
        core="learning" if source.config.learns else "inference",
        lanes=tuple(layer.lanes for layer in source.config.resolved),
        report=report,
        cycles=cycles,
    )
    return result if folder is None else _saved(result, folder)


def estimated(config: NetworkConfig) -> Cycles:
    """Return the worst case."""
    from intsnn_hw.cost.worst_case import worst_case

    inference, learning = worst_case(config)
    origin = "estimate, not measured: the worst case, every input and neuron active in every step"
    return Cycles(inference=inference, learning=learning, measured=False, origin=origin)


def measured(source: Source, dataset: AnyDataset, samples: int | None, show: Display) -> Cycles:
    """Measure on data, in the compiled hardware; in learning from the weights that the source has."""
    from sim.verify.measure import measure_inference, measure_learning

    network = source.with_weights()
    n_samples = SAMPLES if samples is None else sample_count(samples, "fast", SAMPLES)
    inference = measure_inference(network, dataset, n_samples, watch=show.watch)
    origin = f"measured on {inference.measured_on} of {dataset.name}"
    if not source.config.learns:
        return Cycles(inference=inference.cycles_per_sample, learning=None, measured=True, origin=origin)
    learning = measure_learning(network, dataset, n_samples, watch=show.watch)
    return Cycles(
        inference=inference.cycles_per_sample, learning=learning.cycles_per_sample, measured=True,
        origin=f"{origin}, in learning on {learning.measured_on}",
    )  # fmt: skip


def _saved(result: Synthesis, folder: Path) -> Synthesis:
    """Write Verilog, bitstream and report, all or none; returns the result with their paths."""
    report = result.report
    files: dict[str, str | bytes] = {"intsnn.v": report.verilog}
    if report.wrapped is not None:
        files["wrapped.v"] = report.wrapped.verilog
    if report.placed is not None:
        files[f"wrapped{report.target.bitstream_suffix}"] = report.placed.bitstream
    found = replace(result, files=tuple(str(folder / name) for name in (*files, "report.json")))
    files["report.json"] = to_json(found.to_dict())
    write_files({folder / name: content for name, content in files.items()})
    return found


def _ends(path: list[dict[str, Any]]) -> str:
    return f"{path[0]['cell']} to {path[-1]['cell']}" if path else "none"
