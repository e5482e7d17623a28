"""What learning in time costs: memory for each synapse and neuron, events and updates, beside BPTT.

    python -m benchmarks.temporal.cost [--presets P ...] [--epochs N] [--samples N] [--data-dir DIR]

Memory is counted from the configuration, without padding and control (benchmarks/online_bptt/memory.py says what), and
for two kinds of BPTT measured in PyTorch as well. Events, operations and updates of the on-line rule are means over the
training samples of the first and of the last epoch of a run with seed 0; an operation is one event times one weight.
BPTT does, for every step and weight, a product for the sums, one for the gradient and, but for weights from the
network's inputs, one that carries errors down or back, whatever the events.
"""

import argparse
import sys
from typing import Any

import torch

from benchmarks.command import command
from benchmarks.online_bptt.memory import bptt_bits, core_bits, measured_memory, n_weights, online_bits
from benchmarks.online_bptt.tables import ACCOUNTINGS, Row, markdown, memory_rows
from golden.config import LearningNetworkConfig, NetworkConfig, learning_config
from golden.presets import preset
from golden.presets.temporal import TASKS
from intsnn_hw.api.progress import progress
from train.data.event_dataset import EventDataset
from train.online import train_online

from .runs import dataset_of


def place_rows(config: LearningNetworkConfig) -> list[Row]:
    """Return bits for each synapse, and for each neuron or input, by method."""
    synapses, places = n_weights(config), config.n_inputs + sum(layer.n_out for layer in config.resolved)
    ours = online_bits(config)
    rows = [_place_row("on-line rule", ours["weights"], sum(ours.values()) - ours["weights"], synapses, places)]
    core = core_bits(config)
    rows.append(_place_row("its core", ours["weights"], core - ours["weights"], synapses, places))
    for name, how in ACCOUNTINGS.items():
        parts = bptt_bits(config, how)
        state = parts["weights"] + parts["gradients"] + parts["optimiser"]
        rows.append(_place_row(name, state, parts["kept"] + parts["errors"], synapses, places))
    return rows


def _place_row(name: str, of_synapses: int, of_places: int, synapses: int, places: int) -> Row:
    return {
        "": name,
        "bits a synapse": round(of_synapses / synapses, 1),
        "bits a neuron or input": round(of_places / places, 1),
    }


def dense_products(config: NetworkConfig) -> int:
    """Return the products of a training sample in BPTT."""
    steps = config.n_steps
    return steps * sum(
        2 * layer.n_rows * layer.n_out + (layer.n_own if layer.index == 0 else layer.n_rows) * layer.n_out
        for layer in config.resolved
    )


def work_rows(config: NetworkConfig, dataset: EventDataset, tell: Any) -> list[Row]:
    """Train by the on-line rule and return what a sample of the first and of the last epoch takes, and BPTT."""
    history = train_online(config, dataset, progress=tell).history
    dense = dense_products(config)
    rows = []
    for epoch in (history[0], history[-1]):
        products = epoch.synaptic_operations + epoch.synaptic_updates
        rows.append(
            {
                "": f"on-line rule, epoch {epoch.epoch}",
                "input events": round(epoch.input_events),
                "hidden events": round(epoch.hidden_events),
                "synaptic operations": round(epoch.synaptic_operations),
                "weight updates": round(epoch.synaptic_updates),
                "operations and updates": round(products),
                "BPTT's products, times as many": round(dense / products, 1),
            }
        )
    columns = dict.fromkeys(rows[0], "")
    return [*rows, columns | {"": "BPTT, dense", "operations and updates": dense}]


@command
def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.temporal.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--presets", nargs="+", choices=TASKS, default=["fsdd-128", "fsdd-128r"])
    parser.add_argument("--epochs", type=int, help="(default: the preset's)")
    parser.add_argument("--samples", type=int, help="of the training set (default: all)")
    parser.add_argument("--data-dir", help="folder that holds the data (default: environment variable INTSNN_DATA)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for name in options.presets:
        config = learning_config(preset(name, epochs=options.epochs))
        dataset = dataset_of(TASKS[name].data, options.data_dir).take(options.samples)
        with progress(f"training {name}", config.learning.epochs * len(dataset.train_y), "samples") as advance:
            work = work_rows(config, dataset, advance)
        for title, rows in (
            ("memory of a training step, KiB", memory_rows(config, measured_memory(config, dataset))),
            ("memory by place", place_rows(config)),
            ("work of a training sample", work),
        ):
            print(f"{name}: {title}\n\n{markdown(rows)}\n")


if __name__ == "__main__":
    sys.exit(main())
