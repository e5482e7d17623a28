"""Learning in time: the on-line integer rule against float BPTT and against what event counts alone tell.

    python -m benchmarks.temporal [--estimate] [--quick] [--tasks T ...] [--methods M ...] [--hidden N ...] [--seeds N]

Tasks:

  official   FSDD, recordings 0 to 4 of each digit and speaker for test
  speakers   FSDD, the test speaker is unknown in training; six runs a seed, one for each speaker
  reversed   20 classes, digit x {forward, reversed in time}: counts of events do not tell the direction
  cues       which side had more of seven cues, told after a pause of a second; counts of events do tell that, so this
             task is about keeping a sum, not about order

Methods, each with every size of --hidden:

  snn, rsnn  the presets by the on-line rule, without and with learned recurrence, with every pair of --widths
             (shadow and inference weight bits)
  fixed      the same with random recurrence that does not learn, 16-8
  direct, final  the strategies Direct and Final of the Maastricht thesis beside Feedback, which rsnn is: on `reversed`,
             with the first size, 16-8
  bptt-snn, bptt-rsnn   float32 surrogate gradients through time on the same networks: Adam, batches of 128, cosine
  mlp        a multilayer perceptron on the counts of events, without time

What methods leave open is chosen for each task, with the first size of --hidden and 16-8: one setting after the other
from its list (SETTINGS), by the mean accuracy over two seeds on a sixth of the training set, held out; of `speakers`
over all six sets, where one speaker of the five is held out, and of `cues`, which are made on the fly, on 3,000 samples
of another seed. The on-line rule leaves its epochs open, BPTT that, learning rate, leaks and loss; all else of the rule
is the presets', chosen on the validation sets of `official`, `reversed` and `cues`. So on `speakers` every speaker has
a say in what is chosen for the five others, which favours the methods that choose most. Nothing is chosen by what is
found on test samples, after the last epoch.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The tables are printed and
written to DIR/temporal.md; DIR/runs.csv holds all test runs, DIR/results.json tables and runs.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.answers import Answers
from benchmarks.command import command
from benchmarks.online_bptt.tables import markdown, write_csv
from golden.errors import InputError

from .runs import METHODS, TASKS, dataset_of, seconds
from .study import WIDTHS, Study

FULL: dict[str, Any] = {
    "tasks": list(TASKS), "methods": list(METHODS), "hidden": [128, 256], "widths": list(WIDTHS), "seeds": 3,
    "folds": None, "epochs": None, "samples": None,
}  # fmt: skip
QUICK: dict[str, Any] = {
    "tasks": list(TASKS), "methods": list(METHODS), "hidden": [32], "widths": ["16-8"], "seeds": 2, "folds": 2,
    "epochs": 2, "samples": 200,
}  # fmt: skip


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line, with what --quick changes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.temporal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="see that it runs: 32 hidden, 200 samples, 2 epochs")
    parser.add_argument("--estimate", action="store_true", help="tell how long what is missing takes, and do nothing")
    parser.add_argument("--tasks", nargs="+", choices=TASKS)
    parser.add_argument("--methods", nargs="+", choices=METHODS)
    parser.add_argument("--hidden", nargs="+", type=int, metavar="N", help="sizes (default 128 256)")
    parser.add_argument("--widths", nargs="+", choices=WIDTHS, help="of snn and rsnn (default all)")
    parser.add_argument("--seeds", type=int, help="runs of each method, seeds 0, 1, ... (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--data-dir", help="folder that holds fsdd (default: environment variable INTSNN_DATA)")
    parser.add_argument("--out", type=Path, default=Path("build/temporal"))
    options = parser.parse_args(arguments)
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    for name, values in (("seeds", [options.seeds]), ("workers", [options.workers]), ("hidden", options.hidden)):
        if min(values) < 1:
            raise InputError(f"--{name}: must be at least 1, got {min(values)}")
    return options


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the tables and write them."""
    options = parsed(arguments)
    for task in options.tasks:  # missing data is told before anything runs
        dataset_of(TASKS[task].data[0], options.data_dir)
    study = Study(options, Answers(options.out / "answers.jsonl"))
    missing = study.missing()
    hours = sum(map(seconds, missing)) / 3600
    print(
        f"{len(missing)} runs to do, about {hours:.2g} hours of one processor core; with {options.workers} at a "
        f"time {hours / options.workers:.2g} hours",
        file=sys.stderr,
    )
    if options.estimate:
        return
    options.out.mkdir(parents=True, exist_ok=True)
    study.answer()
    tables, runs = study.tables(), study.run_rows()
    text = "\n\n".join(f"{title}\n\n{markdown(rows)}" for title, rows in tables.items()) + "\n"
    print(text, end="")
    (options.out / "temporal.md").write_text(text, encoding="utf-8")
    write_csv(options.out / "runs.csv", runs)
    results = {"tables": tables, "runs": runs}
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
