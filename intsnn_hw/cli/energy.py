"""``intsnn energy``: what an inference and a training sample cost, from operations and bit flips counted on data."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from golden.errors import InputError

from .options import add_command, add_data, add_network, count, dataset_of, source_of
from .output import Wide, emit, number, table, watch

_SAMPLES = 1000


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "energy",
        "energy of an inference and of a training sample",
        """\
Run test samples through the compiled hardware, count memory reads, memory writes and additions, and turn them into
energy by a table of coefficients. With --learn also training samples, in the order of a first epoch, through the core
that learns. With --toggles the bit flips of every net are counted too, module by module.

Beside them stand the models of the graded-spike thesis (ETH 2025, eq. 5.1 to 5.3), in which a spike costs the same
whatever its bits: F*fr*E*T for inference, E being the energy of an operation with a spike of 1 bit; T*S*c for training,
with the c that the run gives.

The table is horowitz45.toml of this package, 45 nm with its sources; --coefficients takes another of its form.
Operations leave out the neurons' own arithmetic, control and the clock tree; bit flips leave out memories and the clock
tree. The two overlap, in adders and products, so that their energies do not add up.""",
        """\
intsnn energy digits.npz
intsnn energy mnist.npz --data mnist --samples 200 --toggles
intsnn energy --preset mnist-64 --lanes 16 --learn --samples 2000 --json
intsnn energy digits.npz --coefficients mine.toml""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    add_data(parser)
    group = parser.add_argument_group("energy")
    group.add_argument("--samples", type=count, metavar="N", default=_SAMPLES, help="the first N samples")
    group.add_argument("--learn", action="store_true", help="also of a training sample")
    group.add_argument(
        "--toggles", action="store_true",
        help="also count bit flips; the first time the hardware is compiled once more for it, which takes half a "
        "minute for a small inference core, several minutes for one that learns or has many lanes; then it is kept, "
        "and runs about a fifth as fast as the usual one",
    )  # fmt: skip
    group.add_argument("--coefficients", metavar="FILE", help="table of coefficients in TOML (default: the package's)")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.energy.coefficients import DEFAULT, Coefficients
    from intsnn_hw.energy.measured import inference_energy, training_energy
    from sim.verify.measure import measure_inference, measure_learning

    coefficients = Coefficients.load(DEFAULT if args.coefficients is None else args.coefficients)
    source = source_of(args)
    if args.learn and not source.config.learns:
        raise InputError(f"--learn: {source.where} has no learning rule")
    network = source.with_weights()
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"))
    inference = measure_inference(network, dataset, args.samples, watch=watch)
    learning = measure_learning(network, dataset, args.samples, watch=watch) if args.learn else None
    result: dict[str, Any] = {
        "source": source.where,
        "network": source.config.name,
        "topology": source.config.topology,
        "data": dataset.name,
        "lanes": [layer.lanes for layer in source.config.resolved],
        "samples": inference.n_samples,
        "unit": "pJ",
        "inference": inference_energy(inference, coefficients, toggles=args.toggles, watch=watch),
        "training": None if learning is None else training_energy(
            learning, coefficients, toggles=args.toggles, watch=watch
        ),
        "coefficients": coefficients.to_dict(),
    }  # fmt: skip
    emit(args, result, *_shown(result))
    return 0


def _shown(result: dict[str, Any]) -> list[Any]:
    """Return what a person reads of a result."""
    inference, training = result["inference"], result["training"]
    eth, name = inference["eth"], result["coefficients"]["name"]
    rates = ", ".join(f"{100 * rate:.2f} %" for rate in inference["firing_rates"])
    rows: list[tuple[str, object]] = [
        ("inference", f"{_nj(inference['energy']['total'])}, by operations"),
        ("inputs that fire in a step", f"{rates}, layer by layer"),
        ("ETH, F*fr*E*T, 1-bit spikes", f"{_nj(eth['energy'])}; {_times(eth['counted_over_model'])}"),
    ]
    if training is not None:
        each, model = training["each"], training["eth"]
        rows += [
            ("training sample, mean", f"{_nj(each['mean'])}, by operations"),
            ("with an update", f"{_nj(each['updated'])}, {training['updated_samples']:,} of {training['samples']:,}"),
            ("without", _nj(each["skipped"])),
            ("ETH, T*S*c", f"{_nj(model['energy'])} with T = {model['T']}, S = {model['S']:,}, c = {_nj(model['c'])}"),
            ("c with, without an update", f"{_nj(model['c_updated'])}, {_nj(model['c_skipped'])}"),
        ]
    title = f"{result['network']} on {result['samples']:,} samples of {result['data']}, coefficients {name}"
    shown = [table(*rows, title=title), *_operations(result)]
    parts = {"inference": inference["toggles"], "training": None if training is None else training["toggles"]}
    for what, flips in parts.items():
        if flips is not None:
            modules: list[tuple[object, ...]] = [
                (entry["module"], entry["registers"], entry["nets"], entry["energy"]) for entry in flips["modules"]
            ]
            modules.append(("all", flips["registers"], flips["nets"], flips["energy"]))
            heading = f"bit flips a sample, {what}: {_nj(flips['energy'])}, {number(flips['flips_per_cycle'])} a cycle"
            shown.append(Wide(("module", "registers", "other nets", "pJ"), modules, heading))
    return shown


def _operations(result: dict[str, Any]) -> Iterator[Wide]:
    from intsnn_hw.energy.operations import PARTS

    phases = {"an inference": result["inference"]["energy"]}
    if result["training"] is not None:
        phases |= {f"a training sample, its {name}": energy for name, energy in result["training"]["energy"].items()}
    names = ("layer", *(part.replace("_", " ") for part in PARTS), "all", "largest memory")
    for name, phase in phases.items():
        rows: list[tuple[object, ...]] = []
        for index, layer in enumerate(phase["layers"]):
            memories = {memory: sum(spent.values()) for memory, spent in layer["memories"].items()}
            largest = max(memories, key=lambda memory: memories[memory])
            share = memories[largest] / layer["total"] if layer["total"] else 0.0
            kept = f"{largest.replace('_', ' ')} {100 * share:.0f} %"
            rows.append((index, *(layer[part] for part in PARTS), layer["total"], kept))
        yield Wide(names, rows, f"energy of operations of {name}, pJ")


def _nj(picojoules: float | None) -> str:
    return "-" if picojoules is None else f"{picojoules / 1000:,.3f} nJ"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"counted is {ratio:.3f} of it"
