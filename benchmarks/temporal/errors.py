"""What it costs to normalise the graded error by a shift, beside exact normalisation and ternary errors.

    python -m benchmarks.temporal.errors [ERROR ...] [--quick] [--tasks T ...] [--seeds N] [--workers N]

The presets' own networks, 16-bit shadow and 8-bit inference weights, learn from one of these errors:

  shift    the graded error of the project: shares of whole octaves, normalised to within a factor of 2 by a shift, so
           that every error is a power of two
  rounded  the same shares divided by their sum; errors rounded to powers of two
  exact    the same shares divided by their sum; errors rounded to sixty-fourths
  softmax  shares of any octave, divided by their sum; errors rounded to sixty-fourths
  pair     the ternary error of two classes
  margin   the ternary error of each class

`rounded`, `exact` and `softmax` need a division, the latter two products in every update: they are controls, and exist
here only. Accuracy is that on a sixth of the training set, held out, or of `cues` on 3,000 other samples, after the
last epoch; test samples are not looked at. Tasks are those of python -m benchmarks.temporal; `speakers` is the mean
over its six sets.

Every answer is a line of DIR/errors.jsonl; an interrupted run goes on where it stopped.
"""

import argparse
import statistics
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numba import njit

from benchmarks.answers import Answer, Answers, Key
from benchmarks.command import command, require_positive
from benchmarks.online_bptt.tables import Row, markdown, spread
from golden.config import GRADED_SHIFT, ErrorKind
from golden.errors import InputError
from golden.kernels import kernel, learn
from golden.kernels.fixed import round_pow2
from golden.kernels.plan import ERROR_OCTAVE
from golden.presets import preset
from train.online import evaluate, train_online

from .runs import METHODS, TASKS, dataset_of, validating, validation_sets
from .study import constants

CONTROLS = {"rounded": (True, True), "exact": (True, False), "softmax": (False, False)}
"""Whether shares are of whole octaves, and whether errors are rounded to powers of two."""
ERRORS = ("shift", *CONTROLS, "pair", "margin")
QUICK = {"samples": 200, "epochs": 2, "hidden": 16}
_LARGEST = 1 << GRADED_SHIFT


@cache
def control(error: str) -> dict[str, Any]:
    """Return the parts of the kernels that learn from an error of :data:`CONTROLS`, to be compiled when first called.

    The compiled error takes what `golden.kernels.output_error.output_error` takes.
    """
    whole_octaves, powers = CONTROLS[error]

    @njit
    def output_error(rule, scores, label, error):  # pragma: no cover
        below = (scores.max() - scores) / (1 << rule[ERROR_OCTAVE])
        if whole_octaves:
            below = np.floor(below + 0.5)
        shares = np.where(whole_octaves & (below > GRADED_SHIFT), 0.0, 2.0**-below)
        wanted = _LARGEST * shares / shares.sum()
        wanted[label] -= _LARGEST
        for c in range(len(scores)):
            rounded = np.int64(np.rint(wanted[c]))
            error[c] = round_pow2(rounded) if powers else rounded
        return error[label] != 0

    return {"output_error": output_error, "learn_samples": njit(learn.learn_samples.py_func)}


def learning_from(error: str) -> AbstractContextManager[Any]:
    """Return a context in which networks of the graded error learn from another one."""
    if error not in CONTROLS:
        return nullcontext()
    parts, patches = control(error), ExitStack()
    patches.enter_context(patch.object(learn, "output_error", parts["output_error"]))
    patches.enter_context(patch.object(kernel, "learn_samples", parts["learn_samples"]))
    return patches


def kind_of(error: str) -> ErrorKind:
    """Return the error of the configuration that learns from one of :data:`ERRORS`."""
    return error if error in ("pair", "margin") else "graded"


def answer(key: Key, data_dir: str | None) -> Answer:
    """Train with an error and return the accuracy on the held-out part."""
    dataset = validating(key["data"], dataset_of(key["data"], data_dir).take(key["samples"], key["samples"]))
    hidden = None if key["hidden"] is None else (key["hidden"],)
    config = preset(key["preset"], error=kind_of(key["error"]), hidden=hidden, epochs=key["epochs"], seed=key["seed"])
    with learning_from(key["error"]):
        network = train_online(config, dataset).network
    return {"accuracy": evaluate(network, dataset).accuracy}


def questions(task: str, error: str, seed: int, options: argparse.Namespace) -> list[Key]:
    """Return the questions of one entry of the table: one for each set of the task."""
    changed: Key = QUICK if options.quick else dict.fromkeys(QUICK)
    name = TASKS[task].preset
    mark = constants(name, METHODS["rsnn"], error=kind_of(error))
    key: Key = {"preset": name, "constants": mark, "error": error, "seed": seed, **changed}
    return [key | {"data": data} for data in validation_sets(TASKS[task])]


def rows(answers: Answers, options: argparse.Namespace) -> list[Row]:
    """Return accuracy by error and task, mean and standard deviation over the seeds."""

    def mean(task: str, error: str, seed: int) -> float:
        return statistics.fmean(answers[key]["accuracy"] for key in questions(task, error, seed, options))

    return [
        {"error": error}
        | {task: spread([mean(task, error, seed) for seed in range(options.seeds)]) for task in options.tasks}
        for error in options.errors
    ]


@command
def main(arguments: list[str] | None = None) -> None:
    """Answer what is missing and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.temporal.errors",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("errors", nargs="*", metavar="ERROR", help=f"of {', '.join(ERRORS)}; all")
    parser.add_argument("--quick", action="store_true", help="see that it runs: 16 hidden, 200 samples, 2 epochs")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, seeds 0, 1, ... (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--data-dir", help="folder that holds fsdd (default: environment variable INTSNN_DATA)")
    parser.add_argument("--out", type=Path, default=Path("build/temporal"))
    options = parser.parse_args(arguments)
    unknown = [name for name in options.errors if name not in ERRORS]
    if unknown:
        raise InputError(f"unknown error {unknown[0]!r}; known are {', '.join(ERRORS)}")
    options.errors = options.errors or ERRORS
    require_positive(options, "seeds", "workers")
    for task in options.tasks:  # missing data is told before anything runs
        dataset_of(TASKS[task].data[0], options.data_dir)
    options.out.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.out / "errors.jsonl")
    keys = [
        key
        for task in options.tasks
        for seed in range(options.seeds)
        for error in options.errors
        for key in questions(task, error, seed, options)
    ]
    answers.complete(keys, "training", options.workers, partial(answer, data_dir=options.data_dir))
    print(f"accuracy on the validation split, %\n\n{markdown(rows(answers, options))}")


if __name__ == "__main__":
    sys.exit(main())
