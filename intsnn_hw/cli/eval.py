"""``intsnn eval``: accuracy, confusion and activity of a trained network in the golden model."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from .options import add_command, add_data, dataset_of, source_of
from .output import columns, emit, percent, table

if TYPE_CHECKING:
    from golden.kernels import Activity
    from golden.network import Network
    from train.data import AnyDataset


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "eval",
        "accuracy, confusion matrix and activity of a trained network",
        """\
Run the test samples through the integer golden model, which the hardware equals bit for bit, and tell the
accuracy, which classes are taken for which, and the activity that the hardware's time and energy follow from:
events and synaptic operations (spike-times-weight additions) per inference.""",
        """\
intsnn eval digits.npz
intsnn eval mnist.npz --data mnist --data-dir data --json""",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="trained network, as 'intsnn train' writes it (.npz)")
    parser.set_defaults(run=run, preset=None, config=None, lanes=None)
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    source = source_of(args, maps=True)
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"))
    result = evaluation(source.with_weights(), dataset)
    matrix = result["confusion"]
    rows: list[tuple[object, ...]] = [
        (f"class {label}", *(entry or "." for entry in row)) for label, row in enumerate(matrix)
    ]
    emit(
        args,
        {"checkpoint": str(args.checkpoint), "network": source.config.name, "data": dataset.name, **result},
        table(
            ("test accuracy", f"{percent(result['accuracy'])} of {result['samples']:,} samples of {dataset.name}"),
            *activity_rows(result),
            ("samples per second", result["samples_per_second"]),
            title=f"{source.config.name}, {source.config.topology}",
        ),
        columns(("taken for", *map(str, range(len(matrix)))), rows),
    )
    return 0


def evaluation(network: Network, dataset: AnyDataset) -> dict[str, Any]:
    """Return what the test samples of a data set give, as JSON values."""
    from golden.kernels import Kernel
    from train.online import evaluate

    network = network.inference_only()
    outcome = evaluate(network, dataset)
    events = dataset.events("test", network.config.encoding, network.config.n_steps)
    kernel = Kernel(network)
    start = time.perf_counter()
    kernel.infer(events)
    seconds = time.perf_counter() - start
    return {
        "accuracy": outcome.accuracy,
        "samples": len(dataset.test_y),
        **per_inference(outcome.activity),
        "confusion": outcome.confusion.tolist(),
        "samples_per_second": len(dataset.test_y) / seconds,
    }


def per_inference(activity: Activity) -> dict[str, float]:
    """Return mean events and synaptic operations of a sample."""
    names = ("input_events", "hidden_events", "synaptic_operations")
    return {name: getattr(activity, name) / activity.samples for name in names}


def activity_rows(result: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the rows of a table that tell :func:`per_inference`."""
    return [
        ("events per inference", f"{result['input_events']:.1f} input, {result['hidden_events']:.1f} hidden"),
        ("synaptic operations", f"{result['synaptic_operations']:,.0f} per inference"),
    ]
