"""The data set that each preset is made for, and networks of its name."""

import re

from .convolutional import CONVOLUTION_DATA
from .images import IMAGE_DATA
from .temporal import TASKS

DATA: dict[str, str] = {**IMAGE_DATA, **CONVOLUTION_DATA, **{name: task.data for name, task in TASKS.items()}}
"""The set of each preset, with its options."""

_SIZES = re.compile(r"(-\d+r?)+$")


def presets_for(data: str) -> list[str]:
    """Return the presets of events made for a data set, named with or without its options."""
    return [name for name, task in TASKS.items() if task.data.partition(":")[0] == data.partition(":")[0]]


def usual_data(network_name: str) -> str | None:
    """Return the set that a preset of this name, of whatever sizes, is made for; None for any other name."""
    sets = {_SIZES.sub("", name): data for name, data in DATA.items()}
    return sets.get(_SIZES.sub("", network_name))
