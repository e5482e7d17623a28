"""Depth: accuracy of networks of 1 to 8 hidden layers of one width, by the on-line rule and by float BPTT.

    python -m benchmarks.depth [ROW ...] [--depths 1 2 4 8] [--sizes 32 128 256 512] [--seeds 3] [--epochs 12]

Rows name bits of shadow and inference weights and of a spike, as ``16-8:4``, or ``bptt:4``: float32 surrogate gradients
of the same networks, Adam, batches of 128, cosine. Every network is a variant of ``mnist-64``.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The table is printed and
written to DIR/depth.md, all runs to DIR/runs.csv.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Answers, Key
from benchmarks.command import command, require_positive
from benchmarks.convolution import by_gradients, by_rule, dataset_of, mean_and_spread
from benchmarks.online_bptt.tables import markdown, write_csv
from golden.config import NetworkConfig
from golden.errors import InputError
from golden.presets import EPOCHS, preset

METHODS = ("16-8", "8-8", "16-4", "16-2", "bptt")
SPIKE_WIDTHS = (1, 2, 4)
ROWS = tuple(f"{method}:{n}" for method in METHODS for n in SPIKE_WIDTHS)
USUAL = tuple(f"{method}:{n}" for method in ("16-8", "8-8") for n in SPIKE_WIDTHS)
FIELDS = ("accuracy", "training_accuracy", "updated", "synaptic_operations", "synaptic_updates", "seconds")


def configuration(key: Key) -> NetworkConfig:
    """Return the network of a question."""
    shadow_width, weight_width = (16, 8) if key["method"] == "bptt" else map(int, key["method"].split("-"))
    return preset(
        "mnist-64", hidden=(key["size"],) * key["depth"], shadow_width=shadow_width, weight_width=weight_width,
        spike_width=key["n"], epochs=key["epochs"], seed=key["seed"],
    )  # fmt: skip


def answer(data_dir: str | None, key: Key) -> Answer:
    """Answer one question in a process of its own."""
    dataset, began = dataset_of(data_dir, key["part"] == "validation"), time.process_time()
    by = by_gradients if key["method"] == "bptt" else by_rule
    return by(configuration(key), dataset) | {"seconds": time.process_time() - began}


def table(keys: Sequence[Key], answers: Answers) -> list[dict[str, Any]]:
    """Return a line for each row and size, with mean, deviation and lowest accuracy of each depth."""
    depths = list(dict.fromkeys(key["depth"] for key in keys))
    lines = []
    for method, n, size in dict.fromkeys((key["method"], key["n"], key["size"]) for key in keys):
        line: dict[str, Any] = {"row": f"{method}, n = {n}", "neurons a layer": size}
        for depth in depths:
            runs = [
                answers[key]["accuracy"]
                for key in keys
                if (key["method"], key["n"], key["size"], key["depth"]) == (method, n, size, depth)
            ]
            line[f"{depth} layers" if depth > 1 else "1 layer"] = mean_and_spread(runs)
        lines.append(line)
    return lines


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.depth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"METHOD:N; known are {', '.join(ROWS)}")
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 4, 8], help="hidden layers (default 1 2 4 8)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 128, 256, 512], help="neurons of each of them")
    parser.add_argument("--data-dir", help="folder that holds mnist/*.gz (default: environment variable INTSNN_DATA)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each network, seeds 0, 1, ... (default 3)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of each run (default {EPOCHS})")
    parser.add_argument("--validation", action="store_true", help="test on a sixth of the training part, held out")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--out", type=Path, default=Path("build/depth"), help="folder for answers and tables")
    options = parser.parse_args(arguments)
    require_positive(options, "seeds", "epochs", "workers")
    rows = options.rows or USUAL
    unknown = [row for row in rows if row not in ROWS]
    if unknown:
        raise InputError(f"unknown row {unknown[0]!r}; known are {', '.join(ROWS)}")
    dataset_of(options.data_dir, options.validation)  # missing data is reported before anything runs
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "answers.jsonl")
    keys = [
        {"method": row.split(":")[0], "n": int(row.split(":")[1]), "size": size, "depth": depth, "seed": seed,
         "epochs": options.epochs, "part": "validation" if options.validation else "test"}
        for row in rows for size in options.sizes for depth in options.depths for seed in range(options.seeds)
    ]  # fmt: skip
    for key in keys:
        configuration(key)  # a number that no network takes is reported before anything runs
    answers.complete(keys, "depths", options.workers, partial(answer, options.data_dir))
    text = markdown(table(keys, answers)) + "\n"
    print(text, end="")
    (options.out / "depth.md").write_text(text, encoding="utf-8")
    write_csv(options.out / "runs.csv", [key | dict.fromkeys(FIELDS) | answers[key] for key in keys])


if __name__ == "__main__":
    sys.exit(main())
