"""The data set that each preset is made for, and networks of its name."""

from .convolutional import CONVOLUTION_DATA
from .images import IMAGE_DATA
from .names import without_sizes
from .temporal import TASKS

DATA: dict[str, str] = {**IMAGE_DATA, **CONVOLUTION_DATA, **{name: task.data for name, task in TASKS.items()}}
"""The set of each preset, with its options."""


def presets_for(data: str) -> list[str]:
    """Return the presets made for a data set, named with or without its options."""
    return [name for name, its in DATA.items() if its.partition(":")[0] == data.partition(":")[0]]


def usual_data(network_name: str) -> str | None:
    """Return the set that a preset of this name, of whatever sizes, is made for; None for any other name."""
    sets, name = {without_sizes(name): data for name, data in DATA.items()}, without_sizes(network_name)
    return sets.get(name) if name != network_name else DATA.get(name)
