"""The questions of the study, what is chosen by validation, and the tables that the answers make."""

import argparse
import hashlib
import json
import statistics
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from benchmarks.answers import Answers, Key
from benchmarks.online_bptt.tables import Row, spread
from golden.presets import preset

from .runs import METHODS, TASKS, Method, answer, seconds, validation_sets

STRATEGIES = "reversed"
"""The task on which the three strategies of the Maastricht thesis are compared: Feedback is the presets' own."""
USUAL_WIDTHS = "16-8"
WIDTHS = ("16-4", USUAL_WIDTHS, "16-12", "16-16", "8-8")
_BPTT = {
    "learning_rate": (1e-2, 5e-3, 2e-3, 2e-2, 4e-2),
    "readout_leak": (),
    "loss": ("mean_membrane", None),
    "hidden_leak": (),
    "epochs": (20, 40, 80),
}
_STRATEGY = {"error_shift": (0, -1, 1, -2, 2, -3, -4), "epochs": ()}
SETTINGS: dict[str, dict[str, tuple[Any, ...]]] = {
    "bptt-snn": _BPTT,
    "bptt-rsnn": _BPTT,
    "mlp": {"learning_rate": (1e-3, 3e-3), "alpha": (1e-4, 1e-1, 1.0), "epochs": (50, 200)},
    "snn": {"epochs": ()},
    "rsnn": {"epochs": ()},
    "fixed": {"epochs": ()},
    "direct": _STRATEGY,
    "final": _STRATEGY,
}
"""What each method leaves open, in the order in which it is chosen, each with the first of those behind it; lists that
are empty here are those of the task. Loss None is that of the score; `error_shift` is added to the preset's, which was
chosen for Feedback."""
CHOICES = max(len(lists) for lists in SETTINGS.values())
TUNING_RUNS = 2
"""Of a task of one set; of one of several sets, one run each."""


