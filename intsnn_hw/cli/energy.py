"""``intsnn energy``: what an inference and a training sample cost, from operations and bit flips counted on data."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golden.errors import InputError

from .options import add_command, add_data, add_network, count, dataset_of, source_of
from .output import Wide, emit, number, progress, status, table

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.encoding import Events
    from golden.network import Network
    from intsnn_hw.energy.coefficients import Coefficients
    from sim.result import RunResult
    from sim.verify.inference import CosimReport

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

    coefficients = Coefficients.load(DEFAULT if args.coefficients is None else args.coefficients)
    source = source_of(args)
    if args.learn and not source.config.learns:
        raise InputError(f"--learn: {source.where} has no learning rule")
    network = source.with_weights()
    dataset = dataset_of(args, source.config, trained_on=source.training.get("data"))
    dataset = dataset.take(n_test=min(args.samples, len(dataset.test_y)))
    events = dataset.events("test", source.config.encoding, source.config.n_steps)
    result: dict[str, Any] = {
        "source": source.where,
        "network": source.config.name,
        "topology": source.config.topology,
        "data": dataset.name,
        "lanes": [layer.lanes for layer in source.config.resolved],
        "samples": events.n_samples,
        "unit": "pJ",
        "inference": _inference(network.inference_only(), events, coefficients, toggles=args.toggles),
        "training": None,
        "coefficients": coefficients.to_dict(),
    }
    if args.learn:
        result["training"] = _training(network, dataset, args.samples, coefficients, toggles=args.toggles)
    emit(args, result, *_shown(result))
    return 0


def _inference(network: Network, events: Events, coefficients: Coefficients, *, toggles: bool) -> dict[str, Any]:
    """Return energy, operations and firing rates of an inference; a recurrent layer's own neurons are inputs of it."""
    from intsnn_hw.energy.operations import energy_of
    from sim.verify.inference import RtlNetwork, chunks

    from .cosim import simulate

    config = network.config
    report, _ = simulate(network, events)
    _check_equal(report)
    energy = energy_of(config, report.accesses, coefficients)["inference"]
    rates = [
        sums / layer.n_words / (layer.n_rows * config.n_steps * events.n_samples)
        for sums, layer in zip(report.adding, config.resolved, strict=True)
    ]
    found = {
        "energy": energy,
        "per_sample": report.accesses["inference"],
        "firing_rates": rates,
        "eth": _eth_inference(config, rates, energy, coefficients),
        "toggles": None,
    }
    if toggles:
        with status("compiling the hardware, with every net counted"):
            rtl = RtlNetwork(network, toggles=True)
        runs = []
        with progress("bit flips of inference", events.n_samples, "samples") as advance:
            for _, part in chunks(events, config):
                runs.append(rtl.run(part))
                advance(part.n_samples)
        found["toggles"] = _switching(runs, events.n_samples, coefficients)
    return found


def _eth_inference(
    config: NetworkConfig, rates: list[float], energy: dict[str, Any], coefficients: Coefficients
) -> dict[str, Any]:
    """Return the thesis's model with the measured rates, an operation costing what it does with a spike of 1 bit."""
    from intsnn_hw.energy.eth import inference_energy
    from intsnn_hw.energy.operations import synaptic_operation_pj

    layers = []
    for layer, rate, counted in zip(config.resolved, rates, energy["layers"], strict=True):
        operations = layer.n_rows * layer.n_out
        cost = synaptic_operation_pj(config, layer.index, 1, coefficients)
        modelled = inference_energy(operations, rate, cost, config.n_steps)
        layers.append(
            {
                "F": operations,
                "fr": rate,
                "E": cost,
                "T": config.n_steps,
                "energy": modelled,
                "E_counted": synaptic_operation_pj(config, layer.index, layer.event_width, coefficients),
                "counted_over_model": counted["total"] / modelled if modelled else None,
            }
        )
    total = sum(layer["energy"] for layer in layers)
    return {
        "formula": "F * fr * E * T",
        "energy": total,
        "counted_over_model": energy["total"] / total if total else None,
        "layers": layers,
    }


def _training(
    network: Network, dataset: Any, n_samples: int, coefficients: Coefficients, *, toggles: bool
) -> dict[str, Any]:
    """Return energy and operations of a training sample, in the order of a first epoch, from the weights given."""
    from golden.kernels import Kernel
    from golden.network import LearningNetwork
    from intsnn_hw.energy.eth import training_cost
    from intsnn_hw.energy.operations import energy_of
    from sim.verify.learning import RtlLearner, continue_learning
    from train.online import sample_order

    learner = LearningNetwork.of(network)
    config = learner.config
    order = sample_order(len(dataset.train_y), config.learning.seed, 0)[:n_samples]
    labels = dataset.train_y[order]
    events = dataset.events("train", config.encoding, config.n_steps, order)
    with status("compiling the hardware that learns"):
        rtl = RtlLearner(learner)
    with progress("learning", len(order), "samples") as advance:
        report = continue_learning(rtl, Kernel(learner), events, labels, progress=advance)
    _check_equal(report)
    energy = energy_of(config, report.accesses, coefficients)
    updated = report.activity.updated_samples
    forward, update = energy["inference"]["total"], energy["update"]["total"]
    each = {
        "skipped": forward,
        "updated": forward + update * len(order) / updated if updated else None,
        "mean": forward + update,
    }
    per_step = {name: None if value is None else value / config.n_steps for name, value in each.items()}
    found = {
        "samples": len(order),
        "updated_samples": updated,
        "each": each,
        "energy": energy,
        "per_sample": report.accesses,
        "eth": {
            "formula": "T * S * c",
            "T": config.n_steps,
            "S": len(order),
            "c": per_step["mean"],
            "energy": training_cost(config.n_steps, len(order), per_step["mean"] or 0.0),
            "c_skipped": per_step["skipped"],
            "c_updated": per_step["updated"],
        },
        "toggles": None,
    }
    if toggles:
        with status("compiling the hardware that learns, with every net counted"):
            rtl = RtlLearner(learner, toggles=True)
        with status("bit flips of learning"):
            found["toggles"] = _switching([rtl.learn(events, labels)], len(order), coefficients)
    return found


def _switching(runs: list[RunResult], n_samples: int, coefficients: Coefficients) -> dict[str, Any]:
    from intsnn_hw.energy.switching import switching

    flips = [
        (entry.net.module, entry.net.is_register, entry.flips) for result in runs for entry in result.toggles
    ]  # fmt: skip
    return switching(flips, n_samples, sum(result.cycles for result in runs), coefficients)


def _check_equal(report: CosimReport) -> None:
    if report.n_mismatches:
        raise RuntimeError(f"hardware and model differ in {report.n_mismatches} values; 'intsnn cosim' shows where")


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
