"""From a point of a sweep to configurations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from golden.config import NetworkConfig
from golden.presets import preset
from golden.presets.hardware import HARDWARE
from golden.presets.variant import VARIANTS

from .axes import AXES
from .space import Point, Sweep


def network_config(sweep: Sweep, point: Point, seed: int) -> NetworkConfig:
    """Return the configuration to train.

    Raises
    ------
    ConfigError
        The values of the point do not go together.
    """
    config = preset(sweep.preset, **_values(point, VARIANTS), epochs=sweep.epochs, seed=seed)
    return replace(config, hardware=replace(config.hardware, **_values(point, HARDWARE)))


def core_config(sweep: Sweep, point: Point) -> NetworkConfig:
    """Return the configuration of the core to synthesise; points with the same core have equal ones."""
    config = replace(network_config(sweep, point, sweep.seeds[0]), name="network")
    return config if learns(point) else config.inference_only()


def learns(point: Point) -> bool:
    """Tell whether the core of a point is the one that learns."""
    return point.values.get("core", "inference") == "learning"


def _values(point: Point, names: Iterable[str]) -> dict[str, Any]:
    """Return the values that a point gives to some axes, as configurations take them."""
    found = {name: point.values[name] for name in names if name in point.values}
    for name, value in found.items():
        if AXES[name].each:
            found[name] = tuple(value) if isinstance(value, list) else (value,)
    return found
