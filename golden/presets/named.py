"""Every preset by its name."""

from typing import Any

from ..config import FieldError, NetworkConfig
from ..errors import ConfigError
from .convolutional import CONVOLUTIONS, convolutional_preset
from .images import IMAGES, image_preset
from .temporal import TASKS, temporal_preset
from .variant import Variant

PRESETS: dict[str, str] = {**IMAGES, **CONVOLUTIONS, **{name: task.description for name, task in TASKS.items()}}
"""Name and short description of each preset, smallest first."""


_MAKER = {
    **dict.fromkeys(IMAGES, image_preset),
    **dict.fromkeys(CONVOLUTIONS, convolutional_preset),
    **dict.fromkeys(TASKS, temporal_preset),
}


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
    try:
        return _MAKER[name](name, variant)
    except FieldError as error:
        raise _in_words_of(name, options, error) from error


_OPTION_OF = {"size": "hidden", "kind": "encoding"}
"""Fields of a configuration whose option has another name."""


def _in_words_of(preset: str, options: dict[str, Any], error: FieldError) -> ConfigError:
    """Return an error of a field as one of the options that it follows from."""
    option = _OPTION_OF.get(error.field, error.field)
    given = options.get(option)
    if option in options and error.value in (given, (given,), *(given if isinstance(given, tuple | list) else ())):
        return error.renamed(f"`{option}`")
    chosen = " and ".join(f"`{name}` {value}" for name, value in options.items()) or "its own options"
    return ConfigError(f"preset {preset} with {chosen}: {option} {error.rule}, got {error.value}; choose others")
