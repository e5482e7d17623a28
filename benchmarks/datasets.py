"""The presets of further data sets: last-epoch test accuracy of the on-line rule and of surrogate gradients, exported.

    python -m benchmarks.datasets [PRESET:METHOD ...] [--seeds 3] [--validation] [--data-dir DIR] [--out DIR]

Methods are bits of shadow and inference weights for the on-line rule, as ``16-8``, and ``bptt``: surrogate gradients
through time in the integers of the same network, Adam, batches of 128, cosine, exported spike for spike, tested as
the integer network that it exports. All run for the preset's epochs.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The table is printed and
written to DIR/datasets.md, all runs to DIR/runs.csv.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Answers, Key
from benchmarks.command import command, require_positive
from benchmarks.convolution import accuracies, by_rule
from benchmarks.online_bptt.tables import markdown, write_csv
from golden.config import LearningNetworkConfig, learning_config
from golden.errors import InputError
from golden.presets import preset
from golden.presets.usual import DATA
from train.data import AnyDataset, load

PRESETS = ("fashion-256", "fashion-conv-16-32", "nmnist-conv", "words-128r")
METHODS = ("16-8", "16-4", "8-8", "8-4", "bptt")
USUAL = ("16-8", "8-8", "bptt")
FIELDS = (
    "accuracy",
    "training_accuracy",
    "updated",
    "synaptic_operations",
    "synaptic_updates",
    "mismatches",
    "seconds",
)


@lru_cache(maxsize=1)
def dataset_of(name: str, data_dir: str | None, validation: bool) -> AnyDataset:
    """Load a set once in a process; validation holds a sixth of the training part in place of the test part."""
    found = load(name, data_dir)
    return found.validation_split() if validation else found


def answer(data_dir: str | None, key: Key) -> Answer:
    """Answer one question in a process of its own."""
    dataset = dataset_of(DATA[key["preset"]], data_dir, key["part"] == "validation")
    began = time.process_time()
    found = by_gradients(key, dataset) if key["method"] == "bptt" else by_rule(configuration(key), dataset)
    return found | {"seconds": time.process_time() - began}


def configuration(key: Key) -> LearningNetworkConfig:
    """Return the network of a question."""
    widths = (16, 8) if key["method"] == "bptt" else map(int, key["method"].split("-"))
    shadow_width, weight_width = widths
    return learning_config(
        preset(key["preset"], shadow_width=shadow_width, weight_width=weight_width, seed=key["seed"])
    )


def by_gradients(key: Key, dataset: AnyDataset) -> Answer:
    """Train in the integers of the network, and test what is exported."""
    import torch

    import intsnn_hw

    torch.set_num_threads(1)
    net = intsnn_hw.preset(key["preset"])
    found = net.train(
        dataset,
        method="bptt",
        seed=key["seed"],
        epochs=configuration(key).learning.epochs,
        schedule="cosine",
        progress=False,
    )
    last = found.history[-1]
    return {
        "accuracy": found.accuracy, "training_accuracy": last.training_accuracy, "mismatches": found.mismatches,
    }  # fmt: skip


def table(keys: Sequence[Key], answers: Answers) -> list[dict[str, Any]]:
    """Return a line for each preset and method: means over the seeds, accuracies with their deviation."""
    lines = []
    for name, method in dict.fromkeys((key["preset"], key["method"]) for key in keys):
        group = [key for key in keys if (key["preset"], key["method"]) == (name, method)]
        runs = [answers[key] for key in group]
        lines.append({
            "preset": name,
            "topology": configuration(group[0]).topology,
            "method": method,
            **accuracies(keys[0]["part"], runs),
        })  # fmt: skip
    return lines


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.datasets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rows = [f"{name}:{method}" for name in PRESETS for method in METHODS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"PRESET:METHOD; known are {', '.join(rows)}")
    parser.add_argument("--data-dir", help="folder of the data sets (default: environment variable INTSNN_DATA)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row, seeds 0, 1, ... (default 3)")
    parser.add_argument("--validation", action="store_true", help="test on a sixth of the training part, held out")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--out", type=Path, default=Path("build/datasets"), help="folder for answers and tables")
    options = parser.parse_args(arguments)
    require_positive(options, "seeds", "workers")
    chosen = options.rows or [f"{name}:{method}" for name in PRESETS for method in USUAL]
    unknown = [row for row in chosen if row not in rows]
    if unknown:
        raise InputError(f"unknown row {unknown[0]!r}; known are {', '.join(rows)}")
    part = "validation" if options.validation else "test"
    keys = [
        {"preset": row.split(":")[0], "method": row.split(":")[1], "seed": seed, "part": part}
        for row in chosen
        for seed in range(options.seeds)
    ]
    for name in dict.fromkeys(key["preset"] for key in keys):
        dataset_of(DATA[name], options.data_dir, options.validation)  # missing data is reported before anything runs
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "answers.jsonl")
    answers.complete(keys, "data sets", options.workers, partial(answer, options.data_dir))
    text = markdown(table(keys, answers)) + "\n"
    print(text, end="")
    (options.out / "datasets.md").write_text(text, encoding="utf-8")
    write_csv(options.out / "runs.csv", [key | dict.fromkeys(FIELDS) | answers[key] for key in keys])


if __name__ == "__main__":
    sys.exit(main())
