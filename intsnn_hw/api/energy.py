"""What an inference and a training sample cost, from operations and bit flips counted on data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError

from .cosim import sample_count
from .progress import Display
from .report import Facts, Grid, Result, Shown
from .wording import nanojoules, number

if TYPE_CHECKING:
    from train.data import AnyDataset

    from .source import Source

SAMPLES = 1000
"""By default."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Energy(Result):
    """Energy in pJ.

    Attributes
    ----------
    source, network, topology, data : str
    lanes : tuple of int
    samples : int
    unit : str
    inference : dict
        As :func:`intsnn_hw.energy.measured.inference_energy` gives it.
    training : dict or None
        As :func:`intsnn_hw.energy.measured.training_energy` gives it.
    coefficients : dict
        The table that the energies come from.
    """

    source: str
    network: str
    topology: str
    data: str
    lanes: tuple[int, ...]
    samples: int
    unit: str
    inference: dict[str, Any]
    training: dict[str, Any] | None
    coefficients: dict[str, Any]

    def shown(self) -> list[Shown]:
        """Return facts, operations by layer, and bit flips by module where they were counted."""
        inference, training = self.inference, self.training
        eth, name = inference["eth"], self.coefficients["name"]
        rates = ", ".join(f"{100 * rate:.2f} %" for rate in inference["firing_rates"])
        rows: list[tuple[str, object]] = [
            ("inference", f"{nanojoules(inference['energy']['total'])}, by operations"),
            ("inputs that fire in a step", f"{rates}, layer by layer"),
            ("ETH, F*fr*E*T, 1-bit spikes", f"{nanojoules(eth['energy'])}; {_times(eth['counted_over_model'])}"),
        ]
        if training is not None:
            each, model = training["each"], training["eth"]
            updated = f"{training['updated_samples']:,} of {training['samples']:,}"
            terms = f"T = {model['T']}, S = {model['S']:,}, c = {nanojoules(model['c'])}"
            by_update = f"{nanojoules(model['c_updated'])}, {nanojoules(model['c_skipped'])}"
            rows += [
                ("training sample, mean", f"{nanojoules(each['mean'])}, by operations"),
                ("with an update", f"{nanojoules(each['updated'])}, {updated}"),
                ("without", nanojoules(each["skipped"])),
                ("ETH, T*S*c", f"{nanojoules(model['energy'])} with {terms}"),
                ("c with, without an update", by_update),
            ]
        title = f"{self.network} on {self.samples:,} samples of {self.data}, coefficients {name}"
        return [Facts(tuple(rows), title), *self._operations(), *self._flips()]

    def _operations(self) -> Iterator[Grid]:
        from intsnn_hw.energy.operations import PARTS

        phases = {"an inference": self.inference["energy"]}
        if self.training is not None:
            phases |= {f"a training sample, its {name}": energy for name, energy in self.training["energy"].items()}
        names = ("layer", *(part.replace("_", " ") for part in PARTS), "all", "largest memory")
        for name, phase in phases.items():
            rows: list[tuple[object, ...]] = []
            for index, layer in enumerate(phase["layers"]):
                memories = {memory: sum(spent.values()) for memory, spent in layer["memories"].items()}
                largest = max(memories, key=lambda memory: memories[memory])
                share = memories[largest] / layer["total"] if layer["total"] else 0.0
                kept = f"{largest.replace('_', ' ')} {100 * share:.0f} %"
                rows.append((index, *(layer[part] for part in PARTS), layer["total"], kept))
            yield Grid(names, tuple(rows), f"energy of operations of {name}, pJ", wide=True)

    def _flips(self) -> Iterator[Grid]:
        parts = {"inference": self.inference, "training": self.training}
        for what, part in parts.items():
            flips = None if part is None else part["toggles"]
            if flips is None:
                continue
            rows: list[tuple[object, ...]] = [
                (entry["module"], entry["registers"], entry["nets"], entry["energy"]) for entry in flips["modules"]
            ]
            rows.append(("all", flips["registers"], flips["nets"], flips["energy"]))
            sums = f"{nanojoules(flips['energy'])}, {number(flips['flips_per_cycle'])} a cycle"
            yield Grid(
                ("module", "registers", "other nets", "pJ"), tuple(rows), f"bit flips a sample, {what}: {sums}",
                wide=True,
            )  # fmt: skip


def energy(
    source: Source,
    dataset: AnyDataset,
    *,
    samples: int | None,
    learn: bool,
    toggles: bool,
    coefficients: Path | str | None,
    show: Display,
) -> Energy:
    """Count operations, and bit flips where wanted, in the compiled hardware, and turn them into energy."""
    from intsnn_hw.energy.coefficients import DEFAULT, Coefficients
    from intsnn_hw.energy.measured import inference_energy, training_energy
    from sim.verify.measure import measure_inference, measure_learning

    table = Coefficients.load(DEFAULT if coefficients is None else coefficients)
    require_rule(source, learn)
    network = source.with_weights()
    n_samples = SAMPLES if samples is None else sample_count(samples, "fast", SAMPLES)
    inference = measure_inference(network, dataset, n_samples, watch=show.watch)
    learning = measure_learning(network, dataset, n_samples, watch=show.watch) if learn else None
    return Energy(
        source=source.where,
        network=source.config.name,
        topology=source.config.topology,
        data=dataset.name,
        lanes=tuple(layer.lanes for layer in source.config.resolved),
        samples=inference.n_samples,
        unit="pJ",
        inference=inference_energy(inference, table, toggles=toggles, watch=show.watch),
        training=(
            None if learning is None else training_energy(learning, table, toggles=toggles, watch=show.watch)
        ),
        coefficients=table.to_dict(),
    )  # fmt: skip


def require_rule(source: Source, learn: bool) -> None:
    """Raise ConfigError where a network is to learn that has no learning rule, or that no hardware learns."""
    from golden.config import require_learning_hardware

    if learn and not source.config.learns:
        raise ConfigError(f"`learn`: {source.where} has no learning rule")
    if learn:
        require_learning_hardware(source.config)


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"counted is {ratio:.3f} of it"
