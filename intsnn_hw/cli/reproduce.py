"""The commands that measure a point of a sweep again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from golden.presets.hardware import HARDWARE
from golden.presets.variant import VARIANTS

from .options import flag

if TYPE_CHECKING:
    from intsnn_hw.exploration.space import Point, Sweep


def command(sweep: Sweep, point: Point) -> str:
    """Return the shell command that trains and synthesises a point again, by the other commands of ``intsnn``."""
    from intsnn_hw.exploration.point import learns
    from intsnn_hw.exploration.samples import PREDICTION_SAMPLES

    data = ["--data", sweep.data, *(["--data-dir", sweep.data_dir] if sweep.data_dir else [])]
    data += ["--validation"] * (sweep.split == "validation")
    steps, hardware = [_training(sweep, point, data)], _options(point, HARDWARE)
    network = f"point{point.number}-{sweep.seeds[0]}.npz"
    if "target" in point.values:
        synth = ["intsnn", "synth", network, "--target", point.values["target"], *hardware]
        synth += [] if learns(point) else ["--inference-only"]
        synth += ["--pnr", "--seed", str(sweep.placement_seed)] if sweep.pnr else []
        synth += [] if sweep.cosim_samples is None else [*data, "--samples", str(sweep.cosim_samples)]
        steps.append(shlex.join(synth))
    elif sweep.cosim_samples is not None:
        steps.append(shlex.join(["intsnn", "cosim", network, *hardware, *data, "--samples", str(sweep.cosim_samples)]))
    if any(name.endswith("energy_nj") for name in sweep.objectives):
        energy = ["intsnn", "energy", network, *hardware, *data, *(["--learn"] if learns(point) else [])]
        energy += ["--samples", str(sweep.cosim_samples or PREDICTION_SAMPLES)]
        energy += [] if sweep.coefficients is None else ["--coefficients", sweep.coefficients]
        steps.append(shlex.join(energy))
    return " && ".join(steps)


def _training(sweep: Sweep, point: Point, data: list[str]) -> str:
    """Return the part that trains, once for each seed."""
    checkpoint = f"point{point.number}"
    train = ["intsnn", "train", "--preset", sweep.preset, *_options(point, VARIANTS)]
    train += [] if sweep.epochs is None else ["--epochs", str(sweep.epochs)]
    train += data
    if len(sweep.seeds) == 1:
        return shlex.join([*train, "--seed", str(sweep.seeds[0]), "--out", f"{checkpoint}-{sweep.seeds[0]}.npz"])
    body = shlex.join(train) + f" --seed $seed --out {checkpoint}-$seed.npz || exit"
    return f"(for seed in {' '.join(map(str, sweep.seeds))}; do {body}; done)"  # exit ends the parentheses only


def _options(point: Point, names: Iterable[str]) -> list[str]:
    from intsnn_hw.exploration.axes import as_text

    given = [name for name in names if name in point.values]
    return [text for name in given for text in (flag(name), as_text(point.values[name]))]
