"""The pictures of the study: iterations to the goal; accuracy and firing over the epochs."""

import statistics
from pathlib import Path

from .runs import Outcome
from .tables import iterations, median_iterations
from .variants import PARTS


def plots(outcomes: dict[str, list[Outcome]], folder: Path, stem: str) -> None:
    """Draw iterations to the goal, and accuracy and firing over the epochs of short and of long runs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = [name for part in ("bits", "controls", "settings") for name in PARTS[part] if outcomes.get(name)]
    figure, axes = pyplot.subplots(figsize=(8, 1 + len(names) / 5))
    for row, name in enumerate(names):
        values = [found for run in outcomes[name] if (found := iterations(run)) is not None]
        color = "#1f6fb4" if name in PARTS["bits"] else "#d9730d"
        axes.plot(values, [row] * len(values), ".", color=color, alpha=0.6)
        if (median := median_iterations(outcomes[name])) is not None:
            axes.plot(median, row, "|", color=color, markersize=14, markeredgewidth=2)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("iterations of 128 samples to 80 % training accuracy")
    axes.set_xlim(left=0)
    figure.tight_layout()
    figure.savefig(folder / f"{stem}-iterations.png", dpi=110)
    for part, name in (("bits", "epochs"), ("activity", "activity")):
        if any(outcomes.get(variant) for variant in PARTS[part]):
            _over_epochs(outcomes, part, folder / f"{stem}-{name}.png")


def _over_epochs(outcomes: dict[str, list[Outcome]], part: str, path: Path) -> None:
    """Draw test accuracy and firing of the hidden layers over the epochs."""
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for index, name in enumerate(PARTS[part]):
        if not (runs := outcomes.get(name)):
            continue
        epochs = range(1, runs[0].epochs + 1)
        color = pyplot.get_cmap("viridis")(index / max(1, len(PARTS[part]) - 1))
        means = [100 * statistics.fmean(run.test_accuracies[at - 1] for run in runs) for at in epochs]
        left.plot(epochs, means, color=color, label=name)
        for layer, style in ((0, "-"), (1, "--")):
            rates = [100 * statistics.fmean(run.firing_rates[at - 1][layer] for run in runs) for at in epochs]
            right.plot(epochs, rates, style, color=color)
    left.set(xlabel="epoch", ylabel="test accuracy, %")
    right.set(xlabel="epoch", ylabel="neurons firing in a step, %\nlayer 1 solid, layer 2 dashed")
    left.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
