"""Named configurations: samples shown as values, and samples that are events in time."""

from .images import EPOCHS
from .named import PRESETS, preset
from .variant import Variant

__all__ = ["EPOCHS", "PRESETS", "Variant", "preset"]
