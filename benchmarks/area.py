"""Measure the area table of docs/results.md: networks x lanes x {inference, learning} x devices.

    python -m benchmarks.area [--presets P ...] [--lanes N ...] [--cores C ...] [--targets T ...] [--pnr T ...]

Prints a Markdown table for each device and writes every run to a CSV file as soon as it is known. Every run is kept in
the cache of `intsnn synth`, so that an interrupted benchmark goes on where it stopped.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.command import command
from golden.config import NetworkConfig
from golden.errors import ConfigError
from golden.places import write_file
from golden.presets import PRESETS, preset
from intsnn_hw.api.progress import progress
from intsnn_hw.fpga.report import check, make_report
from intsnn_hw.fpga.targets import RESOURCES, target
from intsnn_hw.rtl.core import Core
from sim.compiler import cache_folder

CORES = ("inference", "learning")
_SPRAM: Any = {"fire_lanes": (1,), "banks": 1, "weight_memory": ("single_port", "dual_port")}
"""Hardware of cores for the ice40up5k, whose memory is mostly single-port."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One core on one device."""

    preset: str
    lanes: int
    core: str
    target: str

    def config(self) -> NetworkConfig:
        """Return the configuration of the core."""
        config = preset(self.preset, lanes=self.lanes)
        if self.target == "ice40up5k":
            config = replace(
                config, hardware=replace(config.hardware, lanes=(self.lanes, min(self.lanes, 2)), **_SPRAM)
            )
        return config if self.core == "learning" else replace(config, learning=None)


@dataclass(frozen=True, kw_only=True)
class Row(Question):
    """What a core takes of a device; `fmax_mhz` is None where it was not placed, shares are 0..1 and above."""

    lut: int
    ff: int
    bram: int
    bram_bits: int
    spram: int
    dsp: int
    lut_share: float
    bram_share: float
    fits: bool
    fits_by: str
    misfits: str
    fmax_mhz: float | None
    seed: int | None
    tools: str


def measure(question: Question, *, pnr: bool, seed: int, folder: Path) -> Row:
    """Synthesise, and place and route where wanted."""
    device = target(question.target)
    report = make_report(Core(question.config()), device, pnr=pnr, seed=seed, folder=folder)
    return Row(
        **asdict(question),
        **asdict(report.resources),
        lut_share=round(report.resources.lut / device.lut, 4),
        bram_share=round(report.resources.bram / device.bram, 4),
        fits=report.fits,
        fits_by="synthesis" if report.wrapped is None else "place and route",
        misfits="; ".join(report.misfits),
        fmax_mhz=None if report.placed is None else report.placed.fmax_mhz,
        seed=report.seed,
        tools=" ".join(f"{name}={version}" for name, version in report.versions.items()),
    )


def markdown(rows: list[Row]) -> Iterator[str]:
    """Give the lines of a table for each device."""
    for name in dict.fromkeys(row.target for row in rows):
        device = target(name)
        columns = [resource for resource in RESOURCES if device.capacity(resource)]
        heads = {"lut": "LUT", "ff": "FF", "bram": device.family.bram_unit, "spram": "SPRAM", "dsp": "DSP"}
        yield f"\n{name} ({device.device})\n"
        yield "| network | lanes | core | " + " | ".join(heads[key] for key in columns) + " | fits | fmax, MHz |"
        yield "|---" * (len(columns) + 5) + "|"
        for row in (row for row in rows if row.target == name):
            used = " | ".join(f"{getattr(row, key):,}" for key in columns)
            fits = "yes" if row.fits else f"no: {row.misfits}"
            fmax = "-" if row.fmax_mhz is None else f"{row.fmax_mhz:.1f}"
            yield f"| {row.preset} | {row.lanes} | {row.core} | {used} | {fits} | {fmax} |"


def to_csv(rows: list[Row]) -> str:
    """Return the rows as CSV, with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(asdict(rows[0])))
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.area", description="Area and clock of cores on FPGAs.")
    parser.add_argument("--presets", nargs="+", default=["mnist-64", "mnist-100"], help=f"of {', '.join(PRESETS)}")
    parser.add_argument("--lanes", nargs="+", type=int, default=[4, 16])
    parser.add_argument("--cores", nargs="+", default=list(CORES), choices=CORES)
    parser.add_argument("--targets", nargs="+", default=["xc7", "ecp5-25k", "ecp5-85k", "ice40up5k"])
    parser.add_argument("--pnr", nargs="*", default=[], metavar="TARGET", help="devices to place and route for as well")
    parser.add_argument("--seed", type=int, default=1, help="of the placement (default 1)")
    parser.add_argument("--out", type=Path, default=Path("build/area.csv"), help="CSV file")
    args = parser.parse_args(arguments)
    for name in args.targets:
        check(target(name), pnr=name in args.pnr)
    if unknown := set(args.pnr) - set(args.targets):
        raise ConfigError(f"--pnr: {', '.join(sorted(unknown))} is not among --targets")
    questions = [
        Question(preset=name, lanes=lanes, core=core, target=device)
        for device in args.targets
        for name in args.presets
        for core in args.cores
        for lanes in args.lanes
    ]
    for question in questions:
        question.config()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with progress("area", len(questions), "cores") as tell:
        for question in questions:
            pnr = question.target in args.pnr
            rows.append(measure(question, pnr=pnr, seed=args.seed, folder=cache_folder()))
            write_file(args.out, to_csv(rows))
            tell(1)
    print("\n".join(markdown(rows)))


if __name__ == "__main__":
    sys.exit(main())
