"""From a point of a sweep to configurations, and to the commands that measure it again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

from golden.config import NetworkConfig
from golden.presets import preset

from .axes import AXES, as_text, named
from .space import PREDICTION_SAMPLES, Point, Sweep


def network_config(sweep: Sweep, point: Point, seed: int) -> NetworkConfig:
    """Return the configuration to train.

    Raises
    ------
    ConfigError
        The values of the point do not go together.
    """
    values = {name: point.values[name] for name in named("network") if name in point.values}
    if "hidden" in values:
        values["hidden"] = tuple(_listed(values["hidden"]))
    config = preset(sweep.preset, **values, epochs=sweep.epochs, seed=seed)
    hardware = {name: point.values[name] for name in named("hardware") if name in point.values}
    for name in ("lanes", "fire_lanes", "weight_memory"):
        if name in hardware:
            hardware[name] = tuple(_listed(hardware[name]))
    return replace(config, hardware=replace(config.hardware, **hardware))


def core_config(sweep: Sweep, point: Point) -> NetworkConfig:
    """Return the configuration of the core to synthesise; points with the same core have equal ones."""
    config = replace(network_config(sweep, point, sweep.seeds[0]), name="network")
    return config if learns(point) else config.inference_only()


def learns(point: Point) -> bool:
    """Tell whether the core of a point is the one that learns."""
    return point.values.get("core", "inference") == "learning"


def command(sweep: Sweep, point: Point) -> str:
    """Return the shell command that trains and synthesises a point again, by the other commands of ``intsnn``."""
    data = ["--data", sweep.data, *(["--data-dir", sweep.data_dir] if sweep.data_dir else [])]
    data += ["--validation"] * (sweep.split == "validation")
    checkpoint = f"point{point.number}"
    train = ["intsnn", "train", "--preset", sweep.preset, *_options(point, "network")]
    train += [] if sweep.epochs is None else ["--epochs", str(sweep.epochs)]
    train += data
    if len(sweep.seeds) == 1:
        steps = [shlex.join([*train, "--seed", str(sweep.seeds[0]), "--out", f"{checkpoint}-{sweep.seeds[0]}.npz"])]
    else:
        body = shlex.join(train) + f" --seed $seed --out {checkpoint}-$seed.npz || exit"
        steps = [f"(for seed in {' '.join(map(str, sweep.seeds))}; do {body}; done)"]  # exit ends the parentheses only
    network = f"{checkpoint}-{sweep.seeds[0]}.npz"
    hardware = _options(point, "hardware")
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


def _options(point: Point, part: str) -> list[str]:
    found: list[str] = []
    for name in named(part):
        option = AXES[name].option
        if name in point.values and option is not None:
            found += [option, as_text(point.values[name])]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
