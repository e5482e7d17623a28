"""One point under measurement: what its parts share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.config import NetworkConfig

from .point import core_config, network_config
from .space import Point, Sweep

if TYPE_CHECKING:
    from golden.network import LearningNetwork
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

    @property
    def dataset(self) -> AnyDataset:
        """Training part, and the part that accuracy is measured on."""
        return self._data[0]

    @property
    def dataset_digest(self) -> str:
        """A name for the samples."""
        return self._data[1]

    @cached_property
    def _data(self) -> tuple[AnyDataset, str]:
        from train.data.fit import check_fit

        found = _load(self.sweep.data, self.sweep.data_dir, self.sweep.split)
        check_fit(self.config, found[0])
        return found

    @cached_property
    def network(self) -> LearningNetwork:
        """The network trained with the first seed, with the hardware of this point."""
        from .accuracy import trained

        return replace(trained(self), config=self.config)


@functools.lru_cache(maxsize=2)
def _load(name: str, folder: str | None, split: str) -> tuple[AnyDataset, str]:
    """Load a data set once a process, with a name for its samples."""
    from train.data import load
    from train.data.fit import VALIDATION_SEED

    dataset = load(name, folder)
    if split == "validation":
        dataset = dataset.validation_split(seed=VALIDATION_SEED)
    return dataset, dataset.digest
