"""From what was counted to tables: rows of plain values, Markdown and CSV."""

import csv
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from golden.config import LearningNetworkConfig
from intsnn_hw.energy import Coefficients, energy_of

from .energy import KINDS, Choice, Work, bptt_energy, inference_energy, ladder, rule_energy
from .memory import BATCH, Accounting, bptt_bits, core_bits, online_bits

Row = dict[str, Any]

ACCOUNTINGS = {
    "BPTT, 16 bits, batch 1, SGD, the least": Accounting(bits=16, batch_size=1, optimiser="sgd", least=True),
    "BPTT, 16 bits, batch 1, SGD": Accounting(bits=16, batch_size=1, optimiser="sgd"),
    "BPTT, float32, batch 1, SGD, the least": Accounting(bits=32, batch_size=1, optimiser="sgd", least=True),
    "BPTT, float32, batch 1, SGD": Accounting(bits=32, batch_size=1, optimiser="sgd"),
    "BPTT, float32, batch 1, Adam": Accounting(bits=32, batch_size=1, optimiser="adam"),
    "BPTT, 16 bits, batch 128, Adam": Accounting(bits=16, batch_size=BATCH, optimiser="adam"),
    "BPTT, float32, batch 128, Adam": Accounting(bits=32, batch_size=BATCH, optimiser="adam"),
}
STARTS = {
    "BPTT, float32, batch 1, SGD": Choice(),
    "BPTT, float32, batch 128, Adam": Choice(batch_size=BATCH, optimiser="adam"),
}
LONG_ACCOUNTINGS = tuple(name for name, how in ACCOUNTINGS.items() if how.batch_size == 1 and how.optimiser == "sgd")
BESIDE = "on-line rule, inference weights stored beside"
BESIDE_32 = "the same in 32 bits (saved by the row above)"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted of a network on real samples.

    Attributes
    ----------
    config : LearningNetworkConfig
    online, bptt : Work
        Of a training sample, means over the whole runs.
    core : dict
        Answers of co-simulation, by the state of the weights: `accesses`, and `updated`, the share of samples.
    inferences : dict
        By method: `accesses` of the inference core, for those that end in one.
    test_events : dict
        By method: events into each layer in an inference.
    """

    config: LearningNetworkConfig
    online: Work
    bptt: Work
    core: dict[str, Row]
    inferences: dict[str, Row]
    test_events: dict[str, Sequence[float]]


def spread(values: Sequence[float], scale: float = 100.0, digits: int = 2) -> str:
    """Write mean and standard deviation (n - 1)."""
    if len(values) < 2:
        return f"{scale * values[0]:.{digits}f}"
    return f"{scale * statistics.fmean(values):.{digits}f} ± {scale * statistics.stdev(values):.{digits}f}"


def memory_rows(config: LearningNetworkConfig, measured: dict[str, dict[str, int]]) -> list[Row]:
    """Return memory of a training step by each accounting, in KiB, and what the on-line rule saves.

    Parameters
    ----------
    config : LearningNetworkConfig
    measured : dict
        By accounting, bytes: `saved` for the backward pass and `peak` of all tensors.
    """
    ours = online_bits(config)
    total, state = sum(ours.values()), sum(ours.values()) - ours["weights"]
    wide = online_bits(config, 32)
    wide_state = sum(wide.values()) - wide["weights"]
    beside = sum(parameter.size * parameter.width for layer in config.resolved for parameter in layer.parameters)
    rows = [
        _memory_row("on-line rule", {"weights": ours["weights"], "kept": state}, total),
        _memory_row("on-line rule, all memories of its core", {"all": core_bits(config)}, total),
        _memory_row(BESIDE, {"weights": ours["weights"] + beside, "kept": state}, total),
        _memory_row(BESIDE_32, {"weights": 2 * wide["weights"], "kept": wide_state}, total + beside),
    ]
    for name in dict.fromkeys((*ACCOUNTINGS, *measured)):
        how = ACCOUNTINGS.get(name)
        parts = {} if how is None else bptt_bits(config, how)
        row = _memory_row(name, parts, total)
        for what, size in measured.get(name, {}).items():
            row[f"measured {what}"] = _kib(8 * size)
        rows.append(row)
    return rows


def _memory_row(name: str, parts: dict[str, int], ours: int) -> Row:
    total = sum(parts.values())
    row: Row = {"": name}
    for part in ("weights", "gradients", "optimiser", "kept", "errors"):
        row[part] = _kib(parts[part]) if part in parts else ""
    row["all, KiB"] = _kib(total) if parts else ""
    row["on-line saves, %"] = round(100 * (1 - ours / total), 1) if parts else ""
    return row | {"measured saved": "", "measured peak": ""}


def _kib(bits: float) -> float:
    return round(bits / 8192, 1)


def steps_rows(configs: dict[int, LearningNetworkConfig]) -> list[Row]:
    """Return the memory of both for inputs that send at every step, by the number of steps, in KiB."""
    rows = []
    for steps, config in configs.items():
        ours = sum(online_bits(config).values())
        row: Row = {"T": steps, "on-line": _kib(ours)}
        for name in LONG_ACCOUNTINGS:
            total = sum(bptt_bits(config, ACCOUNTINGS[name]).values())
            row[name] = _kib(total)
            row[f"{name}: saved, %"] = round(100 * (1 - ours / total), 1)
        rows.append(row)
    return rows


def core_energy(counted: Counted, coefficients: Coefficients) -> dict[str, dict[str, float]]:
    """Return pJ, by kind, of a sample in the core: `forward`, an `update`, and the `mean` of a training sample.

    Forward and update are means of the initial and of the trained network; the share of samples with an update is that
    of the whole run.
    """
    forward, updates = [], []
    for state in counted.core.values():
        phases = energy_of(counted.config, state["accesses"], coefficients)
        forward.append(_kinds(phases["inference"]))
        if state["updated"]:
            updates.append({kind: pj / state["updated"] for kind, pj in _kinds(phases["update"]).items()})

    def mean(parts: list[dict[str, float]]) -> dict[str, float]:
        return {kind: sum(part[kind] for part in parts) / max(1, len(parts)) for kind in KINDS}

    found = {"forward": mean(forward), "update": mean(updates)}
    share = counted.online.updated
    return found | {"mean": {kind: found["forward"][kind] + share * found["update"][kind] for kind in KINDS}}


def _kinds(phase: dict[str, Any]) -> dict[str, float]:
    weights = sum(sum(layer["memories"]["weights"].values()) for layer in phase["layers"])
    arithmetic = phase["adds"] + phase["products"]
    rest = phase["total"] - weights - arithmetic
    return {"arithmetic": arithmetic, "weights": weights, "gradients": 0.0, "activations": rest}


def energy_rows(counted: Counted, coefficients: Coefficients) -> list[Row]:
    """Return the energy of a training sample, and how many times that of the core and of the rule it is."""
    config, core = counted.config, core_energy(counted, coefficients)
    rule = rule_energy(config, counted.online, coefficients).pj
    bills = {
        "on-line, counted in its core": core["mean"],
        "of it a sample without an update": core["forward"],
        "an update": core["update"],
        "on-line, by the model of BPTT": rule,
    }
    for name, start in STARTS.items():
        changes = {"": start, ", event-driven": replace(start, events=True), ", integers": replace(start, integer=True)}
        if start.batch_size == 1:
            at_once = replace(start, at_once=True)
            changes |= {", gradients at once": at_once, ", all three": replace(at_once, events=True, integer=True)}
        for label, choice in changes.items():
            bills[name + label] = bptt_energy(config, counted.bptt, choice, coefficients).pj
    of_core, of_rule = sum(core["mean"].values()), sum(rule.values())
    return [
        {"": name}
        | {f"{kind}, nJ": _nj(pj) for kind, pj in kinds.items()}
        | {
            "all, nJ": _nj(sum(kinds.values())),
            "times the core's": round(sum(kinds.values()) / of_core, 2),
            "times the rule's by the model": round(sum(kinds.values()) / of_rule, 2),
        }
        for name, kinds in bills.items()
    ]


def ladder_rows(counted: Counted, coefficients: Coefficients) -> list[Row]:
    """Return the way from each kind of BPTT to the on-line rule, with what each of its steps divides the energy by."""
    # What BPTT would skip is what the on-line rule does: it has no share of its own.
    work = replace(counted.bptt, updated=counted.online.updated)
    rule = rule_energy(counted.config, counted.online, coefficients).total
    core = sum(core_energy(counted, coefficients)["mean"].values())
    rows = []
    for name, start in STARTS.items():

        def energy(choice: Choice) -> float:
            return bptt_energy(counted.config, work, choice, coefficients).total

        before = energy(start)
        rows.append(_rung(name, "as it is", before, None))
        rungs = ladder(start, energy)
        for rung in rungs:
            row = _rung(name, rung.name, rung.pj, rung.factor)
            row |= {"mean over all orders": round(rung.mean, 2), "range": f"{rung.least:.2f} to {rung.most:.2f}"}
            rows.append(row)
        last = rungs[-1].pj
        rows.append(_rung(name, "neurons without an error left alone, its own events", rule, last / rule))
        rows.append(_rung(name, "book-keeping of the core", core, rule / core))
        rows.append(_rung(name, "all", core, before / core))
    return rows


def _rung(start: str, name: str, pj: float, factor: float | None) -> Row:
    divided = "" if factor is None else round(factor, 2)
    return {"from": start, "step": name, "nJ": _nj(pj), "divided by": divided, "mean over all orders": "", "range": ""}


def inference_rows(counted: Counted, coefficients: Coefficients) -> list[Row]:
    """Return the energy of an inference, by the model and, where a network is of integers, counted in its core."""
    config = counted.config.inference_only()
    found: list[tuple[str, float]] = [
        (
            f"{method}, counted in the inference core",
            energy_of(config, each["accesses"], coefficients)["inference"]["total"],
        )
        for method, each in counted.inferences.items()
    ]
    for method, label, choice in (
        ("float", "dense", Choice()),
        ("float", "dense, batch 128", Choice(batch_size=BATCH)),
        ("float", "event-driven", Choice(events=True)),
        ("quantised", "dense integers", Choice(integer=True)),
        ("quantised", "event-driven integers", Choice(integer=True, events=True)),
        ("online", "event-driven integers", Choice(integer=True, events=True)),
    ):
        work = Work(events=tuple(counted.test_events[method]))
        found.append((f"{method}, {label}", inference_energy(config, work, choice, coefficients).total))
    base = found[0][1]
    return [{"": name, "nJ": _nj(pj), "of the first": round(pj / base, 2)} for name, pj in found]


def _nj(pj: float) -> float:
    return round(pj / 1000, 2 if pj < 1e5 else None)


def markdown(rows: list[Row]) -> str:
    """Return rows as a table."""
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in rows)])


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
