"""Every preset by its name."""

from typing import Any

from ..config import NetworkConfig
from ..errors import ConfigError
from .images import IMAGES, image_preset
from .temporal import TASKS, temporal_preset
from .variant import Variant

PRESETS: dict[str, str] = {**IMAGES, **{name: task.description for name, task in TASKS.items()}}
"""Name and short description of each preset, smallest first."""


def preset(name: str, **options: Any) -> NetworkConfig:
    """Return a named configuration, or a variant of it.

    Parameters
    ----------
    name : str
        One of :data:`PRESETS`.
    options
        Fields of :class:`golden.presets.variant.Variant`.

    Raises
    ------
    ConfigError
        An unknown name or option, or a value out of range.
    """
    variant = Variant.of(**options)
    if name not in PRESETS:
        raise ConfigError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    return temporal_preset(name, variant) if name in TASKS else image_preset(name, variant)
