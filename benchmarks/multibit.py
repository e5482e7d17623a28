"""The study of docs/multibit.md: spikes of 1 to 8 bits on the network of ETH 2025, with the controls its claims need.

    python -m benchmarks.multibit [--parts P ...] [--seeds N] [--samples N] [--epochs N] [--workers N] [--out DIR]

Every finished run is a line of ``DIR/runs.jsonl``; an interrupted study goes on where it stopped. At the end the tables
of the document are printed and its plots written.
"""

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.answers import finished
from benchmarks.command import command
from golden.config import NetworkConfig
from golden.presets import preset
from intsnn_hw.api.progress import progress

GOAL = 0.8
WINDOW = 5
"""Iterations to `GOAL`: the first after which the last so many batches were right to that share."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One network and how it is trained; of the kind that the tutorials of the field train, where nothing is said.

    Attributes
    ----------
    n, n_steps : int
    leak : float or None
        Share of the membrane that a step keeps, in every layer; None: all.
    loss : str
        Of :data:`train.bptt.losses.LOSSES`. It fixes the readout: neurons that fire for "rate" and "count", membranes
        that accumulate for "membrane".
    neuron : dict
        Arguments of :class:`train.bptt.layers.LIF`, for all layers.
    first_threshold : float
        theta of the first layer alone.
    weight_width : int or None
        Bits; None is floating point.
    bf16 : bool
    epochs : int or None
        At most so many.
    """

    n: int = 1
    n_steps: int = 10
    leak: float | None = 0.5
    loss: str = "rate"
    neuron: dict[str, Any] = field(default_factory=dict)
    first_threshold: float = 1.0
    weight_width: int | None = None
    bf16: bool = False
    epochs: int | None = None

    def config(self) -> NetworkConfig:
        """Return its network."""
        width = 8 if self.weight_width is None else self.weight_width
        base = preset("mnist-cnn", spike_width=self.n, n_steps=self.n_steps, weight_width=width, membrane_width=16)
        factor = {} if self.leak is None else {"leak_factor": round(256 * self.leak), "leak_frac": 8}
        layers = [replace(layer, neuron=replace(layer.neuron, **factor)) for layer in base.layers]
        if self.loss == "membrane":
            return replace(base, layers=tuple(layers))
        layers[-1] = replace(layers[-1], neuron=replace(layers[-1].neuron, spike_width=self.n))
        return replace(base, layers=tuple(layers), readout="spike_count")


ACCUMULATING: dict[str, Any] = {"leak": None, "loss": "membrane"}
"""The readout and the neurons that this project's presets have; of the parts that weigh cost against accuracy."""

