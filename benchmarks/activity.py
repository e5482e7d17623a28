"""Cycles per step and lane utilisation of a core at given shares of active inputs, by co-simulation.

``python -m benchmarks.activity`` runs random events through the RTL of 784-128-10 with random weights and checks every
spike and membrane against the golden model on the way.
"""

import argparse
import json
import sys
from dataclasses import replace

import numpy as np

from benchmarks.command import command
from golden.config import HardwareConfig
from golden.encoding import to_events
from golden.network import Network
from golden.presets import preset
from sim.verify.inference import cosimulate


def random_network(name: str, lanes: int, seed: int) -> Network:
    """Return a preset with inference weights that are normal with a deviation of 16, as trained ones roughly are."""
    config = replace(preset(name), learning=None, hardware=HardwareConfig(lanes=(lanes,)))
    rng = np.random.default_rng(seed)
    weights = [
        np.clip(np.rint(rng.normal(0, 16, (layer.n_out, layer.n_in))), -128, 127).astype(np.int64)
        for layer in config.resolved
    ]
    return Network(config=config, weights=weights)


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure, and print one JSON object for each activity."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="mnist-128")
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--activity", type=float, nargs="+", default=[0.01, 0.1, 0.3])
    options = parser.parse_args(arguments)
    network = random_network(options.preset, options.lanes, options.seed)
    config = network.config
    for activity in options.activity:
        rng = np.random.default_rng(options.seed)
        shape = (options.samples, config.n_steps, config.n_inputs)
        spikes = rng.integers(1, 1 << config.encoding.spike_width, shape) * (rng.random(shape) < activity)
        report = cosimulate(network, to_events(spikes))
        row = {
            "activity": activity,
            "mismatches": report.n_mismatches,
            "input_events_per_step": report.activity.input_events / options.samples / config.n_steps,
            "hidden_events_per_step": report.activity.hidden_events / options.samples / config.n_steps,
            "cycles_per_step": round(report.cycles_per_sample / config.n_steps, 1),
            "lane_utilisation": round(report.lane_utilisation, 4),
            "layer_utilisation": [round(share, 4) for share in report.layer_utilisation],
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
