"""The tables of the study: how fast variants learn, what an inference costs, how firing goes on over many epochs."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import replace

from .runs import Outcome
from .variants import ALL, BASES, PARTS

GOAL = 0.8
WINDOW = 5
"""Iterations to `GOAL`: the first after which the last so many batches were right to that share."""
SHOWN = (1, 2, 5, 10, 20, 30, 40, 50)
"""Epochs of a long run that its table shows."""


def iterations(outcome: Outcome) -> int | None:
    """Return the iterations to `GOAL`; None where it was not reached."""
    shares = outcome.batch_accuracies
    reached = (at for at in range(WINDOW, len(shares) + 1) if statistics.fmean(shares[at - WINDOW : at]) >= GOAL)
    return next(reached, None)


def median_iterations(runs: list[Outcome]) -> float | None:
    """Return the median of the iterations to `GOAL`; None where half of the runs, or more, did not reach it."""
    found = statistics.median(math.inf if (reached := iterations(run)) is None else reached for run in runs)
    return None if math.isinf(found) else found


def inference_energy(data: str, name: str, operations: list[float], *, counted: bool) -> float:
    """Return nanojoules of an inference: operations at the cost of their spike widths, or all at that of 1 bit.

    The latter is ``F * fr * E * T`` of ETH 2025, eq. 5.3. An operation is a product and an addition, by the table of
    coefficients of the package; memory is left out, as there is no hardware of this network to take its sizes from.
    """
    from intsnn_hw.energy import Coefficients

    coefficients = Coefficients.load()
    config = replace(ALL[name], weight_width=None).config(data)
    picojoules = 0.0
    for layer, count in zip(config.resolved, operations, strict=True):
        bits = layer.input_spike_width if counted or layer.index == 0 else 1
        picojoules += count * (
            coefficients.add_pj(layer.current_width) + coefficients.product_pj(bits, layer.weight_width)
        )
    return picojoules / 1000


def spread(values: list[float], scale: float = 1.0, digits: int = 2) -> str:
    """Write mean and standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{scale * statistics.fmean(values):.{digits}f} ± {scale * deviation:.{digits}f}"


def tables(outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    """Give the lines of the document's tables, of the variants that were run."""
    for part, variants in PARTS.items():
        present = [name for name in variants if outcomes.get(name)]
        if not present:
            continue
        if part == "activity":
            yield from _activity(part, {name: outcomes[name] for name in present})
            continue
        base = PARTS[BASES[part]] if part in BASES else {}
        compared = [name for name, each in base.items() if each.n in (1, 2, 4) and each.n_steps == 10]
        names = [*(name for name in compared if outcomes.get(name)), *present]
        cells = _cost if part in ("steps", "formats") else _learning
        rows = [{"variant": name} | cells(name, outcomes[name]) for name in names]
        yield from _table(part, rows)


def _table(part: str, rows: list[dict[str, str]]) -> Iterator[str]:
    yield f"\n### {part}\n"
    yield "| " + " | ".join(rows[0]) + " |"
    yield "|---" * len(rows[0]) + "|"
    yield from ("| " + " | ".join(row.values()) + " |" for row in rows)


def _activity(part: str, outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    """Give a table for each figure that is watched over the epochs of a long run."""
    for title, digits, of in (
        ("test accuracy, %", 1, lambda run, at: [run.test_accuracies[at]]),
        ("training accuracy, %", 1, lambda run, at: [run.training_accuracies[at]]),
        ("neurons firing in a step, by layer, %", 1, lambda run, at: run.firing_rates[at]),
        ("mean spike, by layer, % of the highest", 1, lambda run, at: run.values[at]),
        ("spikes of the highest level, by layer, %", 0, lambda run, at: run.highest[at]),
    ):
        rows = []
        for name, runs in outcomes.items():
            shown = [at for at in SHOWN if at <= runs[0].epochs]
            cells = {f"epoch {at}": _means([of(run, at - 1) for run in runs], digits) for at in shown}
            rows.append({"variant": name} | cells)
        yield from _table(f"{part}: {title}", rows)


def _means(rows: list[list[float]], digits: int = 1) -> str:
    return ", ".join(f"{100 * statistics.fmean(layer):.{digits}f}" for layer in zip(*rows, strict=True))


def _learning(name: str, runs: list[Outcome]) -> dict[str, str]:
    """Return how fast a variant learns."""
    to_goal = ", ".join(_or_never(iterations(run)) for run in runs)
    return {
        "iterations to 80 %, median (each seed)": f"{_or_never(median_iterations(runs))} ({to_goal})",
        "test accuracy after each epoch, %": " ".join(
            f"{100 * statistics.fmean(run.test_accuracies[at] for run in runs):.1f}"
            for at in range(len(runs[0].test_accuracies))
        ),
        "after the last, %": spread([run.accuracy for run in runs], 100),
        "neurons firing in a step, by layer, first epoch, %": _firing(runs, 0),
        "last epoch, %": _firing(runs, -1),
    }


def _cost(name: str, runs: list[Outcome]) -> dict[str, str]:
    """Return what an inference and the way to the goal cost."""
    operations = [statistics.fmean(counts) for counts in zip(*(run.operations for run in runs), strict=True)]
    median = median_iterations(runs)
    return {
        "test accuracy, %": spread([run.accuracy for run in runs], 100),
        "neurons firing in a step, by layer, %": _firing(runs, -1),
        "operations an inference, by layer, 1,000": ", ".join(f"{count / 1000:,.0f}" for count in operations),
        "nJ, eq. 5.3": f"{inference_energy(runs[0].data, name, operations, counted=False):,.0f}",
        "nJ, by width": f"{inference_energy(runs[0].data, name, operations, counted=True):,.0f}",
        "iterations to 80 %": _or_never(median),
        "T * samples to 80 %, 1,000": "-" if median is None else f"{median * 128 * ALL[name].n_steps / 1000:,.0f}",
    }


def _firing(runs: list[Outcome], epoch: int) -> str:
    return _means([run.firing_rates[epoch] for run in runs])


def _or_never(at: float | None) -> str:
    return "never" if at is None else f"{at:g}"
