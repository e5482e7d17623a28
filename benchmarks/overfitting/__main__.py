"""Do spikes of more bits overfit more? Training against test accuracy on few samples, with dropout and firing budgets.

    python -m benchmarks.overfitting [--seeds 3] [--workers N] [--data-dir DIR] [--out DIR] [--quick | --look]

``fashion-mnist``: the first 1,000 training images, tested on the first 2,000 test images. ``nmnist``: half of the
training recordings at hand, tested on the other half; another split for each seed; the set's own test part is not used.
Remedies and their strengths: :data:`benchmarks.overfitting.runs.REMEDIES`.

  bptt   28x28-8c5-2a-16c5-2a-10 of :mod:`benchmarks.multibit`, or the same maps on 34x34x2 events; float32 surrogate
         gradients, Adam 2e-3, batches of 32; Fashion-MNIST as Poisson spikes that are drawn anew at every look
  rule   the on-line integer rule on the presets fashion-256 (T = 8 / n) and nmnist-conv (T = 5)

Accuracies are those of the network after an epoch, without dropout, on all training and all test samples, every third
epoch. "At 80 %" and "at 90 %" have the test accuracy where training accuracy first reached so much: faster learning
is no overfitting. "Highest" is no result, as test samples chose its epoch.

Every answer is a line of DIR/answers.jsonl; an interrupted run goes on where it stopped. The table is printed and
written to DIR/overfitting.md, all runs to DIR/runs.csv, the curves to DIR/overfitting.png.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from benchmarks.answers import Answers
from benchmarks.command import command, require_positive
from benchmarks.online_bptt.tables import markdown, write_csv

from .runs import answer, looks_at_strengths, questions, samples_of
from .tables import SETTINGS, groups_of, plot, row


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing, print the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overfitting",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", help="folder of the data sets (default: environment variable INTSNN_DATA)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row, seeds 0, 1, ... (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--out", type=Path, default=Path("build/overfitting"), help="folder for answers and tables")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--quick", action="store_true", help="four epochs, n = 1 and 4: a check that all runs")
    kinds.add_argument("--look", action="store_true", help="only what the strength of the budget was chosen by")
    options = parser.parse_args(arguments)
    require_positive(options, "seeds", "workers")
    keys = looks_at_strengths() if options.look else questions(options.seeds, options.quick)
    for key in {(key["data"], key["method"]): key for key in keys}.values():
        samples_of(key, options.data_dir)  # missing data is reported before anything runs
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "answers.jsonl")
    answers.complete(keys, "overfitting", options.workers, partial(answer, options.data_dir))
    groups = groups_of(keys, answers)
    text = markdown([row(*group, tested=not options.look) for group in groups]) + "\n"
    print(text, end="")
    if options.look:
        return
    (options.out / "overfitting.md").write_text(text, encoding="utf-8")
    fields = dict.fromkeys(SETTINGS)
    write_csv(options.out / "runs.csv", [fields | key | answers[key] for key in keys])
    plot(groups, options.out / "overfitting.png")


if __name__ == "__main__":
    sys.exit(main())