PARTS: dict[str, dict[str, Variant]] = {
    "bits": {f"n = {n}": Variant(n=n) for n in range(1, 9)},
    "controls": {
        "n = 1, theta / 3": Variant(neuron={"threshold": 1 / 3}),
        "n = 1, theta / 15": Variant(neuron={"threshold": 1 / 15}),
        "n = 1, theta / 3, surrogate as wide as theta's": Variant(neuron={"threshold": 1 / 3, "slope": 4 / 3}),
        "n = 1, theta / 3 in the first layer": Variant(first_threshold=1 / 3),
        "n = 1, theta / 15 in the first layer": Variant(first_threshold=1 / 15),
        **{f"n = {n}, surrogate of the listing": Variant(n=n, neuron={"centre": "zero"}) for n in (2, 4)},
        **{f"n = {n}, surrogate not shifted": Variant(n=n, neuron={"centre": "theta"}) for n in (2, 4)},
    },
    "settings": {
        f"n = {n}, {words}": Variant(n=n, epochs=2, **given)
        for words, given in {
            "cross entropy of counts": {"loss": "count"},
            "no leak": {"leak": None},
            "no leak, cross entropy of counts": {"leak": None, "loss": "count"},
            "accumulating readout": {"loss": "membrane"},
        }.items()
        for n in (1, 2, 4)
    },
    "steps": {
        f"n = {n}, T = {steps}": Variant(n=n, n_steps=steps, **ACCUMULATING)
        for n in (1, 2, 4)
        for steps in (10, 4, 2, 1)
    },
    "formats": {
        **{f"n = {n}, bf16": Variant(n=n, bf16=True, **ACCUMULATING) for n in (1, 2, 4)},
        **{
            f"n = {n}, {bits}-bit weights": Variant(n=n, weight_width=bits, **ACCUMULATING)
            for n in (1, 2, 4)
            for bits in (8, 4)
        },
    },
}
BASES = {"controls": "bits", "settings": "bits", "formats": "steps"}
"""The part whose n = 1, 2, 4 at T = 10 a part is compared with."""
ALL = {name: variant for part in PARTS.values() for name, variant in part.items()}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run.

    Attributes
    ----------
    batch_accuracies : list of float
        Of each iteration, before its step.
    test_accuracies : list of float
        After each epoch.
    firing_rates : list of list of float
        Of the spiking layers, each epoch.
    operations : list of float
        Synaptic operations of an inference into each layer, mean over the test images.
    """

    name: str
    seed: int
    samples: int
    epochs: int
    batch_accuracies: list[float]
    test_accuracies: list[float]
    firing_rates: list[list[float]]
    operations: list[float]
    samples_per_second: float


def train(which: tuple[str, int], samples: int, epochs: int, data_dir: str | None) -> Outcome:
    """Train one variant, by its name, from one seed."""
    import torch

    from train.bptt.inputs import Inputs
    from train.bptt.layers import spiking_layers
    from train.bptt.loop import Settings, Trainer
    from train.bptt.memory import keep_freed_memory
    from train.bptt.model import SpikingNetwork
    from train.bptt.operations import mean_operations
    from train.data import load

    torch.set_num_threads(1)
    keep_freed_memory()
    name, seed = which
    variant = ALL[name]
    dataset = load("mnist", data_dir).take(n_train=samples)
    config = variant.config()
    torch.manual_seed(seed)
    model = SpikingNetwork(config, **variant.neuron)
    first = spiking_layers(model)[0].neuron
    first.dynamics = first.dynamics._replace(level=first.dynamics.level * variant.first_threshold)
    if variant.weight_width is not None:
        model.quantise()
    settings = Settings(epochs=min(epochs, variant.epochs or epochs), seed=seed, bf16=variant.bf16, loss=variant.loss)
    shares: list[Any] = []

    class Watched(Trainer):
        def step(self, samples: Any) -> Any:
            loss, right = super().step(samples)
            shares.append(right / len(samples))
            return loss, right

    test = Inputs(dataset, "test", config)
    trainer = Watched(model, Inputs(dataset, "train", config), settings, test)
    history = list(trainer.epochs())
    return Outcome(
        name=name,
        seed=seed,
        samples=samples,
        epochs=epochs,
        batch_accuracies=[float(share) for share in shares],
        test_accuracies=[epoch.test_accuracy or 0.0 for epoch in history],
        firing_rates=[list(epoch.firing_rates) for epoch in history],
        operations=mean_operations(model.eval(), test),
        samples_per_second=statistics.fmean(epoch.samples_per_second or 0.0 for epoch in history),
    )


def iterations(outcome: Outcome) -> int | None:
    """Return the iterations to `GOAL`; None where it was not reached."""
    shares = outcome.batch_accuracies
    reached = (at for at in range(WINDOW, len(shares) + 1) if statistics.fmean(shares[at - WINDOW : at]) >= GOAL)
    return next(reached, None)


def median_iterations(runs: list[Outcome]) -> float | None:
    """Return the median of the iterations to `GOAL`; None where half of the runs, or more, did not reach it."""
    found = statistics.median(math.inf if (reached := iterations(run)) is None else reached for run in runs)
    return None if math.isinf(found) else found


def inference_energy(name: str, operations: list[float], *, counted: bool) -> float:
    """Return nanojoules of an inference: operations at the cost of their spike widths, or all at that of 1 bit.

    The latter is ``F * fr * E * T`` of ETH 2025, eq. 5.3. An operation is a product and an addition, by the table of
    coefficients of the package; memory is left out, as there is no hardware of this network to take its sizes from.
    """
    from intsnn_hw.energy import Coefficients

    coefficients = Coefficients.load()
    config = replace(ALL[name], weight_width=None).config()
    picojoules = 0.0
    for layer, count in zip(config.resolved, operations, strict=True):
        bits = layer.input_spike_width if counted or layer.index == 0 else 1
        picojoules += count * (
            coefficients.add_pj(layer.current_width) + coefficients.product_pj(bits, layer.weight_width)
        )
    return picojoules / 1000


def spread(values: list[float], scale: float = 1.0, digits: int = 2) -> str:
    """Write mean and standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{scale * statistics.fmean(values):.{digits}f} ± {scale * deviation:.{digits}f}"


