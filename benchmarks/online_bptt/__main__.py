"""The on-line integer rule against BPTT on the same dense networks: part 4 of the study of docs/multibit.md.

    python -m benchmarks.online_bptt [--quick] [--networks N ...] [--seeds N] [--samples N] [--epochs N] [--workers N]

Four ways to train 784-100-10 and 784-256-10 of the presets on MNIST:

  online      the integer margin rule, batch size 1
  float       surrogate gradients through time, 32-bit floating point, AdamW, batches of 128, cross entropy
  quantised   the same in the integers of the preset, exported and measured as an integer network
  margin      as float, with a margin loss like the rule's, SGD and batches of 8: a control of the accuracy alone

The settings of each kind of BPTT are those of a list with the highest mean accuracy, over two seeds, on a sixth of the
training set, held out; those of the on-line rule were chosen on that split before. Test images are looked at once,
after the last epoch.

Beside accuracy: samples a second of training, the methods taking turns on one thread; memory, counted and measured in
PyTorch; energy, counted (benchmarks/online_bptt/energy.py says how) and, of the on-line rule, from the accesses of its
core in co-simulation.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The tables are printed and
written to DIR/*.csv, all together to DIR/results.json.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.answers import Answers
from benchmarks.command import command, require_positive
from intsnn_hw.energy import Coefficients

from .measure import NETWORKS
from .study import Study
from .tables import markdown, write_csv

FULL: dict[str, Any] = {
    "networks": list(NETWORKS), "seeds": 5, "samples": 60_000, "tests": 10_000, "epochs": 12, "cosim": 2000,
    "timed": 12_800, "rounds": 5, "settings": None,
}  # fmt: skip
QUICK: dict[str, Any] = {
    "networks": ["mnist-100"], "seeds": 2, "samples": 2000, "tests": 1000, "epochs": 2, "cosim": 200, "timed": 1280,
    "rounds": 2, "settings": 2,
}  # fmt: skip


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line, with what --quick changes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.online_bptt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="see that it runs: 784-100-10, 2000 samples, 2 epochs")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS)
    parser.add_argument("--seeds", type=int, help="runs of each method (default 5)")
    parser.add_argument("--samples", type=int, help="of the training set (default 60000)")
    parser.add_argument("--epochs", type=int, help="of every method (default 12)")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--data-dir", help="folder that holds mnist/*.gz (default: environment variable INTSNN_DATA)")
    parser.add_argument("--out", type=Path, default=Path("build/online-bptt"))
    options = parser.parse_args(arguments)
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    require_positive(options, "seeds", "samples", "epochs", "workers")
    return options


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the tables and write them."""
    options = parsed(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    study = Study(options, Answers(options.out / "answers.jsonl"))
    study.answer()
    tables = study.tables(Coefficients.load())
    for name, rows in tables.items():
        print(f"\n{name}\n\n{markdown(rows)}")
        write_csv(options.out / f"{name}.csv", rows)
    (options.out / "results.json").write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
