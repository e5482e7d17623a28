"""``intsnn demo``: from handwritten digits to Verilog that is shown to compute what the model computes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from golden.places import writable_folder, write_file
from intsnn_hw.api.progress import status, watch
from intsnn_hw.api.report import plain
from intsnn_hw.api.wording import percent

from .options import add_command, natural
from .output import emit, table, to_json

_PRESET = "digits-64"
_SAMPLE = 0
"""Test sample whose spikes the figure shows."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "demo",
        "all of it on handwritten digits: train, emit Verilog, prove it equal",
        """\
Train a 64-64-10 network with integers only on scikit-learn's handwritten digits, write its Verilog, compile the same
RTL to machine code, run the whole test split through it, and compare every spike, membrane and class with the
golden model. Writes Verilog, manifest, checkpoint, report.json and a figure; ends with exit code 1 if anything
differs. Takes well under a minute.""",
        """\
intsnn demo
intsnn demo --out /tmp/demo --seed 3 --json""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--out", default="build/demo", metavar="DIR", help="folder to write into, made where absent")
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the training")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.api.cosim import summary
    from intsnn_hw.api.opening import preset
    from sim.compiler import find_compiler
    from sim.verify.measure import measure_inference
    from train.data.digits import load_digits

    folder = writable_folder(args.out)
    find_compiler()  # where there is none it says so before anything is written
    dataset = load_digits()
    network = preset(_PRESET, seed=args.seed)
    training = network.train(dataset, test_each_epoch=True)
    inference = network.inference_only()
    evaluated = inference.evaluate(dataset).to_dict()
    files = inference.generate(folder, with_weights=True).files
    measured = measure_inference(inference.golden, dataset, len(dataset.test_y), watch=watch, may_differ=True)
    report = measured.report
    result = {
        "network": network.config.name,
        "topology": network.config.topology,
        "data": dataset.name,
        "seed": args.seed,
        "epochs": len(training.history),
        **plain(summary(report, dataset.test_y)),
        "model_accuracy": evaluated["accuracy"],
        "confusion": evaluated["confusion"],
        "samples_per_second": measured.n_samples / measured.seconds,
        "first_mismatches": [str(mismatch) for mismatch in report.first],
    }
    with status("drawing"):
        figure = _figure(inference.golden, dataset, training.history, evaluated["confusion"], result["accuracy"])
    saved = network.save(folder / "digits-64.npz")
    result["files"] = [
        str(path)
        for path in (*files, saved, write_file(folder / "demo.png", figure), folder / "report.json")
    ]  # fmt: skip
    write_file(folder / "report.json", to_json(result))
    emit(args, result, *_shown(result, folder))
    return 1 if report.n_mismatches else 0


def _figure(network: Any, dataset: Any, history: Any, confusion: Any, accuracy: float) -> bytes:
    from dataclasses import asdict

    from sim.verify.observe import observe

    from .figure import draw

    values = dataset.test_x[_SAMPLE]
    found = f"{percent(accuracy)} of {len(dataset.test_y)} test digits"
    return draw(
        title=f"{network.config.name}: {found}, in integers, in hardware",
        image=values.reshape(8, 8),
        label=int(dataset.test_y[_SAMPLE]),
        inference=observe(network, values),
        max_spike=network.config.layers[0].neuron.max_spike,
        history=[asdict(epoch) for epoch in history],
        confusion=confusion,
    )


def _shown(result: dict[str, Any], folder: Path) -> list[Any]:
    verdict = "none" if not result["mismatches"] else f"{result['mismatches']:,}"
    made = table(
        ("test accuracy", f"{percent(result['accuracy'])} of {result['samples']} digits"),
        ("mismatches", f"{verdict} in {result['compared']:,} spikes, membranes and classes, hardware against model"),
        ("events per inference", f"{result['input_events']:.1f} input, {result['hidden_events']:.1f} hidden"),
        ("synaptic operations", f"{result['synaptic_operations']:,.0f} per inference"),
        ("cycles per inference", f"{result['cycles_per_sample']:.1f}, samples back to back"),
        ("lane utilisation", percent(result["lane_utilisation"])),
        ("files", ", ".join(Path(name).name for name in result["files"])),
        ("in", str(folder)),
        title=f"{result['network']}, {result['topology']}, learned and run in integers",
    )
    return [made, *(f"mismatch: {line}" for line in result["first_mismatches"])]
