"""Data sets: by name or path, or arrays at hand."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, DataError, InputWarning
from golden.places import named_path

from .arguments import plain_arguments
from .report import Grid, Result, Shown

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from train.data import AnyDataset
    from train.data.dataset import Part

    AnyData = AnyDataset | str | Path | Mapping[str, Any]


@plain_arguments
def dataset(
    data: AnyData,
    data_dir: Path | str | None = None,
    *,
    validation: bool = False,
    download: bool = False,
    name: str | None = None,
) -> AnyDataset:
    """Return a data set.

    Parameters
    ----------
    data : str, path, mapping of arrays, Dataset or EventDataset
        A name as ``"mnist"`` or ``"shd:bins=100"`` (docs/data.md), a path as :func:`train.data.load` takes it, or the
        arrays ``x_train``, ``y_train``, ``x_test``, ``y_test``: samples of shape (n, n_features) or (n, rows, columns),
        whole numbers from 0; labels of shape (n,), classes 0 .. n_classes - 1. Booleans and floats without a fraction
        are taken as whole numbers. What needs no training samples takes the last two arrays alone.
    data_dir : path, optional
        Where a known set lies; the environment variable INTSNN_DATA where left out.
    validation : bool
        Test on a sixth of the training set, held out, in place of the test set: to choose settings by.
    download : bool
        Fetch MNIST into `data_dir` first, where it is not there.
    name : str, optional
        What a set of arrays is called; "arrays" where left out.

    Raises
    ------
    DataError
        Unknown, missing, damaged, or arrays that make no set.
    """
    from train.data.fit import VALIDATION_SEED, load_set, missing_samples
    from train.data.npz import of_arrays

    by_name = isinstance(data, str | Path)
    for option, value in (("data_dir", data_dir), ("download", download or None)):
        if value is not None and not by_name:
            raise DataError(f"`{option}`: goes with a set known by its name; leave it out")
    if name is not None and not isinstance(name, str):
        raise DataError(f"`name`: must be a text, got {name!r}")
    if name is not None and not isinstance(data, Mapping):
        raise DataError("`name`: is for arrays; other sets have their own, leave it out")
    if by_name:
        found = load_set(str(data), None if data_dir is None else str(named_path(data_dir)), download=download)
    elif isinstance(data, Mapping):
        found = of_arrays(name or "arrays", data)
    elif all(hasattr(data, member) for member in ("events", "train_y", "test_y", "n_classes")):
        found = data
    else:
        raise DataError(
            f"data: is of type {type(data).__name__}, which is no data set; give a name, a path, or a mapping with "
            "x_train, y_train, x_test, y_test"
        )
    for remark in missing_samples(found):
        warnings.warn(remark, InputWarning, stacklevel=2)
    return found.validation_split(seed=VALIDATION_SEED) if validation else found


@dataclass(frozen=True, kw_only=True)
class KnownSet:
    """A set that is known by its name; `place` is None where it needs no files, or where `missing` says why."""

    name: str
    about: str
    there: bool
    place: str | None
    missing: str | None

    def where(self, base: Path | str | None = None) -> str:
        """Return the place in words, from a folder on where one is given and the place is below it."""
        if self.place is None:
            return "needs no files" if self.there else "missing"
        if base is None or not Path(self.place).is_relative_to(base):
            return self.place
        return os.path.relpath(self.place, base)


@dataclass(frozen=True, kw_only=True, repr=False)
class KnownSets(Result):
    """The sets that are known by name, and where they lie."""

    sets: tuple[KnownSet, ...]

    def shown(self) -> list[Shown]:
        """Return a row for each set."""
        rows = tuple((each.name, each.about, each.where()) for each in self.sets)
        return [Grid(("set", "what", "where"), rows, text=3)]

    def __repr__(self) -> str:
        return "\n".join(f"{each.name}: {each.about}, {each.where()}" for each in self.sets)


def datasets(data_dir: Path | str | None = None) -> KnownSets:
    """Return the sets that are known by name, and where they lie below a folder; no file is read.

    Parameters
    ----------
    data_dir : path, optional
        The environment variable INTSNN_DATA where left out.
    """
    from train.data import KNOWN

    if data_dir is not None and not named_path(data_dir).is_dir():
        raise ConfigError(f"`data_dir` {data_dir}: is no folder; check the path")
    found = []
    for name, known in KNOWN.items():
        place, missing = None, None
        if known.find is not None:
            try:
                place = str(known.find(data_dir))
            except DataError as error:
                missing = str(error)
        found.append(KnownSet(name=name, about=known.about, there=missing is None, place=place, missing=missing))
    return KnownSets(sets=tuple(found))


def fitting(config: NetworkConfig, notes: Mapping[str, Any], data: AnyData | None, *parts: Part) -> AnyDataset:
    """Return a data set that fits a network; where none is given, the one that its weights come from or suits it.

    It has samples in each of `parts`.

    What fits, but perhaps not as the user thinks, is an :class:`golden.errors.InputWarning`.

    Raises
    ------
    DataError
        As :func:`dataset`; or of other inputs, classes, time steps or kind than the network's, or none is given and
        none known.
    """
    from train.data.fit import check_fit, remarks, usual_set

    found = dataset(usual_set(config, notes.get("data")) if data is None else data)
    check_fit(config, found, *parts)
    for remark in remarks(config, found):
        warnings.warn(remark, InputWarning, stacklevel=4)
    return found
