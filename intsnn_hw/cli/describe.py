"""``intsnn describe``: what a configuration amounts to."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import InputError

from .options import add_command, add_network, source_of
from .output import columns, emit, table


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "describe",
        "sizes, widths, memory bits and predicted cycles of a network",
        """\
Show what follows from a configuration before anything is generated: layers, derived widths, memory bits, and the cycles
that a step and a sample are predicted to take at a given activity.""",
        """\
intsnn describe --preset mnist-128 --lanes 16
intsnn describe --preset mnist-128 --lanes 16,2 --activity 0.1
intsnn describe digits.npz --json""",
    )
    parser.set_defaults(run=run)
    add_network(parser)
    parser.add_argument(
        "--activity", type=float, default=0.1, metavar="SHARE",
        help="share of inputs and neurons that send an event in a step, 0..1; the prediction of cycles rests on it",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from intsnn_hw.emit.describe import describe

    if not 0 <= args.activity <= 1:
        raise InputError(f"--activity: must be a share of 0..1, got {args.activity}")
    source = source_of(args)
    summary = describe(source.config, args.activity)
    learning = summary["learning"]
    rule = "none, inference only" if learning is None else ", ".join(_word(*entry) for entry in learning.items())
    head = table(
        ("network", f"{summary['topology']}, {summary['n_neurons']:,} neurons, {summary['n_synapses']:,} synapses"),
        ("time steps", summary["n_steps"]),
        ("input", f"{summary['encoding']}, spikes of {summary['input_spike_width']} bits"),
        ("readout", f"{summary['readout']}, scores of {summary['score_width']} bits"),
        ("learning", rule),
        ("inference weights", f"{summary['weight_memory_bits']:,} bits of memory"),
        ("shadow weights", f"{summary['shadow_weight_bits']:,} bits, in a core that learns"),
        ("accumulators, membranes", f"{summary['state_memory_bits']:,} bits"),
        ("predicted cycles", f"{summary['predicted_cycles_per_step']:,.0f} a step, "
         f"{summary['predicted_cycles_per_sample']:,.0f} a sample, at {100 * args.activity:g} % activity in each step"),
        title=summary["name"],
    )  # fmt: skip
    names = {
        "n_in": "inputs", "n_out": "neurons", "weight_width": "weight, bits", "membrane_width": "membrane, bits",
        "current_width": "sum of a step, bits", "spike_width": "spike, bits", "threshold_shift": "threshold, log2",
        "lanes": "lanes", "fire_lanes": "fire lanes", "cycles_per_event": "cycles an event",
        "cycles_per_step": "cycles a step",
    }  # fmt: skip
    heading = ("", *(f"layer {index}" for index in range(len(summary["layers"]))))
    rows: list[tuple[object, ...]] = [
        (text, *(entry[key] for entry in summary["layers"])) for key, text in names.items()
    ]
    layers = columns(heading, rows)
    emit(args, {"source": source.where, **summary}, head, layers)
    return 0


def _word(name: str, value: str) -> str:
    return f"{value} {name}" if name in ("error", "recurrence") else value
