"""Every way of learning, in RTL and golden model side by side on MNIST, as a table of the documentation.

``python -m benchmarks.learning_modes`` trains each variant of a preset on the first samples of the first epoch and
compares every spike, membrane, score and class, and every 500 samples all shadow weights and the LFSR. It ends with
exit code 1 where anything differs.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import command
from golden.config import NetworkConfig
from golden.network import LearningNetwork
from golden.presets import preset
from sim.verify.learning import colearn
from train.data import load
from train.online import sample_order

INTERVAL = 500
SINGLE_PORT = {"lanes": (4, 2), "fire_lanes": (1,), "banks": 1, "weight_memory": ("single_port", "dual_port")}

# Name of a variant: arguments of golden.presets.preset, fields of LearningConfig, fields of HardwareConfig.
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "16-8, n = 4": ({}, {}, {}),
    "8-bit shadow weights": ({"shadow_width": 8}, {}, {}),
    "4-bit inference weights": ({"weight_width": 4}, {}, {}),
    "n = 1, T = 8": ({"spike_width": 1}, {}, {}),
    "n = 2, T = 4": ({"spike_width": 2}, {}, {}),
    "two hidden layers, 64-32": ({"hidden": (64, 32)}, {}, {}),
    "direct": ({"route": "direct"}, {}, {}),
    "direct, two hidden layers": ({"route": "direct", "hidden": (64, 32)}, {}, {}),
    "every_step": ({"timing": "every_step"}, {}, {}),
    "direct, every_step, leaking traces": ({"route": "direct", "timing": "every_step"}, {"trace_shifts": (2, 2)}, {}),
    "nearest": ({"rounding": "nearest"}, {}, {}),
    "single-port memory, 4 lanes": ({}, {}, SINGLE_PORT),
}


def variant(name: str, base: str) -> NetworkConfig:
    """Return the configuration of a variant of preset `base`."""
    keywords, learning, hardware = VARIANTS[name]
    config = preset(base, **keywords)
    assert config.learning is not None
    return replace(config, learning=replace(config.learning, **learning), hardware=replace(config.hardware, **hardware))


@command
def main(arguments: list[str] | None = None) -> int:
    """Run all variants and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="mnist-64")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args(arguments)
    dataset = load("mnist", options.data_dir)
    order = sample_order(len(dataset.train_y), 0, 0)[: options.samples]
    columns = ("variant", "network", "mismatches", "values", "shadow weights", "updated", "cycles / sample", "seconds")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    n_mismatches = 0
    for name in VARIANTS:
        config, began = variant(name, options.preset), time.perf_counter()
        events = dataset.events("train", config.encoding, config.n_steps, order)
        labels = np.asarray(dataset.train_y[order], np.int64)
        report = colearn(LearningNetwork.initial(config), events, labels, interval=INTERVAL)
        n_mismatches += report.n_mismatches
        cells = (
            name, config.topology, report.n_mismatches, f"{report.n_compared:,}", f"{report.n_weights_compared:,}",
            f"{report.activity.updated_samples:,}", f"{report.cycles_per_sample:,.0f}",
            f"{time.perf_counter() - began:.0f}",
        )  # fmt: skip
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        for mismatch in report.first:
            print(mismatch, file=sys.stderr)
    return 1 if n_mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
