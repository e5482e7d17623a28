"""``intsnn synth``: what a core costs on an FPGA, and how fast it runs there."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from golden.places import writable_folder, write_files
from intsnn_hw.fpga.targets import RESOURCES, TARGETS

from .options import Source, add_command, add_data, add_network, count, dataset_of, natural, source_of
from .output import columns, emit, status, table, to_json, watch

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from intsnn_hw.fpga.report import Report

_SAMPLES = 1000
"""By default, to measure cycles on."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "synth",
        "LUTs, memory blocks and clock of a core on an FPGA",
        f"""\
Synthesise the core of a network for an FPGA with Yosys and report what it takes of the device; with --pnr also place
and route it with nextpnr and report the clock it reaches. All tools are open and come with
pip install 'intsnn-hw[fpga]'; their first run takes a minute longer. The core that learns is taken where the network
has a learning rule.

LUTs, flip-flops and memory blocks are those of the bare core after synthesis. Clock and fit of --pnr are those of the
core behind a shift register, since it has more port bits than small packages have pins; every path then begins and
ends in a register. A core that does not fit is an answer, told as such ("fits": false in --json), with exit code 0.

Results are kept in $INTSNN_CACHE (default: ~/.cache/intsnn), so that the same question is answered at once.

targets: {", ".join(TARGETS)}; place and route for ice40 and ecp5.""",
        """\
intsnn synth --preset digits-64 --lanes 4 --target ice40up5k --inference-only
intsnn synth mnist.npz --target ecp5-45k --lanes 16 --pnr --out build/fpga
intsnn synth --preset fsdd-128r --target ecp5-25k --lanes 16
intsnn synth digits.npz --target ecp5-25k --pnr --data digits --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    group = parser.add_argument_group("device")
    group.add_argument("--target", required=True, metavar="NAME", help=f"one of {', '.join(TARGETS)}")
    group.add_argument("--inference-only", action="store_true", help="the inference core of a network that learns")
    group.add_argument("--pnr", action="store_true", help="place and route: clock, fit and bitstream")
    group.add_argument("--seed", type=natural, metavar="N", help="of the placement, goes with --pnr (default: 1)")
    group.add_argument(
        "-o", "--out", metavar="DIR",
        help="folder for report.json and the Verilog; with --pnr also the wrapped Verilog and its bitstream",
    )  # fmt: skip
    data = add_data(parser)
    data.description = "cycles of a sample are measured where --data is given, else their worst case is told"
    data.add_argument(
        "--samples", type=count, metavar="N", help=f"measure cycles on the first N samples (default: {_SAMPLES:,})"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.fpga.report import check
    from intsnn_hw.fpga.targets import target

    device = target(args.target)
    if args.seed is not None and not args.pnr:
        raise InputError("--seed: is of the placement; it goes with --pnr")
    for option in ("data_dir", "validation", "samples"):
        if getattr(args, option) and args.data is None:
            raise InputError(f"--{option.replace('_', '-')}: goes with --data")
    check(device, pnr=args.pnr)
    source = source_of(args)
    if args.inference_only:
        # Initial weights, to measure cycles with, are drawn by the learning rule.
        network = source.network if args.data is None else source.with_weights()
        network = None if network is None else network.inference_only()
        source = replace(source, config=source.config.inference_only(), network=network)
    folder = None if args.out is None else writable_folder(args.out)
    cycles = measured(args, source) if args.data is not None else estimated(source.config)

    from intsnn_hw.fpga.report import make_report
    from intsnn_hw.rtl.core import Core
    from sim.compiler import cache_folder

    report = make_report(
        Core(source.config), device, pnr=args.pnr, seed=1 if args.seed is None else args.seed,
        folder=cache_folder(), tell=status,
    )  # fmt: skip
    result = {
        "source": source.where,
        "network": source.config.name,
        "topology": source.config.topology,
        "core": "learning" if source.config.learns else "inference",
        "lanes": [layer.lanes for layer in source.config.resolved],
        **summary(report, cycles),
        "files": [],
    }
    if folder is not None:
        result["files"] = save(folder, report, result)
    emit(args, result, *shown(result, report, cycles))
    return 0


@dataclass(frozen=True, kw_only=True)
class Cycles:
    """Cycles of a sample; `learning` is None for a core that does not learn, `origin` says how they were found."""

    inference: float
    learning: float | None
    measured: bool
    origin: str


def estimated(config: NetworkConfig) -> Cycles:
    """Return the worst case."""
    from intsnn_hw.cost.worst_case import worst_case

    inference, learning = worst_case(config)
    origin = "estimate, not measured: the worst case, every input and neuron active in every step"
    return Cycles(inference=inference, learning=learning, measured=False, origin=origin)


def measured(args: argparse.Namespace, source: Source) -> Cycles:
    """Measure on data, in the compiled hardware; in learning from the weights that the source has."""
    from sim.verify.measure import measure_inference, measure_learning

    network, n_samples = source.with_weights(), args.samples or _SAMPLES
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"))
    inference = measure_inference(network, dataset, n_samples, watch=watch)
    origin = f"measured on {inference.measured_on} of {dataset.name}"
    if not source.config.learns:
        return Cycles(inference=inference.cycles_per_sample, learning=None, measured=True, origin=origin)
    learning = measure_learning(network, dataset, n_samples, watch=watch)
    return Cycles(
        inference=inference.cycles_per_sample, learning=learning.cycles_per_sample, measured=True,
        origin=f"{origin}, in learning on {learning.measured_on}",
    )  # fmt: skip


def summary(report: Report, cycles: Cycles) -> dict[str, Any]:
    """Return a report as JSON values."""
    placed, wrapped = report.placed, report.wrapped
    fmax = None if placed is None else placed.fmax_mhz
    shares = report.resources.shares(report.target)
    return {
        "target": report.target.name,
        "device": report.target.device,
        **asdict(report.resources),
        "bram_unit": report.target.family.bram_unit,
        "share": shares,
        "capacity": {name: report.target.capacity(name) for name in RESOURCES},
        "fits": report.fits,
        "fits_by": "place and route" if wrapped is not None else "synthesis",
        "misfits": report.misfits,
        "fmax_mhz": fmax,
        "cycles_per_sample": cycles.inference,
        "cycles_per_training_sample": cycles.learning,
        "cycles_measured": cycles.measured,
        "cycles_origin": cycles.origin,
        "microseconds_per_sample": None if fmax is None else cycles.inference / fmax,
        "microseconds_per_training_sample": None if fmax is None or cycles.learning is None else cycles.learning / fmax,
        "seed": report.seed,
        "wrapper": None if wrapped is None else {"ff": wrapped.ff, "lut": wrapped.lut},
        "placed_cells": None if placed is None else placed.utilisation,
        "critical_path": None if placed is None else placed.critical_path,
        "cells": report.cells,
        "tools": report.versions,
    }


def save(folder: Path, report: Report, result: dict[str, Any]) -> list[str]:
    """Write Verilog, bitstream and report, all or none; returns their paths."""
    files: dict[str, str | bytes] = {"intsnn.v": report.verilog}
    if report.wrapped is not None:
        files["wrapped.v"] = report.wrapped.verilog
    if report.placed is not None:
        files[f"wrapped{report.target.bitstream_suffix}"] = report.placed.bitstream
    paths = [str(folder / name) for name in (*files, "report.json")]
    files["report.json"] = to_json({**result, "files": paths})
    write_files({folder / name: content for name, content in files.items()})
    return paths


def shown(result: dict[str, Any], report: Report, cycles: Cycles) -> list[Any]:
    """Return what a person reads of a result."""
    target, placed = report.target, report.placed
    units = {"lut": "LUT", "ff": "flip-flops", "bram": target.family.bram_unit, "spram": "SPRAM", "dsp": "DSP"}
    used = [
        (units[name], result[name], target.capacity(name), f"{100 * result[name] / target.capacity(name):.1f} %")
        for name in RESOURCES
        if target.capacity(name)
    ]
    title = f"{result['network']}, {result['core']} core, on {target.name} ({target.device})"
    verdict = "yes" if report.fits else f"no: {', '.join(report.misfits)}"
    if report.fits and report.wrapped is None:
        verdict = "yes, by synthesis; place and route decides" if target.family.nextpnr else "yes, by synthesis"
    rows = [("fits", verdict), ("bits of memory blocks", result["bram_bits"])]
    if placed is not None:
        delay = sum(hop["delay_ns"] for hop in placed.critical_path)
        routing = sum(hop["delay_ns"] for hop in placed.critical_path if hop["type"] == "routing")
        rows += [
            ("clock", f"{placed.fmax_mhz:.2f} MHz, wrapped, seed {report.seed}"),
            ("critical path", f"{_ends(placed.critical_path)}, {delay:.1f} ns, {routing:.1f} of them routing"),
            ("placed, with wrapper", ", ".join(f"{used:,} {kind}" for kind, (used, _) in placed.utilisation.items())),
        ]
    if report.wrapped is not None:
        rows.append(("wrapper", f"{report.wrapped.ff} flip-flops, {report.wrapped.lut} LUT"))
    rows.append(("cycles", f"{cycles.inference:,.0f} a sample" + _each(cycles.learning, "", "cycles")))
    if result["microseconds_per_sample"] is not None:
        trained = _each(result["microseconds_per_training_sample"], " us", "time")
        rows.append(("time", f"{result['microseconds_per_sample']:,.1f} us a sample{trained}"))
    rows += [
        ("cycles are", cycles.origin),
        ("tools", ", ".join(f"{name} {version}" for name, version in report.versions.items())),
    ]
    if result["files"]:
        rows.append(("files", ", ".join(result["files"])))
    return [columns(("the bare core", "used", "device", "share"), list(used), title=title), table(*rows)]


def _each(value: float | None, unit: str, what: str) -> str:
    digits = ",.1f" if what == "time" else ",.0f"
    return "" if value is None else f", {value:{digits}}{unit} a training sample"


def _ends(path: list[dict[str, Any]]) -> str:
    return f"{path[0]['cell']} to {path[-1]['cell']}" if path else "none"
