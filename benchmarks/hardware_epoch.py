"""An epoch learned in RTL and in the golden model, sample by sample compared, in pieces that run side by side.

    python -m benchmarks.hardware_epoch [--preset mnist-conv-8-16] [--samples 60000] [--piece 2000] [--out DIR]

Hardware and model start each piece from the weights at which the model ends the piece before; every spike, membrane
and class of the piece is compared, and at its end every shadow weight and the LFSR. The weights that the hardware ends
a piece with must be those that the next one starts from, so that all pieces equal is the whole epoch equal.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. Exit code 1 where they differ.
"""

import argparse
import hashlib
import sys
import time
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.answers import Answer, Answers, Key
from benchmarks.command import command, require_positive
from golden.config import LearningNetworkConfig
from golden.errors import InputError
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from golden.presets.convolutional import CONVOLUTIONS
from golden.presets.images import IMAGES
from golden.seeds import sample_order
from golden.weight_load import flat_weights
from sim.verify.learning import RtlLearner, continue_learning
from train.data import AnyDataset, load


def configuration(name: str) -> LearningNetworkConfig:
    """Return a preset, which must learn."""
    config = preset(name)
    if not isinstance(config, LearningNetworkConfig):
        raise InputError(f"preset {name} does not learn")
    return config


@lru_cache(maxsize=1)
def dataset_of(name: str, data_dir: str | None) -> AnyDataset:
    """Load the data set of a preset, once in a process."""
    return load(name.split("-")[0], data_dir)


def state(network: LearningNetwork) -> str:
    """Return a digest of all shadow weights and the LFSR."""
    weights = np.ascontiguousarray(flat_weights(network), "<i8").tobytes()
    return hashlib.sha256(weights + str(network.lfsr.state).encode()).hexdigest()[:16]


def answer(data_dir: str | None, key: Key) -> Answer:
    """Learn one piece of the first epoch in both, and return what was compared and counted."""
    config, dataset = configuration(key["preset"]), dataset_of(key["preset"], data_dir)
    order = sample_order(len(dataset.train_y), config.learning.seed, 0)
    before, piece = order[: key["first"]], order[key["first"] : key["first"] + key["samples"]]
    kernel = Kernel(LearningNetwork.initial(config))
    kernel.learn(dataset.events("train", config.encoding, config.n_steps), dataset.train_y, before)
    events = dataset.events("train", config.encoding, config.n_steps, piece)
    network = kernel.network()
    rtl, start = RtlLearner(network), time.process_time()
    report = continue_learning(rtl, kernel, events, dataset.train_y[piece])
    return {
        "mismatches": report.n_mismatches,
        "first": [str(entry) for entry in report.first[:3]],
        "compared": report.n_compared,
        "weights_compared": report.n_weights_compared,
        "updated": report.activity.updated_samples,
        "right": int((report.classes == dataset.train_y[piece][: len(report.classes)]).sum()),
        "cycles": report.cycles,
        "update_cycles": report.update_cycles,
        "lane_cycles": report.update_lane_share * report.update_cycles,
        "before": state(network),
        "after": state(report.hardware),
        "seconds": time.process_time() - start,
    }


@command
def main(arguments: list[str] | None = None) -> int:
    """Answer what is missing and print what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hardware_epoch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = (*IMAGES, *CONVOLUTIONS)
    parser.add_argument("--preset", default="mnist-conv-8-16", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--samples", type=int, help="first so many of the epoch (default: all)")
    parser.add_argument("--piece", type=int, default=2000, help="samples of a piece (default 2000)")
    parser.add_argument("--workers", type=int, default=2, help="pieces at a time (default 2)")
    parser.add_argument("--data-dir", help="folder of the data (default: environment variable INTSNN_DATA)")
    parser.add_argument("--out", type=Path, default=Path("build/hardware_epoch"), help="folder for the answers")
    options = parser.parse_args(arguments)
    require_positive(options, "samples", "piece", "workers")
    config, dataset = configuration(options.preset), dataset_of(options.preset, options.data_dir)
    samples = min(options.samples or len(dataset.train_y), len(dataset.train_y))
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "answers.jsonl")
    keys = [
        {"preset": options.preset, "first": first, "samples": min(options.piece, samples - first)}
        for first in range(0, samples, options.piece)
    ]
    RtlLearner(LearningNetwork.initial(config))  # leaves the compiled core in the cache
    answers.complete(keys, "pieces", options.workers, partial(answer, options.data_dir))
    return report(config, [answers[key] for key in keys], samples)


def report(config: LearningNetworkConfig, pieces: list[Answer], samples: int) -> int:
    """Print the sums of all pieces; return the exit code."""
    counted = [name for name, value in pieces[0].items() if isinstance(value, int | float)]
    total = {name: sum(piece[name] for piece in pieces) for name in counted}
    joins = [piece["after"] == following["before"] for piece, following in pairwise(pieces)]
    print(
        f"{config.name}, {config.topology}: {samples:,} samples learned in RTL, in {len(pieces)} pieces\n"
        f"values compared      {total['compared']:,}\n"
        f"weights compared     {total['weights_compared']:,}\n"
        f"mismatches           {total['mismatches']:,}\n"
        f"pieces that join     {sum(joins)} of {len(joins)}\n"
        f"right while learned  {100 * total['right'] / samples:.2f} %, {total['updated']:,} samples updated\n"
        f"cycles a sample      {total['cycles'] / samples:,.0f}\n"
        f"cycles an update     {total['update_cycles'] / max(1, total['updated']):,.0f}, "
        f"lanes busy {100 * total['lane_cycles'] / max(1, total['update_cycles']):.1f} %\n"
        f"simulation           {total['cycles'] / total['seconds'] / 1e3:,.0f} kcycles a second of processor time"
    )
    for piece in pieces:
        print("".join(f"differs: {entry}\n" for entry in piece["first"]), end="")
    return 1 if total["mismatches"] or not all(joins) else 0


if __name__ == "__main__":
    sys.exit(main())
