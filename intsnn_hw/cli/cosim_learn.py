"""``intsnn cosim --learn``: hardware and golden model trained side by side, every weight compared."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, replace
from functools import partial

from golden.errors import InputError

from .cosim_shared import accesses_table, check_vcd, sample_count, whole_file
from .options import Source, dataset_of
from .output import emit, note, number, percent, progress, status, table


def run_learning(args: argparse.Namespace, source: Source) -> int:
    """Execute the command with ``--learn``."""
    from golden.kernels import Kernel
    from golden.network import LearningNetwork
    from sim.result import Stalls
    from sim.verify.learning import RtlLearner, continue_learning, write_vcd
    from train.online import evaluate, for_run, sample_order

    # The configuration's own schedule: another would make another core than 'intsnn generate' writes.
    config, epochs = for_run(source.config, seed=args.seed), args.epochs or 1
    learning, network = config.learning, LearningNetwork.initial(config)
    if isinstance(source.network, LearningNetwork):
        network = replace(source.network, config=config)
    dataset = dataset_of(args, config, trained_on=source.training.get("data"))
    available = len(dataset.train_y)
    n_samples = sample_count(args, available)
    if n_samples > available:
        raise InputError(f"--samples: {dataset.name} has {available:,} training samples, not {n_samples:,}")
    stalls = None if args.stalls is None else Stalls(args.stalls)
    check_vcd(args)
    events = dataset.events("train", config.encoding, config.n_steps)
    with status("building the hardware"):
        rtl, kernel = RtlLearner(network, args.backend), Kernel(network)
    reports = []
    with progress("learning side by side", epochs * n_samples, "samples") as advance:
        start = time.perf_counter()
        for epoch in range(epochs):
            order = sample_order(available, learning.seed, epoch)[:n_samples]
            boost = learning.rate_boost(min(epoch, learning.epochs - 1))
            reports.append(
                continue_learning(
                    rtl, kernel, events.select(order), dataset.train_y[order], boost=boost,
                    interval=args.interval or 1000, stalls=stalls, progress=advance,
                )
            )  # fmt: skip
            if reports[-1].n_mismatches:
                break
        seconds = time.perf_counter() - start
    report = reports[0]
    for part in reports[1:]:
        report.add(part)
    total, updated = report.activity.samples, report.activity.updated_samples
    vcd, per_updated = None, report.update_cycles / updated if updated else None
    if report.culprit is not None and args.vcd is not None:
        vcd = whole_file(args.vcd, partial(write_vcd, report.culprit, backend=args.backend, stalls=stalls))
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
        "seed": learning.seed,
        "epochs": epochs,
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
        "samples_per_second": total / seconds,
        "seconds": seconds,
        "first_mismatches": [asdict(mismatch) for mismatch in report.first],
        "first_differing": None if report.culprit is None else {
            "epoch": len(reports), "sample": report.culprit.sample, "index": int(order[report.culprit.sample])
        },
        "vcd": vcd,
    }  # fmt: skip
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
    if (at := result["first_differing"]) is not None:
        found.insert(
            0,
            f"first to differ: sample {at['sample']} of epoch {at['epoch']}, number {at['index']} of the training set",
        )
    emit(args, result, *tables, *found)
    return 1 if report.n_mismatches else 0
