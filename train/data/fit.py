"""Which data set goes with a network, whether one fits, and the split by which settings are chosen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from golden.errors import DataError

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from train.data import AnyDataset, Dataset
    from train.data.dataset import Part

VALIDATION_SEED = 0
"""Of the validation split: the same samples whatever the seed of the training."""


_BY_INPUTS = {64: ("digits",), 784: ("mnist", "fashion-mnist")}
"""Sets of values that networks of so many inputs are made for, the usual one first."""


def usual_set(config: NetworkConfig, trained_on: str | None = None) -> str:
    """Return the set that the weights of a network come from; without weights, the one that it is made for.

    Parameters
    ----------
    config : NetworkConfig
    trained_on : str, optional
        Name of the set that the weights come from, whether of its whole training part or of a validation split.

    Raises
    ------
    DataError
        The weights come from a user's own set, or no set has such inputs.
    """
    from golden.presets.usual import usual_data
    from train.data import KNOWN

    if trained_on:
        name = trained_on.removesuffix("-validation")
        if name.partition(":")[0] in KNOWN:
            return name
        raise DataError(
            f"{config.name} was trained on data of yours, called {name}, which is not kept with the network; give it, "
            "or other samples, as `data`"
        )
    events, name = config.encoding.kind == "events", usual_data(config.name)
    if not events:
        sets = _BY_INPUTS.get(config.n_inputs, (None,))
        name = name if name in sets else sets[0]
    if name is None:
        what = f"{config.n_inputs} inputs{' of events' if events else ''}"
        raise DataError(f"{config.name} has {what}, which tells no data set; give `data`")
    return name


def remarks(config: NetworkConfig, dataset: AnyDataset) -> Iterator[str]:
    """Yield what fits, but perhaps not as the user thinks."""
    from train.data.labels import absent, listed

    trains = len(dataset.train_y) > 0
    if trains and dataset.n_classes < config.n_classes:
        yield (
            f"{dataset.name} has {dataset.n_classes} classes, the network {config.n_classes} outputs: the others are "
            "never right"
        )
    n_classes = dataset.n_classes if trains else config.n_classes
    unknown, untested = (
        absent(labels if len(labels) else np.arange(n_classes), n_classes)
        for labels in (dataset.train_y, dataset.test_y)
    )
    if len(unknown):
        from_1 = "; if these are to count from 1, subtract 1" if unknown[0] == 0 else ""
        yield f"{dataset.name}: no training sample has label {listed(unknown)}, which is never learned{from_1}"
    if len(untested := untested[~np.isin(untested, unknown)]):
        yield f"{dataset.name}: no test sample has label {listed(untested)}, so the accuracy of that is not measured"


def missing_samples(dataset: AnyDataset) -> Iterator[str]:
    """Yield that samples of a set known by its name are missing; the set is whole, not a validation split."""
    from train.data import KNOWN

    name, n_samples = dataset.name.partition(":")[0], len(dataset.train_y) + len(dataset.test_y)
    whole = KNOWN[name].n_samples if name in KNOWN else None
    if whole not in (None, n_samples):
        yield f"{dataset.name}: only {n_samples:,} of its {whole:,} samples are there, and results are of these"


def load_set(name: str, folder: str | None, *, download: bool = False) -> AnyDataset:
    """Load a data set as :func:`train.data.load` does; a missing file and a damaged one are different errors.

    Raises
    ------
    DataError
        As of :func:`train.data.load`; a folder for a set that lies in none; nothing that can be downloaded.
    """
    from train.data import KNOWN, download_mnist, find_mnist, load

    find = getattr(KNOWN.get(name.partition(":")[0]), "find", None)
    if folder is not None and find is None:
        raise DataError(f"`data_dir` {folder}: {name} is not looked for in a folder; leave it out")
    if download:
        base = folder or os.environ.get("INTSNN_DATA")
        if find is not find_mnist:
            raise DataError(f"`download`: fetches mnist into a folder, not {name}; give `data` mnist, or leave it out")
        if not base:
            raise DataError("`download`: there is no folder to fetch into; give `data_dir` DIR, or set INTSNN_DATA=DIR")
        download_mnist(base)
    if name.endswith(".npz") and not Path(name).exists():
        raise DataError(f"{name}: no such file; a path is taken from where the command runs, {Path.cwd()}")
    return load(name, folder)


def check_fit(config: NetworkConfig, dataset: AnyDataset, *parts: Part) -> None:
    """Raise DataError where a data set cannot be fed to a network, or has no samples in one of `parts`."""
    from train.data import EventDataset
    from train.data.labels import misnumbered

    kind = config.encoding.kind
    takes = "events" if kind == "events" else "values"
    if isinstance(dataset, EventDataset):
        has, places = "events", f"{dataset.n_inputs} places of events"
        own_rules = [(dataset.n_steps == config.n_steps, f"{dataset.n_steps} time steps", f"{config.n_steps}")]
    else:
        has, places = "values", f"{dataset.n_inputs} values a sample"
        own_rules = _value_rules(config, dataset)
    rules = [
        (has == takes, has, f"an input encoding of kind '{kind}', which takes {takes}"),
        (dataset.n_inputs == config.n_inputs, places, f"{config.n_inputs} inputs"),
        (_maps_fit(config, dataset), f"maps of {_sides(dataset.shape)}", _sides(config.input_shape or ())),
        (dataset.n_classes <= config.n_classes, f"{dataset.n_classes} classes", f"{config.n_classes}"),
        *own_rules,
    ]
    for fits, has, wanted in rules:
        if not fits and has.endswith(" classes"):
            why = misnumbered(dataset.train_y, dataset.test_y, config.n_classes)
            if why is not None:
                raise DataError(
                    f"data set {dataset.name} does not fit network {config.name} of {wanted} classes: {why}"
                )
        if not fits:
            advice = "choose other `data` or"
            if isinstance(dataset, EventDataset) and has.endswith("time steps"):
                bins = f"bins={config.n_steps} with its name" if ":bins=" in dataset.name else "other `data`"
                advice = f"give `n_steps` {dataset.n_steps} with a preset, {bins} or"
            raise DataError(
                f"data set {dataset.name} does not fit network {config.name}: it has {has}, the network {wanted}; "
                f"{advice} another network"
            )
    for part, labels in (("train", dataset.train_y), ("test", dataset.test_y)):
        if part in parts and not len(labels):
            raise DataError(
                f"{dataset.name}: has no samples to {part} on, which are needed here; add x_{part}, y_{part}"
            )


def _maps_fit(config: NetworkConfig, dataset: AnyDataset) -> bool:
    """Return whether channels, rows and columns are the network's, where both have them and they matter."""
    return not config.is_spatial or len(dataset.shape) != 3 or dataset.shape == config.input_shape


def _sides(shape: tuple[int, ...]) -> str:
    return f"{'x'.join(map(str, shape))} (channels, rows, columns)"


def _value_rules(config: NetworkConfig, dataset: Dataset) -> list[tuple[bool, str, str]]:
    """Return whether the width of the values fits, what the set has and what the network wants."""
    encoding = config.encoding
    return [
        (
            dataset.value_width <= encoding.value_width,
            f"values of {dataset.value_width} bits",
            f"an input encoding for {encoding.value_width}",
        ),
        # The upper bits of a value are its spike: values that are all below them would be an empty input.
        (
            encoding.kind not in ("single_shot", "every_step")
            or dataset.value_width > encoding.value_width - encoding.spike_width,
            f"values of {dataset.value_width} bits only",
            f"spikes from the upper {encoding.spike_width} of {encoding.value_width} bits",
        ),
    ]
