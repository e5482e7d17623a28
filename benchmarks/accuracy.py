"""Measure the accuracy tables of docs/results.md: last-epoch accuracy on MNIST over several seeds.

    python -m benchmarks.accuracy [TABLE or ROW ...] [--data-dir DIR] [--seeds 3] [--epochs 12] [--validation]

Prints a Markdown table per group of rows; writes every run to FOLDER/accuracy.csv and FOLDER/accuracy.json.
"""

import argparse
import csv
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import command
from golden.config import NetworkConfig
from golden.errors import InputError
from golden.presets import EPOCHS, preset
from intsnn_hw.api.progress import progress
from train.data import AnyDataset, load
from train.online import evaluate, train_online

NO_GRADIENT_SHIFT = 24
"""An error shift that rounds every gradient of a hidden layer to 0."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table: a variant of a preset, and what its control does to configuration or labels."""

    name: str
    base: str = "mnist-256"
    options: dict[str, Any] = field(default_factory=dict)
    frozen_hidden: bool = False
    shuffled_labels: bool = False

    def config(self, seed: int) -> NetworkConfig:
        """Return the configuration to train."""
        config = preset(self.base, seed=seed, **self.options)
        if not self.frozen_hidden or config.learning is None:
            return config
        return replace(config, learning=replace(config.learning, error_shifts=(NO_GRADIENT_SHIFT,)))


def _widths(shadow_width: int, weight_width: int) -> dict[str, int]:
    return {"shadow_width": shadow_width, "weight_width": weight_width}


