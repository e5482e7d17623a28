"""Whether a data set fits a network, and the split by which settings are chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import DataError

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from train.data import AnyDataset, Dataset

VALIDATION_SEED = 0
"""Of the validation split: the same samples whatever the seed of the training."""


def load_set(name: str, folder: str | None) -> AnyDataset:
    """Load a data set as :func:`train.data.load` does, and tell a file that is not there from one that is damaged."""
    from train.data import load

    if name.endswith(".npz") and not Path(name).exists():
        raise DataError(f"{name}: no such file; a path is taken from where the command runs, {Path.cwd()}")
    return load(name, folder)


def check_fit(config: NetworkConfig, dataset: AnyDataset) -> None:
    """Raise DataError where a data set cannot be fed to a network."""
    from train.data import EventDataset

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
        (dataset.n_classes <= config.n_classes, f"{dataset.n_classes} classes", f"{config.n_classes}"),
        *own_rules,
    ]
    for fits, has, wanted in rules:
        if not fits:
            advice = "choose other `data` or"
            if isinstance(dataset, EventDataset) and has.endswith("time steps"):
                bins = f"bins={config.n_steps} with its name" if ":bins=" in dataset.name else "other `data`"
                advice = f"give `n_steps` {dataset.n_steps} with a preset, {bins} or"
            raise DataError(
                f"data set {dataset.name} does not fit network {config.name}: it has {has}, the network {wanted}; "
                f"{advice} another network"
            )


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
