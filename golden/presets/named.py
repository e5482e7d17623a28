"""Every preset by its name."""

import re
from typing import Any

from ..config import MEMBRANE_WIDTHS, FieldError, NetworkConfig, NeuronConfig
from ..errors import ConfigError
from .convolutional import CONVOLUTIONS, convolutional_preset
from .images import IMAGES, image_preset
from .temporal import TASKS, temporal_preset
from .variant import VARIANTS, Variant

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
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    if variant.kernel is not None and name not in CONVOLUTIONS:
        raise ConfigError(
            f"preset {name} takes no `kernel`; it goes with presets of convolutions, {', '.join(CONVOLUTIONS)}"
        )
    try:
        return _MAKER[name](name, variant)
    except FieldError as error:
        raise _in_words_of(name, options, error) from error


_OPTION_OF = {"size": "hidden", "kind": "encoding"}
"""Fields of a configuration whose option has another name."""

_OPTION = re.compile(rf"\b({'|'.join(VARIANTS)})\b")
"""An option in a rule."""


def _in_words_of(preset: str, options: dict[str, Any], error: FieldError) -> ConfigError:
    """Return an error of a field as one of the options that it follows from."""
    option = _OPTION_OF.get(error.field, error.field)
    given = options.get(option)
    rule = _OPTION.sub(r"`\1`", error.rule)
    if option in options and error.value in (given, (given,), *(given if isinstance(given, tuple | list) else ())):
        return ConfigError(f"`{option}`: {rule}, got {error.value!r}")
    others = " and ".join(f"`{name}` {value}" for name, value in options.items() if name != "membrane_width")
    if isinstance(error.owner, NeuronConfig) and "membrane_width" in options:
        limit = _limit_of_membranes(error.owner, options["membrane_width"])
        where = f"preset {preset} with {others}" if others else f"preset {preset}"
        return ConfigError(f"`membrane_width`: must be {limit} in {where}, got {options['membrane_width']}")
    return ConfigError(
        f"preset {preset} with {others or 'its own options'}: {option} {rule}, got {error.value}; choose others"
    )


def _limit_of_membranes(neuron: NeuronConfig, width: int) -> str:
    """Return the limit that the membranes of a neuron break, in bits of the option; the readout's may be wider."""
    wider, highest = neuron.membrane_width - width, MEMBRANE_WIDTHS[1]
    if neuron.membrane_width > highest:
        return f"at most {highest - wider}"
    return f"at least {neuron.threshold_shift + neuron.spike_width + 1 - wider}"