TABLES: dict[str, list[Row]] = {
    "sizes": [Row(name=f"16-8 H={size}", base=f"mnist-{size}") for size in (64, 100, 128, 256, 512)],
    "widths": [
        Row(name=f"{shadow}-{weight}", options=_widths(shadow, weight))
        for shadow, weight in ((16, 8), (16, 4), (16, 12), (16, 16), (8, 8), (8, 4))
    ],
    "strategies": [
        Row(name=f"{route} {timing}", options={"route": route, "timing": timing})
        for route in ("feedback", "direct")
        for timing in ("final", "every_step")
    ],
    "spikes": [
        Row(name=f"n={width} T={steps}", options={"spike_width": width, "n_steps": steps})
        for width, steps in ((1, 8), (2, 4), (4, 2), (4, 1))
    ],
    "roundings": [
        Row(name=f"{shadow}-8 {rounding}", options={**_widths(shadow, 8), "rounding": rounding})
        for shadow in (16, 8)
        for rounding in ("stochastic", "nearest", "toward_zero", "floor")
    ],
    "controls": [
        Row(name="hidden layer frozen", frozen_hidden=True),
        Row(name="labels shuffled", shuffled_labels=True),
    ],
    "depth": [
        Row(name=f"{shadow}-8 H=128-64 {route}", options={"hidden": (128, 64), "shadow_width": shadow, "route": route})
        for shadow in (16, 8)
        for route in ("feedback", "direct")
    ],
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one seed of a row gave; accuracies 0..1, counts per sample, training figures of the last epoch."""

    table: str
    row: str
    topology: str
    seed: int
    accuracy: float
    training_accuracy: float
    updated: float
    synaptic_updates: float
    input_events: float
    hidden_events: float
    samples_per_second: float


def measure(table: str, row: Row, dataset: AnyDataset, seed: int, epochs: int, tell: Callable[[int], None]) -> Run:
    """Train one seed of a row and evaluate the network of the last epoch."""
    if row.shuffled_labels:
        order = np.random.RandomState(seed).permutation(len(dataset.train_y))
        dataset = replace(dataset, train_y=dataset.train_y[order])
    training = train_online(row.config(seed), dataset, epochs=epochs, progress=tell)
    result, last = evaluate(training.network, dataset), training.history[-1]
    return Run(
        table=table,
        row=row.name,
        topology=training.network.config.topology,
        seed=seed,
        accuracy=result.accuracy,
        training_accuracy=last.training_accuracy,
        updated=last.updated,
        synaptic_updates=last.synaptic_updates,
        input_events=result.activity.input_events / result.activity.samples,
        hidden_events=result.activity.hidden_events / result.activity.samples,
        samples_per_second=last.samples_per_second or 0.0,
    )


def markdown(runs: list[Run], part: str) -> str:
    """Return a table with one line a row, means over the seeds."""
    lines = [
        f"| configuration | network | {part} accuracy, % | training accuracy, % | updated samples, % "
        "| updates / sample | hidden events |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(run.row for run in runs):
        group = [run for run in runs if run.row == name]
        spread = f" +- {100 * statistics.stdev(run.accuracy for run in group):.2f}" if len(group) > 1 else ""
        mean = {key: statistics.fmean(getattr(run, key) for run in group) for key in _NUMBERS}
        lines.append(
            f"| {name} | {group[0].topology} | {100 * mean['accuracy']:.2f}{spread} "
            f"| {100 * mean['training_accuracy']:.2f} | {100 * mean['updated']:.1f} "
            f"| {mean['synaptic_updates']:.0f} | {mean['hidden_events']:.0f} |"
        )
    return "\n".join(lines)


_NUMBERS = ("accuracy", "training_accuracy", "updated", "synaptic_updates", "hidden_events")


def chosen(names: list[str]) -> dict[str, list[Row]]:
    """Return the rows of the tables and rows named; all where none is."""
    known = {*TABLES, *(row.name for rows in TABLES.values() for row in rows)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise InputError(
            f"unknown table or row {unknown[0]!r}; tables are {', '.join(TABLES)}, rows as their first column says"
        )
    if not names:
        return TABLES
    selected = {table: [row for row in rows if table in names or row.name in names] for table, rows in TABLES.items()}
    return {table: rows for table, rows in selected.items() if rows}


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description="Last-epoch accuracy on MNIST: mean +- standard deviation over seeds.",
    )
    parser.add_argument("names", nargs="*", metavar="TABLE|ROW", help=f"of {', '.join(TABLES)}, or single rows; all")
    parser.add_argument("--data", default="mnist", help="data set, as 'intsnn train' takes it (default mnist)")
    parser.add_argument("--data-dir", help="folder that holds mnist/*.gz (default: environment variable INTSNN_DATA)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row, seeds 0, 1, ... (default 3)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of each run (default {EPOCHS})")
    parser.add_argument("--validation", action="store_true", help="test on a sixth of the training part, held out")
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"), help="folder for CSV and JSON")
    args = parser.parse_args(arguments)
    tables = chosen(args.names)
    dataset = load(args.data, args.data_dir)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.validation:
        dataset = dataset.validation_split()
    runs: dict[tuple[str, str, int], Run] = {}
    done: dict[Any, Run] = {}  # rows of different tables may be the same network
    total = sum(len(rows) for rows in tables.values()) * args.seeds * args.epochs * len(dataset.train_y)
    with progress("accuracy", total, "samples") as tell:
        for table, rows in tables.items():
            for row in rows:
                for seed in range(args.seeds):
                    key = (row.config(seed), row.shuffled_labels)
                    if key in done:
                        tell(args.epochs * len(dataset.train_y))
                    else:
                        done[key] = measure(table, row, dataset, seed, args.epochs, tell)
                    runs[table, row.name, seed] = replace(done[key], table=table, row=row.name)
                    _write(args.out, list(runs.values()))
    for table in tables:
        print(f"\n{table}\n\n{markdown([run for run in runs.values() if run.table == table], dataset_part(args))}")


def dataset_part(args: argparse.Namespace) -> str:
    """Return what the accuracies are measured on."""
    return "validation" if args.validation else "test"


def _write(folder: Path, runs: list[Run]) -> None:
    rows = [asdict(run) for run in runs]
    (folder / "accuracy.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    with open(folder / "accuracy.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
