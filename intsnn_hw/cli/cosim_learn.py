"""``intsnn cosim --learn``: hardware and golden model trained side by side, every weight compared."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from golden.errors import InputError
from golden.places import whole_file

from .cosim_shared import accesses_table, check_vcd, sample_count
from .options import Source, dataset_of
from .output import emit, note, number, percent, table, watch

if TYPE_CHECKING:
    from golden.network import LearningNetwork


def run_learning(args: argparse.Namespace, source: Source) -> int:
    """Execute the command with ``--learn``."""
    from sim.result import Stalls
    from sim.verify.learning import write_vcd
    from sim.verify.measure import measure_learning
    from train.online import evaluate

    network = _network(source, args.seed)
    config = network.config
    dataset = dataset_of(args, config, trained_on=source.training.get("data"))
    available = len(dataset.train_y)
    n_samples = sample_count(args, available)
    if n_samples > available:
        raise InputError(f"--samples: {dataset.name} has {available:,} training samples, not {n_samples:,}")
    stalls = None if args.stalls is None else Stalls(args.stalls)
    check_vcd(args)
    measured = measure_learning(
        network, dataset, n_samples, epochs=args.epochs or 1, interval=args.interval or 1000, backend=args.backend,
        stalls=stalls, watch=watch, may_differ=True,
    )  # fmt: skip
    report, differing = measured.report, measured.first_differing
    total, updated = report.activity.samples, report.activity.updated_samples
    vcd, per_updated = None, report.update_cycles / updated if updated else None
    if report.culprit is not None and args.vcd is not None:
        with whole_file(args.vcd) as temporary:
            write_vcd(report.culprit, temporary, args.backend, stalls=stalls)
        vcd = args.vcd
        note(f"{vcd}: waveform of sample {report.culprit.sample} alone, from the state before it")
    elif report.n_mismatches and args.vcd is not None:
        note(f"{args.vcd}: not written; what differs does not differ again when the hardware starts before it")
    result = {
        "source": source.where,
        "network": config.name,
        "data": dataset.name,
        "backend": args.backend,
        "stalls": args.stalls,
        "lanes": [layer.lanes for layer in config.resolved],
        "seed": config.learning.seed,
        "epochs": args.epochs or 1,
        "samples": total,
        "mismatches": report.n_mismatches,
        "compared": report.n_compared,
        "weights_compared": report.n_weights_compared,
        "accuracy": evaluate(report.hardware, dataset).accuracy,
        "updated_samples": updated,
        "cycles": report.cycles,
        "cycles_per_sample": report.cycles_per_sample,
        "update_cycles_per_updated_sample": per_updated,
        "words_written": list(report.words_written),
        "update_lane_share": report.update_lane_share,
        "per_sample": report.accesses,
        "samples_per_second": total / measured.seconds,
        "seconds": measured.seconds,
        "first_mismatches": [asdict(mismatch) for mismatch in report.first],
        "first_differing": None if differing is None else asdict(differing),
        "vcd": vcd,
    }
    verdict = "none" if not report.n_mismatches else f"{report.n_mismatches:,}"
    tables = [
        table(
            ("mismatches", f"{verdict} in {report.n_compared:,} values, {report.n_weights_compared:,} shadow weights"),
            ("test accuracy", f"{percent(result['accuracy'])}, of the weights the hardware learned"),
            ("samples", f"{total:,} learned from, {updated:,} of them with an update"),
            ("cycles per sample", report.cycles_per_sample),
            ("cycles of updates", f"{number(per_updated)} for a sample that has an update" if updated else "-"),
            ("lanes while updating", f"{percent(report.update_lane_share)} of the cycles have a weight word in work"),
            ("samples per second", result["samples_per_second"]),
            title=f"{config.name} learning {dataset.name} in hardware, back end {args.backend}",
        ),
        accesses_table(report),
    ]
    for layer, words in enumerate(report.words_written):
        if updated and not words:
            note(f"layer {layer}: no weight was updated, so its updates are not verified; try more samples or epochs")
    found = [f"mismatch: {mismatch}" for mismatch in report.first]
    if differing is not None:
        place = f"sample {differing.sample} of epoch {differing.epoch}, number {differing.index} of the training set"
        found.insert(0, f"first to differ: {place}")
    emit(args, result, *tables, *found)
    return 1 if report.n_mismatches else 0


def _network(source: Source, seed: int | None) -> LearningNetwork:
    """Return the network before the first epoch, on the core that ``intsnn generate`` writes: by its own schedule."""
    from golden.network import LearningNetwork
    from train.online import for_run

    config = for_run(source.config, seed=seed)
    if isinstance(source.network, LearningNetwork):
        return replace(source.network, config=config)
    return LearningNetwork.initial(config)
