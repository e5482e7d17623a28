"""``intsnn cosim``: the hardware against the golden model, every spike, membrane and class."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from golden.places import whole_file

from .cosim_shared import SLOW_SAMPLES, accesses_table, check_vcd, sample_count, summary
from .eval import activity_rows
from .options import add_command, add_data, add_network, count, dataset_of, natural, source_of
from .output import columns, emit, note, percent, table, watch

if TYPE_CHECKING:
    from sim.result import Stalls
    from sim.verify.inference import Backend, CosimReport
    from sim.verify.measure import Measured

_BACKENDS = ("fast", "icarus", "verilator")


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
and the state of the random generator. An interval that differs is run again in parts, until the first sample that
differs is found; --vcd then shows how the hardware learns from that one, from the state before it. The core is the one
that 'generate --learn' and 'synth' make of the same network. The epochs are the first of the configuration's own run,
with its sample order and its learning rates; those after its last keep the last rate. A checkpoint's weights go through
them from the first on, whatever epochs they have been trained for.

Both report memory accesses and additions a sample, counted in the hardware.""",
        """\
intsnn cosim digits.npz
intsnn cosim mnist.npz --data-dir data --lanes 16 --json
intsnn cosim digits.npz --backend icarus --samples 20 --stalls 1
intsnn cosim --preset digits-64 --samples 50 --vcd mismatch.vcd
intsnn cosim --learn --preset digits-64 --epochs 2 --vcd mismatch.vcd
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
        help=f"the first N test samples (default: all with fast, {SLOW_SAMPLES} with the others)",
    )
    group.add_argument(
        "--stalls", type=natural, metavar="SEED", help="stall every stream at random, drawn by this seed"
    )
    group.add_argument("--vcd", metavar="FILE", help="waveform of the first sample that differs, if any does")
    group = parser.add_argument_group("learning")
    group.add_argument("--learn", action="store_true", help="train in hardware and model, and compare the weights too")
    group.add_argument(
        "--epochs", type=count, metavar="N", help="passes over the samples, as the run begins (default: 1)"
    )
    group.add_argument(
        "--seed", type=natural, metavar="N", help="of fresh weights, rounding and sample order (default: the network's)"
    )
    group.add_argument(
        "--interval", type=count, metavar="N", help="samples between two comparisons of all weights (default: 1000)"
    )


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from sim.result import Stalls
    from sim.verify.measure import measure_inference

    source = source_of(args)
    if args.learn:
        from .cosim_learn import run_learning

        return run_learning(args, source)
    for option in ("epochs", "seed", "interval"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option}: goes with --learn")
    network = source.with_weights()
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"))
    available = len(dataset.test_y)
    dataset = dataset.take(n_test=sample_count(args, available))
    stalls = None if args.stalls is None else Stalls(args.stalls)
    check_vcd(args)
    measured = measure_inference(
        network, dataset, len(dataset.test_y), backend=args.backend, stalls=stalls, watch=watch, may_differ=True
    )
    report = measured.report
    result = {
        "source": source.where,
        "network": source.config.name,
        "data": dataset.name,
        "backend": args.backend,
        "stalls": args.stalls,
        "lanes": [layer.lanes for layer in source.config.resolved],
        **summary(report, dataset.test_y),
        "samples_per_second": measured.n_samples / measured.seconds,
        "seconds": measured.seconds,
        "first_mismatches": [asdict(mismatch) for mismatch in report.first],
        "vcd": _waveform(measured, args.backend, stalls, args.vcd),
    }
    emit(args, result, *_shown(result, report))
    return 1 if report.n_mismatches else 0


def _waveform(measured: Measured[CosimReport], backend: Backend, stalls: Stalls | None, path: str | None) -> str | None:
    """Write the waveform of the first sample that differs, where wanted and there is one."""
    from sim.verify.measure import write_inference_vcd

    if path is None or not measured.report.first:
        return None
    with whole_file(path) as temporary:
        shown = write_inference_vcd(measured, temporary, backend, stalls=stalls)
    note(f"{path}: waveform of samples {shown[0]}..{shown[-1]}")
    return path


def _shown(result: dict[str, Any], report: CosimReport) -> list[Any]:
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
        ),
        accesses_table(report),
    ]
    if report.first:
        items.append(columns(("first mismatches",), [(str(mismatch),) for mismatch in report.first]))
    return items
