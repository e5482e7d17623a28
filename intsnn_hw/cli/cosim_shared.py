"""What co-simulations of inference and of learning share on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from golden.places import writable_file

from .eval import per_inference
from .output import columns, number

if TYPE_CHECKING:
    from rich.table import Table

    from golden.fixed import IntArray
    from sim.verify.inference import CosimReport

SLOW_SAMPLES = 20
"""Samples by default where an interpreted test bench takes every cycle."""


def sample_count(args: argparse.Namespace, available: int) -> int:
    """Return how many samples to run: those asked for, or a default that ends in seconds on any back end."""
    return args.samples or (available if args.backend == "fast" else min(available, SLOW_SAMPLES))


def check_vcd(args: argparse.Namespace) -> None:
    """See that a waveform can be written, before anything is simulated."""
    if args.vcd is None:
        return
    if args.backend == "verilator":
        raise InputError("--vcd: verilator writes no waveform here; use --backend fast or icarus")
    writable_file(args.vcd, make_folder=False)


def summary(report: CosimReport, labels: IntArray) -> dict[str, Any]:
    """Return what a co-simulation found, as JSON values."""
    n_samples = len(labels)
    matching = len(report.classes) == n_samples
    return {
        "accuracy": float((report.classes == labels).mean()) if matching else 0.0,
        "mismatches": report.n_mismatches,
        "compared": report.n_compared,
        "samples": n_samples,
        "cycles": report.cycles,
        "cycles_per_sample": report.cycles_per_sample,
        "lane_utilisation": report.lane_utilisation,
        "layer_utilisation": report.layer_utilisation,
        "per_sample": report.accesses,
        **per_inference(report.activity),
    }


def accesses_table(report: CosimReport) -> Table:
    """Return a table of memory accesses and additions: a row for each memory of a layer, a column for each phase."""
    phases = report.accesses
    rows: list[tuple[object, ...]] = []
    for index, layers in enumerate(zip(*(phase["layers"] for phase in phases.values()), strict=True)):
        for name in dict.fromkeys(name for layer in layers for name in layer if name != "adds"):
            rows.append((f"layer {index}, {name.replace('_', ' ')}", *(_pair(layer.get(name)) for layer in layers)))
        rows.append((f"layer {index}, additions", *(layer["adds"] for layer in layers)))
    return columns(("", *phases), rows, "memory words read / written, and additions, a sample")


def _pair(access: dict[str, float] | None) -> str:
    return "-" if access is None else f"{number(access['reads'])} / {number(access['writes'])}"
