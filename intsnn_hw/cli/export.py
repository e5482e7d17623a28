"""``intsnn export``: a network trained by surrogate gradients as integers, and what it loses by them."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from golden.errors import InputError

from .options import add_command, add_data, dataset_of
from .output import columns, emit, percent, status, table
from .train_bptt import checkpoint_file, require_torch

if TYPE_CHECKING:
    from golden.config import NetworkConfig


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "export",
        "make an integer network of one trained by surrogate gradients",
        """\
Read the state that 'intsnn train --method bptt' leaves beside its checkpoint (.pt) and write the integer network (.npz)
that all other commands take. A network trained with quantisation keeps its integers. One trained with --float is
quantised here, with threshold shifts that suit its weights, and each layer is quantised alone as well to tell what it
loses. Either way model and integer network are compared on all test samples, spike for spike.""",
        """\
intsnn train --method bptt --preset mnist-128 --float --out float.npz
intsnn export float.pt --out mnist.npz
intsnn export float.pt --weight-width 4 --membrane-width 12 --out small.npz --json""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("state", metavar="STATE", help="state of a run (.pt)")
    group = parser.add_argument_group(
        "integers", "of a network trained with --float; its configuration's where left out"
    )
    group.add_argument("--weight-width", type=int, metavar="BITS", help="of all layers, 2..16")
    group.add_argument("--membrane-width", type=int, metavar="BITS", help="of all layers, 4..32")
    parser.add_argument("--out", metavar="FILE", required=True, help="checkpoint to write (.npz)")
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    require_torch()
    from golden import checkpoint
    from train.bptt.export import compare, to_network
    from train.bptt.inputs import Inputs
    from train.bptt.loop import Epoch, accuracy
    from train.bptt.post import losses_by_layer, quantised
    from train.bptt.record import notes
    from train.bptt.state import load, load_model

    stored, model = load_model(args.state)
    widths = {name: value for name in ("weight_width", "membrane_width") if (value := getattr(args, name)) is not None}
    if stored.quantised and widths:
        option = "--" + next(iter(widths)).replace("_", "-")
        raise InputError(f"{option}: {args.state} was trained in its integers; only a network of --float takes others")
    out = checkpoint_file(args.out)
    dataset = dataset_of(args, stored.config, trained_on=stored.data)
    test = Inputs(dataset, "test", stored.config)
    layers: list[dict[str, Any]] = []
    float_accuracy = None
    if not stored.quantised:
        # The integers are those of an inference core: scales follow the weights, not a learning rule.
        model.config = _with_widths(stored.config, widths)
        float_accuracy = accuracy(model, test)
        with status("quantising layer by layer"):
            layers = [asdict(loss) for loss in losses_by_layer(model, test)]
        model = quantised(model)
    network = to_network(model)
    with status("comparing model and integer network"):
        comparison = compare(model, network, test)
    if comparison.n_mismatches:
        raise RuntimeError(f"model and integer network differ in {comparison.n_mismatches} values")
    history = [Epoch(**entry) for entry in load(args.state)[1]["history"]]
    checkpoint.save(out, network, training=notes(stored, history))
    result = {
        "state": args.state,
        "network": network.config.name,
        "topology": network.config.topology,
        "data": dataset.name,
        "float_accuracy": float_accuracy,
        "accuracy": comparison.accuracy,
        "samples": comparison.samples,
        "compared": comparison.n_compared,
        "mismatches": comparison.n_mismatches,
        "layers": layers,
        "checkpoint": str(out),
    }
    emit(args, result, *_shown(result))
    return 0


def _with_widths(config: NetworkConfig, widths: dict[str, int]) -> NetworkConfig:
    layers = []
    for layer in config.layers:
        membrane_width = widths.get("membrane_width", layer.neuron.membrane_width)
        # The shift is chosen by the weights afterwards; here it only has to be possible.
        highest = max(0, membrane_width - 1 - layer.neuron.spike_width)
        neuron = replace(
            layer.neuron,
            membrane_width=membrane_width,
            threshold_shift=min(layer.neuron.threshold_shift, highest),
        )
        layers.append(replace(layer, weight_width=widths.get("weight_width", layer.weight_width), neuron=neuron))
    return replace(config, layers=tuple(layers), learning=None)


def _shown(result: dict[str, Any]) -> list[Any]:
    outcome: list[tuple[str, object]] = []
    if result["float_accuracy"] is not None:
        outcome.append(("in floating point", percent(result["float_accuracy"])))
    outcome += [
        ("in integers", f"{percent(result['accuracy'])} of {result['samples']:,} samples of {result['data']}"),
        ("integer network", f"equal to the model in {result['compared']:,} spikes and scores"),
        ("checkpoint", result["checkpoint"]),
    ]
    shown = [table(*outcome, title=f"{result['network']}, {result['topology']}")]
    if result["layers"]:
        rows: list[tuple[object, ...]] = [
            (entry["layer"], entry["weight_width"], entry["threshold_shift"],
             "no error" if entry["weight_sqnr_db"] is None else f"{entry['weight_sqnr_db']:.1f} dB",
             "-" if entry["spikes_changed"] is None else percent(entry["spikes_changed"]), percent(entry["accuracy"]))
            for entry in result["layers"]
        ]  # fmt: skip
        names = ("layer", "weight bits", "threshold shift", "weights to error", "spikes changed", "accuracy")
        shown.append(columns(names, rows, "each layer quantised alone", text=0))
    return shown
