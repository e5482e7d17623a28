"""Hardware and golden model trained side by side, every weight compared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, DataError
from golden.places import whole_file

from .cosim import accesses_grid, check_vcd, sample_count, stalls_of
from .progress import Display
from .report import PRIVATE, Facts, Result, Shown
from .wording import number, percent

if TYPE_CHECKING:
    from golden.network import LearningNetwork
    from sim.verify.inference import Backend, Mismatch
    from sim.verify.measure import Place
    from train.data import AnyDataset

    from .source import Source


@dataclass(frozen=True, kw_only=True, repr=False)
class Colearning(Result):
    """What a comparison of hardware and model found while both learned; counts are means over the samples.

    Attributes
    ----------
    source, network, data, backend : str
    stalls : int or None
        Seed of the random stalls.
    lanes : tuple of int
    seed, epochs, samples : int
        Samples of all epochs together.
    mismatches, compared, weights_compared : int
    accuracy : float
        On the test part, of the weights that the hardware learned, 0..1.
    updated_samples, cycles : int
    cycles_per_sample : float
    update_cycles_per_updated_sample : float or None
    words_written : tuple of int
        Weight words of each layer.
    update_lane_share : float
        Share of the update's cycles that process a weight word.
    per_sample : dict
        Memory accesses and additions, of inference and update.
    samples_per_second, seconds : float
    first_mismatches : tuple of Mismatch
    first_differing : Place or None
    vcd : str or None
    notes : tuple of str
        What else to say.
    """

    source: str
    network: str
    data: str
    backend: str
    stalls: int | None
    lanes: tuple[int, ...]
    seed: int
    epochs: int
    samples: int
    mismatches: int
    compared: int
    weights_compared: int
    accuracy: float
    updated_samples: int
    cycles: int
    cycles_per_sample: float
    update_cycles_per_updated_sample: float | None
    words_written: tuple[int, ...]
    update_lane_share: float
    per_sample: dict[str, Any]
    samples_per_second: float
    seconds: float
    first_mismatches: tuple[Mismatch, ...]
    first_differing: Place | None
    vcd: str | None
    notes: tuple[str, ...] = field(metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return facts, accesses, and the first mismatches."""
        verdict = "none" if not self.mismatches else f"{self.mismatches:,}"
        per_updated, updated = self.update_cycles_per_updated_sample, self.updated_samples
        update = "-" if per_updated is None else f"{number(per_updated)} for a sample that has an update"
        facts = (
            ("mismatches", f"{verdict} in {self.compared:,} values, {self.weights_compared:,} shadow weights"),
            ("test accuracy", f"{percent(self.accuracy)}, of the weights the hardware learned"),
            ("samples", f"{self.samples:,} learned from, {updated:,} of them with an update"),
            ("cycles per sample", self.cycles_per_sample),
            ("cycles of updates", update),
            ("lanes while updating", f"{percent(self.update_lane_share)} of the cycles process a weight word"),
            ("samples per second", self.samples_per_second),
        )
        title = f"{self.network} learning {self.data} in hardware, back end {self.backend}"
        items: list[Shown] = [Facts(facts, title), accesses_grid(self.per_sample)]
        place = self.first_differing
        if place is not None:
            where = f"sample {place.sample} of epoch {place.epoch}, number {place.index} of the training set"
            items.append(f"first to differ: {where}")
        return [*items, *(f"mismatch: {mismatch}" for mismatch in self.first_mismatches)]


def colearn(
    source: Source,
    dataset: AnyDataset,
    *,
    samples: int | None,
    epochs: int | None,
    seed: int | None,
    interval: int | None,
    backend: Backend,
    stalls: int | None,
    vcd: Path | str | None,
    show: Display,
) -> Colearning:
    """Train the core that learns and the golden model on training samples, and compare every value and weight."""
    from sim.verify.learning import write_vcd
    from sim.verify.measure import measure_learning
    from train.online import evaluate

    network = network_to_learn(source, seed)
    config, available = network.config, len(dataset.train_y)
    n_samples = sample_count(samples, backend, available)
    if n_samples > available:
        raise DataError(f"`samples`: {dataset.name} has {available:,} training samples, not {n_samples:,}")
    for name, value in (("epochs", epochs), ("interval", interval)):
        if value is not None and (type(value) is not int or value < 1):
            raise ConfigError(f"`{name}`: must be a whole number of at least 1, got {value!r}")
    stalled = stalls_of(stalls)
    check_vcd(vcd, backend)
    measured = measure_learning(
        network, dataset, n_samples, epochs=epochs or 1, interval=interval or 1000, backend=backend,
        stalls=stalled, watch=show.watch, may_differ=True,
    )  # fmt: skip
    report, written, notes = measured.report, None, []
    total, updated = report.activity.samples, report.activity.updated_samples
    if report.culprit is not None and vcd is not None:
        with whole_file(vcd) as temporary:
            write_vcd(report.culprit, temporary, backend, stalls=stalled)
        written = str(vcd)
        notes.append(f"{vcd}: waveform of sample {report.culprit.sample} alone, from the state before it")
    elif report.n_mismatches and vcd is not None:
        notes.append(f"{vcd}: not written; what differs does not differ again when the hardware starts before it")
    notes += [
        f"layer {layer}: no weight was updated, so its updates are not verified; try more samples or epochs"
        for layer, words in enumerate(report.words_written)
        if updated and not words
    ]
    return Colearning(
        source=source.where,
        network=config.name,
        data=dataset.name,
        backend=backend,
        stalls=stalls,
        lanes=tuple(layer.lanes for layer in config.resolved),
        seed=config.learning.seed,
        epochs=epochs or 1,
        samples=total,
        mismatches=report.n_mismatches,
        compared=report.n_compared,
        weights_compared=report.n_weights_compared,
        accuracy=evaluate(report.hardware, dataset).accuracy,
        updated_samples=updated,
        cycles=report.cycles,
        cycles_per_sample=report.cycles_per_sample,
        update_cycles_per_updated_sample=report.update_cycles / updated if updated else None,
        words_written=tuple(report.words_written),
        update_lane_share=report.update_lane_share,
        per_sample=report.accesses,
        samples_per_second=total / measured.seconds,
        seconds=measured.seconds,
        first_mismatches=tuple(report.first),
        first_differing=measured.first_differing,
        vcd=written,
        notes=tuple(notes),
    )


def network_to_learn(source: Source, seed: int | None) -> LearningNetwork:
    """Return the network before the first epoch, on the core that ``generate`` writes: by its own schedule."""
    from golden.network import LearningNetwork
    from train.online import for_run

    source.require_learning()
    config = for_run(source.config, seed=seed)
    if isinstance(source.network, LearningNetwork):
        return replace(source.network, config=config)
    return LearningNetwork.initial(config)
