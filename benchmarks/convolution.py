"""Convolutions that learn on line: last-epoch accuracy on MNIST over seeds, compared with float BPTT and with controls.

    python -m benchmarks.convolution [ROW ...] [--seeds 3] [--epochs 12] [--validation] [--data-dir DIR] [--out DIR]

Rows are a preset and bits of shadow and inference weights, as ``mnist-conv-8-16:16-8``, or a preset and a control:

  fixed    the first layer stays as it was drawn
  direct   the error comes straight from the output to every layer
  bptt     float32 surrogate gradients of the same network: Adam, batches of 128, cosine, 16-8

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The table is printed and
written to DIR/convolution.md, all runs to DIR/runs.csv.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Answers, Key
from benchmarks.command import command, require_positive
from benchmarks.online_bptt.tables import markdown, write_csv
from golden.config import NetworkConfig, learning_config
from golden.errors import InputError
from golden.presets import EPOCHS, preset
from golden.presets.convolutional import CONVOLUTIONS
from train.data import AnyDataset, load
from train.online import evaluate, train_online

WIDTHS = ("16-16", "16-8", "16-4", "8-8", "8-4")
CONTROLS = ("fixed", "direct", "bptt")
NO_GRADIENT_SHIFT = 24
"""An error shift that rounds every gradient of a layer to 0, so that it neither learns nor draws."""
FIELDS = ("accuracy", "training_accuracy", "updated", "synaptic_operations", "synaptic_updates", "seconds")
"""Of an answer; one by gradients has not all."""
ROWS = tuple(f"{name}:{variant}" for name in CONVOLUTIONS for variant in (*WIDTHS, *CONTROLS))


def configuration(key: Key) -> NetworkConfig:
    """Return the network of a question."""
    variant = key["variant"]
    shadow_width, weight_width = (int(width) for width in (variant if variant in WIDTHS else "16-8").split("-"))
    config = preset(
        key["preset"], shadow_width=shadow_width, weight_width=weight_width, epochs=key["epochs"], seed=key["seed"],
        route="direct" if variant == "direct" else "feedback",
    )  # fmt: skip
    if variant != "fixed" or config.learning is None:
        return config
    shifts = (NO_GRADIENT_SHIFT, *config.learning.error_shifts[1:])
    return replace(config, learning=replace(config.learning, error_shifts=shifts))


def by_rule(config: NetworkConfig, dataset: AnyDataset) -> Answer:
    """Train by the on-line rule; counts are a sample's, those of learning in the last epoch."""
    training = train_online(config, dataset)
    found, last = evaluate(training.network, dataset), training.history[-1]
    return {
        "accuracy": found.accuracy,
        "training_accuracy": last.training_accuracy,
        "updated": last.updated,
        "synaptic_operations": found.activity.synaptic_operations / found.activity.samples,
        "synaptic_updates": last.synaptic_updates,
    }


def by_gradients(config: NetworkConfig, dataset: AnyDataset) -> Answer:
    """Train by float BPTT, for the epochs and with the seed of the on-line rule."""
    import torch

    from train.bptt import Inputs, Settings, SpikingNetwork, Trainer, accuracy, keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()
    learning = learning_config(config).learning
    torch.manual_seed(learning.seed)
    settings = Settings(epochs=learning.epochs, schedule="cosine", seed=learning.seed)
    trainer = Trainer(SpikingNetwork(config), Inputs(dataset, "train", config), settings)
    *_, last = trainer.epochs()
    return {
        "accuracy": accuracy(trainer.model, Inputs(dataset, "test", config)),
        "training_accuracy": last.training_accuracy,
    }


@lru_cache(maxsize=1)
def dataset_of(data_dir: str | None, validation: bool) -> AnyDataset:
    """Load MNIST once in a process; validation holds a sixth of the training part in place of the test part."""
    found = load("mnist", data_dir)
    return found.validation_split() if validation else found


