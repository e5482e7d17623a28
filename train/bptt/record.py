"""What a run leaves behind after each epoch: its state, the integer network, and a log of the epochs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from golden import checkpoint
from golden.config import NetworkConfig

from .export import to_network
from .loop import Epoch, Trainer
from .state import Run, save


def write_run(out: Path, run: Run, trainer: Trainer) -> None:
    """Write the state of a run beside its checkpoint and, where it is quantised, the checkpoint."""
    save(out.with_suffix(".pt"), run, trainer)
    if run.quantised:
        network = to_network(trainer.model)
        checkpoint.save(out, network, training=notes(run, trainer.history, network.config))


def threshold_shifts(run: Run, config: NetworkConfig) -> dict[str, list[int]]:
    """Return the threshold shifts of each layer: those of the run's configuration, and those chosen by the weights."""
    return {
        "configured": [layer.neuron.threshold_shift for layer in run.config.layers],
        "chosen": [layer.neuron.threshold_shift for layer in config.layers],
    }


def notes(run: Run, history: list[Epoch], config: NetworkConfig) -> dict[str, Any]:
    """Return what a checkpoint notes of a run; no times, so that equal runs write equal bytes.

    Parameters
    ----------
    run : Run
    history : list of Epoch
    config : NetworkConfig
        Of the network as it is stored.
    """
    entries = [asdict(replace(epoch, samples_per_second=None)) for epoch in history]
    return {
        "method": "bptt",
        "data": run.data,
        "samples": run.samples,
        "epoch": len(history),
        "settings": asdict(run.settings),
        "neuron": run.neuron,
        "threshold_shifts": threshold_shifts(run, config),
        "history": entries,
    }


def log_text(suffix: str, history: list[Epoch]) -> str:
    """Return the epochs as the text of a log; `suffix` is ``.csv``, of a column for each layer's rate, or ``.json``."""
    rows = [asdict(epoch) for epoch in history]
    if suffix == ".json":
        return json.dumps({"epochs": rows}, indent=2, allow_nan=False) + "\n"
    for row in rows:
        for layer, rate in enumerate(row.pop("firing_rates")):
            row[f"firing_rate{layer}"] = rate
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
