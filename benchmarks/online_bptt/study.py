"""The questions of the study, and the tables that their answers make."""

import argparse
import statistics
from collections.abc import Iterable
from functools import partial
from typing import Any

from benchmarks.answers import Answer, Answers, Key
from golden.config import learning_config
from golden.presets import preset
from intsnn_hw.api.progress import progress
from intsnn_hw.energy import Coefficients
from train.data import load

from .energy import Work
from .measure import CONTESTANTS, SETTINGS, answer, measured_memory, network_config, speeds
from .tables import Counted, Row, energy_rows, inference_rows, ladder_rows, memory_rows, spread, steps_rows

METHODS = {
    "online": "on-line integer rule",
    "float": "BPTT, float32",
    "quantised": "BPTT, quantised, exported",
    "margin": "BPTT, float32, margin loss, SGD, batch 8",
}
TUNING_SEEDS = 2
LONG = (2, 10, 100)
"""Time steps at which memory is counted once more, for inputs that send at every step."""


class Study:
    """The questions of a run of the command; `options` are those of its command line."""

    def __init__(self, options: argparse.Namespace, answers: Answers) -> None:
        self.options, self.answers = options, answers
        self.base: Key = {"samples": options.samples, "tests": options.tests, "epochs": options.epochs}

    def settings(self, method: str) -> tuple[dict[str, Any], ...]:
        """Return the settings of a kind of BPTT to choose from."""
        return SETTINGS[method][: self.options.settings]

    def tuning(self, network: str, method: str, settings: dict[str, Any]) -> list[Key]:
        """Return the questions how well settings do on the validation split."""
        key = self.base | {"kind": "tune", "network": network, "method": method, "settings": settings}
        return [key | {"seed": seed} for seed in range(min(TUNING_SEEDS, self.options.seeds))]

    def validation(self, network: str, method: str, settings: dict[str, Any]) -> list[float]:
        """Return the accuracies of settings on the validation split."""
        return [self.answers[key]["accuracy"] for key in self.tuning(network, method, settings)]

    def chosen(self, network: str, method: str) -> dict[str, Any]:
        """Return the settings that do best there; the first of equals."""
        return max(
            self.settings(method), key=lambda settings: statistics.fmean(self.validation(network, method, settings))
        )

    def runs(self, network: str, method: str) -> list[Key]:
        """Return the questions of a method, one for each seed."""
        key = self.base | {"network": network}
        if method == "online":
            key |= {"kind": "online"}
        else:
            key |= {"kind": "bptt", "method": method, "settings": self.chosen(network, method)}
        return [key | {"seed": seed} for seed in range(self.options.seeds)]

    def core(self, network: str) -> Key:
        """Return the question what the core that learns does."""
        return self.base | {"kind": "core", "network": network, "seed": 0, "cosim": self.options.cosim}

    def speed(self, network: str) -> Key:
        """Return the question how fast the methods are."""
        length = {"timed": self.options.timed, "rounds": self.options.rounds}
        return self.base | {"kind": "speed", "network": network, "settings": self.chosen(network, "float")} | length

    def memory(self, network: str) -> Key:
        """Return the question what PyTorch takes."""
        return {"kind": "memory", "network": network}

    def answer(self) -> None:
        """Answer everything; what is there already is not done again."""
        options, networks, answers = self.options, self.options.networks, self.answers
        asked = partial(answer, data_dir=options.data_dir)
        dataset = load("mnist", options.data_dir).take(n_train=options.samples, n_test=options.tests)
        questions = (
            (network, method, each) for network in networks for method in SETTINGS for each in self.settings(method)
        )
        tuning = _longest_first(key for question in questions for key in self.tuning(*question))
        answers.complete(tuning, "settings of BPTT", options.workers, asked)
        keys = [key for network in networks for method in METHODS for key in self.runs(network, method)]
        keys += [self.core(network) for network in networks]
        answers.complete(_longest_first(keys), "training", options.workers, asked)
        missing = [network for network in networks if self.speed(network) not in answers]
        if missing:
            with progress("speed", len(missing) * options.rounds * len(CONTESTANTS), "runs") as advance:
                for network in missing:
                    answers.keep(self.speed(network), speeds(self.speed(network), dataset, advance))
        for network in networks:
            if self.memory(network) not in answers:
                answers.keep(self.memory(network), measured_memory(network_config(network, 0, 1), dataset))

    def found(self, network: str, method: str) -> list[Answer]:
        """Return the answers of a method, one for each seed."""
        return [self.answers[key] for key in self.runs(network, method)]

    def counted(self, network: str) -> Counted:
        """Return what was counted, means over the seeds."""
        runs = {method: self.found(network, method) for method in ("online", "float", "quantised")}

        def mean(method: str, name: str) -> float:
            return statistics.fmean(run[name] for run in runs[method])

        return Counted(
            config=network_config(network, 0, self.options.epochs),
            online=Work(
                events=_events(runs["online"]),
                updated=mean("online", "updated"),
                synaptic_updates=mean("online", "synaptic_updates"),
            ),
            bptt=Work(events=_events(runs["float"])),
            core=self.answers[self.core(network)],
            inferences={method: runs[method][0]["inference"] for method in ("online", "quantised")},
            test_events={method: _events([run["inference"] for run in found]) for method, found in runs.items()},
        )

    def accuracy_rows(self) -> list[Row]:
        """Return test accuracy by network and method."""
        rows = []
        for network in self.options.networks:
            for method, label in METHODS.items():
                runs = self.found(network, method)
                row: Row = {
                    "network": network_config(network, 0, 1).topology,
                    "method": label,
                    "test accuracy, %": spread([run["accuracy"] for run in runs]),
                    "training accuracy, %": spread([run["training_accuracy"] for run in runs]),
                    "hidden events, training sample": round(statistics.fmean(run["events"][1] for run in runs), 1),
                    "samples with an error, whole run, %": "",
                    "last epoch, %": "",
                }
                if method == "online":
                    row["samples with an error, whole run, %"] = spread([run["updated"] for run in runs], digits=1)
                    row["last epoch, %"] = spread([run["updated_last"] for run in runs], digits=1)
                rows.append(row)
        return rows

    def tuning_rows(self) -> list[Row]:
        """Return validation accuracy by network, kind of BPTT and settings."""
        rows = []
        for network in self.options.networks:
            for method in SETTINGS:
                for settings in self.settings(method):
                    row: Row = {"network": network_config(network, 0, 1).topology, "method": METHODS[method]}
                    row |= {name: settings[name] for name in ("learning_rate", "weight_decay", "dropout")}
                    row["validation accuracy, %"] = spread(self.validation(network, method, settings))
                    row["chosen"] = "yes" if settings == self.chosen(network, method) else ""
                    rows.append(row)
        return rows

    def speed_rows(self) -> list[Row]:
        """Return the median samples a second by network and method, and beside BPTT in batches."""
        rows = []
        for network in self.options.networks:
            medians = {name: statistics.median(values) for name, values in self.answers[self.speed(network)].items()}
            rows += [
                {
                    "network": network_config(network, 0, 1).topology,
                    "method": name,
                    "training samples a second": round(speed),
                    "of BPTT, float32, batch 128": round(speed / medians[CONTESTANTS[2]], 2),
                }
                for name, speed in medians.items()
            ]
        return rows

    def tables(self, coefficients: Coefficients) -> dict[str, list[Row]]:
        """Return all tables by their names."""
        found = {"accuracy": self.accuracy_rows(), "settings": self.tuning_rows(), "speed": self.speed_rows()}
        for network in self.options.networks:
            counted, measured = self.counted(network), self.answers[self.memory(network)]
            long = {steps: learning_config(preset(network, n_steps=steps, encoding="every_step")) for steps in LONG}
            found |= {
                f"memory-{network}": memory_rows(counted.config, measured),
                f"steps-{network}": steps_rows(long),
                f"energy-{network}": energy_rows(counted, coefficients),
                f"ladder-{network}": ladder_rows(counted, coefficients),
                f"inference-{network}": inference_rows(counted, coefficients),
            }
        return found


def _longest_first(keys: Iterable[Key]) -> list[Key]:
    """Sort questions, so that no worker is left with a long one at the end."""
    return sorted(keys, key=lambda key: (key.get("method") != "margin", key["kind"] != "core"))


def _events(runs: list[Answer]) -> tuple[float, ...]:
    return tuple(statistics.fmean(values) for values in zip(*(run["events"] for run in runs), strict=True))