def answer(data_dir: str | None, key: Key) -> Answer:
    """Answer one question in a process of its own."""
    dataset, began = dataset_of(data_dir, key["part"] == "validation"), time.process_time()
    found = (by_gradients if key["variant"] == "bptt" else by_rule)(configuration(key), dataset)
    return found | {"seconds": time.process_time() - began}


def table(keys: Sequence[Key], answers: Answers) -> list[dict[str, Any]]:
    """Return a line for each preset and variant: means over the seeds, accuracies with their deviation."""
    lines = []
    for name, variant in dict.fromkeys((key["preset"], key["variant"]) for key in keys):
        group = [key for key in keys if (key["preset"], key["variant"]) == (name, variant)]
        runs = [answers[key] for key in group]
        lines.append({
            "network": name,
            "topology": configuration(group[0]).topology,
            "variant": variant,
            **accuracies(keys[0]["part"], runs),
            "operations": _mean(runs, "synaptic_operations", ",.0f"),
            "weights changed": _mean(runs, "synaptic_updates", ",.0f"),
        })  # fmt: skip
    return lines


def mean_and_spread(accuracies: Sequence[float]) -> str:
    """Return the mean in percent, of accuracies 0..1, with the standard deviation where there are several."""
    percents = [100 * accuracy for accuracy in accuracies]
    spread = f" +- {statistics.stdev(percents):.2f}" if len(percents) > 1 else ""
    return f"{statistics.fmean(percents):.2f}{spread}"


def accuracies(part: str, runs: Sequence[Answer]) -> dict[str, str]:
    """Return the columns of a table that say how well some runs learned."""
    found = [run["accuracy"] for run in runs]
    return {
        f"{part} accuracy, %": mean_and_spread(found),
        "lowest, %": f"{100 * min(found):.2f}",
        "training accuracy, %": _mean(runs, "training_accuracy", ".2f", 100),
        "updated samples, %": _mean(runs, "updated", ".1f", 100),
    }


def _mean(runs: Sequence[Answer], name: str, form: str, scale: float = 1) -> str:
    found = [run[name] for run in runs if name in run]
    return format(scale * statistics.fmean(found), form) if found else "-"


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.convolution",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="PRESET:VARIANT, or a preset or variant alone; all")
    parser.add_argument("--data-dir", help="folder that holds mnist/*.gz (default: environment variable INTSNN_DATA)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row, seeds 0, 1, ... (default 3)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of each run (default {EPOCHS})")
    parser.add_argument("--validation", action="store_true", help="test on a sixth of the training part, held out")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--out", type=Path, default=Path("build/convolution"), help="folder for answers and tables")
    options = parser.parse_args(arguments)
    require_positive(options, "seeds", "epochs", "workers")
    dataset_of(options.data_dir, options.validation)  # missing data is reported before anything runs
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "answers.jsonl")
    keys = list(questions(options))
    answers.complete(keys, "convolutions", options.workers, partial(answer, options.data_dir))
    text = markdown(table(keys, answers)) + "\n"
    print(text, end="")
    (options.out / "convolution.md").write_text(text, encoding="utf-8")
    write_csv(options.out / "runs.csv", [key | dict.fromkeys(FIELDS) | answers[key] for key in keys])


def questions(options: argparse.Namespace) -> list[Key]:
    """Return the runs of the rows that were named."""
    rows = [row for row in ROWS if not options.rows or {row, *row.split(":")} & set(options.rows)]
    unknown = [name for name in options.rows if not any(name in (row, *row.split(":")) for row in ROWS)]
    if unknown:
        raise InputError(f"unknown row {unknown[0]!r}; presets are {', '.join(CONVOLUTIONS)}, variants "
                         f"{', '.join((*WIDTHS, *CONTROLS))}")  # fmt: skip
    part = "validation" if options.validation else "test"
    return [
        {"preset": name, "variant": variant, "seed": seed, "epochs": options.epochs, "part": part}
        for name, _, variant in (row.partition(":") for row in rows)
        for seed in range(options.seeds)
    ]


if __name__ == "__main__":
    sys.exit(main())
