"""``intsnn cosim``: the hardware against the golden model, every spike, membrane and class."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import InputError

from .eval import activity_rows, per_inference
from .options import Source, add_command, add_data, add_network, count, dataset_of, natural, source_of, writable_file
from .output import columns, emit, note, percent, progress, status, table

if TYPE_CHECKING:
    from golden.encoding import Events
    from golden.fixed import IntArray
    from golden.network import Network
    from sim.cosim import Backend, CosimReport
    from sim.result import Stalls

_BACKENDS = ("fast", "icarus", "verilator")
_SLOW_SAMPLES = 20
"""Samples by default where an interpreted test bench takes every cycle."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "cosim",
        "run the hardware on data and compare it with the model, value by value",
        """\
Run test samples through the generated hardware and through the golden model, and compare every spike, every
membrane, every score and every class of every time step. Prints what differs and ends with exit code 1 if
anything does. The fast back end compiles the RTL to machine code (CXXRTL); the others run the emitted Verilog
in a simulator of its own, driven by cocotb (package extra 'cosim'). A network that is not trained runs with its
initial weights.

With --learn the core that learns is trained from its weights, side by side with the golden model, on samples of the
training set: every spike and membrane of every step is compared, and at intervals and at the end every shadow weight
and the state of the random generator.""",
        """\
intsnn cosim digits.npz
intsnn cosim mnist.npz --data-dir data --lanes 16 --json
intsnn cosim digits.npz --backend icarus --samples 20 --stalls 1
intsnn cosim --preset digits-64 --samples 50 --vcd mismatch.vcd
intsnn cosim --learn --preset digits-64 --epochs 2
intsnn cosim --learn --preset mnist-64 --data-dir data --samples 60000 --lanes 16 --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    add_data(parser)
    group = parser.add_argument_group("simulation")
    group.add_argument("--backend", choices=_BACKENDS, default="fast", help="what simulates the hardware")
    group.add_argument(
        "--samples",
        type=count,
        metavar="N",
        help=f"the first N test samples (default: all with fast, {_SLOW_SAMPLES} with the others)",
    )
    group.add_argument(
        "--stalls", type=natural, metavar="SEED", help="stall every stream at random, drawn by this seed"
    )
    group.add_argument("--vcd", metavar="FILE", help="waveform of the first sample that differs, if any does")
    group = parser.add_argument_group("learning")
    group.add_argument("--learn", action="store_true", help="train in hardware and model, and compare the weights too")
    group.add_argument("--epochs", type=count, metavar="N", help="passes over the samples (default: 1)")
    group.add_argument("--seed", type=natural, metavar="N", help="of weights, rounding and sample order (default: 0)")
    group.add_argument(
        "--interval", type=count, default=1000, metavar="N", help="samples between two comparisons of all weights"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from golden.encoding import encode_events
    from sim.result import Stalls

    source = source_of(args)
    if args.learn:
        return _learn(args, source)
    for option in ("epochs", "seed"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option}: goes with --learn")
    network = source.with_weights()
    dataset = dataset_of(args, source.config)
    available = len(dataset.test_y)
    n_samples = args.samples or (available if args.backend == "fast" else min(available, _SLOW_SAMPLES))
    dataset = dataset.take(n_test=n_samples)
    stalls = None if args.stalls is None else Stalls(args.stalls)
    if args.vcd is not None:
        if args.backend == "verilator":
            raise InputError("--vcd: verilator writes no waveform here; use --backend fast or icarus")
        writable_file(args.vcd)
    events = encode_events(dataset.test_x, source.config.encoding, source.config.n_steps)
    report, seconds = simulate(network, events, backend=args.backend, stalls=stalls)
    result = {
        "source": source.where,
        "network": source.config.name,
        "data": dataset.name,
        "backend": args.backend,
        "stalls": args.stalls,
        "lanes": [layer.lanes for layer in source.config.resolved],
        **summary(report, dataset.test_y),
        "samples_per_second": n_samples / seconds,
        "seconds": seconds,
        "first_mismatches": [asdict(mismatch) for mismatch in report.first],
        "vcd": waveform(network, events, report, args.backend, stalls, args.vcd),
    }
    emit(args, result, *shown(result, report))
    return 1 if report.n_mismatches else 0


def _learn(args: argparse.Namespace, source: Source) -> int:
    """Train hardware and model side by side."""
    from golden.encoding import encode_events
    from golden.kernels import Kernel
    from golden.network import Network
    from sim.learn import RtlLearner, continue_learning
    from sim.result import Stalls
    from train.online import evaluate, for_run, sample_order

    if args.vcd is not None:
        raise InputError("--vcd: shows inference; it does not go with --learn")
    config = for_run(source.config, args.epochs or 1, args.seed)
    learning = config.learning
    assert learning is not None
    trained = source.network is not None and source.network.shadows is not None
    network = replace(source.with_weights(), config=config) if trained else Network.initial(config)
    dataset = dataset_of(args, config)
    available = len(dataset.train_y)
    n_samples = args.samples or (available if args.backend == "fast" else min(available, _SLOW_SAMPLES))
    if n_samples > available:
        raise InputError(f"--samples: {dataset.name} has {available:,} training samples, not {n_samples:,}")
    stalls = None if args.stalls is None else Stalls(args.stalls)
    events = encode_events(dataset.train_x, config.encoding, config.n_steps)
    with status("building the hardware"):
        rtl, kernel = RtlLearner(network, args.backend), Kernel(network)
    reports = []
    with progress("learning side by side", learning.epochs * n_samples, "samples") as advance:
        start = time.perf_counter()
        for epoch in range(learning.epochs):
            order = sample_order(available, learning.seed, epoch)[:n_samples]
            reports.append(
                continue_learning(
                    rtl, kernel, events.select(order), dataset.train_y[order], boost=learning.rate_boost(epoch),
                    interval=args.interval, stalls=stalls, progress=advance,
                )
            )  # fmt: skip
            if reports[-1].n_mismatches:
                break
        seconds = time.perf_counter() - start
    total = sum(report.activity.samples for report in reports)
    cycles = sum(report.cycles for report in reports)
    updated = sum(report.activity.updated_samples for report in reports)
    update_cycles = sum(report.update_cycles for report in reports)
    found = [mismatch for report in reports for mismatch in report.first]
    result = {
        "source": source.where,
        "network": config.name,
        "data": dataset.name,
        "backend": args.backend,
        "stalls": args.stalls,
        "lanes": [layer.lanes for layer in config.resolved],
        "seed": learning.seed,
        "epochs": learning.epochs,
        "samples": total,
        "mismatches": sum(report.n_mismatches for report in reports),
        "compared": sum(report.n_compared for report in reports),
        "weights_compared": sum(report.n_weights_compared for report in reports),
        "accuracy": evaluate(rtl.network, dataset).accuracy,
        "updated_samples": updated,
        "cycles": cycles,
        "cycles_per_sample": cycles / total,
        "update_cycles_per_update": update_cycles / updated if updated else None,
        "words_written": [
            sum(report.words_written[index] for report in reports) for index in range(len(config.layers))
        ],
        "samples_per_second": total / seconds,
        "seconds": seconds,
        "first_mismatches": [asdict(mismatch) for mismatch in found],
    }
    verdict = "none" if not result["mismatches"] else f"{result['mismatches']:,}"
    shown_ = table(
        ("mismatches", f"{verdict} in {result['compared']:,} values, {result['weights_compared']:,} shadow weights"),
        ("test accuracy", f"{percent(result['accuracy'])}, of the weights the hardware learned"),
        ("samples", f"{total:,} learned from, {updated:,} of them with an update"),
        ("cycles per sample", result["cycles_per_sample"]),
        ("cycles per update", result["update_cycles_per_update"] or "-"),
        ("samples per second", result["samples_per_second"]),
        title=f"{config.name} learning {dataset.name} in hardware, back end {args.backend}",
    )
    emit(args, result, shown_, *(f"mismatch: {mismatch}" for mismatch in found))
    return 1 if result["mismatches"] else 0


def simulate(
    network: Network, events: Events, *, backend: Backend = "fast", stalls: Stalls | None = None
) -> tuple[CosimReport, float]:
    """Co-simulate under a progress bar; returns the report and the seconds taken, compilation excluded where cached.

    Parameters
    ----------
    network, events, backend, stalls
        As :func:`sim.cosim.cosimulate` takes them.
    """
    from sim.cosim import RtlNetwork, cosimulate

    if backend == "fast":
        with status("compiling the hardware"):
            RtlNetwork(network)  # leaves it in the cache
    with progress("co-simulation", events.n_samples, "samples") as advance:
        start = time.perf_counter()
        report = cosimulate(network, events, backend=backend, stalls=stalls, progress=advance)
        return report, time.perf_counter() - start


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
        **per_inference(report.activity),
    }


def waveform(
    network: Network, events: Events, report: CosimReport, backend: Backend, stalls: Stalls | None, path: str | None
) -> str | None:
    """Write the waveform of the first sample that differs, and of the one before, which may have left its mark."""
    from sim.cosim import RtlNetwork

    if path is None or not report.first:
        return None
    at = report.first[0].sample
    temporary = Path(f"{path}.part")
    try:
        RtlNetwork(network, backend).run(events.take(max(at - 1, 0), at + 1), stalls=stalls, vcd=temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    note(f"{path}: waveform of samples {max(at - 1, 0)}..{at}")
    return path


def shown(result: dict[str, Any], report: CosimReport) -> list[Any]:
    """Return what a person reads of a result."""
    by_layer = ", ".join(percent(share) for share in report.layer_utilisation)
    verdict = "none" if not report.n_mismatches else f"{report.n_mismatches:,}"
    pace = "samples back to back" if result["stalls"] is None else "every stream stalled at random"
    items = [
        table(
            ("mismatches", f"{verdict} in {report.n_compared:,} values of {result['samples']:,} samples"),
            ("accuracy", percent(result["accuracy"])),
            ("cycles per sample", f"{result['cycles_per_sample']:,.1f}, {pace}"),
            ("lane utilisation", f"{percent(report.lane_utilisation)} (by layer: {by_layer})"),
            *activity_rows(result),
            ("samples per second", result["samples_per_second"]),
            title=f"{result['network']} on {result['data']}, back end {result['backend']}",
        )
    ]
    if report.first:
        items.append(columns(("first mismatches",), [(str(mismatch),) for mismatch in report.first]))
    return items
