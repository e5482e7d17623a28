"""Measure what `intsnn explore` adds to each point: a sweep whose points take no time, on both engines.

python -m benchmarks.explore [--points 200] [--workers 2]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.command import command
from golden.errors import InputError
from intsnn_hw.exploration.embedded import n_cores
from intsnn_hw.exploration.results import column_names, to_csv
from intsnn_hw.exploration.run import run_sweep
from intsnn_hw.exploration.space import Point, Sweep


def nothing(sweep: Sweep, point: Point) -> dict[str, Any]:
    """Give a row at once."""
    return {"accuracy": 1 - 1 / (point.number + 2), "memory_bits": point.number, "accuracy_std": 0.0}


def measure(text: str, **options: Any) -> tuple[float, list[dict[str, Any]]]:
    """Return seconds a point, from the first finished one on, so without the start of workers."""

    times = []
    with tempfile.TemporaryDirectory() as folder:
        rows = run_sweep(
            Sweep.parse(text, "sweep"), text, Path(folder) / "out", evaluate=nothing,
            tell=lambda finished, total: times.append(time.perf_counter()), **options,
        )  # fmt: skip
    assert len(rows) == len(times) - 2 and all(row["status"] == "ok" for row in rows)
    return (times[-1] - times[1]) / (len(rows) - 1), rows


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explore", description="Overhead of a sweep.")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--workers", type=int, default=n_cores())
    args = parser.parse_args(arguments)
    if args.points < 2 or args.workers < 1:
        raise InputError("--points must be at least 2 and --workers at least 1")
    text = f'preset = "digits-64"\n[axes]\nhidden = {list(range(1, args.points + 1))}\n'
    seconds, rows = measure(text, n_workers=args.workers)
    results = [(f"embedded, {args.workers} workers", seconds)]
    from distributed import LocalCluster

    local: Any = LocalCluster(
        n_workers=args.workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    )
    with local as cluster:
        seconds, _ = measure(text, scheduler=cluster.scheduler_address)
        results.append((f"dask, {args.workers} workers on this machine", seconds))
    sweep, began = Sweep.parse(text, "sweep"), time.perf_counter()
    to_csv(sweep, rows)
    results.append(("results.csv, a point", (time.perf_counter() - began) / len(rows)))
    from intsnn_hw.exploration.report import report

    began = time.perf_counter()
    report(sweep, rows, column_names(sweep, rows), text)
    results.append(("report.html, the whole", time.perf_counter() - began))
    print("| what | ms |\n|---|---|")
    for name, seconds in results:
        print(f"| {name} | {1000 * seconds:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