class Study:
    """The questions of a run of the command; `options` are those of its command line."""

    def __init__(self, options: argparse.Namespace, answers: Answers) -> None:
        self.options, self.answers = options, answers

    def cases(self) -> Iterator[Key]:
        """Return what is measured: a question each, without what is chosen and the seed."""
        for task in self.options.tasks:
            for data in TASKS[task].data[: self.options.folds]:
                for hidden in self.options.hidden:
                    for method in self.options.methods:
                        yield from self._cases(task, data, hidden, method)

    def _cases(self, task: str, data: str, hidden: int, method: str) -> Iterator[Key]:
        how = METHODS[method]
        name = TASKS[task].preset
        key: Key = {
            "task": task, "preset": name, "constants": constants(name, how), "data": data, "method": method,
            "family": how.family, "recurrence": how.recurrence, "hidden": hidden, "samples": self.options.samples,
        }  # fmt: skip
        if how.strategy:
            if task == STRATEGIES and hidden == self.options.hidden[0]:
                yield key | {"strategy": how.strategy, "widths": USUAL_WIDTHS}
        elif how.family == "integer":
            for widths in self.options.widths if how.all_widths else [USUAL_WIDTHS]:
                yield key | {"widths": widths, "constants": constants(name, how, widths)}
        else:
            yield key

    def lists(self, case: Key) -> dict[str, tuple[Any, ...]]:
        """Return what is chosen for a case, and from what."""
        task = TASKS[case["task"]]
        usual = {"hidden_leak": task.hidden_leaks, "readout_leak": task.readout_leaks, "epochs": task.epochs}
        found = {name: values or usual[name] for name, values in SETTINGS[case["method"]].items()}
        if self.options.epochs is None:
            return found
        return {name: (self.options.epochs,) if name == "epochs" else values[:2] for name, values in found.items()}

    def tuning(self, case: Key, settings: Key) -> list[Key]:
        """Return the questions how well settings do on the validation sets.

        They are those of all sets of the task with the first size and 16-8.
        """
        sets = validation_sets(TASKS[case["task"]], self.options.folds)
        judged = case | settings | {"part": "validation", "hidden": self.options.hidden[0]}
        if "widths" in case:
            usual = constants(case["preset"], METHODS[case["method"]])
            judged |= {"widths": USUAL_WIDTHS, "constants": usual}
        seeds = range(TUNING_RUNS if len(sets) == 1 else 1)
        return [judged | {"data": data, "seed": seed} for data in sets for seed in seeds]

    def validation(self, case: Key, settings: Key) -> list[float] | None:
        """Return the accuracies of settings on the validation split; None where they are not known yet."""
        keys = self.tuning(case, settings)
        return [self.answers[key]["accuracy"] for key in keys] if all(key in self.answers for key in keys) else None

    def choice(self, case: Key, at: int) -> list[Key]:
        """Return the questions of the `at`-th choice; none where there is no choice."""
        lists = list(self.lists(case).items())
        if at >= len(lists) or len(lists[at][1]) < 2:
            return []
        settings, (name, values) = self.settings(case, at), lists[at]
        return [key for value in values for key in self.tuning(case, settings | {name: value})]

    def settings(self, case: Key, at: int | None = None) -> Key:
        """Return the settings after the first `at` choices, or all; the first of equals, and of what is not known."""
        found: Key = {name: values[0] for name, values in self.lists(case).items()}
        for index, (name, values) in enumerate(list(self.lists(case).items())[:at]):
            accuracies = {value: self.validation(case, found | {name: value}) for value in values}
            if all(accuracies.values()):
                found[name] = max(values, key=lambda value: statistics.fmean(accuracies[value] or []))
            elif index == len(found) - 1:
                found[name] = values[-1]  # of the epochs, for the estimate
        return found

    def runs(self, case: Key) -> list[Key]:
        """Return the questions of a case on the test part, one for each seed."""
        return [case | self.settings(case) | {"part": "test", "seed": seed} for seed in range(self.options.seeds)]

    def missing(self) -> list[Key]:
        """Return all questions without an answer, later ones with settings that are only assumed."""
        cases = list(self.cases())
        keys = [key for at in range(CHOICES) for case in cases for key in self.choice(case, at)]
        keys += [key for case in cases for key in self.runs(case)]
        return [key for key in {json.dumps(key): key for key in keys}.values() if key not in self.answers]

    def answer(self) -> None:
        """Answer everything; what is there already is not done again."""
        cases, asked = list(self.cases()), partial(answer, data_dir=self.options.data_dir)
        for at in range(CHOICES):
            keys = [key for case in cases for key in self.choice(case, at)]
            self.answers.complete(_longest_first(keys), f"settings, choice {at + 1}", self.options.workers, asked)
        keys = [key for case in cases for key in self.runs(case)]
        self.answers.complete(_longest_first(keys), "training", self.options.workers, asked)

    def accuracies(self, case: Key) -> list[float]:
        """Return the test accuracies of a case, one for each seed."""
        return [self.answers[key]["accuracy"] for key in self.runs(case)]

    def by_method(self) -> dict[str, dict[str, list[Key]]]:
        """Return the cases by name of the method and by task; several of a task are those of its test speakers.

        Integer networks have the usual widths where these are measured.
        """
        one = USUAL_WIDTHS if USUAL_WIDTHS in self.options.widths else self.options.widths[0]
        order = {method: at for at, method in enumerate(METHODS)}
        found: dict[str, dict[str, list[Key]]] = {}
        for case in sorted(self.cases(), key=lambda case: (case["hidden"], order[case["method"]])):
            if case.get("widths", USUAL_WIDTHS) in (USUAL_WIDTHS, one):
                found.setdefault(name_of(case), {}).setdefault(case["task"], []).append(case)
        return found

    def means(self, cases: list[Key]) -> list[float]:
        """Return accuracies by seed, the mean over the cases."""
        return [statistics.fmean(each) for each in zip(*(self.accuracies(case) for case in cases), strict=True)]

    def accuracy_rows(self) -> list[Row]:
        """Return test accuracy by method and task."""
        return [
            {"method": name}
            | {task: spread(self.means(tasks[task])) if task in tasks else "" for task in self.options.tasks}
            for name, tasks in self.by_method().items()
        ]

    def speaker_rows(self) -> list[Row]:
        """Return test accuracy by method and test speaker."""
        return [
            {"method": name}
            | {case["data"].partition("=")[2]: spread(self.accuracies(case)) for case in tasks["speakers"]}
            for name, tasks in self.by_method().items()
            if "speakers" in tasks
        ]

    def width_rows(self) -> list[Row]:
        """Return test accuracy by task, method and widths of the weights."""
        found: dict[tuple[str, str], dict[str, list[Key]]] = {}
        for case in self.cases():
            if METHODS[case["method"]].all_widths:
                name = f"{METHODS[case['method']].name} {case['hidden']}"
                found.setdefault((case["task"], name), {}).setdefault(case["widths"], []).append(case)
        return [
            {"task": task, "method": name} | {widths: spread(self.means(cases)) for widths, cases in by_widths.items()}
            for (task, name), by_widths in found.items()
        ]

    def goal_rows(self) -> list[Row]:
        """Return how far the integer networks of 16-8 are above float BPTT of the same network less its deviation."""
        rows, methods = [], self.by_method()
        for name, tasks in methods.items():
            example = next(iter(tasks.values()))[0]
            other = f"bptt-{example['method']}"
            if other not in self.options.methods or example["widths"] != USUAL_WIDTHS:
                continue
            row: Row = {"16-8 less (BPTT - sd), points": name}
            for task, cases in tasks.items():
                beside = self.means(methods[name_of(example | {"method": other})][task])
                least = statistics.fmean(beside) - (statistics.stdev(beside) if len(beside) > 1 else 0.0)
                row[task] = f"{100 * (statistics.fmean(self.means(cases)) - least):+.2f}"
            rows.append(row)
        return rows

    def setting_rows(self) -> list[Row]:
        """Return what was chosen, with its accuracy on the validation split."""
        rows = {}
        for case in self.cases():
            if not (chosen := self.settings(case)):
                continue
            row: Row = {"method": METHODS[case["method"]].name, "task": case["task"]}
            row |= {"settings": ", ".join(f"{name} {value or 'of the score'}" for name, value in chosen.items())}
            known = self.validation(case, chosen)  # of settings without a choice there is none
            row["validation accuracy, %"] = spread(known) if known else ""
            rows[case["method"], case["task"]] = row  # the same for every size and set
        return list(rows.values())

    def run_rows(self) -> list[Row]:
        """Return all runs on the test part."""
        names = ("task", "data", "method", "hidden", "widths", "seed", *_settings_names())
        found = []
        for case in self.cases():
            for key in self.runs(case):
                result = self.answers[key]
                row = {name: key.get(name, "") for name in names}
                measured = ("accuracy", "training_accuracy", "hidden_events", "seconds")
                found.append(row | {name: result.get(name, "") for name in measured})
        return found

    def tables(self) -> dict[str, list[Row]]:
        """Return all tables that have rows, by their titles."""
        found = {"Test accuracy, %": self.accuracy_rows()}
        if "speakers" in self.options.tasks:
            found["Unknown speakers one by one, test accuracy, %"] = self.speaker_rows()
        if len(self.options.widths) > 1:
            found["Shadow and inference weight bits, test accuracy, %"] = self.width_rows()
        found |= {"Beside BPTT": self.goal_rows(), "Settings chosen on validation": self.setting_rows()}
        return {title: rows for title, rows in found.items() if rows}


def name_of(case: Key) -> str:
    """Return how tables call the method of a case."""
    how = METHODS[case["method"]]
    widths = f", {case['widths']}" if how.family == "integer" else ""
    return f"{how.name} {case['hidden']}{widths}"


def constants(name: str, how: Method, widths: str = USUAL_WIDTHS, **changed: Any) -> str:
    """Return a mark of the constants of a preset that a method learns with: answers of other ones are not answers.

    Those of the on-line rule are not for the other families, to which leaks are settings. `changed` are further
    options of the preset.
    """
    shadow, weight = map(int, widths.split("-"))
    options = {"shadow_width": shadow, "weight_width": weight, "recurrence": how.recurrence, **how.strategy, **changed}
    found = preset(name, **options).to_dict()
    if how.family != "integer":
        del found["learning"]
        for layer in found["layers"]:
            del layer["neuron"]["leak_shift"]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:12]


def _settings_names() -> list[str]:
    return list(dict.fromkeys(name for lists in SETTINGS.values() for name in lists))


def _longest_first(keys: Sequence[Key]) -> list[Key]:
    """Sort questions, so that no worker is left with a long one at the end."""
    return sorted(keys, key=seconds, reverse=True)
