"""The table of the study, and the picture of its curves."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.answers import Answer, Answers, Key
from benchmarks.online_bptt.tables import spread

from .runs import EPOCHS

GOALS = (0.8, 0.9)
"""Training accuracies at which variants are compared, as they learn at different speeds."""
SETTINGS = ("dropout", "budget", "strength", "budget_shift")


def first_reached(accuracies: Sequence[float], goal: float) -> int | None:
    """Return the index of the first accuracy of at least `goal`; None where there is none."""
    return next((index for index, accuracy in enumerate(accuracies) if accuracy >= goal), None)


def groups_of(keys: Sequence[Key], answers: Answers) -> list[tuple[Key, list[Answer]]]:
    """Return what differs by its seed alone, once, with its runs."""
    groups: dict[str, list[Key]] = {}
    for key in sorted(keys, key=lambda key: (key["data"], key["method"])):
        groups.setdefault(str(key | {"seed": None}), []).append(key)
    return [(group[0], [answers[key] for key in group]) for group in groups.values()]


def row(key: Key, runs: Sequence[Answer], tested: bool = True) -> dict[str, str]:
    """Return a line of the table: means and deviations over the seeds, in percent; without tests for a look."""
    remedy = ", ".join(f"{name} {key[name]:g}" for name in SETTINGS if name in key)
    last = {part: [run[part][-1] for run in runs] for part in ("training", "test")}
    firing = zip(*(run["firing"] for run in runs), strict=True)
    about = {"data": key["data"], "method": key["method"], "n": str(key["n"]), "remedy": remedy or "none"}
    trained = {"training accuracy, %": spread(last["training"])}
    fired = {"hidden layers firing, %": ", ".join(f"{100 * statistics.fmean(layer):.1f}" for layer in firing)}
    if not tested:
        return about | trained | fired
    gaps = [seen - new for seen, new in zip(last["training"], last["test"], strict=True)]
    return {
        **about, **trained, "test accuracy, %": spread(last["test"]), "gap": spread(gaps), **fired,
        **{f"test at {goal:.0%}".replace("%", " %"): at_goal(runs, goal) for goal in GOALS},
        "highest test": spread([max(run["test"]) for run in runs]),
    }  # fmt: skip


def at_goal(runs: Sequence[Answer], goal: float) -> str:
    """Write test accuracy where training accuracy first reached a goal, and after how many epochs."""
    reached = [(run, at) for run in runs if (at := first_reached(run["training"], goal)) is not None]
    if not reached:
        return "not reached"
    epochs = ", ".join(str(run["after"][at]) for run, at in reached)
    missing = "" if len(reached) == len(runs) else f", {len(reached)} of {len(runs)} runs"
    return f"{spread([run['test'][at] for run, at in reached])} (epoch {epochs}{missing})"


def plot(groups: Sequence[tuple[Key, list[Answer]]], path: Path) -> None:
    """Draw training and test accuracy over the epochs by n, without a remedy: a column for each set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7.5))
    for (method, data), axis in zip(EPOCHS, axes.flat, strict=True):
        for key, runs in groups:
            if (key["method"], key["data"], key["remedy"]) != (method, data, "none"):
                continue
            color = pyplot.get_cmap("viridis")(key["n"].bit_length() / 4.5 - 0.2)
            for part, style in (("training", "--"), ("test", "-")):
                means = [100 * statistics.fmean(values) for values in zip(*(run[part] for run in runs), strict=True)]
                label = f"n = {key['n']}" if part == "test" else None
                axis.plot(runs[0]["after"], means, style, color=color, label=label)
        axis.set(title=f"{data}, {method}", xlabel="epoch", ylabel="accuracy, %\ntest solid, training dashed")
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
