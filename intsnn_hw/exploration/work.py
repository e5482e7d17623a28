"""One point under measurement: what its parts share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.config import NetworkConfig

from .point import core_config, network_config
from .samples import Subject
from .space import Point, Sweep
from .training import Trainings

if TYPE_CHECKING:
    from train.data import AnyDataset


@dataclass(kw_only=True)
class Work:
    """A point, the columns known of it so far, and what is made of it on demand.

    Attributes
    ----------
    sweep : Sweep
    point : Point
    row : dict
        Columns, filled part by part.
    """

    sweep: Sweep
    point: Point
    row: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def config(self) -> NetworkConfig:
        """The network to train, with the first seed."""
        return network_config(self.sweep, self.point, self.sweep.seeds[0])

    @cached_property
    def core(self) -> NetworkConfig:
        """The core to synthesise."""
        return core_config(self.sweep, self.point)

    @cached_property
    def folder(self) -> Path:
        """Where answers are kept."""
        from sim.compiler import cache_folder

        return cache_folder()

    @cached_property
    def trainings(self) -> Trainings:
        """Trainings on the data of the sweep: its training part, and the part that accuracy is measured on."""
        from train.data.fit import check_fit

        dataset, digest = _load(self.sweep.data, self.sweep.data_dir, self.sweep.split)
        check_fit(self.config, dataset)
        return Trainings(dataset=dataset, digest=digest, folder=self.folder)

    @cached_property
    def subject(self) -> Subject:
        """The network trained with the first seed, with the hardware of this point, on the samples of the sweep."""
        return Subject(config=self.config, core=self.core, trainings=self.trainings, n_samples=self.sweep.cosim_samples)


@functools.lru_cache(maxsize=2)
def _load(name: str, folder: str | None, split: str) -> tuple[AnyDataset, str]:
    """Load a data set once a process, with a name for its samples."""
    from train.data import load
    from train.data.fit import VALIDATION_SEED

    dataset = load(name, folder)
    if split == "validation":
        dataset = dataset.validation_split(seed=VALIDATION_SEED)
    return dataset, dataset.digest
