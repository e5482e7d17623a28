"""Which point comes next: the whole grid, or a genetic search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from golden.digest import digest
from golden.errors import ConfigError

from .evaluate import Row
from .journal import whole_lines
from .memo import key_of
from .objectives import values_of
from .point import core_config
from .space import Point, Sweep

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

STUDY = "study.log"
_DRAWS = 1000
"""Of a point, until one keeps the constraints."""


class Search(Protocol):
    """Gives points and is told their rows.

    Attributes
    ----------
    total, finished : int
        For a progress bar.
    """

    @property
    def total(self) -> int: ...

    @property
    def finished(self) -> int: ...

    def ask(self) -> Point | None:
        """Return the next point to evaluate; None where there is none before others are told, or none at all."""
        ...

    def tell(self, row: Row) -> None:
        """Take the row of a point that was asked for."""
        ...


class Grid:
    """All points that have no row yet.

    Points come in an order in which those with the same core lie apart, so that workers rarely wait for each other:
    first one of each core, then a second of each, and so on.
    """

    def __init__(self, sweep: Sweep, rows: Mapping[int, Row]) -> None:
        points = list(sweep.points())
        self.total = len(points)
        self.finished = sum(point.number in rows for point in points)
        met: Counter[str] = Counter()
        turns = []
        for point in points:
            core = _core(sweep, point)
            turns.append((met[core], point.number))
            met[core] += 1
        by_number = {point.number: point for point in points}
        self._waiting = [by_number[number] for _, number in sorted(turns) if number not in rows]

    def ask(self) -> Point | None:
        """Return the next point to evaluate; None where there is none."""
        return self._waiting.pop(0) if self._waiting else None

    def tell(self, row: Row) -> None:
        """Take the row of a point that was asked for."""
        self.finished += 1


class Genetic:
    """NSGA-II, generation by generation; the study is kept in the folder of the sweep.

    Each generation is drawn with a seed of its own and told in order, so that neither the number of workers nor an
    interruption between generations changes what is drawn. A trial of a point that is known is answered at once.
    """

    def __init__(self, sweep: Sweep, rows: Mapping[int, Row], folder: Path) -> None:
        self._sweep, self._rows = sweep, dict(rows)
        self._study = _study(sweep, folder)
        self._trials: list[tuple[Any, Point]] = []
        self._waiting: list[Point] = []
        self._out: set[int] = set()
        self.total = sweep.n_trials

    @property
    def finished(self) -> int:
        """Trials that are told, and those of this generation whose points are known."""
        known = sum(point.number in self._rows for _, point in self._trials)
        return min(self.total, self._told() + known)

    def ask(self) -> Point | None:
        """Return the next point to evaluate; None where there is none before others are told, or none at all."""
        while not self._waiting and not self._out:
            self._close_generation()
            if self._told() >= self.total:
                return None
            self._open_generation()
        if not self._waiting:
            return None
        point = self._waiting.pop(0)
        self._out.add(point.number)
        return point

    def tell(self, row: Row) -> None:
        """Take the row of a point that was asked for."""
        self._rows[row["point"]] = row
        self._out.discard(row["point"])

    def _told(self) -> int:
        from optuna.trial import TrialState

        trials = self._study.get_trials(deepcopy=False)
        return sum(
            trial.state == TrialState.COMPLETE or bool(trial.user_attrs.get("failed")) for trial in trials
        )  # fmt: skip

    def _open_generation(self) -> None:
        """Take up the trials that an interrupted run left, and draw the others."""
        from optuna.samplers import NSGAIISampler
        from optuna.trial import Trial, TrialState

        left = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        size = min(self._sweep.population, self.total - self._told())
        for trial in left:
            # One that was ended while it was drawn lacks parameters.
            if len(trial.params) < len(self._sweep.bundles) or not self._keep(Trial(self._study, trial._trial_id)):
                self._study.tell(trial.number, state=TrialState.FAIL)
        n_trials = len(self._study.get_trials(deepcopy=False))
        seed = int(digest(f"{self._sweep.search_seed} {n_trials}".encode())[:8], 16)
        self._study.sampler = NSGAIISampler(population_size=self._sweep.population, seed=seed)
        draws = 0
        while len(self._trials) < size:
            draws += 1
            if draws > _DRAWS * self._sweep.population:
                raise ConfigError(
                    "constraints: the search finds no point that keeps them; loosen them, or use the grid"
                )
            trial = self._study.ask()
            if not self._keep(trial):
                self._study.tell(trial, state=TrialState.FAIL)
        known = {point.number: point for _, point in self._trials}
        self._waiting = [known[number] for number in dict.fromkeys(known) if number not in self._rows]

    def _keep(self, trial: Trial) -> bool:
        """Add a trial to the generation; False where its point breaks a constraint."""
        choices = tuple(
            trial.suggest_int(",".join(bundle.names), 0, len(bundle.values) - 1)
            if _is_ordered(bundle.values)
            else trial.suggest_categorical(",".join(bundle.names), list(range(len(bundle.values))))
            for bundle in self._sweep.bundles
        )
        point = self._sweep.point(choices)
        if point is None:
            return False
        self._trials.append((trial, point))
        return True

    def _close_generation(self) -> None:
        from optuna.trial import TrialState

        for trial, point in self._trials:
            values = values_of(self._rows[point.number], self._sweep.objectives)
            if values is None:
                trial.set_user_attr("failed", True)
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, values)
        self._trials = []


def _is_ordered(values: tuple[tuple[Any, ...], ...]) -> bool:
    """Tell whether neighbours in a list are alike: single numbers, ascending."""
    numbers = [row[0] for row in values if len(row) == 1 and type(row[0]) is int]
    return len(numbers) == len(values) and numbers == sorted(numbers)


def _study(sweep: Sweep, folder: Path) -> Study:
    """Open the study of a folder, or begin it."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = folder / STUDY
    if path.exists():
        # What a crash left of a line would spoil the next one.
        with open(path, "r+b") as file:
            file.truncate(whole_lines(path))
    return optuna.create_study(
        study_name="sweep",
        storage=JournalStorage(JournalFileBackend(str(path))),
        directions=[optuna.study.StudyDirection.MINIMIZE] * len(sweep.objectives),
        load_if_exists=True,
    )


def _core(sweep: Sweep, point: Point) -> str:
    """Return a name for the core of a point and its device."""
    try:
        core = key_of(core_config(sweep, point), hardware=True)
    except ConfigError:
        return str(point.number)  # fails on its own
    return repr((core, point.values.get("target")))