def tables(outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    """Give the lines of the document's tables, of the variants that were run."""
    for part, variants in PARTS.items():
        present = [name for name in variants if outcomes.get(name)]
        if not present:
            continue
        base = PARTS[BASES[part]] if part in BASES else {}
        compared = [name for name, each in base.items() if each.n in (1, 2, 4) and each.n_steps == 10]
        names = [*(name for name in compared if outcomes.get(name)), *present]
        cells = _cost if part in ("steps", "formats") else _learning
        rows = [{"variant": name} | cells(name, outcomes[name]) for name in names]
        yield f"\n### {part}\n"
        yield "| " + " | ".join(rows[0]) + " |"
        yield "|---" * len(rows[0]) + "|"
        yield from ("| " + " | ".join(row.values()) + " |" for row in rows)


def _learning(name: str, runs: list[Outcome]) -> dict[str, str]:
    """Return how fast a variant learns."""
    to_goal = ", ".join(_or_never(iterations(run)) for run in runs)
    return {
        "iterations to 80 %, median (each seed)": f"{_or_never(median_iterations(runs))} ({to_goal})",
        "test accuracy after each epoch, %": " ".join(
            f"{100 * statistics.fmean(run.test_accuracies[at] for run in runs):.1f}"
            for at in range(len(runs[0].test_accuracies))
        ),
        "after the last, %": spread([run.test_accuracies[-1] for run in runs], 100),
        "neurons firing in a step, by layer, first epoch, %": _firing(runs, 0),
        "last epoch, %": _firing(runs, -1),
    }


def _cost(name: str, runs: list[Outcome]) -> dict[str, str]:
    """Return what an inference and the way to the goal cost."""
    operations = [statistics.fmean(counts) for counts in zip(*(run.operations for run in runs), strict=True)]
    median = median_iterations(runs)
    return {
        "test accuracy, %": spread([run.test_accuracies[-1] for run in runs], 100),
        "neurons firing in a step, by layer, %": _firing(runs, -1),
        "operations an inference, by layer, 1,000": ", ".join(f"{count / 1000:,.0f}" for count in operations),
        "nJ, eq. 5.3": f"{inference_energy(name, operations, counted=False):,.0f}",
        "nJ, by width": f"{inference_energy(name, operations, counted=True):,.0f}",
        "iterations to 80 %": _or_never(median),
        "T * samples to 80 %, 1,000": "-" if median is None else f"{median * 128 * ALL[name].n_steps / 1000:,.0f}",
    }


def _firing(runs: list[Outcome], epoch: int) -> str:
    rates = zip(*(run.firing_rates[epoch] for run in runs), strict=True)
    return ", ".join(f"{100 * statistics.fmean(layer):.1f}" for layer in rates)


def _or_never(at: float | None) -> str:
    return "never" if at is None else f"{at:g}"


def plots(outcomes: dict[str, list[Outcome]], folder: Path) -> None:
    """Draw iterations to the goal and accuracy and firing over the epochs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = [name for part in ("bits", "controls", "settings") for name in PARTS[part] if outcomes.get(name)]
    figure, axes = pyplot.subplots(figsize=(8, 1 + len(names) / 5))
    for row, name in enumerate(names):
        values = [found for run in outcomes[name] if (found := iterations(run)) is not None]
        colour = "#1f6fb4" if name in PARTS["bits"] else "#d9730d"
        axes.plot(values, [row] * len(values), ".", color=colour, alpha=0.6)
        if (median := median_iterations(outcomes[name])) is not None:
            axes.plot(median, row, "|", color=colour, markersize=14, markeredgewidth=2)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("iterations of 128 samples to 80 % training accuracy")
    axes.set_xlim(left=0)
    figure.tight_layout()
    figure.savefig(folder / "multibit-iterations.png", dpi=110)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for name in PARTS["bits"]:
        if not (runs := outcomes.get(name)):
            continue
        epochs = range(1, runs[0].epochs + 1)
        colour = pyplot.get_cmap("viridis")((ALL[name].n - 1) / 7)
        means = [100 * statistics.fmean(run.test_accuracies[at - 1] for run in runs) for at in epochs]
        left.plot(epochs, means, color=colour, label=name)
        for layer, style in ((0, "-"), (1, "--")):
            rates = [100 * statistics.fmean(run.firing_rates[at - 1][layer] for run in runs) for at in epochs]
            right.plot(epochs, rates, style, color=colour)
    left.set(xlabel="epoch", ylabel="test accuracy, %")
    right.set(xlabel="epoch", ylabel="neurons firing in a step, %\nlayer 1 solid, layer 2 dashed")
    if left.get_lines():
        left.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(folder / "multibit-epochs.png", dpi=110)


def stored(path: Path, samples: int, epochs: int) -> dict[tuple[str, int], Outcome]:
    """Read the runs of the same length."""
    if not path.exists():
        return {}
    runs = [Outcome(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return {(run.name, run.seed): run for run in runs if (run.samples, run.epochs) == (samples, epochs)}


@command
def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=10_000, help="of the training set (default 10000)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data-dir")
    parser.add_argument("--out", type=Path, default=Path("build/multibit"))
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "runs.jsonl"
    found = stored(path, options.samples, options.epochs)
    names = [name for part in options.parts for name in PARTS[part]]
    missing = [(name, seed) for seed in range(options.seeds) for name in names if (name, seed) not in found]
    with (
        path.open("a", encoding="utf-8") as file,
        progress("training", len(missing), "runs", window_s=600) as advance,
    ):
        asked = partial(train, samples=options.samples, epochs=options.epochs, data_dir=options.data_dir)
        for _, run in finished(asked, missing, options.workers):
            found[run.name, run.seed] = run
            file.write(json.dumps(asdict(run)) + "\n")
            file.flush()
            advance(1)
    outcomes: dict[str, list[Outcome]] = {}
    for (name, seed), run in sorted(found.items(), key=lambda entry: entry[0][1]):
        if seed < options.seeds:
            outcomes.setdefault(name, []).append(run)
    print("\n".join(tables(outcomes)))
    plots(outcomes, options.out)


if __name__ == "__main__":
    sys.exit(main())
