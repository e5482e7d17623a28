"""The study of docs/multibit.md: spikes of 1 to 8 bits on the network of ETH 2025, with the controls its claims need.

    python -m benchmarks.multibit [--data SET] [--parts P ...] [--seeds N] [--samples N] [--epochs N] [--out DIR]

Images are those of MNIST, shown as they are at every step, or of Fashion-MNIST as Poisson spikes, the setting of the
thesis. Every finished run is a line of ``DIR/runs.jsonl``; an interrupted study goes on where it stopped. At the end
the tables of the document are printed and its plots written.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from benchmarks.answers import finished
from benchmarks.command import command, require_positive
from intsnn_hw.api.progress import progress
from train.data import load

from .plots import plots
from .runs import Outcome, Runs, train
from .tables import tables
from .variants import ALL, IMAGES, PARTS


@command
def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print and draw."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.multibit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=tuple(IMAGES), default="mnist", help="the images (default mnist)")
    usual = [part for part in PARTS if part != "activity"]
    text = "default: all but activity, whose 50 epochs take as long as the others together"
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=usual, help=text)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each variant, seeds 0, 1, ... (default 5)")
    parser.add_argument("--samples", type=int, help="at most so many of the training part (default: the variant's)")
    parser.add_argument("--epochs", type=int, help="at most so many (default: the variant's)")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--data-dir", help="folder of the data sets (default: environment variable INTSNN_DATA)")
    parser.add_argument("--out", type=Path, default=Path("build/multibit"), help="folder for runs and plots")
    options = parser.parse_args(arguments)
    require_positive(options, "seeds", "samples", "epochs", "workers")
    load(options.data, options.data_dir)  # missing data is reported before anything runs
    options.out.mkdir(parents=True, exist_ok=True)
    runs = Runs(options.out / "runs.jsonl", options.data)
    wanted = [
        (name, seed, *ALL[name].length(options.data, options.samples, options.epochs))
        for seed in range(options.seeds)
        for part in options.parts
        for name in PARTS[part]
    ]
    missing = [which for which in wanted if runs.get(which) is None]
    with progress("training", len(missing), "runs", window_s=600) as advance:
        for _, run in finished(partial(train, data=options.data, data_dir=options.data_dir), missing, options.workers):
            runs.keep(run)
            advance(1)
    outcomes: dict[str, list[Outcome]] = {}
    for which in wanted:
        if run := runs.get(which):
            outcomes.setdefault(which[0], []).append(run)
    print("\n".join(tables(outcomes)))
    plots(outcomes, options.out, "multibit" if options.data == "mnist" else f"multibit-{options.data}")


if __name__ == "__main__":
    sys.exit(main())
