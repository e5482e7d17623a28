"""The figure of the demo: one inference in the hardware cycle by cycle, the training curve, the confusions."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from golden.fixed import IntArray
    from sim.verify.observe import Observed

_INK, _GREY, _BLUE, _ORANGE = "#1b2733", "#8a949e", "#1f6fb4", "#d9730d"
_LEVELS = "viridis_r"


def draw(
    *,
    title: str,
    image: IntArray,
    label: int,
    inference: Observed,
    max_spike: int,
    history: Sequence[dict[str, Any]],
    confusion: Sequence[Sequence[int]],
) -> bytes:
    """Return the figure as PNG.

    Parameters
    ----------
    title : str
    image : IntArray
        The sample of `inference`, square.
    label : int
        Its class.
    inference : Observed
    max_spike : int
        Highest level in the raster.
    history : sequence of dict
        For each epoch ``train_accuracy`` and, where known, ``test_accuracy``, 0..1.
    confusion : sequence of rows
        Test samples of each class (row) that were taken for each class (column).
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    style: dict[Any, Any] = {
        "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": _GREY, "text.color": _INK,
        "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK, "axes.titlepad": 8,
    }  # fmt: skip
    with pyplot.rc_context(style):
        figure = pyplot.figure(figsize=(11, 8), layout="constrained")
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")
        upper, lower = cast(Any, figure).subfigures(2, 1, height_ratios=[1.15, 1])
        sizes = [size for _, size, *_ in inference.populations]
        grid = upper.add_gridspec(len(sizes), 2, width_ratios=[1, 4.2], height_ratios=sizes[::-1])
        _image(upper.add_subplot(grid[:, 0]), image, label)
        rows = [upper.add_subplot(grid[index, 1]) for index in range(len(sizes))]
        _raster(rows, inference, max_spike)
        left, right = lower.subplots(1, 2, width_ratios=[1.25, 1])
        _curve(left, history)
        _confusion(right, np.asarray(confusion))
        buffer = BytesIO()
        # Without the metadata that names the library's version, equal runs give equal files.
        figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
        pyplot.close(figure)
    return buffer.getvalue()


def _image(axes: Axes, image: IntArray, label: int) -> None:
    axes.imshow(image, cmap="Greys", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(f"A test image of class {label}")


def _raster(rows: list[Axes], inference: Observed, max_spike: int) -> None:
    """Draw the populations from the inputs, below, to the last hidden layer, above."""
    points = None
    starts = [0, *(end + 1 for end in inference.step_ends)]
    for axes, (name, size, cycles, addresses, levels) in zip(rows, reversed(inference.populations), strict=True):
        for step, (start, end) in enumerate(zip(starts, inference.step_ends, strict=False)):
            if step % 2 == 0:
                axes.axvspan(start, end + 1, color=_GREY, alpha=0.12, linewidth=0)
        points = axes.scatter(
            cycles + 0.5, addresses, c=levels, s=20, marker="s", cmap=_LEVELS, vmin=1, vmax=max_spike, linewidths=0
        )
        axes.axvline(inference.end + 0.5, color=_ORANGE, linewidth=1.2)
        axes.set_xlim(-1, inference.end + 3)
        axes.set_ylim(-1.5, size + 0.5)
        axes.set_ylabel(f"{name} neuron" if name != "input" else "input")
        axes.tick_params(labelbottom=axes is rows[-1])
    rows[0].set_title("Its inference in the hardware: events by clock cycle (grey: steps 0, 2 .. at the input)")
    rows[0].annotate(
        "class", (inference.end + 0.5, 1), xycoords=("data", "axes fraction"), xytext=(-3, -10),
        textcoords="offset points", ha="right", color=_ORANGE,
    )  # fmt: skip
    rows[-1].set_xlabel("clock cycle")
    if points is not None:
        rows[0].figure.colorbar(points, ax=rows, label="spike level", pad=0.01, fraction=0.03, aspect=30)


def _curve(axes: Axes, history: Sequence[dict[str, Any]]) -> None:
    epochs = np.arange(1, len(history) + 1)
    for key, name, colour in (("training_accuracy", "training", _GREY), ("test_accuracy", "test", _BLUE)):
        known = [entry.get(key) for entry in history]
        if not all(value is not None for value in known):
            continue
        axes.plot(epochs, 100 * np.array(known, float), color=colour, linewidth=1.6, label=name)
        if name == "test":
            last = 100 * float(known[-1] or 0)
            axes.plot(epochs[-1:], [last], "o", color=colour, markersize=5)
            axes.annotate(f"{last:.1f} %", (epochs[-1], last), xytext=(0, 7), textcoords="offset points", ha="right",
                          color=colour, fontweight="bold")  # fmt: skip
    lowest = min(float(np.min(np.asarray(line.get_ydata()))) for line in axes.lines) if axes.lines else 0
    axes.set_ylim(max(0, 5 * np.floor(lowest / 5) - 1), 101)
    axes.set_xlim(0.5, len(history) + 0.5)
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy, %")
    axes.grid(axis="y", color=_GREY, alpha=0.25, linewidth=0.6)
    axes.legend(loc="lower right", frameon=False)
    axes.set_title("Training, integers only, one sample at a time")


def _confusion(axes: Axes, confusion: IntArray) -> None:
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1.15)
    for row, column in zip(*np.nonzero(confusion), strict=True):
        right = row == column
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", fontsize=8,
                  color="white" if share[row, column] > 0.4 else _INK if right else _ORANGE,
                  fontweight="normal" if right else "bold")  # fmt: skip
    axes.set_xticks(range(len(confusion)))
    axes.set_yticks(range(len(confusion)))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    total = int(confusion.sum())
    axes.set_title(f"Hardware: {int(np.trace(confusion)):,} of {total:,} right")
