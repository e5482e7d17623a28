"""Names of presets and of their variants: what they are for, then the sizes of their layers."""

import re

_SIZES = re.compile(r"(-\d+r?)+$")


def without_sizes(name: str) -> str:
    """Return a name without the sizes at its end, as ``fsdd-reversed`` of ``fsdd-reversed-128r``."""
    return _SIZES.sub("", name)
