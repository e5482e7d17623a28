"""Measure the cycles of docs/results.md beside the area: networks x lanes, an inference and a training sample.

``python -m benchmarks.latency`` trains each preset on MNIST, then runs the compiled hardware: test images with the
trained weights, and the first samples of a training run. Anything that differs from the model ends it with exit code 1.
"""

import argparse
import sys
from dataclasses import replace

from benchmarks.command import command
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from intsnn_hw.api.progress import progress
from sim.verify.inference import cosimulate
from sim.verify.learning import RtlLearner, continue_learning
from train.data import load
from train.online import sample_order, train_online


@command
def main(arguments: list[str] | None = None) -> int:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["mnist-64", "mnist-100", "mnist-128"])
    parser.add_argument("--lanes", nargs="+", type=int, default=[1, 4, 8, 16, 32])
    parser.add_argument("--images", type=int, default=1000, help="test images (default 1000)")
    parser.add_argument("--samples", type=int, default=2000, help="training samples (default 2000)")
    parser.add_argument("--data-dir")
    options = parser.parse_args(arguments)
    dataset = load("mnist", options.data_dir)
    print("| network | lanes | cycles, inference | lane utilisation | cycles, training sample | of them update |")
    print("|---|---|---|---|---|---|", flush=True)
    with progress("latency", len(options.presets) * len(options.lanes), "cores") as advance:
        for name in options.presets:
            trained = train_online(preset(name), dataset).network
            for lanes in options.lanes:
                config = preset(name, lanes=lanes)
                network = replace(trained, config=config)
                images = dataset.take(n_test=options.images).events("test", config.encoding, config.n_steps)
                inference = cosimulate(network.inference_only(), images)
                initial = LearningNetwork.initial(config)
                order = sample_order(len(dataset.train_y), 0, 0)[: options.samples]
                events = dataset.events("train", config.encoding, config.n_steps, order)
                learning = continue_learning(RtlLearner(initial), Kernel(initial), events, dataset.train_y[order])
                if inference.n_mismatches or learning.n_mismatches:
                    print(f"{name}, {lanes} lanes: hardware and model differ", file=sys.stderr)
                    return 1
                print(
                    f"| {config.topology} | {lanes} | {inference.cycles_per_sample:,.0f} "
                    f"| {100 * inference.lane_utilisation:.1f} % | {learning.cycles / len(order):,.0f} "
                    f"| {learning.update_cycles / max(1, learning.activity.updated_samples):,.0f} |",
                    flush=True,
                )
                advance(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
