"""What follows from a configuration: sizes, widths, memory bits and predicted cycles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError

from .report import Facts, Grid, Result, Shown

if TYPE_CHECKING:
    from .source import Source

_COLUMNS = {
    "kind": "kind",
    "n_in": "inputs",
    "n_out": "neurons",
    "weight_width": "weight, bits",
    "membrane_width": "membrane, bits",
    "current_width": "sum of a step, bits",
    "spike_width": "spike, bits",
    "threshold_shift": "threshold, log2",
    "threshold": "threshold",
    "reset_amount": "reset amount",
    "current_shift": "guard bits",
    "initial": "initial membrane",
    "synaptic_width": "synaptic current, bits",
    "lanes": "lanes",
    "fire_lanes": "fire lanes",
    "cycles_per_event": "cycles an event",
    "cycles_per_step": "cycles a step",
    "init_shift": "initial weights, log2",
    "rate_shift": "rate shift",
    "error_shift": "error shift",
}
"""Those of learning stand in networks that learn, those of :data:`_FEATURES` where a layer has one."""
_FEATURES = {"threshold", "reset_amount", "current_shift", "initial", "synaptic_width"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Description(Result):
    """Fields are those of :func:`intsnn_hw.emit.describe.describe`; `summary` holds them as plain values."""

    source: str
    summary: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"source": self.source, **self.summary}

    def shown(self) -> list[Shown]:
        """Return facts of the network, and a column for each layer."""
        found = self.summary
        learning, activity = found["learning"], found["assumed_activity"]
        rule = "none, inference only" if learning is None else ", ".join(_words(learning))
        rows: tuple[tuple[str, object], ...] = (
            ("network", f"{found['topology']}, {found['n_neurons']:,} neurons, {found['n_synapses']:,} synapses"),
            ("time steps", found["n_steps"]),
            ("input", f"{found['encoding']}, spikes of {found['input_spike_width']} bits"),
            ("readout", f"{found['readout']}, scores of {found['score_width']} bits"),
            ("learning", rule),
            ("inference weights", f"{found['weight_memory_bits']:,} bits of memory"),
            ("shadow weights", f"{found['shadow_weight_bits']:,} bits, in a core that learns"),
            ("accumulators, membranes", f"{found['state_memory_bits']:,} bits"),
            ("predicted cycles", f"{found['predicted_cycles_per_step']:,.0f} a step, "
             f"{found['predicted_cycles_per_sample']:,.0f} a sample, at {100 * activity:g} % activity in each step"),
        )  # fmt: skip
        names = ("", *(f"layer {index}" for index in range(len(found["layers"]))))
        layers = tuple(
            (text, *("-" if entry[key] is None else entry[key] for entry in found["layers"]))
            for key, text in _COLUMNS.items()
            if key in found["layers"][0] and (key not in _FEATURES or any(entry[key] for entry in found["layers"]))
        )
        return [Facts(rows, found["name"]), Grid(names, layers)]


def describe(source: Source, activity: float) -> Description:
    """Return what follows from a configuration at an activity, the share of inputs and neurons active in a step."""
    from intsnn_hw.emit import describe as emit

    if isinstance(activity, bool) or not isinstance(activity, int | float) or not 0 <= activity <= 1:
        raise ConfigError(f"`activity`: must be a share of 0..1, got {activity!r}")
    return Description(source=source.where, summary=emit.describe(source.config, activity))


def _words(rule: dict[str, Any]) -> Iterator[str]:
    """Yield what a rule is, in words."""
    for name in ("route", "timing", "error", "rounding", "recurrence"):
        if name in rule:
            yield f"{rule[name]} {name}" if name in ("error", "recurrence") else rule[name]
    yield f"margin {rule['margin']:,}"
    if rule["error_bits"] is not None:
        yield f"errors of {rule['error_bits']} bits"
    halved = f", rates halved from epochs {', '.join(map(str, rule['schedule']))}" if rule["schedule"] else ""
    yield f"{rule['epochs']} epochs{halved}"
